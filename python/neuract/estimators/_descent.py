# SPDX-License-Identifier: BSD-3-Clause
"""The training of an estimator: scikit-learn's stopping rules, and the curves in its attributes."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import partial
from math import ceil, inf
from typing import Any, cast

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from neuract._warnings import TrainingWarning, warn
from neuract.callbacks._listener import Callbacks
from neuract.data._stream import Stream, some_of
from neuract.estimators._monitor import Monitor, Rows
from neuract.estimators._sklearn_callbacks import FitTasks
from neuract.inputs._data import Data
from neuract.network import Network
from neuract.schedules._rate import SKLEARNS, LearningRate
from neuract.training._guard import DivergedError
from neuract.training._history import Recorder, epoch_line, validation_line
from neuract.training._lbfgs import train_lbfgs
from neuract.training._loop import Listener, descend, hear
from neuract.training._passes import AnyPasses, passes_over
from neuract.training._session import Ended, Gradients, Session
from neuract.training._stopping import Patience, Stopping

CURVES = ("loss_curve_", "best_loss_", "validation_scores_", "best_validation_score_", "validation_loss_curve_")


@dataclass(frozen=True)
class Fit:
    """A fit of an estimator. `network` becomes the estimator's `network_` at the end."""

    model: Any
    network: Network
    tasks: FitTasks
    incremental: bool

    def say(self, text: str) -> None:
        if self.model.verbose:
            print(text)


# ---- curves --------------------------------------------------------------------------------------


def close_curves(model: Any) -> None:
    """Removes the attributes that only sgd and adam set."""
    for name in CURVES:
        model.__dict__.pop(name, None)


def open_curves(model: Any, continuing: bool, incremental: bool, validated: bool) -> None:
    """Sets the attributes that grow with each epoch: to new lists, or to copies if the fit continues the last one."""
    same = continuing and hasattr(model, "loss_curve_")
    schedule = model.learning_rate
    if model.solver == "adam" and schedule in SKLEARNS:
        schedule = "constant"
    rate = LearningRate(schedule, model.learning_rate_init, model.power_t, model.max_iter)
    model._rate = copy(model._rate) if incremental and same and model._rate == rate else rate
    if same and model.early_stopping == (model.validation_scores_ is not None):
        model.loss_curve_ = model.loss_curve_.copy()
        model.validation_scores_ = model.validation_scores_ and model.validation_scores_.copy()
        model.validation_loss_curve_ = list(model.validation_loss_curve_ or []) if validated else None
        return
    model._no_improvement_count = 0
    model.loss_curve_ = []
    model.best_loss_ = None if model.early_stopping else inf
    model.validation_scores_ = [] if model.early_stopping else None
    model.best_validation_score_ = -inf if model.early_stopping else None
    model.validation_loss_curve_ = [] if validated else None


class Curves(Listener):
    """Adds the losses to the estimator's attributes, and counts epochs without improvement unless rows are scored."""

    def __init__(self, fit: Fit, rows: int, patience: Patience) -> None:
        self._fit, self._model, self._rows, self._patience = fit, fit.model, rows, patience

    @property
    def hears_each(self) -> bool:
        return bool(self._model.verbose)

    def ran(self, ended: Ended) -> None:
        model = self._model
        losses = [model._reported(loss) + penalty for loss, penalty in ended]
        model.loss_ = losses[-1]
        model.loss_curve_ += losses
        model.n_iter_ += len(losses)
        model.t_ += self._rows * len(losses)
        self._fit.say(epoch_line(model.n_iter_, model.loss_))
        if model.best_loss_ is not None:
            for loss in losses:
                self._patience.hear(-loss)
            model.best_loss_, model._no_improvement_count = -self._patience.best, self._patience.count


# ---- rules ---------------------------------------------------------------------------------------


class Validation:
    """Scores the network after each epoch; with early stopping `best` has the parameters of the best epoch."""

    def __init__(self, fit: Fit, monitor: Monitor, patience: Patience, recorder: Recorder) -> None:
        self._fit, self._monitor, self._patience, self._recorder = fit, monitor, patience, recorder
        keeps_best = fit.model.early_stopping and not fit.incremental
        self.best = fit.network._known().all() if keeps_best else None
        self._finite = False  # whether any score was finite

    def keep_best(self) -> None:
        """Restores the best parameters; warns if no score was finite, since then no epoch is the best."""
        if self.best is None:
            return
        if self._finite:
            self._fit.network._known().set(self.best)
            return
        warn(
            f"early stopping found no best weights, because {self._monitor.name} was never finite on the validation "
            "rows; the model has the weights of the last epoch. Look for extreme values in these rows, or choose "
            "another monitor",
            TrainingWarning,
        )

    def judge(self) -> None:
        model = self._fit.model
        loss = self._monitor.loss()
        model.validation_loss_curve_.append(loss)
        if model.monitor_neurons:
            self._recorder.note("validation_loss", loss)
        if model.validation_scores_ is None:
            self._fit.say(validation_line(loss))
            return
        score = self._monitor.score(loss)
        model.validation_scores_.append(score)
        self._fit.say(f"Validation score: {score:f}")
        is_best = self._patience.hear(score)
        model.best_validation_score_, model._no_improvement_count = self._patience.best, self._patience.count
        self._finite |= bool(np.isfinite(score))
        if is_best and self.best is not None:
            self.best = self._fit.network._known().all()


