# SPDX-License-Identifier: BSD-3-Clause
"""What the two estimators share: the fit around a Network, and the attributes that it leaves.

The draws from the random state come in scikit-learn's order: initial weights, validation split, one
shuffle an epoch. A fit that fails leaves the estimator as it was: it works on a network of its own.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from numbers import Real
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from neuract import _training, _validation
from neuract._building import as_without_hidden_layers, new_network
from neuract._lbfgs import train_lbfgs
from neuract._parameters import Parameters
from neuract._schedules import LearningRate
from neuract._sparse import SparseRows, is_sparse, sparse_rows
from neuract._training import Data, Diverged
from neuract.activations import Activation, Softmax
from neuract.activations import activation as activation_named
from neuract.layers import Dense
from neuract.losses import Loss
from neuract.network import Network

Array = npt.NDArray[Any]

SKLEARN_NAMES = {"sigmoid": "logistic", "linear": "identity", "exponential": "exp"}
SPARSE_FORMATS = ("csr", "csc", "bsr", "coo")  # scikit-learn makes CSR of the others
CURVES = ("loss_curve_", "best_loss_", "validation_scores_", "best_validation_score_")


class MultilayerPerceptron(Parameters):
    """A Network with scikit-learn's parameters, fit and attributes.

    A subclass says what its targets, losses and scores are: `_targets`, `_loss_and_output`,
    `_reported`, `_validation_score`.
    """

    network_: Network
    n_iter_: int
    t_: int
    n_outputs_: int
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    best_validation_score_: float | None

    _y_numeric: ClassVar[bool]
    _rate: LearningRate
    _no_improvement_count: int

    # ---- what a subclass says ------------------------------------------------------------------

    def _targets(self, y: Array, dtype: str, continuing: bool, incremental: bool) -> Array:
        """y, finite, as the core takes it; sets `n_outputs_` (and `classes_`)."""
        raise NotImplementedError

    def _loss_and_output(self) -> tuple[Loss, Activation]:
        """What the network minimizes, and the activation of its output layer."""
        raise NotImplementedError

    def _task(self) -> tuple[Loss, Activation]:
        """The loss, and the activation of the output layer that goes with it."""
        loss, output = self._loss_and_output()
        if self.output_activation is not None:
            given = activation_named(self.output_activation)
            if isinstance(given, Softmax) != isinstance(output, Softmax):
                raise ValueError(
                    f"output_activation={self.output_activation!r} does not go with this target: softmax is for one of "
                    f"several classes, and for it alone; here it must be like {output!r}"
                )
            output = given
        loss.core_name(output)  # refuses pairs that make no sense
        return loss, output

    def _reported(self, loss: float) -> float:
        """The network's mean loss on the scale of scikit-learn's."""
        raise NotImplementedError

    def _row_weights(self, y: Array, sample_weight: Array | None) -> Array | None:
        """What each row counts in training; y as `_targets` takes it."""
        return sample_weight

    def _strata(self, data: Data) -> Array | None:
        """What the validation split keeps the shares of."""
        return None

    def _validation_score(self, outputs: Array, data: Data) -> float:
        """How good the network's outputs are; larger is better."""
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # ---- fit -----------------------------------------------------------------------------------

    def _fit(self, X: Any, y: Any, sample_weight: Any, incremental: bool = False) -> None:
        """`fit`, or where incremental one epoch of `partial_fit`."""
        with self._unchanged_by_errors():
            self._validate_params()
            if incremental and self.early_stopping:
                raise ValueError("partial_fit does not support early_stopping=True: it has no epochs to stop")
            continuing = hasattr(self, "network_") and (self.warm_start or incremental)
            data = self._data(X, y, sample_weight, continuing, incremental)
            random = check_random_state(self.random_state)
            network = self._network(data, random, continuing, incremental)
            if self.solver == "lbfgs":
                self._minimize(network, data)
            else:
                self._descend(network, data, random, incremental)
            network._random = None  # with random_state=None NumPy's own, which is no part of the model
            self.network_ = network

    @contextmanager
    def _unchanged_by_errors(self) -> Iterator[None]:
        """Gives the estimator all its attributes back where the block raises.

        That is enough because a fit replaces what it changes: networks, lists, arrays.
        """
        before = self.__dict__.copy()
        try:
            yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    def _data(self, X: Any, y: Any, sample_weight: Any, continuing: bool, incremental: bool) -> Data:
        """The checked arrays, in the dtype of the network."""
        dtype = self._dtype(continuing)
        x, y = validate_data(
            self,
            X,
            y,
            reset=not continuing,
            accept_sparse=SPARSE_FORMATS,
            dtype=dtype,
            order="C",
            multi_output=True,
            y_numeric=self._y_numeric,
        )
        x = _ready(x)
        if isinstance(sample_weight, Real):
            sample_weight = np.full(len(x), sample_weight)
        weights = _validation.sample_weights(sample_weight, len(x), x.dtype.name)
        y = np.asarray(y)
        targets = self._targets(y, x.dtype.name, continuing, incremental)
        weights = _validation.sample_weights(self._row_weights(y, weights), len(x), x.dtype.name)
        return Data(x, np.require(targets, requirements=["C", "A"]), weights)

    def _dtype(self, continuing: bool) -> Any:
        """What X is converted to."""
        if not continuing:
            return self.dtype or (np.float64, np.float32)
        fitted = self.network_.dtype
        if self.dtype not in (None, fitted):
            raise ValueError(f"dtype={self.dtype!r}, but the fit that this one goes on from has {fitted} weights")
        return fitted

    # ---- the network ---------------------------------------------------------------------------

    def _network(self, data: Data, random: np.random.RandomState, continuing: bool, incremental: bool) -> Network:
        """A network with the parameters of now; its weights new, or where continuing the fitted ones."""
        loss, output = self._task()
        network = new_network(self, loss, Dense(self.n_outputs_, output), data.rows, data.x.dtype.name)
        if continuing:
            _take_over(network, self.network_, with_optimizer=incremental)
        else:
            network._start(data.x, random)
            as_without_hidden_layers(network, self.activation)
            self.n_iter_ = self.t_ = 0
        self._open_curves(continuing, incremental)
        return network

    def _open_curves(self, continuing: bool, incremental: bool) -> None:
        """The attributes that grow from epoch to epoch: new lists, continued where the fit is."""
        if self.solver == "lbfgs":
            for name in CURVES:
                self.__dict__.pop(name, None)
            return
        same = continuing and hasattr(self, "loss_curve_")
        schedule = self.learning_rate if self.solver == "sgd" else "constant"
        rate = LearningRate(schedule, self.learning_rate_init, self.power_t)
        self._rate = copy(self._rate) if incremental and same and self._rate == rate else rate
        if same and self.early_stopping == (self.validation_scores_ is not None):
            self.loss_curve_ = self.loss_curve_.copy()
            self.validation_scores_ = self.validation_scores_ and self.validation_scores_.copy()
            return
        self._no_improvement_count = 0
        self.loss_curve_ = []
        self.best_loss_ = None if self.early_stopping else np.inf
        self.validation_scores_ = [] if self.early_stopping else None
        self.best_validation_score_ = -np.inf if self.early_stopping else None

    # ---- epochs --------------------------------------------------------------------------------

    def _descend(self, network: Network, data: Data, random: np.random.RandomState, incremental: bool) -> None:
        """Epochs of sgd or adam until one of the stopping rules holds."""
        validation, best = None, None
        if self.early_stopping:
            data, validation = self._split(data, random)
            best = network._parameters()
        self._warn_of_small_data(data)
        orders = _training.shuffled(random, data.rows)
        self.n_iter_ = 0
        try:
            for _ in range(1 if incremental else self.max_iter):
                self._run_epoch(network, data, next(orders) if self.shuffle else None)
                if validation is not None and self._validate(network, validation):
                    best = network._parameters()
                if self._stops():
                    break
            else:
                if not incremental:
                    self._warn_of_max_iter()
        except KeyboardInterrupt:
            if self.n_iter_ == 0:
                raise
            warnings.warn("Training interrupted by user.", stacklevel=4)
        except Diverged as diverged:
            if best is None:
                raise
            network._trainer = None  # its running means are no longer finite
            warnings.warn(f"{diverged}. The best weights so far are kept", ConvergenceWarning, stacklevel=4)
        if best is not None:
            network._set_parameters(best)

    def _split(self, data: Data, random: np.random.RandomState) -> tuple[Data, Data]:
        """The rows to learn from and those to validate on, as scikit-learn draws them."""
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
        return _rows_of(data, train), _rows_of(data, held_out)

    def _run_epoch(self, network: Network, data: Data, order: Array | None) -> None:
        try:
            loss, penalty = network._run_epoch(data, order, self._rate.now)
        except Diverged:
            raise Diverged(
                f"training diverged: in epoch {self.n_iter_ + 1} the loss became infinite or NaN. Scale X "
                f"(with StandardScaler, say), or lower learning_rate_init ({self.learning_rate_init:g})"
            ) from None
        network._end_epoch(loss + penalty)
        self.loss_ = self._reported(loss) + penalty
        self.loss_curve_.append(self.loss_)
        self.n_iter_ += 1
        self.t_ += data.rows
        self._say("Iteration %d, loss = %.8f", self.n_iter_, self.loss_)
        if self.best_loss_ is not None:
            self._count(self.loss_ > self.best_loss_ - self.tol)
            self.best_loss_ = min(self.best_loss_, self.loss_)

    def _validate(self, network: Network, data: Data) -> bool:
        """Scores the network; returns whether it is the best one yet."""
        assert self.validation_scores_ is not None
        assert self.best_validation_score_ is not None
        score, best = self._validation_score(network._predict(data.x), data), self.best_validation_score_
        self.validation_scores_.append(score)
        self._say("Validation score: %f", score)
        self._count(score < best + self.tol)
        self.best_validation_score_ = max(best, score)
        return score > best

    def _count(self, no_improvement: bool) -> None:
        self._no_improvement_count = self._no_improvement_count + 1 if no_improvement else 0

    def _stops(self) -> bool:
        """Ends the epoch: moves the learning rate, and tells whether training is over."""
        self._rate.end_epoch(self.t_)
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
                stacklevel=5,
            )

    def _warn_of_max_iter(self) -> None:
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization "
            "hasn't converged yet: raise max_iter, or tol",
            ConvergenceWarning,
            stacklevel=5,
        )

    # ---- lbfgs ---------------------------------------------------------------------------------

    def _minimize(self, network: Network, data: Data) -> None:
        """All rows at once by L-BFGS, until its gradient is small or an allowance is used up."""
        result = train_lbfgs(network, data, lambda loss: self._say_iteration(network, loss))
        strength = 0.5 * self.alpha / data.total_weight
        penalty = strength * sum(float(np.vdot(w, w)) for w in network.weights)
        self.loss_ = self._reported(float(result.fun) - penalty) + penalty
        self.n_iter_ = min(int(result.nit), self.max_iter)
        if result.status != 0:
            warnings.warn(
                f"lbfgs failed to converge after {self.n_iter_} iteration(s): {result.message}. Scale X, "
                f"or raise max_iter ({self.max_iter}), max_fun ({self.max_fun}) or tol ({self.tol:g})",
                ConvergenceWarning,
                stacklevel=4,
            )

    def _say_iteration(self, network: Network, loss: float) -> bool:
        stops = network._end_epoch(loss)
        self._say("Iteration %d, loss = %.8f", len(network.history_["loss"]), loss)
        return stops

    # ---- asking --------------------------------------------------------------------------------

    def _outputs(self, X: Any) -> Array:
        """The network's outputs for checked X, (rows, n_outputs_)."""
        fitted = self.__dict__
        if "network_" in fitted and "feature_names_in_" not in fitted:
            y: Array | None = fitted["network_"]._built().predict_directly(X)  # which looks at what is left to look at
            if y is not None:
                return y
        check_is_fitted(self)
        dtype = self.network_.dtype
        x = validate_data(self, X, reset=False, accept_sparse=SPARSE_FORMATS, dtype=dtype, order="C")
        return self.network_._predict(_ready(x))

    def _can_go_epoch_by_epoch(self) -> bool:
        if self.solver == "lbfgs":
            raise AttributeError("partial_fit needs solver='sgd' or 'adam'; lbfgs works on all rows at once")
        return True

    @property
    def coefs_(self) -> list[Array]:
        """Weights, one array of shape (n_in, n_out) a layer; read-only copies."""
        return self.network_.weights

    @property
    def intercepts_(self) -> list[Array]:
        """Biases, one array of shape (n_out,) a layer; read-only copies."""
        return self.network_.biases

    @property
    def n_layers_(self) -> int:
        """Number of layers, input and output layer included."""
        return len(self.network_.layers) + 1

    @property
    def out_activation_(self) -> str:
        """Activation of the output layer, by scikit-learn's name."""
        name = self.network_.layers[-1].activation.names[0]
        return SKLEARN_NAMES.get(name, name)


