# SPDX-License-Identifier: BSD-3-Clause
"""The epoch loop: passes over the rows until a rule or a listener ends the training."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from neuract.schedules._course import Course
from neuract.schedules._rate import LearningRate
from neuract.training._passes import AnyPasses
from neuract.training._session import Ended
from neuract.training._stopping import Stopping

ROWS_AT_ONCE = 2**16  # per call of the core, over one or more epochs: enough to make Python's cost small


class Listener:
    """Follows a training.

    Attributes
    ----------
    hears_each : bool
        Whether it must be called after each epoch; if not, several epochs may run in one call of the core.
    """

    @property
    def hears_each(self) -> bool:
        return False

    def begin_epoch(self) -> None:
        """Is called before an epoch, or before several that run at once."""

    def ran(self, ended: Ended) -> None:
        """Is called with the passes that succeeded, also if the next pass fails."""

    def end_epoch(self) -> bool:
        """Is called after the stopping rules have judged the epochs. Returns whether to stop."""
        return False


def descend(
    rows: AnyPasses,
    rate: LearningRate,
    epochs: int,
    stopping: Stopping,
    listeners: Sequence[Listener],
    course: Course | None = None,
) -> bool:
    """Trains for at most `epochs` epochs. Returns whether a rule or a listener ended the training.

    course: gives shares of `rate`, from the epoch of `rate` on; None: the whole rate. Listeners are called in their
    order. If the training diverges, raises the error of `stopping` and leaves the parameters of the previous epoch.
    """
    each = course is not None or not rate.steady or any(listener.hears_each for listener in listeners)
    at_once = 1 if each else 1 + ROWS_AT_ONCE // rows.rows
    first, done = rate.epoch, 0
    while done < epochs:
        for listener in listeners:
            listener.begin_epoch()
        passes = int(max(1, min(at_once, epochs - done, stopping.least_epochs)))
        shares = None if course is None else partial(course.shares, first + done)
        ended: Ended = []
        try:
            rows.run(rate.now, ended, passes, shares)
        finally:
            if ended:
                for listener in listeners:
                    listener.ran(ended)
        done += len(ended)
        if len(ended) < passes:
            raise stopping.diverged(done + 1)
        stops = stopping.stops(passes)
        if any([listener.end_epoch() for listener in listeners]) or stops:
            return True
    return False


def hear(listeners: Sequence[Listener], loss: float) -> bool:
    """Calls listeners after an iteration of lbfgs, which reports only its ends. Returns whether one wants to stop."""
    for listener in listeners:
        listener.begin_epoch()
    for listener in listeners:
        listener.ran([(loss, 0.0)])
    return any([listener.end_epoch() for listener in listeners])