class Rules(Stopping):
    """scikit-learn's rules: if patience runs out, training ends or the rate decreases."""

    def __init__(self, fit: Fit, patience: Patience, validation: Validation | None) -> None:
        model = fit.model
        super().__init__(lambda: f"learning_rate_init ({model.learning_rate_init:g})", model.max_grad_norm)
        self._fit, self._count, self._validation = fit, patience, validation

    @property
    def least_epochs(self) -> float:
        return self._count.left if self._validation is None else 1  # each epoch is scored

    def stops(self, epochs: int) -> bool:
        model, patience = self._fit.model, self._count
        if self._validation is not None:
            self._validation.judge()
        model._rate.end_epochs(epochs, model.t_)
        if not patience.ran_out:
            return False
        stops: bool
        stops, consequence = model._rate.stall()
        what = "Validation score" if model.early_stopping else "Training loss"
        epochs_waited = f"for {model.n_iter_no_change:g} consecutive epochs"
        self._fit.say(f"{what} did not improve more than tol={model.tol:f} {epochs_waited}. {consequence}")
        if not stops:
            patience.count = model._no_improvement_count = 0
        return stops


# ---- epochs --------------------------------------------------------------------------------------


def descend_epochs(fit: Fit, rows: Rows, held_out: Rows | None, random: np.random.RandomState) -> DivergedError | None:
    """Trains by sgd or adam until a rule ends the training, or for one epoch. held_out: validation rows of the user.

    Returns the error to raise after the good epochs are kept.
    """
    model, network, data = fit.model, fit.network, rows.data
    watch = model.monitor_neurons
    session = network._learner.ready(random, watch)  # draws its seed before the split, as a fit from new weights does
    if model.early_stopping and held_out is None:
        data, held_out = _split(model, rows, random)
    recorder = Recorder(network.history_, session if watch else None)
    best = model.best_validation_score_ if model.early_stopping else -model.best_loss_
    patience = Patience(float(model.n_iter_no_change), model.tol, best, model._no_improvement_count)
    validation = None if held_out is None else Validation(fit, Monitor(model, network, held_out), patience, recorder)
    _warn_of_small_data(model, data)
    passes = passes_over(session, data, random, model.shuffle)
    return train(fit, passes, session, patience, recorder, validation)


def train(
    fit: Fit,
    passes: AnyPasses,
    session: Any,
    patience: Patience,
    recorder: Recorder,
    validation: Validation | None = None,
) -> DivergedError | None:
    """Does the same by these passes. session: has the rate of the last one. validation: judges each epoch."""
    model, network = fit.model, fit.network
    told = Callbacks(network, model._rate, lambda: model.n_iter_ - 1, partial(_logs, fit, session))
    listeners = [recorder, Curves(fit, passes.rows, patience), told, fit.tasks]
    rules = Rules(fit, patience, validation)
    model.n_iter_, failure, epochs = 0, None, 1 if fit.incremental else model.max_iter
    with told.around_fit():
        try:
            over = descend(passes, model._rate, epochs, rules, listeners, model._rate.course)
            if not over and not fit.incremental:
                _warn_of_max_iter(model)
        except KeyboardInterrupt:
            if model.n_iter_ == 0:
                raise
            warn("Training interrupted by user.")
        except DivergedError as diverged:
            network._learner.session = None  # its moments are no longer finite
            if model.n_iter_ == 0:
                raise
            if validation is not None and validation.best is not None:
                warn(f"{diverged}. The model has the best weights so far", ConvergenceWarning)
            else:
                failure = DivergedError(f"{diverged}. The model has the weights of the epoch before")
                failure._keeps_epochs = True
        if validation is not None:
            validation.keep_best()
    return failure


def _logs(fit: Fit, session: Session) -> dict[str, float]:
    """Returns the logs of the last epoch for callbacks."""
    model, network = fit.model, fit.network
    logs = {"loss": model.loss_, "learning_rate": session.rate}
    if model.monitor_neurons:
        logs |= {name: network.history_[name][-1] for name in ("gradient_norm", "dead_share")}
    if model.validation_loss_curve_:
        logs["validation_loss"] = model.validation_loss_curve_[-1]
    if model.validation_scores_:
        logs["validation_score"] = model.validation_scores_[-1]
    return logs


