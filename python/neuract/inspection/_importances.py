# SPDX-License-Identifier: BSD-3-Clause
"""Importance: the result of `importance`, as a table in text and HTML."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neuract._typing import Array

if TYPE_CHECKING:
    from neuract.plotting._importance import ImportanceDisplay

HEADER = ("column", "importance", "spread")
MOST_LINES = 50  # of a table


@dataclass(frozen=True, eq=False, repr=False)
class Importance:
    """The result of `importance`, which a prompt and a notebook show as a table, the most important column first.

    Attributes
    ----------
    names : tuple of str
        Of the columns of X, in the order of the frame; x0, x1, ... where they have no names.
    mean, std : array of shape (columns,)
        The importance of each column, and its standard deviation over the repeats (with their number as divisor).
    values : array of shape (columns, repeats)
        What the score loses where the column is shuffled. Negative: it gains.
    base_score : float
        The score on X as it is.
    scoring : str
        The name of the metric.
    rows : int
        Number of rows of X.
    """

    names: tuple[str, ...]
    mean: Array
    std: Array
    values: Array
    base_score: float
    scoring: str
    rows: int

    @property
    def order(self) -> npt.NDArray[np.intp]:
        """The numbers of the columns, the most important first; equal ones in the order of the frame."""
        return np.argsort(-self.mean, kind="stable")

    def in_short(self) -> str:
        """Returns the line below the table."""
        repeats = self.values.shape[1]
        of_repeats = f"mean and standard deviation of {repeats} repeats" if repeats > 1 else "one repeat"
        lost = f"{self.scoring} lost of {self.base_score:.3g} where a column is shuffled"
        return f"{lost}, {of_repeats} on {self.rows:,} rows"

    def __repr__(self) -> str:
        lines = [HEADER, *self._lines()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in lines]
        return "\n".join([*table, "", *self._rest(), self.in_short()])

    def _repr_html_(self) -> str:
        header = "".join(f"<th>{name}</th>" for name in HEADER)
        rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>" for line in self._lines())
        texts = "".join(f"<p>{escape(line)}</p>" for line in [*self._rest(), self.in_short()])
        return f"<table><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>{texts}"

    def _lines(self) -> list[tuple[str, str, str]]:
        return [(self.names[k], f"{self.mean[k]:.3g}", f"{self.std[k]:.2g}") for k in self.order[:MOST_LINES].tolist()]

    def _rest(self) -> list[str]:
        left_out = len(self.names) - MOST_LINES
        return [f"and {left_out:,} columns of less importance"] if left_out > 0 else []

    def to_frame(self) -> Any:
        """Returns a pandas DataFrame with a row per column, the most important first: name, importance, spread."""
        try:
            pandas: Any = importlib.import_module("pandas")
        except ModuleNotFoundError as error:
            raise ImportError("to_frame needs pandas, which is not installed: pip install pandas") from error
        order = self.order
        columns = (np.array(self.names, dtype=object)[order], self.mean[order], self.std[order])
        return pandas.DataFrame(dict(zip(HEADER, columns, strict=True)))

    def plot(self, max_columns: int = 20) -> ImportanceDisplay:
        """Draws the `max_columns` most important columns with matplotlib, as bars."""
        plotting: Any = importlib.import_module("neuract.plotting")
        display: ImportanceDisplay = plotting.ImportanceDisplay(self, max_columns=max_columns).plot()
        return display
