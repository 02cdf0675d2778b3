# SPDX-License-Identifier: BSD-3-Clause
"""The fit of a tabular estimator on a cluster: the client has the sample and its folds, the shards all other rows.

It is the fit of a source (`estimators._tabular_fit`), but for the rows that come as a stream there: the shards train
all members on them, round by round.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any, cast

import numpy as np
from sklearn.base import is_classifier

from neuract.dask._cluster import Cluster
from neuract.dask._looks import limit_of, looked, matrix, raw, shape_of, survey_of
from neuract.dask._rounds import Recipe, State, Turn, read, trained, write
from neuract.data._source import NO_LIMIT
from neuract.data._stream import Stream
from neuract.estimators._tabular_fit import Ready, extremes, fit, prepare_rows, ready_of, train
from neuract.inputs._data import Data
from neuract.schedules._course import Shares
from neuract.training._together import Together, part_of

ROUNDS = 8  # of an epoch, by default: ours


@dataclass(frozen=True, eq=False)
class Sharded:
    """The rows of the shards, in place of a stream. sizes: of each. local_steps: as `DaskTabularClassifier` has it."""

    cluster: Cluster
    sizes: list[int]
    local_steps: int | None

    @property
    def rows(self) -> int:
        return sum(self.sizes)


class ShardedTogether(Together):
    """Trains members on the shards, then on the client's rows."""

    def _run_stream(self, stream: Any, epoch: int, share: float) -> list[float | None]:
        batch = self._members[0].session.trainer.batch_size
        steps = ceil(max(stream.sizes) / batch)
        shares = [self._course.shares(epoch, steps + member.steps) for member in self._members]
        total = self._run_shards(stream, epoch, share, steps, [part_of(each, 0, steps) for each in shares])
        return self._run_data(share, [part_of(each, steps, len(each[0])) for each in shares], total, stream.rows)

    def _run_shards(self, stream: Sharded, epoch: int, share: float, steps: int, shares: list[Shares]) -> Any:
        """Returns the sum of the losses of each member."""
        sessions = [member.session for member in self._members]
        recipes = [self._recipe(number) for number in range(len(sessions))]
        states = [read(session, session.settings.optimizer) for session in sessions]
        total, most = np.zeros(len(sessions)), stream.local_steps or ceil(steps / ROUNDS)
        for first in range(0, steps, most):
            turns = [
                Turn(epoch, first, min(first + most, steps), steps, share * member.rate, of_steps)
                for member, of_steps in zip(self._members, shares, strict=True)
            ]
            parts = stream.cluster.means(trained, list(zip(recipes, turns, strict=True)), states, recipes[0].dtype)
            states = [State(part.vector, part.steps) for part in parts]
            total += [part.loss + part.penalty for part in parts]
        for session, state in zip(sessions, states, strict=True):
            write(session, session.settings.optimizer, state)
        return total

    def _recipe(self, member: int) -> Recipe:
        session = self._members[member].session
        seed = int(np.random.SeedSequence([self._seed, member]).generate_state(1)[0])
        parameters, batch = session.parameters, session.trainer.batch_size
        return Recipe(
            parameters.layers,
            session.settings,
            parameters.dtype,
            batch,
            shuffle=True,
            seed=seed,
            inputs=parameters.inputs,
        )


def fit_tabular(cluster: Cluster, model: Any, local_steps: int | None) -> None:
    """Fits the local estimator, whose parameters must be checked, to the rows of the cluster."""
    cluster.collect(raw)
    shapes = cluster.each(shape_of, "shape")
    rows = [n for n, _ in shapes]
    begins, n_shards, limit = np.cumsum([0, *rows]), len(rows), limit_of(sum(rows), shapes[0][1])
    firsts, limits = begins[:-1].tolist(), [limit] * n_shards
    looks = cluster.each(looked, "look", firsts, limits, [is_classifier(model)] * n_shards)
    survey = survey_of(looks, sum(rows), limit)
    sample = survey.of_labels
    if limit == NO_LIMIT:
        fit(model, sample.X, sample.y, sample.sample_weight, (None, None, None), None)
        return
    ready = ready_of(model, sample.X, sample.y, sample.sample_weight, sum(rows))
    prepare = partial(_prepare, type(model), _attributes(model), ready.without_rows())
    cluster.replace(matrix, "shard", prepare, firsts, limits)
    sizes = (np.array(rows) - np.histogram(survey.numbers, begins)[0]).tolist()
    stream = cast(Stream, Sharded(cluster, sizes, local_steps))
    train(
        model,
        ready,
        (None, None, None),
        (sample.X, sample.y, None),
        stream,
        extremes(model, ready, survey),
        ShardedTogether,
    )
    model.oof_rows_ = survey.numbers_of_labels


def _attributes(model: Any) -> dict[str, Any]:
    """Returns what a model knows before it is fitted, without what stays on the client; a pickle would lose some."""
    return {**vars(model), "callbacks": None}


def _prepare(kind: type, attributes: dict[str, Any], ready: Ready, X: Any, y: Any, sample_weight: Any) -> Data:
    model: Any = object.__new__(kind)
    model.__dict__.update(attributes)
    return prepare_rows(model, ready, X, y, sample_weight)
