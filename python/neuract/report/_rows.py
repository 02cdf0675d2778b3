# SPDX-License-Identifier: BSD-3-Clause
"""A selection of the rows of X."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuract._typing import Array
from neuract.inputs._sparse import SparseRows


def evenly_spread(n_rows: int, most: int) -> npt.NDArray[np.intp]:
    """Returns the numbers of at most `most` rows, the first and the last among them."""
    return np.linspace(0, n_rows - 1, min(most, n_rows)).astype(np.intp)


def dense(rows: Array | SparseRows, numbers: npt.NDArray[np.intp]) -> Array:
    """Returns the rows with these numbers as an array."""
    chosen = rows[numbers]
    return chosen.toarray() if isinstance(chosen, SparseRows) else chosen
