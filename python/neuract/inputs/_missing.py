# SPDX-License-Identifier: BSD-3-Clause
"""Missing values: NaN counts as 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuract.inputs._arrays import from_objects
from neuract.inputs._columns import columns_of_numbers
from neuract.inputs._sparse import is_sparse


def without_nan(X: Any) -> Any:
    """Returns X as an array or a sparse matrix of floats, with 0 in place of NaN; X itself does not change."""
    X = X if is_sparse(X) else np.asarray(columns_of_numbers(X))
    X = from_objects(X, "X") if X.dtype == object else X
    return zero_for_nan(X if X.dtype.kind == "f" else X.astype(np.float64))


def zero_for_nan(x: Any) -> Any:
    """Returns x, an array or sparse matrix of floats, with 0 for NaN; changes a copy, since x may be the user's."""
    values = x.data if is_sparse(x) else x
    if not np.isnan(values).any():
        return x
    filled = np.where(np.isnan(values), values.dtype.type(0), values)
    if not is_sparse(x):
        return filled
    x = x.copy()
    x.data = filled
    return x
