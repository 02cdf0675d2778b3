# SPDX-License-Identifier: BSD-3-Clause
"""Checks of the user's arrays: finite numbers, rows and features, sample weights."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import neuract._neuract_core as core
from neuract._typing import Array
from neuract.inputs._columns import OF_ARRAYS, REMEDIES, column_names, columns_of_numbers, place
from neuract.inputs._sparse import SparseRows, is_sparse, sparse_rows

OF_NAN = {
    "X": "fill in missing values, or leave those rows or columns out",
    "y": "leave out rows without a target, or fill it in",
}
"""What to do about NaN, by argument."""
Position = Callable[[tuple[int, ...]], tuple[int, ...]]


def numeric(data: object, name: str, dtype: str) -> Array:
    """Returns `data` as a C-contiguous, aligned array of finite numbers of `dtype`; copies it only if it must."""
    if data is None:
        raise ValueError(f"{name} must be given, got None")
    try:
        array = np.asarray(data)
    except ValueError as error:  # ragged lists
        raise ValueError(f"{name} must be a rectangular array of numbers: {error}") from error
    check_no_mask(data, name)
    array = from_objects(array, name) if array.dtype == object else array
    return _finite(array, name, dtype, lambda where: where, data)


def check_no_mask(data: object, name: str) -> None:
    """Raises ValueError for the first masked value of NumPy's masked arrays."""
    if isinstance(data, np.ma.MaskedArray) and np.ma.is_masked(data):
        row, *column = map(int, np.argwhere(np.ma.getmaskarray(data))[0])
        raise ValueError(
            f"{name} has masked values (first in {place(row, *column)}); fill them, or leave those rows out"
        )


def from_objects(array: Array, name: str) -> Array:
    """Returns mixed types, as pandas makes them, as float64 if they are numbers, with NaN for pandas' NA."""
    if any(isinstance(value, (str, bytes)) for value in array.flat):
        return array
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError):
        missing = np.array([_is_na(value) for value in array.flat], bool).reshape(array.shape)
        return from_objects(np.where(missing, np.nan, array), name) if missing.any() else array
    except OverflowError:
        raise ValueError(f"{name} contains a whole number that is too large for float64") from None


def _is_na(value: object) -> bool:
    return type(value).__name__ == "NAType"  # pandas need not be installed


def _finite(array: Array, name: str, dtype: str, position: Position, data: object = None) -> Array:
    """Returns the array, converted. position: maps an index of the array to the row and column in the user's data."""
    kind = array.dtype.kind
    if kind not in "biuf":
        dates = REMEDIES[OF_ARRAYS[kind]] if kind in "Mm" else "encode text and categories as numbers first"
        remedy = f"; {dates}" if name in ("X", "y") else ""
        raise ValueError(f"{name} must hold real numbers, got {array.dtype} data{remedy}")
    with np.errstate(over="ignore"):
        converted = np.require(array, dtype=np.dtype(dtype), requirements=["C", "A"])
    if not core.all_finite(converted):
        at = _first_not_finite(converted)
        where = place(*position(at), names=column_names(data)) if at else ""
        raise ValueError(_not_finite(array[at], where, name, dtype))
    return converted


def _first_not_finite(array: Array) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])


def _not_finite(value: Any, where: str, name: str, dtype: str) -> str:
    what = "NaN" if np.isnan(value) else "infinity" if np.isinf(value) else f"a value too large for {dtype}"
    finite = "only finite numbers are accepted"
    remedy = OF_NAN.get(name, finite) if what == "NaN" else finite
    return f"{name} contains {what}{f' (first in {where})' if where else ''}; {remedy}"


def check_finite(x: Array | SparseRows, X: Any) -> None:
    """Raises ValueError if x, the checked X of an estimator, has NaN or infinity. X: with the names of its columns."""
    values = x.values if isinstance(x, SparseRows) else x
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum()) or core.all_finite(values):  # a sum takes a sixth of the time
            return
    at = _first_not_finite(values)
    where = place(*(x.position(at[0]) if isinstance(x, SparseRows) else at), names=column_names(X))
    if np.isnan(values[at]):
        raise ValueError(f'{_not_finite(np.nan, where, "X", "")}, or set missing="zero", which counts NaN as 0')
    raise ValueError(
        f"X contains infinity or a value too large for {values.dtype} (first in {where}); only finite numbers are "
        "accepted"
    )


def numbers_of(X: Any) -> Any:
    """Returns X for scikit-learn's checks: lists and objects as numbers; ValueError for columns without numbers."""
    X = columns_of_numbers(X)
    check_no_mask(X, "X")
    if isinstance(X, np.ndarray):
        return _from_all_objects(X, X) if X.dtype == object else X
    if hasattr(X, "iloc") and np.dtype(object) in list(X.dtypes):
        X = X.where(X.notna(), np.nan)  # which scikit-learn knows better than pandas' NA
        _from_all_objects(np.asarray(X, dtype=object), X)
    return X


def _from_all_objects(values: Array, X: Any) -> Array:
    """Returns the values of X as numbers; TypeError that names the first that is none."""
    converted = from_objects(values, "X")
    if converted.dtype == object:
        at = next(at for at, value in np.ndenumerate(values) if not isinstance(value, (numbers.Number, type(None))))
        what = f"X has a {type(values[at]).__name__} in {place(*at, names=column_names(X))}"
        raise TypeError(f"{what}; the argument must be no string and no other object, but numbers")
    return converted


def inputs(X: object, dtype: str, n_inputs: int | None) -> Array | SparseRows:
    """Returns X as (rows, features), at least one of each. n_inputs: the number of features, None for any number."""
    if is_sparse(X):
        return _sparse_inputs(X, dtype, n_inputs)
    array = numeric(columns_of_numbers(X), "X", dtype)
    _check_shape(array.shape, n_inputs)
    return array


def _sparse_inputs(X: Any, dtype: str, n_inputs: int | None) -> SparseRows:
    _check_shape(X.shape, n_inputs)
    rows = sparse_rows(X)
    return replace(rows, values=_finite(rows.values, "X", dtype, lambda where: rows.position(where[0])))


def _check_shape(shape: tuple[int, ...], n_inputs: int | None) -> None:
    if len(shape) != 2:
        hint = "; use reshape(-1, 1) for one feature, reshape(1, -1) for one row" if len(shape) == 1 else ""
        raise ValueError(f"X must have 2 dimensions (rows, features), got shape {shape}{hint}")
    if 0 in shape:
        raise ValueError(f"X must have at least one row and one feature, got shape {shape}")
    if n_inputs is not None and shape[1] != n_inputs:
        raise ValueError(f"X has {shape[1]} features, but Network is expecting {n_inputs} features as input")


def sample_weights(weights: object, rows: int, dtype: str) -> Array | None:
    """Returns one weight >= 0 per row, not all 0; None stays None."""
    if weights is None:
        return None
    array = numeric(weights, "sample_weight", dtype)
    if array.shape != (rows,):
        raise ValueError(f"sample_weight.shape == {array.shape}, expected ({rows},): one number per row")
    if (array < 0).any():
        raise ValueError(f"sample_weight must be >= 0, got {float(array.min())}")
    counting = array[array > 0]
    if counting.size == 0:
        raise ValueError("Sample weights must contain at least one non-zero number, got only zeros")
    if counting.min() < 1e-20 or counting.max() > 1e20:  # sums of gradients must stay within float32
        raise ValueError(
            "sample_weight must hold 0 or numbers from 1e-20 to 1e20, got "
            f"{float(counting.min())} to {float(counting.max())}; divide them by their mean"
        )
    return array
