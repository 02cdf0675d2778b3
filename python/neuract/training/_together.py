# SPDX-License-Identifier: BSD-3-Clause
"""Members in training: sessions of different networks that run side by side on the same rows.

Each member has its own order of its own rows. Threads take whole members, so that small networks use all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np

import neuract._neuract_core as core
from neuract._typing import Array
from neuract.data._stream import Stream
from neuract.inputs._data import Data
from neuract.schedules._course import Course, Shares
from neuract.threading._count import threads_of
from neuract.training._session import Order, Session


@dataclass(frozen=True, eq=False)
class Member:
    """A session and the order of its rows. rate: the learning rate of which the schedule gives shares."""

    session: Session
    order: Order
    rate: float

    @property
    def steps(self) -> int:
        """The steps of an epoch: only whole batches, if there is one."""
        return max(1, self.order.rows // self.session.trainer.batch_size)


class Together:
    """Trains members side by side, epoch by epoch.

    data: of which each member's order has rows. stream: rows that all of them learn from as well, buffer by buffer
    before those; seed: of the order of its windows.
    """

    def __init__(
        self,
        members: Sequence[Member],
        data: Data,
        course: Course,
        n_threads: int | None,
        stream: Stream | None = None,
        seed: int = 0,
    ) -> None:
        self._members, self._data, self._course, self._n_threads = members, data, course, n_threads
        self._stream, self._seed = stream, seed
        self._core = core.Members([member.session.trainer for member in members])
        self._kept = self._room()

    def run(self, epoch: int, share: float = 1.0) -> list[float | None]:
        """Makes the epoch, counted from 0. Returns each member's mean loss, or None where it is not finite.

        share: factor of the learning rates.

        Such a member is of no use where there is a stream, else it has the parameters of the epoch before; after an
        exception all have.
        """
        if self._stream is None:
            shares = {steps: self._course.shares(epoch, steps) for steps in {member.steps for member in self._members}}
            return self._run(self._data, self._orders(), share, [shares[member.steps] for member in self._members])
        before = self._room()
        self._copy_to(before)
        try:
            return self._run_stream(self._stream, epoch, share)
        except BaseException:
            for member, parameters in zip(self._members, before, strict=True):
                member.session.undo(parameters)
            raise

    def _run(self, data: Data, orders: list[Order], share: float, shares: list[Shares]) -> list[float | None]:
        return self._core.run(
            data.rows,
            data.x,
            data.targets,
            data.sample_weight,
            orders,
            [share * member.rate for member in self._members],
            shares,
            threads_of(self._n_threads),
        )

    def _run_stream(self, stream: Stream, epoch: int, share: float) -> list[float | None]:
        order = stream.order(np.random.RandomState([self._seed, epoch]))
        batch, sizes = self._members[0].session.trainer.batch_size, stream.sizes(order)
        steps = [max(1, size // batch) for size in sizes]
        of_stream = sum(steps)
        shares = [self._course.shares(epoch, of_stream + member.steps) for member in self._members]
        begins = np.cumsum([0, *steps])
        total, rows = np.zeros(len(self._members)), 0
        with closing(stream.buffers(order)) as buffers:  # which waits for its reader, also after an error
            for number, data in enumerate(buffers):
                begin, end = begins[number], begins[number + 1]
                orders = [member.order.of_others(data.rows) for member in self._members]
                losses = self._run(data, orders, share, [part_of(each, begin, end) for each in shares])
                total += np.multiply(_with_nan(losses), data.rows)
                rows += data.rows
        return self._run_data(share, [part_of(each, of_stream, len(each[0])) for each in shares], total, rows)

    def _run_data(self, share: float, shares: list[Shares], total: Array, rows: int) -> list[float | None]:
        """Makes the steps of `data` after those of a stream; returns the mean losses of both.

        total, rows: of the stream, the sum of each member's losses and the number of rows.
        """
        of_data = np.array([order.rows for order in self._orders()])
        losses = total + _with_nan(self._run(self._data, self._orders(), share, shares)) * of_data
        return [float(loss) if np.isfinite(loss) else None for loss in losses / (rows + of_data)]

    def _orders(self) -> list[Order]:
        return [member.order for member in self._members]

    def _room(self) -> list[Array]:
        """Returns memory for the parameters of each member."""
        return [np.empty(m.session.parameters.core.size, m.session.parameters.dtype) for m in self._members]

    def _copy_to(self, arrays: Sequence[Array]) -> None:
        for member, array in zip(self._members, arrays, strict=True):
            member.session.parameters.core.copy_out(array)

    def keep(self) -> None:
        """Keeps the parameters of all members, in place of those kept before."""
        self._copy_to(self._kept)

    def restore(self) -> None:
        """Sets all members to the parameters kept last."""
        for member, kept in zip(self._members, self._kept, strict=True):
            member.session.parameters.core.copy_in(kept)


def part_of(shares: Shares, begin: int, end: int) -> Shares:
    """Returns the shares of some steps."""
    return shares[0][begin:end], shares[1][begin:end]


def _with_nan(losses: Sequence[float | None]) -> Array:
    return np.array([np.nan if loss is None else loss for loss in losses])


class HeldOut:
    """The rows that each member leaves out, and the members' outputs for them. rows: row numbers of x, per member."""

    def __init__(self, members: Sequence[Member], x: Array, rows: Sequence[Array], n_threads: int | None) -> None:
        networks = [member.session.parameters for member in members]
        self.rows, self._n_threads, self._n = rows, n_threads, len(x)
        self._core = core.Ensemble([each.core for each in networks])
        folds = {id(numbers): np.ascontiguousarray(x[numbers]) for numbers in rows}  # members share folds
        self._x = [folds[id(numbers)] for numbers in rows]
        self._y = [np.empty((len(each), networks[0].layers[-1].units), networks[0].dtype) for each in rows]

    def outputs(self) -> list[Array]:
        """Returns each member's outputs; the arrays are used again in the next call."""
        self._core.predict([len(x) for x in self._x], self._x, self._y, threads_of(self._n_threads))
        return self._y

    def mean(self, outputs: Sequence[Array]) -> Array:
        """Returns for each row of x the mean of the outputs of members that left it out, in float64; NaN for none."""
        total, counts = np.zeros((self._n, outputs[0].shape[1])), np.zeros((self._n, 1))
        for rows, y in zip(self.rows, outputs, strict=True):
            total[rows] += y
            counts[rows] += 1
        with np.errstate(invalid="ignore"):
            return np.asarray(total / counts)
