# SPDX-License-Identifier: BSD-3-Clause
"""Schedules of the estimators: the learning rate from epoch to epoch, as scikit-learn's MLP moves it."""

from __future__ import annotations

from dataclasses import dataclass, field

SMALLEST = 1e-6  # an adaptive rate that is no larger is not lowered any more


@dataclass
class LearningRate:
    """The rate of the epoch to come.

    Parameters
    ----------
    schedule : {"constant", "invscaling", "adaptive"}
        constant: stays at `initial`. invscaling: initial / (rows seen + 1) ** power_t, moved once an
        epoch; the first epoch has `initial`. adaptive: a fifth whenever training no longer improves.
    initial : float
        > 0.
    power_t : float
        >= 0; for invscaling.
    """

    schedule: str
    initial: float
    power_t: float
    now: float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        self.now = float(self.initial)

    def end_epoch(self, rows_seen: int) -> None:
        """Goes on to the next epoch; `rows_seen` counts from the first epoch of the model."""
        if self.schedule == "invscaling":
            self.now = float(self.initial) / (rows_seen + 1) ** self.power_t

    def stall(self) -> tuple[bool, str]:
        """Training no longer improves -> (whether it should stop, what happens, for a message)."""
        if self.schedule != "adaptive":
            return True, "Stopping."
        if self.now <= SMALLEST:
            return True, "Learning rate too small. Stopping."
        self.now /= 5
        return False, f"Setting learning rate to {self.now:f}"
