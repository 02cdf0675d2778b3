# SPDX-License-Identifier: BSD-3-Clause
"""Tables from files: each column as the estimators take it, as the user wrote it, and its errors by row."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.columns._frame import table
from neuract.columns._values import SPAN, TEXT, Values
from neuract.shell._cells import Cells, Meaning
from neuract.shell._words import ShellError, listed, no_column, of_library


class Table:
    """Columns by their names.

    Attributes
    ----------
    file : str
        The file's name, for errors.
    names : list of str
    rows : int
    """

    file: str
    names: list[str]
    rows: int

    def column(self, name: str, form: str | None = None) -> Any:
        """Returns a column that a frame may have; form: as what cells are read, None: what they look like."""
        raise NotImplementedError

    def kept(self, name: str) -> Any:
        """Returns a column as it is in the file."""
        raise NotImplementedError

    def values(self, name: str, form: str | None = None) -> Values:
        """Returns the values of a column with at least one row."""
        try:
            return table({name: self.column(name, form)}).values(0)
        except (TypeError, ValueError) as error:
            raise self.error(of_library(str(error))) from error

    def check_has(self, names: list[str], option: str = "") -> None:
        for name in names:
            if name not in self.names:
                raise no_column(name, self.names, self.file, option)

    def counts(self, name: str) -> Counter[str | None]:
        """Returns the number of rows of each text of a column of text."""
        return Counter(self.values(name, TEXT).texts())

    def row_of(self, name: str, text: str) -> int:
        """Returns the first row with a text."""
        return self.values(name, TEXT).texts().index(text) + 1

    def error(self, message: str, row: int | None = None, column: str | None = None) -> ShellError:
        return ShellError(message, self.file, row, column)


@dataclass(eq=False)
class CsvTable(Table):
    file: str
    names: list[str]
    cells: list[Cells]
    meaning: Meaning

    def __post_init__(self) -> None:
        check_names(self.names, self.file)
        self.rows = len(self.cells[0].codes)

    def column(self, name: str, form: str | None = None) -> Array:
        cells = self._of(name)
        if form == SPAN:
            raise self.error("durations, which the model needs here, are not read from CSV; use Parquet", column=name)
        return self.meaning.values(cells, form or self.meaning.form(cells, self.file, name), self.file, name)

    def kept(self, name: str) -> Array:
        return self._of(name).written

    def _of(self, name: str) -> Cells:
        return self.cells[self.names.index(name)]


@dataclass(eq=False)
class ArrowTable(Table):
    file: str
    table: Any

    def __post_init__(self) -> None:
        self.names, self.rows = list(map(str, self.table.column_names)), self.table.num_rows
        check_names(self.names, self.file)

    def column(self, name: str, form: str | None = None) -> Any:
        """Returns the column with the type that it has, whatever form is asked for."""
        column = self.kept(name)
        if str(column.type) in ("float", "double", "halffloat"):
            self._check_finite(name, column)
        return column

    def kept(self, name: str) -> Any:
        return self.table.column(self.names.index(name))

    def _check_finite(self, name: str, column: Any) -> None:
        infinite = np.isinf(column.to_numpy())
        if infinite.any():
            raise self.error("infinity is not a number to learn from", int(infinite.argmax()) + 1, name)


def check_names(names: list[str], file: str) -> None:
    """Raises ShellError if names occur twice; columns without a name, as pandas writes its index, may."""
    if twice := [name for name, count in Counter(names).items() if count > 1 and name]:
        raise ShellError(f"the header has {listed(twice)} more than once", file)


def taken(column: Any, rows: Array) -> Any:
    """Returns some rows of a column."""
    return column[rows] if isinstance(column, np.ndarray) else column.take(rows)
