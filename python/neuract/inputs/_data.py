# SPDX-License-Identifier: BSD-3-Clause
"""The checked rows of a fit, in the form that the core takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuract._typing import Array
from neuract.inputs._sparse import SparseRows


@dataclass(frozen=True)
class Data:
    """Checked arrays, in the form that the core takes."""

    x: Array | SparseRows
    targets: Array
    sample_weight: Array | None

    @property
    def rows(self) -> int:
        return len(self.x)

    def take(self, numbers: Array) -> Data:
        """Returns a copy of the rows with these numbers."""
        weights = None if self.sample_weight is None else self.sample_weight[numbers]
        return Data(self.x[numbers], self.targets[numbers], weights)

    @property
    def total_weight(self) -> float:
        return float(self.rows if self.sample_weight is None else self.sample_weight.sum(dtype=np.float64))
