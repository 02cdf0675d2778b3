# SPDX-License-Identifier: BSD-3-Clause
"""The fit of a tabular estimator: groups of members one after the other, their temperature, and their weighted mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import Any, cast

import numpy as np

from neuract._typing import Array
from neuract._warnings import warn
from neuract.data._stream import Stream
from neuract.estimators._building import threads_of_jobs
from neuract.estimators._folds import Fold
from neuract.estimators._group import Group
from neuract.estimators._perceptron import MultilayerPerceptron
from neuract.estimators._recipe import Recipe, is_auto
from neuract.estimators._scoring import AFTER_AVERAGING, Scoring, scoring_of
from neuract.estimators._task import Task
from neuract.inputs._data import Data
from neuract.outputs._calibration import calibrated
from neuract.schedules._shares import DoublingCycles, Schedule
from neuract.schedules._shares import schedule as schedule_named
from neuract.training._guard import DivergedError
from neuract.training._members import Members
from neuract.training._together import Together


@dataclass(frozen=True, eq=False)
class Learned:
    """What a fit has learned.

    out_of_fold: the outputs for each training row by members that have not seen it, NaN for none.
    """

    members: Members
    out_of_fold: Array
    settings: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Fitting:
    """A fit: the tabular estimator, what its perceptron has prepared, the folds and the settings.

    stream: more rows, which no member leaves out. seen: further targets, of which `bounded` takes the range. together:
    trains the members of a group.
    """

    model: Any
    perceptron: MultilayerPerceptron
    task: Task
    data: Data
    validation: Data | None
    folds: list[Fold]
    recipe: Recipe
    inputs: tuple[Any, ...]  # of the columns
    stream: Stream | None = None
    seen: Array | None = None
    together: type[Together] = Together
    groups: list[Group] = field(default_factory=list)  # that have begun

    @cached_property
    def scoring(self) -> Scoring:
        bounded = getattr(self.model, "bounded", False)
        return scoring_of(self.data, self.task.loss, self.model._meaning_of(self.perceptron), bounded, self.seen)

    @cached_property
    def scoring_of_validation(self) -> Scoring:
        assert self.validation is not None
        return Scoring(self.validation, self.scoring.kind, self.scoring.bounds)

    @property
    def x(self) -> Array:
        return cast(Array, self.data.x)  # the columns of a frame are never sparse

    @property
    def n_threads(self) -> int | None:
        return threads_of_jobs(self.model.n_jobs)

    @cached_property
    def schedule(self) -> Schedule:
        given = self.model.learning_rate
        if is_auto(given):
            return DoublingCycles(self.recipe.first_cycle)
        return schedule_named(given)

    def learn(self, seeds: Array) -> Learned:
        """Trains the groups of the recipe, calibrates and blends them."""
        alone: list[Array] = []  # each group's outputs, calibrated for single members
        for kind in self.recipe.groups:
            group = Group(self, kind, seeds)
            self.groups.append(group)
            try:
                group.train()
            except KeyboardInterrupt:  # before its first epoch ended
                if not alone:
                    raise
                warn("Training interrupted by user.")
                self.groups.pop()
                break
            if group.best == inf:
                raise DivergedError("no epoch had a finite loss on the rows that members left out; scale X and y")
            alone.append(self.calibrate(group))
            if group.interrupted:
                break
        return self.blended(self.scoring.weights(alone))

    def calibrate(self, group: Group) -> Array:
        """Multiplies the temperature into the last layer of each network.

        Returns the out-of-fold outputs at the whole temperature. The mean of members softens too, so that the networks
        and `out_of_fold` get a part of it.
        """
        outputs, scoring = group.out_of_fold, self.scoring
        beta = scoring.temperature(outputs)
        if beta is None:
            return outputs
        scales = np.asarray(beta**AFTER_AVERAGING)
        group.out_of_fold = calibrated(outputs, scales, scoring.kind)
        for network in group.networks:
            weights, biases = network.weights, network.biases
            weights[-1] = (weights[-1] * scales).astype(network.dtype)
            biases[-1] = (biases[-1] * scales).astype(network.dtype)
            network.set_parameters(weights, biases)
        return calibrated(outputs, beta, scoring.kind)

    def blended(self, weights: Array) -> Learned:
        """Returns the mean of the groups that have begun, with these weights."""
        networks, shares, left_out = [], [], []
        out_of_fold = np.zeros_like(self.groups[0].out_of_fold)
        for group, weight in zip(self.groups, weights, strict=True):
            networks += group.networks
            shares += [weight / len(group.networks)] * len(group.networks)
            left_out += [group.fold_of(j) for j in range(len(group.networks))]
            out_of_fold += weight * group.out_of_fold
        members = Members(tuple(networks), np.array(shares), tuple(left_out), self.scoring.bounds)
        return Learned(members, out_of_fold, self.settings(weights))

    def settings(self, weights: Array) -> dict[str, Any]:
        """Returns what was chosen: of each group what its members have in common, and of all of them."""
        groups = [
            {
                **vars(group.kind),
                "epochs": len(group.scores),
                "best_epoch": group.best_epoch + 1,
                "oof_loss": group.best,
                "weight": float(weight),
            }
            for group, weight in zip(self.groups, weights, strict=True)
        ]
        return {**vars(self.recipe), "folds": len(self.folds), "groups": groups}

    def model_now(self, group: Group) -> Any:
        """Returns the estimator as if the fit ended now, in the training of this group."""
        assert group is self.groups[-1]
        equal = np.full(len(self.groups), 1 / len(self.groups))
        return self.model._with(self.perceptron, self.blended(equal))
