# SPDX-License-Identifier: BSD-3-Clause
"""Epoch by epoch: sgd and adam until one of scikit-learn's stopping rules holds, and the curves that they leave."""

from __future__ import annotations

import warnings
from copy import copy
from typing import cast

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from neuract._typing import Array
from neuract.estimators._monitor import Monitor, Rows
from neuract.estimators._parameters import Parameters
from neuract.estimators._sklearn_callbacks import FitTasks
from neuract.inputs._data import Data
from neuract.network import Network
from neuract.schedules._rate import SKLEARNS, LearningRate
from neuract.training._guard import Diverged, DivergedLater, diverged
from neuract.training._session import Order, epochs_at_once

CURVES = ("loss_curve_", "best_loss_", "validation_scores_", "best_validation_score_", "validation_loss_curve_")


class EpochByEpoch(Parameters):
    """Training by sgd or adam.

    A subclass says what its losses and scores are: `_reported`, `_strata`, `_validation_score`.
    """

    n_iter_: int
    t_: int
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    best_validation_score_: float | None
    validation_loss_curve_: list[float] | None

    _rate: LearningRate
    _no_improvement_count: int

    # ---- what a subclass says ------------------------------------------------------------------

    def _reported(self, loss: float) -> float:
        """The network's mean loss on the scale of scikit-learn's."""
        raise NotImplementedError

    def _strata(self, data: Data) -> Array | None:
        """What the validation split keeps the shares of."""
        return None

    def _validation_score(self, outputs: Array, data: Data) -> float:
        """How good the network's outputs are; larger is better."""
        raise NotImplementedError

    # ---- curves --------------------------------------------------------------------------------

    def _open_curves(self, continuing: bool, incremental: bool, validated: bool) -> None:
        """The attributes that grow from epoch to epoch: new lists, continued where the fit is."""
        if self.solver == "lbfgs":
            for name in CURVES:
                self.__dict__.pop(name, None)
            return
        same = continuing and hasattr(self, "loss_curve_")
        schedule = self.learning_rate
        if self.solver == "adam" and schedule in SKLEARNS:
            schedule = "constant"
        rate = LearningRate(schedule, self.learning_rate_init, self.power_t, self.max_iter)
        self._rate = copy(self._rate) if incremental and same and self._rate == rate else rate
        if same and self.early_stopping == (self.validation_scores_ is not None):
            self.loss_curve_ = self.loss_curve_.copy()
            self.validation_scores_ = self.validation_scores_ and self.validation_scores_.copy()
            self.validation_loss_curve_ = list(self.validation_loss_curve_ or []) if validated else None
            return
        self._no_improvement_count = 0
        self.loss_curve_ = []
        self.best_loss_ = None if self.early_stopping else np.inf
        self.validation_scores_ = [] if self.early_stopping else None
        self.best_validation_score_ = -np.inf if self.early_stopping else None
        self.validation_loss_curve_ = [] if validated else None

    # ---- epochs --------------------------------------------------------------------------------

    def _descend(
        self,
        network: Network,
        rows: Rows,
        held_out: Rows | None,
        random: np.random.RandomState,
        tasks: FitTasks,
        incremental: bool,
    ) -> Diverged | None:
        """Epochs of sgd or adam until one of the stopping rules holds, or one; held_out: rows given to validate on.

        Returns the error to raise once the epochs before it are kept.
        """
        data = rows.data
        network._ready_trainer(random)  # draws its seed before rows are held out, as for new weights
        if self.early_stopping and held_out is None:
            data, held_out = self._split(rows, random)
        monitor = None if held_out is None else Monitor(self, network, held_out)
        best = network._parameters() if self.early_stopping and not incremental else None
        self._warn_of_small_data(data)
        order = network._order(data, random)
        heard = monitor or tasks.heard or network.callbacks or self.verbose or self.monitor_neurons
        at_once = epochs_at_once(data.rows) if self._rate.steady and not heard else 1
        self.n_iter_, failure, last = 0, None, 1 if incremental else self.max_iter
        self._begin(network)
        try:
            while self.n_iter_ < last:
                tasks.begin_epoch()
                patience = float(self.n_iter_no_change) + 1 - self._no_improvement_count  # no rule ends training before
                epochs = int(max(1, min(at_once, last - self.n_iter_, patience)))
                self._run_epochs(network, data, order, epochs)
                if monitor is not None and self._validate(network, monitor) and best is not None:
                    best = network._parameters()
                if self._stops(epochs) | self._tell(network, tasks):
                    break
            else:
                if not incremental:
                    self._warn_of_max_iter()
        except KeyboardInterrupt:
            if self.n_iter_ == 0:
                raise
            warnings.warn("Training interrupted by user.", stacklevel=5)
        except Diverged as diverged:
            network._trainer = None  # its running means are no longer finite
            if best is not None:
                warnings.warn(f"{diverged}. The best weights so far are kept", ConvergenceWarning, stacklevel=5)
            elif self.n_iter_ == 0:
                raise
            else:
                failure = DivergedLater(f"{diverged}. The model has the weights of the epoch before")
        if best is not None:
            network._set_parameters(best)
        network._end_fit()
        return failure

    def _begin(self, network: Network) -> None:
        """Tells the callbacks, which may set the network's learning rate."""
        network.learning_rate = self._rate.now
        network._begin_fit()
        self._rate.now = network.learning_rate

    def _tell(self, network: Network, tasks: FitTasks) -> bool:
        """Tells the network its next learning rate, and the callbacks of the epoch; whether one wants to stop."""
        logs = self._logs(network) if network.callbacks else {}  # which nobody else reads
        if network.learning_rate != self._rate.now:  # each assignment is checked
            network.learning_rate = self._rate.now
        stops = network._tell(self.n_iter_ - 1, logs) | tasks.end_epoch(network)
        self._rate.now = network.learning_rate
        return stops

    def _logs(self, network: Network) -> dict[str, float]:
        """What callbacks are told of the epoch that has just ended."""
        logs = {"loss": self.loss_, "learning_rate": network.learning_rate}
        if self.monitor_neurons:
            logs |= {name: network.history_[name][-1] for name in ("gradient_norm", "dead_share")}
        if self.validation_loss_curve_:
            logs["validation_loss"] = self.validation_loss_curve_[-1]
        if self.validation_scores_:
            logs["validation_score"] = self.validation_scores_[-1]
        return logs

    def _split(self, rows: Rows, random: np.random.RandomState) -> tuple[Data, Rows]:
        """The rows to learn from and those to validate on, as scikit-learn draws them."""
        data = rows.data
        train, held_out = train_test_split(
            np.arange(data.rows),
            random_state=random,
            test_size=self.validation_fraction,
            stratify=self._strata(data),
        )
        if len(held_out) < 2:
            raise ValueError(
                f"the validation set is too small: validation_fraction={self.validation_fraction} of "
                f"{data.rows} rows leaves {len(held_out)}, and at least 2 are needed"
            )
        return data.take(train), rows.take(held_out)

    def _run_epochs(self, network: Network, data: Data, order: Order | None, epochs: int) -> None:
        ended: list[tuple[float, float]] = []
        try:
            network._run_epochs(data, order, self._rate.now, ended, epochs, self.monitor_neurons)
        except Diverged:
            rate = f"learning_rate_init ({self.learning_rate_init:g})"
            raise diverged(self.n_iter_ + len(ended) + 1, rate, self.max_grad_norm) from None
        finally:
            if ended:
                self._end_epochs([self._reported(loss) + penalty for loss, penalty in ended], data.rows)

    def _end_epochs(self, losses: list[float], rows: int) -> None:
        self.loss_ = losses[-1]
        self.loss_curve_ += losses
        self.n_iter_ += len(losses)
        self.t_ += rows * len(losses)
        self._say("Iteration %d, loss = %.8f", self.n_iter_, self.loss_)
        if self.best_loss_ is not None:
            for loss in losses:
                self._count(loss > self.best_loss_ - self.tol)
                self.best_loss_ = min(self.best_loss_, loss)

    def _validate(self, network: Network, monitor: Monitor) -> bool:
        """Scores the network; returns whether it is the best one yet."""
        assert self.validation_loss_curve_ is not None
        loss = monitor.loss()
        self.validation_loss_curve_.append(loss)
        if self.monitor_neurons:
            network._note("validation_loss", loss)
        if self.validation_scores_ is None:
            return False
        assert self.best_validation_score_ is not None
        score, best = monitor.score(loss), self.best_validation_score_
        self.validation_scores_.append(score)
        self._say("Validation score: %f", score)
        self._count(score < best + self.tol)
        self.best_validation_score_ = max(best, score)
        return score > best

    def _count(self, no_improvement: bool) -> None:
        self._no_improvement_count = self._no_improvement_count + 1 if no_improvement else 0

    def _stops(self, epochs: int) -> bool:
        """Ends the epochs: moves the learning rate, and tells whether training is over."""
        self._rate.end_epochs(epochs, self.t_)
        if self._no_improvement_count <= self.n_iter_no_change:
            return False
        stops, consequence = self._rate.stall()
        what = "Validation score" if self.early_stopping else "Training loss"
        self._say(
            "%s did not improve more than tol=%f for %d consecutive epochs. %s",
            what,
            self.tol,
            self.n_iter_no_change,
            consequence,
        )
        self._no_improvement_count = self._no_improvement_count if stops else 0
        return stops

    def _say(self, text: str, *values: object) -> None:
        if self.verbose:
            print(text % values)

    def _warn_of_small_data(self, data: Data) -> None:
        if self.batch_size != "auto" and cast(int, self.batch_size) > data.rows:
            warnings.warn(
                f"batch_size={self.batch_size} is larger than the {data.rows} rows to learn from; "
                "every step takes all of them",
                stacklevel=6,
            )

    def _warn_of_max_iter(self) -> None:
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization "
            "hasn't converged yet: raise max_iter, or tol",
            ConvergenceWarning,
            stacklevel=6,
        )
