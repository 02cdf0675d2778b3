# SPDX-License-Identifier: BSD-3-Clause
"""The epoch loop: passes over the rows until a rule or a listener ends them."""

from __future__ import annotations

from collections.abc import Sequence

from neuract.inputs._data import Data
from neuract.schedules._rate import LearningRate
from neuract.training._session import Ended, Order, Session
from neuract.training._stopping import Stopping

ROWS_AT_ONCE = 2**16  # of the epochs in one call of the core, next to which Python's part is small


class Listener:
    """Hears of a training.

    Attributes
    ----------
    hears_each : bool
        Whether it must hear of each epoch when that epoch ends; else several may run in one call of the core.
    """

    hears_each = False

    def begin_epoch(self) -> None:
        """Hears that an epoch begins, or several at once."""

    def ran(self, ended: Ended) -> None:
        """Hears of passes that ended well, also where the pass after them does not."""

    def end_epoch(self) -> bool:
        """Hears that epochs have ended and been judged. Returns whether to stop."""
        return False


def descend(
    session: Session,
    data: Data,
    order: Order | None,
    rate: LearningRate,
    epochs: int,
    stopping: Stopping,
    listeners: Sequence[Listener],
) -> bool:
    """Trains for so many epochs, or fewer. Returns whether a rule or a listener ended the training.

    order: None keeps the rows in theirs. Listeners hear in their order. Raises the error of `stopping` where the
    training diverges; the parameters are then those of the epoch before.
    """
    each = not rate.steady or any(listener.hears_each for listener in listeners)
    at_once = 1 if each else 1 + ROWS_AT_ONCE // data.rows
    done = 0
    while done < epochs:
        for listener in listeners:
            listener.begin_epoch()
        passes = int(max(1, min(at_once, epochs - done, stopping.least_epochs)))
        ended: Ended = []
        try:
            session.run(data, order, rate.now, ended, passes)
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
    """Tells of an iteration of an optimizer that tells of ends only. Returns whether one wants to stop."""
    for listener in listeners:
        listener.begin_epoch()
    for listener in listeners:
        listener.ran([(loss, 0.0)])
    return any([listener.end_epoch() for listener in listeners])
