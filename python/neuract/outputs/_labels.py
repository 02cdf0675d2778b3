# SPDX-License-Identifier: BSD-3-Clause
"""Labels by scikit-learn's rules: the sorted labels of y, and the number of each row's label.

Whole numbers, bools and strings are read once; a million of them take a few per cent of an epoch.
"""

from __future__ import annotations

import numpy as np
from sklearn.utils.multiclass import type_of_target, unique_labels

from neuract._typing import Array

NARROW = 4096  # the table may have this many entries, or one per row if there are more rows


def are_multilabel(y: Array) -> bool:
    """Returns whether y has several labels per row; ValueError if y does not hold classes."""
    if y.ndim == 1 and y.dtype.kind in "biuU":
        return False
    kind = str(type_of_target(y, input_name="y"))
    if kind == "multiclass-multioutput":
        raise ValueError(
            f"y of shape {y.shape} has several columns that are not 0 and 1; for several labels per row give one "
            "column of 0 and 1 per label"
        )
    if kind not in ("binary", "multiclass", "multilabel-indicator"):
        raise ValueError(
            f"Unknown label type: {kind}. y must hold classes (strings, whole numbers or bools); "
            "to predict numbers use MLPRegressor"
        )
    if kind == "multilabel-indicator" and not np.isin(y, (0, 1)).all():
        given = ", ".join(map(str, np.unique(y).tolist()))
        raise ValueError(f"several labels per row need columns of 0 and 1; y has the values {given}")
    return kind == "multilabel-indicator"


def numbered(y: Array) -> tuple[Array, Array]:
    """Returns the sorted labels of a column, and the number of each row's label, from 0."""
    if y.dtype.kind in "iu":
        low, high = int(y.min()), int(y.max())
        if high - low < max(NARROW, len(y)) and high <= np.iinfo(np.intp).max:
            return _numbered_by_table(y, low, high)
    if y.dtype == bool:
        labels, numbers = _numbered_by_table(y.view(np.uint8), 0, 1)
        return labels.astype(bool), numbers
    labels = np.unique(y)
    return unique_labels(labels), np.searchsorted(labels, y)


def _numbered_by_table(y: Array, low: int, high: int) -> tuple[Array, Array]:
    """Does the same for whole numbers from low to high, without sorting the rows."""
    places = y.astype(np.intp) if low == 0 else np.subtract(y, low, dtype=np.intp, casting="unsafe")
    there = np.zeros(high - low + 1, dtype=bool)
    there[places] = True
    labels: Array = (np.flatnonzero(there) + low).astype(y.dtype)
    numbers: Array = (np.cumsum(there) - 1)[places]
    return labels, numbers
