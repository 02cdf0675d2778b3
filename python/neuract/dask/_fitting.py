# SPDX-License-Identifier: BSD-3-Clause
"""The fit of a local estimator on the shards of a cluster: targets, weights of classes, rounds, and lbfgs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import Any, cast

import numpy as np
from sklearn.utils import check_random_state

from neuract._typing import Array
from neuract.dask._cluster import Cluster
from neuract.dask._rounds import Recipe, State, Turn, gradient, read, trained, write
from neuract.dask._shards import Facts, Form
from neuract.estimators._building import most_rows_a_step, new_network, start
from neuract.estimators._class_weight import weigher_of_classes
from neuract.estimators._classifier import MLPClassifier
from neuract.estimators._descent import Fit, close_curves, minimize, open_curves, train
from neuract.estimators._saved import as_if_ended
from neuract.estimators._sklearn_callbacks import FitTasks
from neuract.estimators._task import Task
from neuract.inputs._data import Data
from neuract.layers._parameters import Parameters
from neuract.network import Network
from neuract.training._guard import DivergedError
from neuract.training._history import Recorder
from neuract.training._loop import Listener
from neuract.training._passes import SharesOf
from neuract.training._session import Ended, Gradients, Session
from neuract.training._stopping import Patience

WARM_ROUNDS = 10
"""The first rounds of a fit, of one step each. From random weights and empty moments shards go far apart; after about
1 / (1 - beta_1) = 10 steps the moments have settled. Post-local SGD, Lin et al. 2018, arXiv:1808.07217."""

MOST_RATES = 16
"""A shard's rate is the user's times the number of shards, but at most times this: the more shards, the fewer steps has
an epoch of each, and their mean moves no further than one of them. Goyal et al. 2017, arXiv:1706.02677."""


@dataclass(frozen=True)
class Counted:
    """What a training asks of its rows, which lie elsewhere."""

    rows: int
    total_weight: float


class Rounds:
    """Makes the epochs of a fit, as `training._passes.Passes` do: in each, every shard passes once over its rows.

    Parameters
    ----------
    session : Session
        Of the network on the client, from which an epoch starts and in which it ends.
    local_steps : int or None
        The most steps of a round; None for an epoch.
    sizes : sequence of int
        The rows of each shard.
    """

    def __init__(
        self, cluster: Cluster, recipe: Recipe, session: Session, local_steps: int | None, sizes: Sequence[int]
    ) -> None:
        self._cluster, self._recipe, self._session, self._local_steps = cluster, recipe, session, local_steps
        self._steps = -(-max(sizes) // min(recipe.batch_size, max(sizes)))
        self.rows = sum(sizes)
        self._epoch, self.rate, self._rates = 0, float("nan"), min(cluster.n_shards, MOST_RATES)

    def run(self, rate: float, ended: Ended, passes: int, shares: SharesOf | None) -> None:
        """Stops at an epoch that diverges, and then leaves the parameters of the one before."""
        of_steps = None if shares is None else shares(self._steps)
        self.rate = rate if of_steps is None else rate * float(of_steps[0][-1])
        for _ in range(passes):
            state, loss, penalty, weight = read(self._session, self._recipe.settings.optimizer), 0.0, 0.0, 0.0
            for first, last in self._pieces():
                turn = Turn(self._epoch, first, last, self._steps, rate * self._rates, of_steps)
                part = self._cluster.mean(trained, (self._recipe, turn), state, self._recipe.dtype)
                state = State(part.vector, part.steps)
                loss, penalty, weight = loss + part.loss, penalty + part.penalty, weight + part.weight
                if not isfinite(loss + penalty):
                    return
            write(self._session, self._recipe.settings.optimizer, state)
            ended.append((loss / weight, penalty / weight))
            self._epoch += 1

    def _pieces(self) -> list[tuple[int, int]]:
        """Returns the first step, and the one after the last, of each round of the epoch."""
        most = self._local_steps or self._steps
        warm = min(WARM_ROUNDS, self._steps) if self._epoch == 0 and self._cluster.n_shards > 1 else 0
        ends = [*range(1, warm + 1), *range(warm + most, self._steps, most), self._steps]
        ends = sorted(set(ends))
        return list(zip([0, *ends[:-1]], ends, strict=True))


def fit(cluster: Cluster, local: Any, form: Form, local_steps: int | None) -> DivergedError | None:
    """Fits the local estimator, whose parameters must be checked, to the rows of the cluster.

    Returns the error to raise after the good epochs are kept.
    """
    found = cluster.gather(form)
    _set_columns(local, form)
    task = _task(local, found, form.dtype)
    total = cluster.target(bare(local), task, _class_weights(local, found))
    if total == 0:
        raise ValueError("Sample weights must contain at least one non-zero number, got only zeros")
    sizes = [each.rows for each in found]
    counted = cast(Data, Counted(sum(sizes), total))
    random = check_random_state(local.random_state)
    network = new_network(local, task, counted.rows, form.dtype, silent=False)
    start(network, np.zeros((1, len(form.kinds)), form.dtype), random, local.activation)
    local.n_iter_ = local.t_ = 0
    recipe = _recipe(local, network, random)
    of_fit, failure = Fit(local, network, cast(FitTasks, Listener()), incremental=False), None
    with network._learner.trained_for(network, partial(as_if_ended, local, network)):
        if local.solver == "lbfgs":
            close_curves(local)
            minimize(of_fit, counted, partial(_gradients, cluster, recipe, network))
        else:
            open_curves(local, continuing=False, incremental=False, validated=False)
            session = network._learner.ready(random)
            rounds = Rounds(cluster, recipe, session, local_steps, sizes)
            patience = Patience(float(local.n_iter_no_change), local.tol)
            failure = train(of_fit, rounds, rounds, patience, Recorder(network.history_))
    local.network_ = network
    return failure


def _set_columns(local: Any, form: Form) -> None:
    local.n_features_in_ = len(form.kinds)
    if form.names is not None and all(isinstance(name, str) for name in form.names):
        local.feature_names_in_ = np.array(form.names, dtype=object)


def _task(local: Any, found: Sequence[Facts], dtype: str) -> Task:
    """Returns the task of all shards; sets the classes or the number of outputs of the local estimator."""
    columns = {each.columns for each in found}
    if len(columns) > 1 or len({each.labels is None for each in found}) > 1:
        raise ValueError(f"y must have the same columns in all partitions, got {sorted(columns)}")
    if labels := [each.labels[0] for each in found if each.labels is not None]:
        y = np.concatenate(labels)
    else:  # 0 and 1 for several labels per row; any numbers for a regressor
        y = np.ones((2, *columns) if found[0].columns else 2, dtype=dtype)
        y[0] = 0 if isinstance(local, MLPClassifier) else 1
    task: Task = local._learn_targets(y, dtype, continuing=False, incremental=False)[1]
    return task


def _class_weights(local: Any, found: Sequence[Facts]) -> Array | None:
    """Returns the weight of each class, or None."""
    if getattr(local, "class_weight", None) is None:
        return None
    if local._multilabel:
        raise ValueError("class_weight is not supported for several labels per row; give sample_weight")
    if local.class_weight != "balanced":
        weights: Array = weigher_of_classes(local.class_weight, local.classes_, local.classes_)(local.classes_)
        return weights
    counts: Array = np.zeros(len(local.classes_))
    for labels, rows in (each.labels for each in found if each.labels is not None):
        counts[np.searchsorted(local.classes_, labels)] += rows
    return np.asarray(counts.sum() / (len(counts) * counts))


def bare(local: Any) -> Any:
    """Returns the local estimator without its callbacks, which stay on the client."""
    bare = object.__new__(type(local))
    bare.__dict__.update(local.__dict__, callbacks=None)
    return bare


def _recipe(local: Any, network: Network, random: np.random.RandomState) -> Recipe:
    seed = int(random.randint(2**32, dtype=np.uint64))
    settings = network._learner.settings
    return Recipe(network.layers, settings, network.dtype, most_rows_a_step(local), bool(local.shuffle), seed)


def _gradients(cluster: Cluster, recipe: Recipe, network: Network) -> Gradients:
    """Returns the mean loss over all shards and its gradient, for lbfgs."""
    parameters, optimizer = network._known(), recipe.settings.optimizer
    session = network._learner.session
    assert session is not None
    part = cluster.mean(gradient, (recipe,), read(session, optimizer), recipe.dtype)
    slots = Parameters(parameters.layers, (), parameters.n_inputs, parameters.dtype)
    write(Session(slots, recipe.settings, 1), optimizer, State(part.vector, 0))
    found = slots.all()
    slopes = [slope if slope.size else None for slope in found["slopes"]]
    return Gradients(part.loss / part.weight, found["weights"], found["biases"], slopes)
