# SPDX-License-Identifier: BSD-3-Clause
"""The networks of a model, which predict side by side, and the weighted mean of their outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

import neuract._neuract_core as core
from neuract._typing import Array, FittedNetwork
from neuract.threading._count import threads_of


@dataclass(frozen=True, eq=False)
class Members:
    """Networks of one dtype that take the same X and have the same outputs.

    Parameters
    ----------
    networks : tuple of Network
    weights : ndarray of shape (members,)
        Of their mean, in float64; their sum is 1.
    left_out : tuple of int or None
        The fold of rows that each member has not seen.
    bounds : ndarray of shape (2, outputs) or None
        The lowest and the highest output that counts: a member's output beyond is held there.
    """

    networks: tuple[FittedNetwork, ...]
    weights: Array
    left_out: tuple[int, ...] | None = None
    bounds: Array | None = None

    @classmethod
    def of(cls, network: FittedNetwork) -> Members:
        """Returns the only network of a model."""
        return cls((network,), np.ones(1))

    def __len__(self) -> int:
        return len(self.networks)

    @property
    def folds(self) -> int:
        """The number of folds."""
        return 1 + max(self.left_out or (0,))

    @cached_property
    def _together(self) -> core.Ensemble:
        return core.Ensemble([network._known().core for network in self.networks])

    def each(self, x: Any, n_threads: int | None) -> Array:
        """Returns the outputs of each member for checked rows: members × rows × outputs."""
        first = self.networks[0]
        y = np.empty((len(self), len(x), first.layers[-1].units), first.dtype)
        self._together.predict([len(x)] * len(self), [x] * len(self), list(y), threads_of(n_threads))
        return y

    def combined(self, each: Sequence[Array]) -> Array:
        """Returns the weighted mean of the members' outputs, rows × outputs, summed in their order."""
        if len(self) == 1 and self.bounds is None:
            return each[0]
        return _mean([self.held(one) for one in each], self.weights)

    def held(self, outputs: Array) -> Array:
        """Returns outputs held within the bounds."""
        return outputs if self.bounds is None else np.clip(outputs, *self.bounds)

    def by_fold(self, each: Sequence[Array]) -> Array:
        """Returns for each fold the mean of the members that have not seen it: folds × rows × outputs."""
        assert self.left_out is not None
        means = []
        for fold in range(self.folds):
            chosen = [j for j, left_out in enumerate(self.left_out) if left_out == fold]
            weights = self.weights[chosen]
            means.append(_mean([self.held(each[j]) for j in chosen], weights / weights.sum()))
        return np.array(means)

    def predict(self, x: Any, n_threads: int | None) -> Array:
        """Returns the outputs for checked rows: rows × outputs."""
        if len(self) == 1 and self.bounds is None:
            return self.networks[0]._known().predict(x, n_threads)
        return self.combined(list(self.each(x, n_threads)))


def _mean(each: Sequence[Array], weights: Array) -> Array:
    total = weights[0] * each[0].astype(np.float64)
    for weight, one in zip(weights[1:], each[1:], strict=True):
        total += weight * one
    return np.asarray(total, each[0].dtype)
