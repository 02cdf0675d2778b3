# SPDX-License-Identifier: BSD-3-Clause
"""A model from its file, and the columns of a table in the form that it takes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.columns._category import Category
from neuract.columns._column import Column
from neuract.columns._date import Date
from neuract.columns._number import Number
from neuract.columns._values import DATE, NUMBER, TEXT, TRUTH
from neuract.persistence import load
from neuract.shell._tables import Table
from neuract.shell._words import ShellError, listed, no_column, of_library, tell


def fitted_model(path: str) -> Any:
    """Returns the fitted model of a file."""
    try:
        model = load(path)
        model._fitted_network()
    except ValueError as error:
        message = str(error).removeprefix(f"cannot load {path!r}: ")
        raise ShellError(f"cannot load the model: {message}", path) from error
    return model


def input_names(model: Any, table: Table, others: set[str]) -> list[str]:
    """Returns the columns that a model takes, in its order; ShellError for one that the table lacks.

    A model without names takes all columns but the others.
    """
    known = getattr(model, "feature_names_in_", None)
    if known is None:
        return [name for name in table.names if name not in others]
    names = list(map(str, known))
    needless = getattr(getattr(model, "columns_", None), "left_out_", {})
    lacking = [name for name in names if name not in table.names and name not in needless]
    if len(lacking) == 1:
        raise no_column(lacking[0], table.names, table.file, "which the model needs")
    if lacking:
        raise table.error(f"{len(lacking):,} columns that the model needs are not there: {listed(lacking)}")
    return names


def inputs(model: Any, table: Table, names: list[str]) -> Any:
    """Returns the rows of the table as the model takes them, read by what its columns are."""
    if not hasattr(model, "columns_"):
        numbers = [table.values(name, NUMBER).values for name in names]
        return np.stack(numbers, axis=1) if numbers else np.empty((table.rows, 0))
    forms = {names[place]: _form(kind) for place, kind in _placed(model, names, table)}
    return {name: table.column(name, forms[name]) if name in forms else [None] * table.rows for name in names}


def tell_unknown_levels(model: Any, table: Table, names: list[str]) -> None:
    """Prints a line for each column with levels that the training has not seen."""
    for place, kind in _placed(model, names, table) if hasattr(model, "columns_") else ():
        if isinstance(kind, Category):
            counts = table.counts(names[place])
            unknown = [text for text in counts if text and text not in kind.codes]
            if unknown:
                rows = sum(counts[text] for text in unknown)
                tell(
                    f"warning: {table.file}, row {table.row_of(names[place], unknown[0]):,}, column {names[place]!r}: "
                    f"level {unknown[0]!r} is new to the model; {rows:,} of {table.rows:,} rows have new levels"
                )


@contextmanager
def faults_of(table: Table) -> Iterator[None]:
    """Names the table in errors of the model, which takes columns by their order here."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "X does not have valid feature names")
            yield
    except (ValueError, TypeError) as error:
        raise table.error(of_library(str(error))) from error


def target_form(model: Any) -> str | None:
    """Returns as what the target is read, for the model to know its values again."""
    classes: Array | None = getattr(model, "classes_", None)
    if classes is None:
        return NUMBER
    return {"U": TEXT, "b": TRUTH, "i": NUMBER, "f": NUMBER}.get(classes.dtype.kind)


def _placed(model: Any, names: list[str], table: Table) -> list[tuple[int, Column]]:
    columns = model.columns_
    if len(names) != columns.n_features_in_:
        raise table.error(f"the model takes {columns.n_features_in_:,} columns, the table has {len(names):,}")
    return list(zip(columns._places, columns.kinds_, strict=True))


def _form(kind: Column) -> str:
    if isinstance(kind, Category):
        return TEXT
    if isinstance(kind, Date):
        return DATE
    return kind.form if isinstance(kind, Number) else NUMBER
