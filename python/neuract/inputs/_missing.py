# SPDX-License-Identifier: BSD-3-Clause
"""Missing values: NaN taken as 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuract.inputs._sparse import is_sparse


def zero_for_nan(x: Any) -> Any:
    """An array or sparse matrix of floats with 0 where it has NaN, changed in a copy: it may be the user's."""
    values = x.data if is_sparse(x) else x
    if not np.isnan(values).any():
        return x
    filled = np.where(np.isnan(values), values.dtype.type(0), values)
    if not is_sparse(x):
        return filled
    x = x.copy()
    x.data = filled
    return x
