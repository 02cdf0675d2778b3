# SPDX-License-Identifier: BSD-3-Clause
"""A group of members: networks of one shape with the same inputs, trained at once, each without one fold.

After every epoch the rows that members have left out give one out-of-fold loss for all rows, which chooses the epoch
and ends the training.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from math import inf, nan
from typing import TYPE_CHECKING

import numpy as np

from neuract._typing import Array
from neuract._warnings import TrainingWarning, warn
from neuract.estimators._building import new_network
from neuract.estimators._encodings import encoded
from neuract.estimators._in_training import InTraining
from neuract.estimators._recipe import OF_KIND, Kind
from neuract.network import Network
from neuract.schedules._course import Course
from neuract.schedules._shares import DoublingCycles, Fade
from neuract.training._guard import DivergedError
from neuract.training._members import Members
from neuract.training._session import Order
from neuract.training._together import HeldOut, Member, Together

if TYPE_CHECKING:
    from neuract.estimators._ensemble import Fitting

LEAST_GAIN = 0.02  # of a cycle over the best before, for the next one to follow
BEHIND = 0.05  # a group whose loss is larger by more than this than that of one before it, after as many epochs, has
# little weight in the mean


class Group:
    """Members in training, and after it.

    Attributes
    ----------
    networks : list of Network
    scores : list of float
        The loss on rows that members have not seen, after each epoch.
    best_epoch : int
        The epoch of the smallest one, counted from 0, whose weights the networks have at the end.
    out_of_fold : ndarray of shape (rows, outputs)
        The outputs of that epoch for each training row by members that left it out; NaN for none.
    interrupted : bool
        Whether Ctrl-C has ended the training.
    """

    def __init__(self, fitting: Fitting, kind: Kind, seeds: Array) -> None:
        self.fitting, self.kind, self.seeds = fitting, kind, seeds
        self.perceptron = copy(fitting.perceptron)
        self.perceptron._inputs = encoded(fitting.inputs, kind.encoding, fitting.x)
        for name in OF_KIND:
            setattr(self.perceptron, name, getattr(kind, name))
        recipe = fitting.recipe
        half = 7.5 * recipe.first_cycle
        self.course = Course(fitting.schedule, Fade(half, half), recipe.max_iter)
        self.scores: list[float] = []
        self.best, self.best_before, self.best_epoch, self.interrupted = inf, inf, 0, False
        self.out_of_fold = np.full((fitting.data.rows, fitting.task.n_outputs), nan)
        built = [self.build(j, int(seed), recipe.learning_rate_init) for j, seed in enumerate(seeds)]
        self.networks = [network for network, _ in built]
        self.take([member for _, member in built])

    # ---- members -------------------------------------------------------------------------------

    def fold_of(self, member: int) -> int:
        """Returns the number of the fold that a member leaves out."""
        return member % len(self.fitting.folds)

    def build(self, member: int, seed: int, rate: float) -> tuple[Network, Member]:
        """Returns a new network and its session."""
        fitting, fold = self.fitting, self.fitting.folds[self.fold_of(member)]
        x = fitting.x
        rows = len(fold.trained) + (fitting.stream.rows if fitting.stream else 0)
        network = new_network(self.perceptron, fitting.task, rows, x.dtype.name, x.shape[1], silent=True)
        random = np.random.RandomState(seed)
        network._learner.start(x, network.init, random)
        network._learner.history = {"loss": [], "oof_loss": []}
        return network, Member(network._learner.ready(random), Order(fold.trained, random._bit_generator), rate)

    def take(self, members: list[Member]) -> None:
        """Trains these members from now on."""
        fitting = self.fitting
        rows = [fitting.folds[self.fold_of(j)].held_out for j in range(len(members))]
        self.members = members
        self.together = self.trained_together(members)
        self.held_out = HeldOut(members, fitting.x, rows, fitting.n_threads)

    def trained_together(self, members: list[Member]) -> Together:
        fitting = self.fitting
        rest = (self.course, fitting.n_threads, fitting.stream, int(self.seeds[0]))
        return fitting.together(members, fitting.data, *rest)

    # ---- epochs --------------------------------------------------------------------------------

    def train(self) -> None:
        """Trains until the epochs, the cycles or a callback end it; the networks then have the best epoch's weights."""
        fitting, recipe = self.fitting, self.fitting.recipe
        seen = InTraining(
            self.networks,
            self.kind.encoding,
            recipe.max_iter,
            fitting.model.callbacks,
            recipe.learning_rate_init,
            lambda: fitting.model_now(self),
        )
        told = seen.told(lambda: len(self.scores) - 1, self.logs)
        with told.around_fit():
            try:
                for epoch in range(recipe.max_iter):
                    losses = self.run(epoch, seen.learning_rate / recipe.learning_rate_init)
                    if self.judge(losses):
                        self.together.keep()
                    if told.end_epoch() or self.has_settled(epoch + 1):
                        break
            except KeyboardInterrupt:
                if self.best == inf:
                    raise
                warn("Training interrupted by user.")
                self.interrupted = True
        if self.best < inf:
            self.together.restore()

    def run(self, epoch: int, share: float) -> list[float]:
        """Makes an epoch; returns the mean loss of each member. share: of the learning rates."""
        found = self.together.run(epoch, share)
        losses = [loss for loss in found if loss is not None]
        if len(losses) == len(found):
            return losses
        losses = self.restart(found, epoch, share)
        self.take(self.members)
        return losses

    def has_settled(self, epochs: int) -> bool:
        """Returns whether a cycle ends with these epochs that is hardly better than the best one before it."""
        schedule = self.fitting.schedule
        if not isinstance(schedule, DoublingCycles) or not schedule.ends_cycle(epochs):
            return False
        others = [group.scores[:epochs] for group in self.fitting.groups if group is not self]
        rival = min((min(scores) for scores in others if scores), default=inf)
        gains = self.best <= (1 - LEAST_GAIN) * self.best_before
        self.best_before = self.best
        return not gains or self.best > (1 + BEHIND) * rival

    def judge(self, losses: Sequence[float]) -> bool:
        """Scores an epoch with these losses of the members. Returns whether it is the best so far."""
        fitting, scoring = self.fitting, self.fitting.scoring
        out_of_fold = self.held_out.mean([scoring.held(y) for y in self.held_out.outputs()])
        if fitting.validation is not None:
            members = Members(tuple(self.networks), np.full(len(self.networks), 1 / len(self.networks)))
            score = fitting.scoring_of_validation.of_members(members, self.members, fitting.n_threads)
        elif np.isnan(out_of_fold).all():
            score = float(np.mean(losses))  # too few rows to leave one out
        else:
            score = scoring.loss(out_of_fold, self.members, self.held_out.rows)
        self.note(losses, score)
        if not score < self.best:
            return False
        self.best, self.best_epoch, self.out_of_fold = score, len(self.scores) - 1, out_of_fold
        return True

    def note(self, losses: Sequence[float], score: float) -> None:
        """Adds an epoch to the histories, and prints it if the model is verbose."""
        self.scores.append(score)
        for network, loss in zip(self.networks, losses, strict=True):
            network.history_["loss"].append(loss)
            network.history_["oof_loss"].append(score)
        if self.fitting.model.verbose:
            at = f"Epoch {len(self.scores)} of {self.kind.encoding}"
            print(f"{at}: loss {np.mean(losses):.6f}, of rows left out {score:.6f}")

    def logs(self) -> dict[str, float]:
        """Returns the numbers of the last epoch for callbacks."""
        loss = float(np.mean([network.history_["loss"][-1] for network in self.networks]))
        return {"loss": loss, "validation_loss": self.scores[-1]}

    # ---- divergence ----------------------------------------------------------------------------

    def restart(self, losses: Sequence[float | None], epoch: int, share: float) -> list[float]:
        """Trains members that diverged anew, with half the rate, up to this epoch; DivergedError if one does again.

        Returns the losses of all members.
        """
        whole, found = self.fitting.recipe.learning_rate_init, list(losses)
        for j in (j for j, loss in enumerate(losses) if loss is None):
            if self.members[j].rate < whole:
                raise self.diverged(j, epoch)
            warn(
                f"member {j} of the networks diverged in epoch {epoch + 1} and is trained anew with half the learning "
                f"rate, {whole / 2:g}. Look for extreme values in X and y, or lower learning_rate_init",
                TrainingWarning,
            )
            self.networks[j], self.members[j] = self.build(j, int(self.seeds[j]) ^ 1, whole / 2)
            alone = self.trained_together([self.members[j]])
            for past in range(epoch + 1):
                (loss,) = alone.run(past, share)
                if loss is None:
                    raise self.diverged(j, past)
                found[j] = loss
                if past < epoch:
                    self.networks[j].history_["loss"].append(loss)
            self.networks[j].history_["oof_loss"] = self.scores.copy()
        return [loss for loss in found if loss is not None]

    def diverged(self, member: int, epoch: int) -> DivergedError:
        return DivergedError(
            f"member {member} of the networks produced non-finite weights or loss in epoch {epoch + 1}, also with half "
            "the learning rate. Look for extreme values in X and y, or lower learning_rate_init "
            f"({self.fitting.recipe.learning_rate_init:g})"
        )
