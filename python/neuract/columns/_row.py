# SPDX-License-Identifier: BSD-3-Clause
"""One row as a dict or an array: the way into a network that costs microseconds."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from neuract._typing import Array, FittedNetwork
from neuract.columns._columns import Columns


class OfColumns(Protocol):
    """A fitted model with columns."""

    columns_: Columns
    network_: Any


def one_row(model: OfColumns, X: Any) -> Array | None:
    """Returns the matrix of one row of common values, a dict or an array; None if `Columns.transform` must look at X.

    Numbers that are too large for the network become infinite; whoever takes the matrix must look for them.
    """
    kind = type(X)
    if kind is dict:
        numbers = model.columns_.row(X)
    elif kind is np.ndarray:
        numbers = model.columns_.array_row(X)
    else:
        return None
    if numbers is None:
        return None
    network: FittedNetwork = model.network_
    return np.array([numbers], network.dtype)
