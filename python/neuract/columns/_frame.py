# SPDX-License-Identifier: BSD-3-Clause
"""Whatever holds the user's rows, as a table of columns: frames, arrays, dicts of columns, dicts of values, records.

Frames are read by narwhals, which is imported when the first one comes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.columns._values import (
    DATE,
    EMPTY,
    MICROSECONDS_A_DAY,
    NUMBER,
    SPAN,
    TEXT,
    TRUTH,
    Values,
    is_value,
    of_array,
    of_objects,
    text_of,
)
from neuract.inputs._arrays import check_no_mask
from neuract.inputs._columns import check_no_source, place
from neuract.inputs._sparse import is_sparse

ACCEPTED = "a frame of pandas, polars or pyarrow, a dict, a list of dicts, or an array of two dimensions"
OF_DASK = ("dask", "distributed")


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns, each read when it is asked for.

    Attributes
    ----------
    names : list of str or None
        None: X has no names.
    ordered : bool
        Whether the order of the columns means something: not in a dict.
    """

    names: list[str] | None
    n_columns: int
    rows: int
    read: Callable[[int], Values]
    ordered: bool = True

    def name(self, number: int) -> str:
        """Returns the name of a column; without names x0, x1 and so on."""
        return f"x{number}" if self.names is None else self.names[number]

    def values(self, number: int) -> Values:
        """Returns a column; ValueError that names it if it cannot be one."""
        try:
            values = self.read(number)
        except TypeError as error:
            raise TypeError(
                f"column {self.name(number)!r} of X has {error}; the argument must be numbers, text (string), "
                "categories or dates. Make columns of these of it, or drop it"
            ) from None
        if values.form != TEXT:
            self._check_finite(number, values.values)
        elif not any(values.values):  # all of it missing
            return Values(EMPTY, np.full(self.rows, np.nan))
        return values

    def _check_finite(self, number: int, values: Array) -> None:
        infinite = np.isinf(values)
        if infinite.any():
            raise ValueError(
                f"X contains infinity (first in {place(int(infinite.argmax()))} of column {self.name(number)!r}); "
                "give None or NaN for a missing value"
            )


def table(X: Any) -> Table:
    """Returns X as a table; ValueError or TypeError that says what is accepted."""
    if isinstance(X, np.ndarray):
        return _of_array(X)
    if is_sparse(X):  # some of which are mappings
        raise TypeError(
            "Sparse data was passed for X, but dense data is required; X.toarray() makes it, and MLPClassifier and "
            "MLPRegressor take sparse X"
        )
    if isinstance(X, Mapping):
        return _of_dict(X)
    if isinstance(X, (list, tuple)):
        return _of_records(X) if X and isinstance(X[0], Mapping) else _of_array(_from_list(X))
    if type(X).__module__.split(".")[0] in OF_DASK:
        raise TypeError(
            "X is a Dask collection, which may be larger than memory; neuract.dask has estimators for it, or give "
            "X.compute()"
        )
    check_no_source(X)
    return _of_frame(X)


def _from_list(X: Any) -> Array:
    try:
        return np.asarray(X, dtype=object if any(isinstance(row, (list, tuple)) and _mixed(row) for row in X) else None)
    except ValueError:
        raise ValueError(f"X must be {ACCEPTED}; the rows of this list have different lengths") from None


def _mixed(row: Sequence[Any]) -> bool:
    return any(isinstance(value, str) or value is None for value in row)  # of which NumPy would make text


# ---- arrays ----------------------------------------------------------------------------------------


def _of_array(X: Array) -> Table:
    check_no_mask(X, "X")
    if X.dtype.names is not None:
        names = list(X.dtype.names)
        _check_rows(len(X), len(names))
        return Table(names, len(names), len(X), lambda number: of_array(X[names[number]]))
    if X.dtype.kind == "c":
        raise ValueError("X has complex numbers. Complex data not supported; give their parts as columns of their own")
    if X.ndim != 2:
        hint = "; use reshape(-1, 1) for one column, reshape(1, -1) for one row. Reshape your data" * (X.ndim == 1)
        raise ValueError(f"X must have 2 dimensions (rows, columns), got shape {X.shape}{hint}")
    _check_rows(*X.shape)
    return Table(None, X.shape[1], len(X), lambda number: of_array(X[:, number]))


def _check_rows(rows: int, columns: int) -> None:
    if not rows:
        raise ValueError(f"Found array with 0 sample(s) (shape=({rows}, {columns})): X must have at least one row")
    if not columns:
        raise ValueError(f"0 feature(s) (shape=({rows}, 0)) while a minimum of 1 is required: X must have a column")


# ---- dicts -----------------------------------------------------------------------------------------


def _of_dict(X: Mapping[Any, Any]) -> Table:
    """Returns a dict of columns, or of the values of one row, as a table."""
    names, columns = _names(list(X)), list(X.values())
    if columns and all(map(is_value, columns)):
        return Table(names, len(names), 1, lambda number: of_objects([columns[number]]), ordered=False)
    if alone := [name for name, column in zip(names, columns, strict=True) if is_value(column)]:
        raise ValueError(f"X is a dict of columns, but {alone[0]!r} has a single value; give one for each row")
    lengths = {name: len(column) for name, column in zip(names, columns, strict=True)}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"the columns of X must have the same length, got {_listed(lengths)}")
    rows = next(iter(lengths.values()), 0)
    _check_rows(rows, len(names))
    return Table(names, len(names), rows, lambda number: _column_of_dict(columns[number]), ordered=False)


