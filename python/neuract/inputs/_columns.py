# SPDX-License-Identifier: BSD-3-Clause
"""The columns of the user's X: their names, and errors for those that do not hold numbers.

X is an array, a list, or a frame of pandas, polars or pyarrow, none of which need be installed.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

DATES, SPANS, TEXT, NUMBERS_AS_TEXT, CATEGORIES = "dates", "time spans", "text", "numbers as text", "categories"
REMEDIES = {
    DATES: "convert them to numbers, for example of days since a fixed date",
    SPANS: "convert them to numbers, for example of days",
    TEXT: "encode it as numbers, for example by scikit-learn's OneHotEncoder",
    NUMBERS_AS_TEXT: "convert them, for example by astype(float)",
    CATEGORIES: "encode them as numbers, for example by scikit-learn's OneHotEncoder, convert them by astype(float) if "
    "they are numbers",
}
"""The kinds of columns that are refused, and what to do about each."""

BEGINNINGS = {
    SPANS: ("timedelta", "duration"),
    DATES: ("date", "time", "period"),
    TEXT: ("string", "large_string", "utf8", "large_utf8", "binary", "large_binary"),
    CATEGORIES: ("category", "categorical", "enum", "dictionary", "interval"),
}
"""How the names of these kinds' dtypes begin, in pandas, polars and pyarrow."""
OF_ARRAYS = {"M": DATES, "m": SPANS, "U": TEXT, "S": TEXT, "T": TEXT}  # by NumPy's kind
OF_VALUES: dict[str, tuple[type, ...]] = {
    TEXT: (str, bytes),
    SPANS: (datetime.timedelta, np.timedelta64),
    DATES: (datetime.date, datetime.time, np.datetime64),
}
MOST_NAMES = 5  # in a message


def column_names(X: Any) -> list[Any] | None:
    """Returns the names of the columns of a frame or of a structured array; None if X has none."""
    if isinstance(X, np.ndarray):
        return None if X.dtype.names is None else list(X.dtype.names)
    if hasattr(X, "column_names"):  # pyarrow, whose `columns` are the data
        return list(X.column_names)
    names = getattr(X, "columns", None)
    return None if names is None or not hasattr(X, "dtypes") else list(names)


def place(row: int, column: int | None = None, *, names: Sequence[Any] | None = None) -> str:
    """Returns the words for a place in an array or in a frame whose columns have these names."""
    if column is None:
        return f"row {row}"
    return f"row {row}, column {column if names is None else repr(names[column])}"


def columns_of_numbers(X: Any) -> Any:
    """Returns X, a list as an array; ValueError that names the columns of dates, text or categories, if X has some."""
    if isinstance(X, (list, tuple)):
        X = _from_list(X)
    if isinstance(X, np.ndarray):
        if X.dtype.kind not in "biuf":
            _check_array(X)
    elif (names := column_names(X)) is not None:
        _refuse(_kinds_of_frame(X), names)
    else:
        check_no_source(X)
    return X


def check_no_source(X: Any) -> None:
    """Raises TypeError for a source of neuract.data, which only some methods take."""
    if getattr(X, "_is_source", False):
        raise TypeError(
            f"X is a source of neuract.data, {X!r}, which fit takes and this method does not; "
            "na.data.predict(model, source) predicts its rows"
        )


def _from_list(X: Any) -> Any:
    try:
        array = np.asarray(X)
    except ValueError:  # a ragged list, of which the next check tells
        return X
    return array.astype(np.float64) if array.dtype.kind == "f" else array  # as scikit-learn converts a list


def _check_array(X: Any) -> None:
    names, kind = column_names(X), X.dtype.kind
    if kind == "c":
        raise ValueError("X has complex numbers. Complex data not supported; give their parts as columns of their own")
    if names is not None:
        _refuse(((OF_ARRAYS.get(X.dtype[column].kind), X[column]) for column in names), names)
        raise ValueError(
            "X is a structured array; numpy.lib.recfunctions.structured_to_unstructured makes an array of numbers"
        )
    if X.ndim != 2:
        return
    if kind in OF_ARRAYS:
        _refuse(((OF_ARRAYS[kind], column) for column in X.T), None)
    elif kind == "O" and kind_of_values(X.ravel()):
        _refuse(((kind_of_values(column), column) for column in X.T), None)


def _kinds_of_frame(X: Any) -> Iterator[tuple[str | None, Any]]:
    """Yields the kind and the values of each column."""
    dtypes = X.schema.types if hasattr(X, "column_names") else X.dtypes
    for number, dtype in enumerate(dtypes):
        if isinstance(dtype, np.dtype) and dtype.kind in "biuf":  # whose name costs microseconds
            yield None, ()
            continue
        text = str(dtype).lower()
        if text == "object":
            values = _column(X, number)
            yield kind_of_values(values), values
        elif (kind := kind_of_dtype(text)) is not None:
            yield kind, _column(X, number)
        else:
            yield None, ()


def _column(X: Any, number: int) -> Any:
    if hasattr(X, "iloc"):  # pandas, where two columns may have the same name
        return np.asarray(X.iloc[:, number], dtype=object)
    return np.asarray(X.column(number) if hasattr(X, "column_names") else X[X.columns[number]], dtype=object)


def kind_of_dtype(name: str) -> str | None:
    """Returns the kind that is refused, by the name of a dtype in lower case, or None."""
    if name == "str":
        return TEXT
    return next((kind for kind, beginnings in BEGINNINGS.items() if name.startswith(beginnings)), None)


def kind_of_values(values: Any) -> str | None:
    """Returns the kind that is refused of Python's objects, or None."""
    types = set(map(type, values))
    return next((kind for kind, of in OF_VALUES.items() if any(issubclass(each, of) for each in types)), None)


def _refuse(columns: Iterable[tuple[str | None, Any]], names: Sequence[Any] | None) -> None:
    """Raises ValueError for the columns of the first kind that is refused. columns: kind or None, and values, of each.

    Numbers as text are named only where no other text is.
    """
    found: dict[str, list[int]] = {}
    for number, (kind, values) in enumerate(columns):
        if kind == TEXT and all(map(is_number, filter(_is_text, values))):
            kind = NUMBERS_AS_TEXT
        if kind is not None:
            found.setdefault(kind, []).append(number)
    kind = next((each for each in REMEDIES if each in found), None)
    if kind is not None:
        numbers = found[kind]
        shown = ", ".join(str(each) if names is None else repr(names[each]) for each in numbers[:MOST_NAMES])
        shown += ", …" if len(numbers) > MOST_NAMES else ""
        several = len(numbers) > 1
        raise ValueError(
            f"X has {kind} in the column{'s' if several else ''} {shown}; {REMEDIES[kind]}, or drop the "
            f"column{'s' if several else ''}"
        )


def _is_text(value: object) -> bool:
    return isinstance(value, (str, bytes))


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
