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

MOST_AT_ONCE = 2**24  # outputs of members that are in memory at the same time
LEAST_AT_ONCE = 1024  # rows


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
    def _is_one(self) -> bool:
        """Whether the first network alone predicts."""
        return len(self) == 1 and self.bounds is None

    @cached_property
    def _together(self) -> core.Ensemble:
        return core.Ensemble([network._known().core for network in self.networks])

    def each(self, x: Any, n_threads: int | None) -> Array:
        """Returns the outputs of each member for checked rows: members × rows × outputs."""
        first = self.networks[0]
        y = np.empty((len(self), len(x), first.layers[-1].units), first.dtype)
        self._together.predict([len(x)] * len(self), [x] * len(self), list(y), threads_of(n_threads))
        return y

    def predict_directly(self, x: Any) -> Array | None:
        """Returns the outputs for a few rows that need no conversion; None if x needs more checks. For serving."""
        if self._is_one:
            return self.networks[0]._known().core.predict_directly(x)
        each = self._together.predict_directly(x, threads_of(self.networks[0].n_threads))
        return None if each is None else self._mean_of_few(each)

    def _mean_of_few(self, each: Array) -> Array:
        """Returns `combined`, bit for bit, with few calls: an accumulated sum adds in the members' order."""
        if self.bounds is not None:
            np.maximum(each, self.bounds[0], out=each)
            np.minimum(each, self.bounds[1], out=each)
        return np.asarray(np.add.accumulate(each * self._columns_of_weights)[-1], each.dtype)

    @cached_property
    def _columns_of_weights(self) -> Array:
        return self.weights[:, np.newaxis, np.newaxis]

    def combined(self, each: Sequence[Array]) -> Array:
        """Returns the weighted mean of the members' outputs, rows × outputs, summed in their order."""
        if self._is_one:
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

    def predict_shuffled(self, x: Array, n_sets: int, sets: Array, orders: Array, n_threads: int | None) -> Array:
        """Returns the outputs as `Parameters.predict_shuffled` of one network: sets × orders × rows × outputs."""
        known = [network._known() for network in self.networks]
        return self.combined([one.predict_shuffled(x, n_sets, sets, orders, n_threads) for one in known])

    def predict(self, x: Any, n_threads: int | None) -> Array:
        """Returns the outputs for checked rows: rows × outputs."""
        if self._is_one:
            return self.networks[0]._known().predict(x, n_threads)
        units = self.networks[0].layers[-1].units
        rows = max(LEAST_AT_ONCE, MOST_AT_ONCE // (len(self) * units))
        if not isinstance(x, np.ndarray) or len(x) <= rows:
            return self.combined(list(self.each(x, n_threads)))
        parts = [x[at : at + rows] for at in range(0, len(x), rows)]
        return np.concatenate([self.combined(list(self.each(part, n_threads))) for part in parts])


def _mean(each: Sequence[Array], weights: Array) -> Array:
    total = weights[0] * each[0].astype(np.float64)
    for weight, one in zip(weights[1:], each[1:], strict=True):
        total += weight * one
    return np.asarray(total, each[0].dtype)
