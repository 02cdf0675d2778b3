# SPDX-License-Identifier: BSD-3-Clause
"""What ends a training before its last epoch: patience that runs out, and divergence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from neuract.training._guard import DivergedError


@dataclass
class Patience:
    """Counts the epochs in a row that improve on the best number by no more than `tolerance`; larger is better."""

    allowed: float
    tolerance: float
    best: float = -inf
    count: int = 0

    def hear(self, number: float) -> bool:
        """Counts an epoch. Returns whether its number is the best one yet."""
        best = self.best
        improves = number > -inf and number >= best + self.tolerance  # NaN does not
        self.count = 0 if improves else self.count + 1
        self.best = number if number > best else best
        return number > best

    @property
    def left(self) -> float:
        """How many epochs pass at least before it runs out."""
        return self.allowed + 1 - self.count

    @property
    def ran_out(self) -> bool:
        return self.count > self.allowed


class Stopping:
    """The rules of a training; of this class none but divergence.

    rate: gives the name and the value of the learning rate, for the error. left: which weights the network has then.
    """

    def __init__(self, rate: Callable[[], str], max_grad_norm: float | None, left: str = "", first: int = 0) -> None:
        self._rate, self._max_grad_norm, self._left, self._first = rate, max_grad_norm, left, first

    @property
    def least_epochs(self) -> float:
        """How many epochs pass at least before a rule ends the training."""
        return inf

    def stops(self, epochs: int) -> bool:
        """Judges so many epochs that have ended. Returns whether training is over."""
        return False

    def diverged(self, epoch: int) -> DivergedError:
        """Returns the error of a training whose epoch of that number, from 1, diverged."""
        norm = self._max_grad_norm
        bound = "set max_grad_norm (1, say)" if norm is None else f"lower max_grad_norm ({norm:g})"
        return DivergedError(
            f"training diverged: in epoch {self._first + epoch} the loss or a weight was no longer finite{self._left}. "
            f"Scale X, and y if it is numbers (with StandardScaler, say), lower {self._rate()}, or {bound}"
        )
