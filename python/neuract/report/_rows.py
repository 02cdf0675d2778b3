# SPDX-License-Identifier: BSD-3-Clause
"""Some of the rows that the user gave."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuract._typing import Array
from neuract.inputs._sparse import SparseRows


def evenly_spread(n_rows: int, most: int) -> npt.NDArray[np.intp]:
    """Numbers of at most so many rows, the first and the last among them."""
    return np.linspace(0, n_rows - 1, min(most, n_rows)).astype(np.intp)


def dense(rows: Array | SparseRows, numbers: npt.NDArray[np.intp]) -> Array:
    """These rows, as an array."""
    chosen = rows[numbers]
    if not isinstance(chosen, SparseRows):
        return chosen
    array = np.zeros(chosen.shape, chosen.dtype)
    array[np.repeat(np.arange(len(chosen)), np.diff(chosen.starts)), chosen.columns] = chosen.values
    return array
