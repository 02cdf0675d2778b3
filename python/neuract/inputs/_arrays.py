# SPDX-License-Identifier: BSD-3-Clause
"""Checks of the user's arrays: finite numbers, rows and features, sample weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import neuract._neuract_core as core
from neuract._typing import Array
from neuract.inputs._sparse import SparseRows, is_sparse, sparse_rows


def numeric(data: object, name: str, dtype: str) -> Array:
    """Returns `data` as a C-contiguous, aligned array of finite numbers of `dtype`; copies it only if it must."""
    try:
        array = np.asarray(data)
    except ValueError as error:  # ragged lists
        raise ValueError(f"{name} must be a rectangular array of numbers: {error}") from error
    if np.ma.is_masked(data):
        raise ValueError(f"{name} has masked values; fill them, or leave those rows out")
    array = from_objects(array, name) if array.dtype == object else array
    return _finite(array, name, dtype, lambda where: where)


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


def _finite(array: Array, name: str, dtype: str, position: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Array:
    """Returns the array, converted. position: maps an index of the array to the row and column in the user's data."""
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} must hold real numbers, got {array.dtype} data; encode text and categories as numbers first"
        )
    with np.errstate(over="ignore"):
        converted = np.require(array, dtype=np.dtype(dtype), requirements=["C", "A"])
    if not core.all_finite(converted):
        first = tuple(int(i) for i in np.argwhere(~np.isfinite(converted))[0])
        raise ValueError(_not_finite(array[first], position(first), name, dtype))
    return converted


def _not_finite(value: Any, where: tuple[int, ...], name: str, dtype: str) -> str:
    what = "NaN" if np.isnan(value) else "infinity" if np.isinf(value) else f"a value too large for {dtype}"
    place = f" (first in row {where[0]}" + (f", column {where[1]})" if len(where) > 1 else ")") if where else ""
    return f"{name} contains {what}{place}; only finite numbers are accepted"


def inputs(X: object, dtype: str, n_inputs: int | None) -> Array | SparseRows:
    """Returns X as (rows, features), at least one of each. n_inputs: the number of features, None for any number."""
    if is_sparse(X):
        return _sparse_inputs(X, dtype, n_inputs)
    array = numeric(X, "X", dtype)
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