def _take_over(network: Network, fitted: Network, with_optimizer: bool) -> None:
    """Goes on from the fitted parameters, and from the optimizer's state where it is the same kind."""
    n_inputs = fitted._built().n_inputs
    if _sizes(network, n_inputs) != _sizes(fitted, n_inputs):
        raise ValueError(
            "a fit that goes on from the last one needs the same layers, but that was "
            f"{fitted.layers}, and now it is {network.layers}; set warm_start=False to start anew"
        )
    network._core = network._make_core(n_inputs)
    network._set_parameters(fitted._parameters())
    network.history_ = {name: values.copy() for name, values in fitted.history_.items()}
    if with_optimizer and fitted._trainer and type(network.optimizer) is type(fitted.optimizer):
        state = _training.trainer_state(fitted, fitted._trainer)
        network._trainer = _training.restored_trainer(network, state)


def _sizes(network: Network, n_inputs: int) -> list[list[tuple[int, ...]]]:
    """The shapes of all parameters."""
    return [network._shapes(part, n_inputs) for part in _training.PARTS]


def _ready(x: Any) -> Array | SparseRows:
    """X that scikit-learn has checked, as the core takes it."""
    return sparse_rows(x) if is_sparse(x) else np.require(x, requirements=["C", "A"])


def _rows_of(data: Data, rows: Array) -> Data:
    weights = None if data.sample_weight is None else data.sample_weight[rows]
    return Data(data.x[rows], data.targets[rows], weights)
