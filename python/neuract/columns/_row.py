# SPDX-License-Identifier: BSD-3-Clause
"""One row as a dict: the way into a network that costs microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from neuract._typing import Array, FittedNetwork
from neuract.columns._columns import Columns


class OfColumns(Protocol):
    """A fitted model with columns."""

    columns_: Columns
    network_: Any


def one_row(model: OfColumns, X: Mapping[str, Any]) -> Array | None:
    """Returns the matrix of one row, a dict of common values; None if `Columns.transform` must look at it."""
    numbers = model.columns_.row(X)
    if numbers is None:
        return None
    network: FittedNetwork = model.network_
    x = np.array([numbers], network.dtype)
    return x if np.isfinite(x).all() else None