def _split(model: Any, rows: Rows, random: np.random.RandomState) -> tuple[Data, Rows]:
    """Splits the rows into training and validation rows, with scikit-learn's draws."""
    data = some_of(rows.data)
    strata = model._strata(data)
    _check_strata(model, strata, data.rows)
    train, held_out = train_test_split(
        np.arange(data.rows), random_state=random, test_size=model.validation_fraction, stratify=strata
    )
    if len(held_out) < 2:
        raise ValueError(
            f"The validation set is too small. Increase 'validation_fraction': {model.validation_fraction} of "
            f"{data.rows} rows leaves {len(held_out)}, but at least 2 are needed"
        )
    parts = data.take(train), rows.take(held_out)
    for part, what in ((parts[0], "training rows"), (some_of(parts[1].data), "validation rows")):
        if part.sample_weight is not None and not part.sample_weight.any():
            raise ValueError(f"Sample weights must contain at least one non-zero number for the {what}, got only zeros")
    return parts


def _check_strata(model: Any, strata: Any, rows: int) -> None:
    """Raises ValueError if a validation split would leave a class out of a part. strata: classes by number, or None."""
    share = model.validation_fraction
    if share == 0:
        raise ValueError("early_stopping holds out rows, so that validation_fraction must be > 0; or give X_val, y_val")
    if strata is None:
        return
    numbers, counts = np.unique(strata, return_counts=True)
    if counts.min() < 2:
        label = model.classes_.tolist()[int(numbers[counts.argmin()])]
        raise ValueError(
            f"early_stopping holds out rows of each class, but class {label!r} has only 1 row; add rows of it, "
            "leave it out, or give X_val and y_val"
        )
    held_out = ceil(share * rows)
    if min(held_out, rows - held_out) < len(numbers):
        raise ValueError(
            f"The validation set is too small, or leaves too few rows: validation_fraction={share:g} holds out "
            f"{held_out} of {rows} rows, but both parts need a row of each of the {len(numbers)} classes"
        )


def _warn_of_small_data(model: Any, data: Data | Stream) -> None:
    if model.batch_size != "auto" and cast(int, model.batch_size) > data.rows:
        warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped "
            f"from {model.batch_size} to the {data.rows} training rows"
        )


def _warn_of_max_iter(model: Any) -> None:
    warn(
        f"Stochastic Optimizer: Maximum iterations ({model.max_iter}) reached and the optimization "
        "hasn't converged yet. Raise max_iter or tol",
        ConvergenceWarning,
    )


# ---- lbfgs ---------------------------------------------------------------------------------------


class Iterations(Listener):
    """Counts the iterations of lbfgs."""

    def __init__(self, fit: Fit) -> None:
        self._fit = fit

    def ran(self, ended: Ended) -> None:
        self._fit.model.n_iter_ += 1
        self._fit.say(epoch_line(self._fit.model.n_iter_, ended[-1][0]))


def minimize(fit: Fit, data: Data, gradients: Callable[[], Gradients] | None = None) -> None:
    """Trains by L-BFGS on all rows at once, until the gradient is small or a limit is reached.

    gradients: as for `train_lbfgs`.
    """
    model, network = fit.model, fit.network
    model.n_iter_ = 0
    rate = LearningRate("constant", network.learning_rate, model.power_t, model.max_iter)
    logs = lambda: {"loss": network.history_["loss"][-1]}  # noqa: E731
    told = Callbacks(network, rate, lambda: model.n_iter_ - 1, logs)
    stopped = _Stopped([Recorder(network.history_), Iterations(fit), told, fit.tasks])
    with told.around_fit():
        result = train_lbfgs(network._known(), network._learner.settings, data, model.max_iter, stopped, gradients)
    strength = 0.5 * model.alpha / data.total_weight
    penalty = strength * sum(float(np.vdot(w, w)) for w in network.weights)
    model.loss_ = model._reported(float(result.fun) - penalty) + penalty
    model.n_iter_ = min(int(result.nit), model.max_iter)
    if result.status != 0 and not stopped.stopped:
        warn(
            f"lbfgs failed to converge after {model.n_iter_} iteration(s): {result.message}. Scale X, "
            f"or raise max_iter ({model.max_iter}), max_fun ({model.max_fun}) or tol ({model.tol:g})",
            ConvergenceWarning,
        )


class _Stopped:
    """Calls the listeners after an iteration, and remembers whether one of them has stopped the training."""

    def __init__(self, listeners: list[Listener]) -> None:
        self._listeners, self.stopped = listeners, False

    def __call__(self, loss: float) -> bool:
        self.stopped = hear(self._listeners, loss)
        return self.stopped
