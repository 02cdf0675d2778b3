# SPDX-License-Identifier: BSD-3-Clause
"""The rules that end a training before its last epoch: exhausted patience, and divergence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from neuract.training._guard import DivergedError


@dataclass
class Patience:
    """Counts consecutive epochs that improve on the best number by at most `tolerance`; larger is better."""

    allowed: float
    tolerance: float
    best: float = -inf
    count: int = 0

    def hear(self, number: float) -> bool:
        """Counts an epoch. Returns whether its number is the best so far."""
        best = self.best
        improves = number > -inf and number >= best + self.tolerance  # NaN does not
        self.count = 0 if improves else self.count + 1
        self.best = number if number > best else best
        return number > best

    @property
    def left(self) -> float:
        """The least number of epochs before patience runs out."""
        return self.allowed + 1 - self.count

    @property
    def ran_out(self) -> bool:
        return self.count > self.allowed


class Stopping:
    """The rules of a training. This class has only one: divergence.

    rate: returns the name and the value of the learning rate, for the error. left: text that says which weights the
    network keeps.
    """

    def __init__(self, rate: Callable[[], str], max_grad_norm: float | None, left: str = "", first: int = 0) -> None:
        self._rate, self._max_grad_norm, self._left, self._first = rate, max_grad_norm, left, first

    @property
    def least_epochs(self) -> float:
        """The least number of epochs before a rule ends the training."""
        return inf

    def stops(self, epochs: int) -> bool:
        """Judges the last `epochs` epochs. Returns whether training is over."""
        return False

    def diverged(self, epoch: int) -> DivergedError:
        """Returns the error of a training that diverged in this epoch, counted from 1."""
        norm = self._max_grad_norm
        bound = "set max_grad_norm (for example to 1)" if norm is None else f"lower max_grad_norm ({norm:g})"
        return DivergedError(
            f"Solver produced non-finite parameter weights or loss in epoch {self._first + epoch}{self._left}. "
            f"Scale X, and y if it holds numbers (with StandardScaler), lower {self._rate()}, or {bound}"
        )
