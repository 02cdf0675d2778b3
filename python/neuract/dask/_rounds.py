# SPDX-License-Identifier: BSD-3-Clause
"""Rounds: every shard makes some steps from the same state, then the states are averaged, weighted by rows.

A round's tasks are pure functions of the state and the shard, so that one that is lost with its worker is computed
again with the same bits. All functions of this file run on workers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from distributed import get_worker

from neuract._typing import Array
from neuract.inputs._data import Data
from neuract.layers._dense import Dense
from neuract.layers._inputs import Input
from neuract.layers._parameters import ALL_PARTS, Parameters
from neuract.optimizers import LBFGS, Optimizer
from neuract.schedules._course import Shares
from neuract.training._session import MOMENTS, Ended, Order, Session, Settings

ROWS_AT_ONCE = 2**18  # copied in their order for a call of the core: bounds the memory


@dataclass(frozen=True)
class State:
    """A network in training: parameters, then moments, in one vector of the network's dtype, and the steps so far."""

    vector: Array
    steps: int


@dataclass(frozen=True)
class Recipe:
    """How shards train. batch_size: the most rows of a step. seed: of the orders of rows and of dropout."""

    layers: Sequence[Dense]
    settings: Settings  # n_threads: None for all of the worker's
    dtype: str
    batch_size: int
    shuffle: bool
    seed: int
    inputs: Sequence[Input] = ()

    def session(self, columns: int, rows: int, shard: int) -> Session:
        """Returns a new session for a shard of that many rows and columns of X."""
        n_threads = self.settings.n_threads or _threads_of_worker()
        settings = replace(self.settings, n_threads=n_threads)
        seed = int(np.random.SeedSequence([self.seed, shard]).generate_state(1)[0])
        parameters = Parameters(self.layers, self.inputs, columns, self.dtype)
        return Session(parameters, settings, min(self.batch_size, rows), seed)

    def order(self, rows: int, shard: int, epoch: int) -> Array:
        """Returns the order of a shard's rows in an epoch, which depends on nothing else but the seed."""
        if not self.shuffle:
            return np.arange(rows)
        order = Order(rows, np.random.MT19937(np.random.SeedSequence([self.seed, shard, epoch])))
        order.shuffle()
        return order.numbers


@dataclass(frozen=True)
class Turn:
    """What every shard does in a round: the steps first/of to last/of of an epoch, at these shares of a rate."""

    epoch: int
    first: int
    last: int
    of: int
    rate: float
    shares: Shares | None  # of each step of the largest shard

    def steps(self, all_steps: int) -> tuple[int, int]:
        """Returns the first step and the one after the last, for a shard with that many steps in an epoch."""
        return all_steps * self.first // self.of, all_steps * self.last // self.of

    def shares_of(self, first: int, last: int, all_steps: int) -> Shares | None:
        if self.shares is None:
            return None
        numbers = np.arange(first, last) * self.of // all_steps
        return self.shares[0][numbers], self.shares[1][numbers]


@dataclass(frozen=True)
class Part:
    """What a shard, or several, found. vector: their weighted mean, or if `summed` their weighted sum in float64.

    loss, penalty: sums over the weight. steps: the most that any shard has made.
    """

    vector: Array
    weight: float
    loss: float
    penalty: float
    steps: int
    summed: bool = False

    def sums(self) -> Array:
        return self.vector if self.summed else self.vector.astype(np.float64) * self.weight


def _threads_of_worker() -> int | None:
    try:
        return int(get_worker().state.nthreads)
    except ValueError:  # called outside of a worker
        return None


# ---- states --------------------------------------------------------------------------------------


def read(session: Session, optimizer: Optimizer) -> State:
    """Returns the state of a session."""
    parameters = session.parameters
    moments = [parameters.read(session.trainer, part, array) for array, part in _moments(optimizer)]
    arrays = [*parameters.all().values(), *moments]
    return State(np.concatenate([array.ravel() for part in arrays for array in part]), session.trainer.steps)


