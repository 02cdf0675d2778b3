# SPDX-License-Identifier: BSD-3-Clause
"""Explanation: the result of `explain`."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from neuract._typing import Array
from neuract.inspection._reasons import html, text

if TYPE_CHECKING:
    from neuract.plotting._explanation import ExplanationDisplay


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """The result of `explain`: what each column contributes to each answer.

    ``explanation[3]``, ``explanation[:10]`` and ``explanation[mask]`` are those of some rows. As text and in notebooks,
    one row is a sentence and bars, several rows are the mean sizes of the columns' contributions.

    Attributes
    ----------
    values : ndarray of shape (rows, columns, outputs)
        In the unit of the answers.
    base_values : ndarray of shape (outputs,)
        The answers for the baseline; for several background rows their mean.
    predictions : ndarray of shape (rows, outputs)
        The answers, computed in float64: probabilities of each class, also of both of two; numbers; quantiles.
    rest : ndarray of shape (rows, outputs)
        predictions - base_values - the sum of the values. Rounding alone, unless neurons jump (those with thresholds,
        and hard_shrink), or quantiles were out of order and have been sorted.
    data : ndarray of shape (rows, columns)
        The columns as numbers: levels by their numbers, dates as days since 1970-01-01.
    shown : ndarray of shape (rows, columns)
        The columns as people know them.
    names, output_names : tuple
        Of the columns, and of the outputs: the classes, labels or quantiles, or numbers from 0.
    baseline : str
        What the baseline is.
    kind : str
        "classes", "labels", "numbers" or "quantiles".
    """

    values: Array
    base_values: Array
    predictions: Array
    data: Array
    shown: Array
    names: tuple[str, ...]
    output_names: tuple[Any, ...]
    baseline: str
    kind: str

    @cached_property
    def rest(self) -> Array:
        """What the values do not account for, (rows, outputs)."""
        rest: Array = self.predictions - self.base_values - self.values.sum(axis=1)
        return rest

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> Explanation:
        chosen: Any = [int(rows)] if isinstance(rows, (int, np.integer)) else rows
        values, predictions = self.values[chosen], self.predictions[chosen]
        return replace(self, values=values, predictions=predictions, data=self.data[chosen], shown=self.shown[chosen])

    def __iter__(self) -> Iterator[Explanation]:
        return (self[row] for row in range(len(self)))

    def of_output(self, output: Any) -> Explanation:
        """Returns the explanation of a single output, by its name or number.

        ValueError if there is no such output.
        """
        at = self._place(output)
        return replace(
            self,
            values=self.values[:, :, at : at + 1],
            predictions=self.predictions[:, at : at + 1],
            base_values=self.base_values[at : at + 1],
            output_names=(self.output_names[at],),
        )

    def _place(self, output: Any) -> int:
        if output in self.output_names:
            return self.output_names.index(output)
        if isinstance(output, (int, np.integer)) and -len(self.output_names) <= output < len(self.output_names):
            return int(output) % len(self.output_names)
        known = ", ".join(map(repr, self.output_names[:10]))
        raise ValueError(f"output must be one of {known}, or its number; got {output!r}")

    @property
    def answer(self) -> int:
        """The number of the output that text and pictures show.

        For one row the most probable class, for several rows the second of two classes; else the first output.
        """
        if self.kind == "classes" and len(self) == 1:
            return int(self.predictions[0].argmax())
        return int(self.kind == "classes" and len(self.output_names) == 2)

    def as_shap(self, output: Any = None) -> Any:
        """Returns a `shap.Explanation`, which SHAP's plots take: ``shap.plots.beeswarm(explanation.as_shap())``.

        Parameters
        ----------
        output : name or number of an output, or None, default=None
            None: the only output, or the second of two classes. Of more outputs all, rows × columns × outputs: choose
            one for plots that take no more.
        """
        try:
            shap: Any = importlib.import_module("shap")
        except ModuleNotFoundError as error:
            raise ImportError("as_shap needs shap, which is not installed: pip install shap") from error
        if output is None and len(self.output_names) <= 2 and (len(self.output_names) == 1 or self.kind == "classes"):
            output = self.output_names[-1]
        one = self if output is None else self.of_output(output)
        values, base = (one.values, one.base_values) if output is None else (one.values[:, :, 0], one.base_values[0])
        return shap.Explanation(
            values=values,
            base_values=np.broadcast_to(base, (len(self), *np.shape(base))).copy(),
            data=self.data,
            display_data=self.shown,
            feature_names=list(self.names),
            output_names=None if output is not None else [str(name) for name in self.output_names],
        )

    def to_frame(self, output: Any = None) -> Any:
        """Returns a pandas DataFrame of the contributions to an output, a column for each column of X.

        output: its name or number; None: the one that text shows.
        """
        try:
            pandas: Any = importlib.import_module("pandas")
        except ModuleNotFoundError as error:
            raise ImportError("to_frame needs pandas, which is not installed: pip install pandas") from error
        at = self.answer if output is None else self._place(output)
        return pandas.DataFrame(self.values[:, :, at], columns=list(self.names))

    def plot(self, output: Any = None) -> ExplanationDisplay:
        """Draws the explanation with matplotlib; output: as in `to_frame`."""
        plotting: Any = importlib.import_module("neuract.plotting")
        display: ExplanationDisplay = plotting.ExplanationDisplay(self, output=output).plot()
        return display

    def __repr__(self) -> str:
        return text(self)

    def _repr_html_(self) -> str:
        return html(self)
