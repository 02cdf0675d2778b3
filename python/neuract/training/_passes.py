# SPDX-License-Identifier: BSD-3-Clause
"""Passes of a session over its rows: over arrays in one call of the core, over a stream buffer by buffer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from math import ceil
from typing import Protocol

import numpy as np

from neuract.data._stream import Stream
from neuract.inputs._data import Data
from neuract.schedules._course import Shares
from neuract.training._session import Ended, Order, Session, shuffled

SharesOf = Callable[[int], Shares]
"""The number of steps of a pass -> the shares of each."""


class AnyPasses(Protocol):
    """What makes the epochs of a training. rows: of one."""

    @property
    def rows(self) -> int: ...
    def run(self, rate: float, ended: Ended, passes: int, shares: SharesOf | None) -> None:
        """Makes some passes. Adds the good ones to `ended`; undoes the first bad one, and stops."""


class Passes:
    """Passes over arrays.

    order: None does not shuffle the rows.
    """

    def __init__(self, session: Session, data: Data, order: Order | None) -> None:
        self._session, self._data, self._order, self.rows = session, data, order, data.rows

    def run(self, rate: float, ended: Ended, passes: int, shares: SharesOf | None) -> None:
        """Makes some passes. Adds the good ones to `ended`; undoes the first bad one, and stops."""
        of_steps = None if shares is None else shares(self._session.steps(self.rows))
        self._session.run(self._data, self._order, rate, ended, passes, of_steps)


class StreamPasses:
    """Passes over a stream.

    random: draws the orders of the windows and of the rows of each buffer; None: all keep their order.
    """

    def __init__(self, session: Session, stream: Stream, random: np.random.RandomState | None) -> None:
        self._session, self._stream, self._random, self.rows = session, stream, random, stream.rows
        self._before = np.empty(session.parameters.core.size, session.parameters.dtype)

    def run(self, rate: float, ended: Ended, passes: int, shares: SharesOf | None) -> None:
        """Makes some passes, as `Passes.run`."""
        for _ in range(passes):
            self._session.parameters.core.copy_out(self._before)
            try:
                good = self._pass(rate, shares)
            except BaseException:
                self._undo()
                raise
            if good is None:
                self._undo()
                return
            ended.append(good)

    def _pass(self, rate: float, shares: SharesOf | None) -> tuple[float, float] | None:
        """Returns the mean loss and the mean penalty; None if one is not finite."""
        order = self._stream.order(self._random)
        steps = [ceil(size / self._session.trainer.batch_size) for size in self._stream.sizes(order)]
        of_all, done, totals, rows = None if shares is None else shares(sum(steps)), 0, np.zeros(2), 0
        with closing(self._stream.buffers(order)) as buffers:  # which waits for its reader, also after an error
            for n, data in zip(steps, buffers, strict=True):
                of_steps = None if of_all is None else (of_all[0][done : done + n], of_all[1][done : done + n])
                numbers = None if self._random is None else Order(data.rows, self._random._bit_generator)
                good: Ended = []
                self._session.run(data, numbers, rate, good, 1, of_steps)
                if not good:
                    return None
                totals += np.multiply(good[0], data.rows)
                rows, done = rows + data.rows, done + n
        return float(totals[0] / rows), float(totals[1] / rows)

    def _undo(self) -> None:
        self._session.undo(self._before)


def passes_over(
    session: Session, data: Data | Stream, random: np.random.RandomState, shuffle: bool
) -> Passes | StreamPasses:
    """Returns the passes of a session over these rows."""
    if isinstance(data, Stream):
        return StreamPasses(session, data, random if shuffle else None)
    return Passes(session, data, shuffled(random, data.rows, shuffle))
