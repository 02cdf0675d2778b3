# SPDX-License-Identifier: BSD-3-Clause
"""neuract: a Network with its public methods."""

from __future__ import annotations

import neuract as na
from benchmarks.cases import Case
from benchmarks.data import Data


class Neuract:
    def __init__(self, case: Case, data: Data, threads: int) -> None:
        hidden = [na.Dense(units, case.hidden) for units in case.sizes[1:-1]]
        output = na.Dense(case.sizes[-1], "softmax" if case.classifies else "linear")
        settings = {"batch_size": case.batch, "dtype": case.dtype, "random_state": 0, "n_threads": threads}
        self.network = na.Network([*hidden, output], **settings).set_parameters(data.weights, data.biases)
        self.data = data
        self.predict = self.network.predict

    def train_epoch(self) -> None:
        self.network.partial_fit(self.data.x, self.data.targets)
