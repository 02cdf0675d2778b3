# SPDX-License-Identifier: BSD-3-Clause
"""The rows and the initial weights of a case, the same for all candidates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from benchmarks.cases import Case

CACHED_BYTES = 8 << 20


@dataclass(frozen=True)
class Data:
    """x: rows × n_in; targets: rows × n_out, or class numbers; per layer, weights: n_in × n_out, biases: n_out."""

    x: np.ndarray
    targets: np.ndarray
    weights: list[np.ndarray]
    biases: list[np.ndarray]

    @property
    def cached(self) -> bool:
        """True if a candidate is faster when it shuffles all rows at once than batch by batch."""
        return self.x.nbytes <= CACHED_BYTES


def make_data(case: Case, rows: int) -> Data:
    """Draws standard normal inputs, and targets of a random network, which can be learned."""
    random = np.random.default_rng(0)
    x = random.standard_normal((rows, case.sizes[0]), dtype=np.float32).astype(case.dtype)
    first = random.standard_normal((case.sizes[0], 16)) / np.sqrt(case.sizes[0])
    outputs = np.tanh(x @ first) @ random.standard_normal((16, case.sizes[-1]))
    targets = outputs.argmax(axis=1) if case.classifies else outputs.astype(case.dtype)
    return Data(x, targets, *initial_parameters(case, random))


def initial_parameters(case: Case, random: np.random.Generator) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Draws uniform weights (Glorot & Bengio 2010), and biases of 0."""
    weights, biases = [], []
    for n_in, n_out in pairwise(case.sizes):
        bound = np.sqrt(6 / (n_in + n_out))
        weights.append(random.uniform(-bound, bound, (n_in, n_out)).astype(case.dtype))
        biases.append(np.zeros(n_out, case.dtype))
    return weights, biases


def mean_loss(case: Case, outputs: np.ndarray, targets: np.ndarray) -> float:
    """Computes the mean over rows of the loss that every candidate minimizes, from its outputs."""
    outputs = outputs.astype(np.float64).reshape(len(targets), -1)
    if case.classifies:
        return float(-np.log(np.maximum(outputs[np.arange(len(targets)), targets], 1e-30)).mean())
    return float(0.5 * ((outputs - targets) ** 2).sum(axis=1).mean())