def _column_of_dict(column: Any) -> Values:
    if isinstance(column, (list, tuple)):
        return of_objects(column)
    if isinstance(column, np.ndarray):
        return of_array(column if column.ndim == 1 else _as_objects(column))
    return _of_series(_narwhals().from_native(column, series_only=True))


def _as_objects(column: Array) -> Array:
    objects = np.empty(len(column), object)
    objects[:] = list(column)
    return objects


def _of_records(X: Sequence[Mapping[str, Any]]) -> Table:
    names = _names(list(X[0]))
    for number, record in enumerate(X):
        if not isinstance(record, Mapping) or record.keys() != X[0].keys():
            other = set(record) if isinstance(record, Mapping) else {type(record).__name__}
            raise ValueError(
                f"all rows of X must be dicts with the same names; {place(number)} differs from row 0 in "
                f"{sorted(map(str, other ^ set(X[0])))}. Give None for a missing value"
            )
    _check_rows(len(X), len(names))
    return Table(names, len(names), len(X), lambda n: of_objects([row[names[n]] for row in X]), ordered=False)


def _names(names: list[Any]) -> list[str]:
    """Returns the names; TypeError if one is no text, ValueError if two are the same."""
    if other := [name for name in names if not isinstance(name, str)]:
        raise TypeError(
            "Feature names are only supported if all input features have string names: the names of X's columns must "
            f"be text, got {other[0]!r} of type {type(other[0]).__name__}"
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"X has {names.count(twice)} columns named {twice!r}; rename them")
    return [str(name) for name in names]


def _listed(lengths: Mapping[str, int]) -> str:
    return ", ".join(f"{length} for {name!r}" for name, length in list(lengths.items())[:5])


# ---- frames ----------------------------------------------------------------------------------------


def _narwhals() -> Any:
    try:
        import narwhals.stable.v2 as narwhals
    except ModuleNotFoundError as error:
        raise ImportError(
            "frames need the package narwhals, which is not installed: pip install narwhals. Dicts and arrays do not"
        ) from error
    return narwhals


def _of_frame(X: Any) -> Table:
    if _is_pandas(X):
        return _of_pandas(X)
    narwhals = _narwhals()
    try:
        frame = narwhals.from_native(X)
    except TypeError:
        if hasattr(X, "__array__"):
            return _of_array(np.asarray(X))
        raise TypeError(f"X must be {ACCEPTED}; got {type(X).__name__}") from None
    if isinstance(frame, narwhals.LazyFrame):
        raise TypeError(f"X is a {type(X).__name__}, whose rows are not there yet; give X.collect()")
    if not isinstance(frame, narwhals.DataFrame):
        raise TypeError(f"X must be {ACCEPTED}; got a single column, a {type(X).__name__}")
    names = _names(list(frame.columns))
    _check_rows(*frame.shape)
    return Table(names, len(names), len(frame), lambda number: _of_series(frame.get_column(names[number])))


def _is_pandas(X: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(X, pandas.DataFrame)


def _of_pandas(X: Any) -> Table:
    """Returns a frame of pandas as a table; columns of common types are read without narwhals, many times as fast."""
    labels, named = list(X.columns), None
    if any(isinstance(label, str) for label in labels):
        named = _names(labels)
    elif len(set(labels)) < len(labels):
        raise ValueError(f"X has two columns of the same name; its columns are {labels[:10]}")
    _check_rows(*X.shape)
    return Table(named, len(labels), len(X), lambda number: _of_pandas_series(X[labels[number]]))


def _of_pandas_series(series: Any) -> Values:
    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        return of_array(series.to_numpy())
    if dtype.name in ("str", "string", "category"):
        return _of_text(series.tolist())
    return _of_series(_narwhals().from_native(series, series_only=True))


def _of_series(series: Any) -> Values:
    narwhals, dtype = _narwhals(), series.dtype
    if dtype.is_numeric():
        return Values(NUMBER, _floats(series))
    if dtype == narwhals.Boolean:
        return Values(TRUTH, _floats(series))
    if dtype in (narwhals.Datetime, narwhals.Date):
        moments = series if dtype == narwhals.Datetime else series.cast(narwhals.Datetime("us"))
        return Values(DATE, _floats(moments.dt.timestamp("us")) / MICROSECONDS_A_DAY)
    if dtype == narwhals.Duration:
        return Values(SPAN, _floats(series.dt.total_microseconds()) / MICROSECONDS_A_DAY)
    if dtype in (narwhals.Binary, narwhals.Struct, narwhals.List, narwhals.Array):
        kind = "bytes" if dtype == narwhals.Binary else "lists" if dtype != narwhals.Struct else "structs"
        raise TypeError(kind)
    if dtype in (narwhals.String, narwhals.Categorical, narwhals.Enum):
        return _of_text(series.to_list())
    return of_objects(series.to_list())


def _of_text(values: list[Any]) -> Values:
    """Returns text, or the values of a categorical column, as text."""
    if set(map(type, values)) - {str, type(None)}:
        values = [value if type(value) is str else text_of(value) for value in values]
    return Values(TEXT, values)


def _floats(series: Any) -> Array:
    narwhals = _narwhals()
    values: Array = series.cast(narwhals.Float64).to_numpy()
    return np.asarray(values, np.float64)
