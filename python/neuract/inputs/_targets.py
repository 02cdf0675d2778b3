# SPDX-License-Identifier: BSD-3-Clause
"""The user's y: errors for rows without a label or a number, and for numbers that are dates, text or categories."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Number
from typing import Any

import numpy as np

from neuract.inputs._arrays import check_no_mask, numeric
from neuract.inputs._columns import OF_ARRAYS, REMEDIES, TEXT, kind_of_dtype, kind_of_values
from neuract.inputs._sparse import is_sparse

WITHOUT_GAP = {str, bytes, bool, int}  # types of values that are never missing


@contextmanager
def target_errors(y: Any, *, numbers: bool) -> Iterator[None]:
    """Checks y for what scikit-learn's checks let pass, and names the row in their errors. numbers: y is no labels."""
    if y is None or is_sparse(y):
        yield
        return
    what = "target" if numbers else "label"
    check_no_mask(y, "y")
    if isinstance(y, (list, tuple)):
        _check_list(y, what)
    elif (array := np.asarray(y)).dtype == object:
        check_no_gap(array, what)
    if numbers:
        _check_numbers(y)
    try:
        yield
    except ValueError:
        if np.asarray(y).dtype.kind == "f":
            numeric(y, "y", "float64")  # names the first row that is not finite
        raise


def check_classes(classes: Any) -> None:
    """Raises ValueError if a class of a partial_fit is None, NaN or pandas' NA."""
    if any(map(_is_missing, classes)):
        raise ValueError(f"classes must be labels, but one is missing; got {list(classes)}")


def _check_list(y: Any, what: str) -> None:
    """Checks a list, whose text would make text of None and NaN."""
    types = set(map(type, y))
    if types not in ({float}, {list}, {tuple}):  # of which NumPy makes an array that keeps NaN
        check_no_gap(np.fromiter(y, object, len(y)), what)


def check_no_gap(labels: Any, what: str) -> None:
    """Raises ValueError for the first row of an array of objects that is None, NaN or pandas' NA."""
    if set(map(type, labels.ravel().tolist())) <= WITHOUT_GAP:
        return
    for at, value in enumerate(labels.flat):
        if _is_missing(value):
            row = at // (labels.size // len(labels))
            own = ", or give them a label of their own" if what == "label" else ""
            raise ValueError(f"y has {value!r} in row {row}; leave out rows without a {what}{own}")


def _is_missing(value: Any) -> bool:
    if isinstance(value, Number):
        return bool(value != value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _check_numbers(y: Any) -> None:
    """Raises ValueError if y holds dates, text or categories."""
    kind = kind_of_dtype(str(getattr(y, "dtype", "")).lower())
    if kind is None:
        array = np.asarray(y)
        kind = kind_of_values(array.ravel()) if array.dtype == object else OF_ARRAYS.get(array.dtype.kind)
    if kind is not None:
        remedy = f"to predict classes use MLPClassifier, else {REMEDIES[kind]}" if kind == TEXT else REMEDIES[kind]
        raise ValueError(f"y has {kind}, but MLPRegressor predicts numbers; {remedy}")
