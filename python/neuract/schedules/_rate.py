# SPDX-License-Identifier: BSD-3-Clause
"""The learning rate, epoch by epoch: by the rules of scikit-learn's MLP, or by a schedule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, cast

from neuract._checks import real_number
from neuract.schedules._course import Course
from neuract.schedules._shares import SCHEDULES, Schedule, ScheduleName

SMALLEST = 1e-6  # an adaptive rate is lowered only while it is larger
SKLEARNS = ("constant", "invscaling", "adaptive")  # the last two for sgd only
RateName = Literal["constant", "invscaling", "adaptive", ScheduleName]
"""The names of `SKLEARNS` and `SCHEDULES`, for type checkers."""


@dataclass
class LearningRate:
    """The rate of the next epoch.

    Parameters
    ----------
    schedule : str, Schedule or callable
        constant: stays at `initial`. invscaling: initial / (rows seen + 1) ** power_t, updated once per
        epoch; the first epoch has `initial`. adaptive: divided by 5 whenever training stops improving.
        A Schedule, by name or as an object: its shares of `initial`; `now` stays at `initial` if it changes
        step by step, see `course`. A callable: maps the number of the epoch, counted from 0, to its rate.
    initial : float
        > 0.
    power_t : float
        Exponent of invscaling, >= 0.
    epochs : int
        Largest number of epochs; for a Schedule.
    """

    schedule: RateName | Schedule | Callable[[int], float]
    initial: float
    power_t: float
    epochs: int
    epoch: int = field(default=0, init=False, compare=False)
    now: float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.schedule, str) and self.schedule in SCHEDULES:
            self.schedule = SCHEDULES[self.schedule]()
        if not isinstance(self.schedule, Schedule):
            self.epochs = 0  # not used; makes equal rates compare equal
        self.now = float(self.initial)
        self._follow()

    def _follow(self) -> None:
        """Sets the rate that the schedule gives for this epoch."""
        if self.course is not None:
            return
        if isinstance(self.schedule, Schedule):
            self.now = float(self.initial) * self.schedule.share(self.epoch, self.epochs)
        elif callable(self.schedule):
            name = f"the result of learning_rate for epoch {self.epoch}"
            self.now = real_number(self.schedule(self.epoch), name, low=0, open_high=True)

    @property
    def course(self) -> Course | None:
        """A schedule that changes step by step; None for others."""
        by_step = isinstance(self.schedule, Schedule) and self.schedule.by_step
        return Course(cast(Schedule, self.schedule), None, self.epochs) if by_step else None

    @property
    def steady(self) -> bool:
        """Whether the rate changes only when training stalls."""
        return isinstance(self.schedule, str) and self.schedule != "invscaling"

    def end_epochs(self, epochs: int, rows_seen: int) -> None:
        """Ends epochs, one at a time unless the rate is steady. `rows_seen` counts from the model's first epoch."""
        self.epoch += epochs
        if self.schedule == "invscaling":
            self.now = float(self.initial) / (rows_seen + 1) ** self.power_t
        elif not isinstance(self.schedule, str):
            self._follow()

    def stall(self) -> tuple[bool, str]:
        """Reacts to training that no longer improves. Returns whether to stop, and a text that says what happens."""
        if self.schedule != "adaptive":
            return True, "Stopping."
        if self.now <= SMALLEST:
            return True, "Learning rate too small. Stopping."
        self.now /= 5
        return False, f"Setting learning rate to {self.now:f}"
