# SPDX-License-Identifier: BSD-3-Clause
"""Checks of what users give, with errors in their words: what was given, what is accepted."""

from __future__ import annotations

import contextlib
import numbers
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from neuract import _neuract_core as core
from neuract import _sparse
from neuract._sparse import SparseRows

Array = npt.NDArray[Any]
Kind = TypeVar("Kind")


def real_number(
    value: object,
    name: str,
    *,
    low: float = -np.inf,
    high: float = np.inf,
    open_low: bool = False,
    open_high: bool = False,
) -> float:
    """`value` as a float between `low` and `high`, ends included unless open."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    number = float(value)
    inside = (low < number if open_low else low <= number) and (number < high if open_high else number <= high)
    if not inside:  # NaN ends here too
        raise ValueError(f"{name} must be {_range(low, high, open_low, open_high)}, got {value!r}")
    return number


def _range(low: float, high: float, open_low: bool, open_high: bool) -> str:
    if low == -np.inf and high == np.inf:
        return "a finite number"
    if high == np.inf:
        return f"{'>' if open_low else '>='} {low:g}"
    return f"in {'(' if open_low else '['}{low:g}, {high:g}{')' if open_high else ']'}"


def whole_number(value: object, name: str, *, low: int) -> int:
    """`value` as an int of at least `low`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be a whole number >= {low}, got {value!r}")
    if value < low:
        raise ValueError(f"{name} must be a whole number >= {low}, got {value!r}")
    return int(value)


def boolean(value: object, name: str) -> bool:
    """`value` if it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def one_of(value: object, name: str, accepted: Iterable[str]) -> str:
    """`value` if it is one of the names."""
    names = list(accepted)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {', '.join(map(repr, names))}, got {value!r}")
    if value not in names:
        raise ValueError(f"unknown {name} {value!r}; there are: {', '.join(map(repr, names))}")
    return value


def numeric(data: object, name: str, dtype: str) -> Array:
    """`data` as a C-contiguous, aligned array of finite numbers of `dtype`; copied only where it is not one already."""
    try:
        array = np.asarray(data)
    except ValueError as error:  # ragged lists
        raise ValueError(f"{name} must be a rectangular array of numbers: {error}") from error
    if np.ma.is_masked(data):
        raise ValueError(f"{name} has masked values; fill them, or leave those rows out")
    if array.dtype == object and not any(isinstance(value, (str, bytes)) for value in array.flat):
        with contextlib.suppress(TypeError, ValueError):  # mixed types, as pandas makes them, may still be numbers
            array = array.astype(np.float64)
    return _finite(array, name, dtype, lambda where: where)


def _finite(array: Array, name: str, dtype: str, position: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Array:
    """The array, converted; position: where a number of it is in what the user gave."""
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
    place = f"row {where[0]}" + (f", column {where[1]}" if len(where) > 1 else "") if where else "it"
    return f"{name} contains {what} (first in {place}); only finite numbers are accepted"


def inputs(X: object, dtype: str, n_inputs: int | None) -> Array | SparseRows:
    """X as (rows, features), at least one of each; n_inputs: how many features there must be, None: any number."""
    if _sparse.is_sparse(X):
        return _sparse_inputs(X, dtype, n_inputs)
    array = numeric(X, "X", dtype)
    _check_shape(array.shape, n_inputs)
    return array


def _sparse_inputs(X: Any, dtype: str, n_inputs: int | None) -> SparseRows:
    _check_shape(X.shape, n_inputs)
    rows = _sparse.sparse_rows(X)
    return replace(rows, values=_finite(rows.values, "X", dtype, lambda where: rows.position(where[0])))


def _check_shape(shape: tuple[int, ...], n_inputs: int | None) -> None:
    if len(shape) != 2:
        hint = "; reshape(-1, 1) makes one feature, reshape(1, -1) one row" if len(shape) == 1 else ""
        raise ValueError(f"X must have 2 dimensions (rows, features), got shape {shape}{hint}")
    if 0 in shape:
        raise ValueError(f"X must have at least one row and one feature, got shape {shape}")
    if n_inputs is not None and shape[1] != n_inputs:
        raise ValueError(f"X has {shape[1]} features, but the network was made for {n_inputs}")


def sample_weights(weights: object, rows: int, dtype: str) -> Array | None:
    """One weight >= 0 a row, not all 0; None stays None."""
    if weights is None:
        return None
    array = numeric(weights, "sample_weight", dtype)
    if array.shape != (rows,):
        raise ValueError(f"sample_weight must have one number a row, shape ({rows},); got shape {array.shape}")
    if (array < 0).any():
        raise ValueError(f"sample_weight must be >= 0, got {float(array.min())}")
    counting = array[array > 0]
    if counting.size == 0:
        raise ValueError("sample_weight must have at least one weight > 0, got only zeros")
    if counting.min() < 1e-20 or counting.max() > 1e20:  # sums of gradients must stay within float32
        raise ValueError(
            "sample_weight must hold 0 or numbers from 1e-20 to 1e20, got "
            f"{float(counting.min())} to {float(counting.max())}; divide them by their mean"
        )
    return array


def named_classes(*classes: type[Kind]) -> Mapping[str, type[Kind]]:
    """Every name of the classes, presets included, and its class."""
    return MappingProxyType(
        {name: kind for kind in classes for name in (*kind.names, *getattr(kind, "presets", ()))}  # type: ignore[attr-defined]
    )


def random_state(value: Any) -> Any:
    """`value` if `random_generator` makes something of it; costs less than making it."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool) and 0 <= int(value) < 2**32
    if not (value is None or whole or isinstance(value, np.random.RandomState)):
        raise ValueError(
            f"random_state must be None, an int from 0 to 2**32 - 1, or a numpy.random.RandomState; got {value!r}"
        )
    return value


def random_generator(value: Any) -> np.random.RandomState:
    """None: freshly seeded; an int: that seed; a RandomState: itself, which is then advanced."""
    random_state(value)
    if isinstance(value, np.random.RandomState):
        return value
    return np.random.RandomState(None if value is None else int(value))


def not_fitted(name: str) -> Exception:
    """scikit-learn's NotFittedError; without scikit-learn, as that one, a ValueError and an AttributeError."""
    message = f"this {name} is not fitted yet; call fit first"
    try:
        from sklearn.exceptions import NotFittedError
    except ImportError:
        return _NotFittedError(message)
    error: Exception = NotFittedError(message)
    return error


class _NotFittedError(ValueError, AttributeError):
    pass
