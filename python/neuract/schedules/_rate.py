# SPDX-License-Identifier: BSD-3-Clause
"""The learning rate of the estimators from epoch to epoch: as scikit-learn's MLP moves it, or by a schedule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from neuract._checks import real_number
from neuract.schedules._shares import SCHEDULES, Schedule
from neuract.schedules._shares import schedule as schedule_named

SMALLEST = 1e-6  # an adaptive rate that is no larger is not lowered any more
SKLEARNS = ("constant", "invscaling", "adaptive")  # the last two for sgd only


@dataclass
class LearningRate:
    """The rate of the epoch to come.

    Parameters
    ----------
    schedule : str, Schedule or callable
        constant: stays at `initial`. invscaling: initial / (rows seen + 1) ** power_t, moved once an
        epoch; the first epoch has `initial`. adaptive: a fifth whenever training no longer improves.
        A Schedule, by name or as it is: its shares of `initial`. A callable: from the number of the
        epoch, counted from 0, to its rate.
    initial : float
        > 0.
    power_t : float
        >= 0; for invscaling.
    epochs : int
        How many there will be at most; for a Schedule.
    """

    schedule: str | Schedule | Callable[[int], float]
    initial: float
    power_t: float
    epochs: int
    epoch: int = field(default=0, init=False, compare=False)
    now: float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.schedule, str) and self.schedule in SCHEDULES:
            self.schedule = schedule_named(self.schedule)
        if not isinstance(self.schedule, Schedule):
            self.epochs = 0  # has no part in it
        self.now = float(self.initial)
        self._follow()

    def _follow(self) -> None:
        """Moves the rate to where a schedule wants it in this epoch."""
        if isinstance(self.schedule, Schedule):
            self.now = float(self.initial) * self.schedule.share(self.epoch, self.epochs)
        elif callable(self.schedule):
            name = f"what learning_rate gives for epoch {self.epoch}"
            self.now = real_number(self.schedule(self.epoch), name, low=0, open_high=True)

    @property
    def steady(self) -> bool:
        """Whether it moves at a stall only."""
        return isinstance(self.schedule, str) and self.schedule != "invscaling"

    def end_epochs(self, epochs: int, rows_seen: int) -> None:
        """Goes on, by one epoch where it is not steady; `rows_seen` counts from the first epoch of the model."""
        self.epoch += epochs
        if self.schedule == "invscaling":
            self.now = float(self.initial) / (rows_seen + 1) ** self.power_t
        elif not isinstance(self.schedule, str):
            self._follow()

    def stall(self) -> tuple[bool, str]:
        """Training no longer improves -> (whether it should stop, what happens, for a message)."""
        if self.schedule != "adaptive":
            return True, "Stopping."
        if self.now <= SMALLEST:
            return True, "Learning rate too small. Stopping."
        self.now /= 5
        return False, f"Setting learning rate to {self.now:f}"
