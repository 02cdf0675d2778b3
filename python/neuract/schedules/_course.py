# SPDX-License-Identifier: BSD-3-Clause
"""The schedules of a training, step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuract._typing import Array
from neuract.schedules._shares import Schedule, step_shares

Shares = tuple[Array, Array]
"""The shares of the learning rate, and of dropout and weight decay, in each step of an epoch."""


@dataclass(frozen=True)
class Course:
    """The schedules of a training: of the learning rate, and of dropout and weight decay; None: the whole share.

    epochs: of the training, which some schedules divide.
    """

    rate: Schedule | None
    regularization: Schedule | None
    epochs: int

    @property
    def followed(self) -> Course | None:
        """Itself; None if all shares are whole."""
        return None if self.rate is None and self.regularization is None else self

    def shares(self, epoch: int, steps: int) -> Shares:
        """Returns the shares of both in each step of an epoch, counted from 0."""
        return self._of(self.rate, epoch, steps), self._of(self.regularization, epoch, steps)

    def _of(self, schedule: Schedule | None, epoch: int, steps: int) -> Array:
        return np.ones(steps) if schedule is None else step_shares(schedule, epoch, self.epochs, steps)
