# SPDX-License-Identifier: BSD-3-Clause
"""Members in training: sessions of different networks that run side by side on the same rows.

Each member has its own order of its own rows. Threads take whole members, so that small networks use all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import neuract._neuract_core as core
from neuract._typing import Array
from neuract.inputs._data import Data
from neuract.schedules._course import Course
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
    """Trains members side by side on `data`, epoch by epoch."""

    def __init__(self, members: Sequence[Member], data: Data, course: Course, n_threads: int | None) -> None:
        self._members, self._data, self._course, self._n_threads = members, data, course, n_threads
        self._core = core.Members([member.session.trainer for member in members])
        self._kept = [np.empty(m.session.parameters.core.size, m.session.parameters.dtype) for m in members]

    def run(self, epoch: int, share: float = 1.0) -> list[float | None]:
        """Makes the epoch, counted from 0. Returns each member's mean loss, or None where it is not finite.

        share: factor of the learning rates.

        Such a member has the parameters of the epoch before; after an exception all have.
        """
        shares = {steps: self._course.shares(epoch, steps) for steps in {member.steps for member in self._members}}
        data, members = self._data, self._members
        return self._core.run(
            data.rows,
            data.x,
            data.targets,
            data.sample_weight,
            [member.order for member in members],
            [share * member.rate for member in members],
            [shares[member.steps] for member in members],
            threads_of(self._n_threads),
        )

    def keep(self) -> None:
        """Keeps the parameters of all members, in place of those kept before."""
        for member, kept in zip(self._members, self._kept, strict=True):
            member.session.parameters.core.copy_out(kept)

    def restore(self) -> None:
        """Sets all members to the parameters kept last."""
        for member, kept in zip(self._members, self._kept, strict=True):
            member.session.parameters.core.copy_in(kept)


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
