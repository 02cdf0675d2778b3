# SPDX-License-Identifier: BSD-3-Clause
"""The fit of a tabular estimator: groups of members, each trained at once on its folds, and their mean.

Each group encodes the columns in its own way. After every epoch the rows that members have left out give one
out-of-fold loss for all rows, which chooses the epoch and ends the training.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import Any, cast

import numpy as np

from neuract._typing import Array
from neuract._warnings import TrainingWarning, warn
from neuract.estimators._building import new_network, threads_of_jobs
from neuract.estimators._encodings import encoded
from neuract.estimators._folds import Fold
from neuract.estimators._perceptron import MultilayerPerceptron
from neuract.estimators._recipe import OF_KIND, Kind, Recipe
from neuract.estimators._scoring import AFTER_AVERAGING, Scoring, scoring_of
from neuract.estimators._task import Task
from neuract.inputs._data import Data
from neuract.network import Network
from neuract.outputs._calibration import calibrated
from neuract.schedules._shares import DoublingCycles, Fade, Schedule
from neuract.schedules._shares import schedule as schedule_named
from neuract.training._guard import DivergedError
from neuract.training._members import Members
from neuract.training._session import Order
from neuract.training._together import Course, HeldOut, Member, Together

LEAST_GAIN = 0.02  # of a cycle over the best before, for the next one to follow


@dataclass(frozen=True, eq=False)
class Fitting:
    """A fit: the tabular estimator, what its perceptron has prepared, and the settings."""

    model: Any
    perceptron: MultilayerPerceptron
    task: Task
    data: Data
    validation: Data | None
    folds: list[Fold]
    recipe: Recipe
    inputs: tuple[Any, ...]  # of the columns

    @cached_property
    def scoring(self) -> Scoring:
        return scoring_of(self.data, self.task.loss, self.model._meaning_of(self.perceptron))

    @property
    def x(self) -> Array:
        return cast(Array, self.data.x)  # the columns of a frame are never sparse

    @property
    def n_threads(self) -> int | None:
        return threads_of_jobs(self.model.n_jobs)

    @cached_property
    def schedule(self) -> Schedule:
        given = self.model.learning_rate
        if given == "auto" and isinstance(given, str):
            return DoublingCycles(self.recipe.first_cycle)
        return schedule_named(given)

    def learn(self, seeds: Array) -> Learned:
        """Trains the groups of the recipe one after the other, calibrates and blends them."""
        groups = [Group(self, kind, seeds) for kind in self.recipe.groups]
        for group in groups:
            group.train()
            calibrate(group)
        weights = self.scoring.weights([group.calibrated for group in groups])
        networks, shares, left_out = [], [], []
        for group, weight in zip(groups, weights, strict=True):
            networks += group.networks
            shares += [weight / len(group.networks)] * len(group.networks)
            left_out += [group.fold_of(j) for j in range(len(group.networks))]
        blended = weights[0] * groups[0].out_of_fold
        for weight, group in zip(weights[1:], groups[1:], strict=True):
            blended = blended + weight * group.out_of_fold
        members = Members(tuple(networks), np.array(shares), tuple(left_out), self.scoring.bounds)
        return Learned(members, blended, groups, weights)


@dataclass(eq=False)
class Group:
    """Members with the same inputs, in training and after it."""

    fitting: Fitting
    kind: Kind
    seeds: Array
    networks: list[Network] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)  # mean training loss of each epoch
    scores: list[float] = field(default_factory=list)  # out-of-fold loss of each epoch
    best: float = inf
    best_epoch: int = 0
    out_of_fold: Array = field(default_factory=lambda: np.empty(0))  # outputs for each row at the best epoch
    calibrated: Array = field(default_factory=lambda: np.empty(0))  # the same, calibrated each on its own

    def __post_init__(self) -> None:
        fitting, kind = self.fitting, self.kind
        self.perceptron = copy(fitting.perceptron)
        self.perceptron._inputs = encoded(fitting.inputs, kind.encoding, fitting.x)
        for name in OF_KIND:
            setattr(self.perceptron, name, getattr(kind, name))

    # ---- members -------------------------------------------------------------------------------

    def fold_of(self, member: int) -> int:
        return member % len(self.fitting.folds)

    def build(self, member: int, seed: int, rate: float) -> tuple[Network, Member]:
        """Returns a new network and its session."""
        fitting, fold = self.fitting, self.fitting.folds[self.fold_of(member)]
        x = fitting.x
        network = new_network(self.perceptron, fitting.task, len(fold.trained), x.dtype.name, x.shape[1], silent=True)
        random = np.random.RandomState(seed)
        network._learner.start(x, network.init, random)
        return network, Member(network._learner.ready(random), Order(fold.trained, random._bit_generator), rate)

    def start(self) -> None:
        for member, seed in enumerate(self.seeds):
            network, session = self.build(member, int(seed), self.fitting.recipe.learning_rate_init)
            self.networks.append(network)
            self.members.append(session)

    # ---- epochs --------------------------------------------------------------------------------

    def train(self) -> None:
        """Trains until the epochs or the cycles end, and restores the best epoch."""
        fitting, recipe = self.fitting, self.fitting.recipe
        self.start()
        schedule, half = fitting.schedule, recipe.first_cycle * 7.5
        self.course = Course(schedule, Fade(half, half), recipe.max_iter)
        together, held_out, before = self.together(self.members), self.held_out(), inf
        for epoch in range(recipe.max_iter):
            losses = together.run(epoch)
            if None in losses:
                self.restart(losses, epoch)
                together, held_out = self.together(self.members), self.held_out()
            self.losses.append(float(np.mean([loss for loss in losses if loss is not None])))
            if self.judge(held_out, epoch):
                together.keep()
            if isinstance(schedule, DoublingCycles) and schedule.ends_cycle(epoch + 1):
                if self.best > (1 - LEAST_GAIN) * before:
                    break
                before = self.best
        if self.best < inf:
            together.restore()

    def together(self, members: list[Member]) -> Together:
        return Together(members, self.fitting.data, self.course, self.fitting.n_threads)

    def held_out(self) -> HeldOut:
        fitting = self.fitting
        rows = [fitting.folds[self.fold_of(j)].held_out for j in range(len(self.members))]
        return HeldOut(self.members, fitting.x, rows, fitting.n_threads)

    def judge(self, held_out: HeldOut, epoch: int) -> bool:
        """Scores the epoch. Returns whether it is the best so far."""
        scoring = self.fitting.scoring
        mean = held_out.mean([scoring.held(y) for y in held_out.outputs()])
        self.scores.append(scoring.loss(mean, self.members, held_out.rows))
        if not self.scores[-1] < self.best:
            return False
        self.best, self.best_epoch, self.out_of_fold = self.scores[-1], epoch, mean
        return True

    def restart(self, losses: Sequence[float | None], epoch: int) -> None:
        """Trains members that diverged anew, with half the rate, up to this epoch; DivergedError if one does again."""
        whole = self.fitting.recipe.learning_rate_init
        for j in (j for j, loss in enumerate(losses) if loss is None):
            if self.members[j].rate < whole:
                raise self.diverged(j, epoch)
            warn(
                f"member {j} of the networks diverged in epoch {epoch + 1} and was trained anew with half the learning "
                f"rate, {whole / 2:g}. Look for extreme values in X and y, or lower learning_rate_init",
                TrainingWarning,
            )
            self.networks[j], self.members[j] = self.build(j, int(self.seeds[j]) ^ 1, whole / 2)
            alone = self.together([self.members[j]])
            for past in range(epoch + 1):
                if alone.run(past) == [None]:
                    raise self.diverged(j, past)

    def diverged(self, member: int, epoch: int) -> DivergedError:
        return DivergedError(
            f"member {member} of the networks produced non-finite weights or loss in epoch {epoch + 1}, also with half "
            "the learning rate. Look for extreme values in X and y, or lower learning_rate_init "
            f"({self.fitting.recipe.learning_rate_init:g})"
        )


@dataclass(frozen=True, eq=False)
class Learned:
    """What a fit has learned. out_of_fold: the outputs for each row by members that have not seen it, NaN for none."""

    members: Members
    out_of_fold: Array
    groups: list[Group]
    weights: Array  # of the groups

    @property
    def settings(self) -> dict[str, Any]:
        """What was chosen."""
        fitting = self.groups[0].fitting
        return {
            **vars(fitting.recipe),
            "folds": len(fitting.folds),
            "epochs": [len(group.scores) for group in self.groups],
            "best_epochs": [group.best_epoch + 1 for group in self.groups],
            "weights": self.weights.tolist(),
        }


def calibrate(group: Group) -> None:
    """Scales the last layer of each network by the group's temperature, so that its probabilities are calibrated."""
    scoring = group.fitting.scoring
    if group.best == inf:
        raise DivergedError("no epoch had a finite loss on the rows that members left out; scale X and y")
    group.calibrated = group.out_of_fold
    beta = scoring.temperature(group.out_of_fold)
    if beta is None:
        return
    scales = beta**AFTER_AVERAGING
    group.calibrated, group.out_of_fold = (calibrated(group.out_of_fold, each, scoring.kind) for each in (beta, scales))
    for network in group.networks:
        weights, biases = network.weights, network.biases
        weights[-1] = (weights[-1] * scales).astype(network.dtype)
        biases[-1] = (biases[-1] * scales).astype(network.dtype)
        network.set_parameters(weights, biases)
