# SPDX-License-Identifier: BSD-3-Clause
"""The table of cases: the networks that are measured, and the multiply-adds of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise


@dataclass(frozen=True)
class Case:
    """One network and its training; sizes: inputs, hidden layers, outputs."""

    name: str
    sizes: tuple[int, ...]
    batch: int
    rows: int = 20_000
    hidden: str = "relu"
    dtype: str = "float32"

    @property
    def classifies(self) -> bool:
        """True for softmax and log loss, False for linear outputs and squared error.

        Fewer than three outputs make a regression: scikit-learn would turn two classes into one output, and so would
        not do the same work.
        """
        return self.sizes[-1] > 2

    @property
    def shape(self) -> str:
        return "-".join(map(str, self.sizes))

    @property
    def weight_bytes(self) -> int:
        return self._n_weights * (8 if self.dtype == "float64" else 4)

    @property
    def predict_flops(self) -> int:
        """Floating-point operations of one row's prediction. As below, only multiply-adds count."""
        return 2 * self._n_weights

    @property
    def train_flops(self) -> int:
        """Operations of one row's share of a step: forward, backward by weights, and by data except into the inputs."""
        return 6 * self._n_weights - 2 * self.sizes[0] * self.sizes[1]

    @property
    def _n_weights(self) -> int:
        return sum(n_in * n_out for n_in, n_out in pairwise(self.sizes))


RELU = (
    Case("tiny", (10, 32, 1), 32),
    Case("default", (20, 100, 2), 200),
    Case("deep", (30, 64, 64, 64, 3), 64),
    Case("mnist", (784, 256, 128, 10), 128),
    Case("wide", (128, 512, 512, 512, 1), 256),
    Case("huge", (512, 1024, 1024, 10), 1024, rows=8_192),
)
TANH = tuple(replace(case, name=f"{case.name}-tanh", hidden="tanh") for case in RELU)
DOUBLE = tuple(replace(case, name=f"{case.name}-f64", dtype="float64") for case in (RELU[1], RELU[3]))
ODD = (
    Case("tiny-odd", (11, 17, 1), 50),
    Case("default-odd", (23, 97, 2), 130),
    Case("deep-odd", (31, 45, 45, 45, 3), 50),
    Case("mnist-odd", (777, 251, 131, 11), 130),
    Case("wide-odd", (131, 509, 509, 509, 1), 250),
    Case("huge-odd", (509, 1021, 1021, 13), 1000, rows=8_192),
)
CASES = {case.name: case for case in (*RELU, *TANH, *DOUBLE, *ODD)}