def write(session: Session, optimizer: Optimizer, state: State) -> None:
    """Sets the state of a session."""
    at, parameters, found = 0, session.parameters, []
    moments = _moments(optimizer)
    for part in (*ALL_PARTS, *(part for _, part in moments)):
        arrays = []
        for shape in parameters.shapes(part):
            size = int(np.prod(shape))
            arrays.append(state.vector[at : at + size].reshape(shape).copy())  # aligned, which what was sent may not be
            at += size
        found.append(arrays)
    parameters.set(dict(zip(ALL_PARTS, found, strict=False)))
    session.restore({"steps": state.steps, "moments": dict(zip(moments, found[len(ALL_PARTS) :], strict=True))})


def _moments(optimizer: Optimizer) -> list[tuple[str, str]]:
    """Returns the names of the moments that the optimizer uses: sgd only the first, lbfgs none."""
    used = 0 if isinstance(optimizer, LBFGS) else 1 if optimizer.core_name == "sgd" else 2
    return [(array, part) for array in MOMENTS[:used] for part in ALL_PARTS]


# ---- tasks ---------------------------------------------------------------------------------------


def given(state: State) -> State:
    """Returns the state that the client sends with the graph, as the root of a round."""
    return state


def trained(recipe: Recipe, turn: Turn, shard: int, data: Data, state: State) -> Part:
    """Returns the state of a shard after its steps of a round, weighted by their rows."""
    if not data.rows:
        return Part(state.vector, 0.0, 0.0, 0.0, state.steps)
    session = recipe.session(data.x.shape[1], data.rows, shard)
    write(session, recipe.settings.optimizer, state)
    all_steps = session.steps(data.rows)
    first, last = turn.steps(all_steps)
    order, rows = recipe.order(data.rows, shard, turn.epoch), []
    ended: Ended = []
    batch = session.trainer.batch_size
    at_once = max(1, ROWS_AT_ONCE // batch)
    for start in range(first, last, at_once):
        end = min(start + at_once, last)
        taken = order[start * batch : end * batch]
        shares = turn.shares_of(start, end, all_steps)
        session.run(data.take(taken), None, turn.rate, ended, 1, shares)
        rows.append(len(taken))
        if len(ended) < len(rows):
            ended.append((np.nan, np.nan))  # it diverged
            break
    return _part(read(session, recipe.settings.optimizer), ended, rows)


def _part(state: State, ended: Ended, rows: list[int]) -> Part:
    loss, penalty = (sum(each[i] * n for each, n in zip(ended, rows, strict=True)) for i in (0, 1))
    return Part(state.vector, float(sum(rows)), float(loss), float(penalty), state.steps)


def gradient(recipe: Recipe, shard: int, data: Data, state: State) -> Part:
    """Returns the gradient of a shard's mean loss, and that loss; both weigh as much as its rows."""
    session = recipe.session(data.x.shape[1], data.rows, shard)
    write(session, recipe.settings.optimizer, state)
    weight = data.total_weight
    if weight == 0:
        return Part(np.zeros_like(state.vector), 0.0, 0.0, 0.0, 0)
    found = session.trainer.gradients(data.rows, *map(_aligned, (data.x, data.targets, data.sample_weight)))
    parts = [session.parameters.read(session.trainer, part, "gradients") for part in ALL_PARTS]
    vector = np.concatenate([array.ravel() for part in parts for array in part])
    return Part(vector, weight, found * weight, 0.0, 0)


def _aligned(array: Any) -> Any:
    """Returns the array, or a copy if it came from another worker and is not aligned."""
    return None if array is None else np.require(array, requirements=["C", "A"])


def summed(parts: Sequence[Part]) -> Part:
    """Returns the weighted sum of the parts, added one after the other in float64."""
    first, *others = parts
    total = first.sums().copy()
    for part in others:
        total += part.sums()
    numbers = {name: sum(getattr(part, name) for part in parts) for name in ("weight", "loss", "penalty")}
    return Part(total, **numbers, steps=max(part.steps for part in parts), summed=True)


def mean(part: Part, dtype: str) -> Part:
    """Returns the part with the mean of its vectors in the dtype."""
    vector = (part.vector / part.weight).astype(dtype) if part.summed else part.vector
    return replace(part, vector=vector, summed=False)
