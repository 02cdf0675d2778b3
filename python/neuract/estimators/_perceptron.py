# SPDX-License-Identifier: BSD-3-Clause
"""What the two estimators share: the fit around a Network, and the attributes that it leaves.

The draws from the random state come in scikit-learn's order: initial weights, validation split, one
shuffle an epoch. A fit that fails leaves the estimator as it was: it works on a network of its own.
"""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from neuract._typing import Array
from neuract.activations._base import Activation
from neuract.activations._named import Softmax
from neuract.activations._named import activation as activation_named
from neuract.estimators._building import as_without_hidden_layers, new_network
from neuract.estimators._documentation import documentation_address
from neuract.estimators._monitor import Rows
from neuract.estimators._saved import SavedEstimator
from neuract.estimators._sklearn_callbacks import CallbackSupportMixin, FitTasks, with_callbacks
from neuract.estimators._stochastic import EpochByEpoch
from neuract.export._methods import ConvertibleStep
from neuract.inputs._arrays import sample_weights
from neuract.inputs._data import Data
from neuract.inputs._missing import zero_for_nan
from neuract.inputs._sparse import SparseRows, is_sparse, sparse_rows
from neuract.layers._dense import Dense
from neuract.layers._parameters import PARTS
from neuract.losses._base import Loss
from neuract.network import Network
from neuract.training._guard import alone, trained_by_one
from neuract.training._lbfgs import train_lbfgs
from neuract.training._session import restored_trainer, trainer_state

SKLEARN_NAMES = {"sigmoid": "logistic", "linear": "identity", "exponential": "exp"}
SPARSE_FORMATS = ("csr", "csc", "bsr", "coo")  # scikit-learn makes CSR of the others


class MultilayerPerceptron(ConvertibleStep, CallbackSupportMixin, EpochByEpoch, SavedEstimator):  # type: ignore[misc]
    """A Network with scikit-learn's parameters, fit and attributes.

    A subclass says what its targets, losses and scores are: `_targets`, `_loss_and_output`, and those of EpochByEpoch.
    """

    network_: Network
    n_outputs_: int

    _doc_link_module = "neuract"
    _y_numeric: ClassVar[bool]

    # ---- what a subclass says ------------------------------------------------------------------

    def _targets(self, y: Any, dtype: str, continuing: bool, incremental: bool) -> Array:
        """y, an array or sparse, finite, as the core takes it; sets `n_outputs_` (and `classes_`)."""
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

    def _row_weights(self, y: Array, sample_weight: Array | None) -> Array | None:
        """What each row counts in training; y as `_targets` takes it."""
        return sample_weight

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.missing == "zero"
        return tags

    # ---- fit -----------------------------------------------------------------------------------

    @with_callbacks  # type: ignore[untyped-decorator]
    def _fit(
        self, X: Any, y: Any, sample_weight: Any, validation: tuple[Any, Any, Any], incremental: bool = False
    ) -> None:
        """`fit`, or where incremental one epoch of `partial_fit`, inside `_alone`.

        validation: X, y and sample weights, or None each.
        """
        self._validate_params()
        tasks = FitTasks(self, X, y, sample_weight, silent=incremental)
        continuing = hasattr(self, "network_") and (self.warm_start or incremental)
        if self.monitor_neurons and self.solver == "lbfgs":
            raise ValueError("monitor_neurons=True is for solver='adam' and 'sgd': lbfgs has no epochs to watch")
        rows = Rows(X, y, self._data(X, y, sample_weight, continuing, incremental))
        held_out = self._validation_rows(validation, rows.data.x.dtype.name)
        if incremental and self.early_stopping and held_out is None:
            raise ValueError(
                "partial_fit does not support early_stopping=True without X_val and y_val: it holds no rows out"
            )
        random = check_random_state(self.random_state)
        network = self._network(rows.data, random, continuing, incremental)
        failure = None
        with self._training(network):
            self._open_curves(continuing, incremental, self.early_stopping or held_out is not None)
            if self.solver == "lbfgs":
                self._minimize(network, rows.data, tasks)
            else:
                failure = self._descend(network, rows, held_out, random, tasks, incremental)
        network._random = None  # with random_state=None NumPy's own, which is no part of the model
        self.network_ = network
        tasks.end(network)
        if failure is not None:
            raise failure

    def _alone(self) -> AbstractContextManager[None]:
        """Around a fit, which replaces what it changes: networks, lists, arrays."""
        return alone(self, "estimator", undone_by=BaseException)

    @contextmanager
    def _training(self, network: Network) -> Iterator[None]:
        """Around the training of the network, which callbacks must not train too; it knows whose it is."""
        with trained_by_one(network, "network"):
            network._estimator = partial(self._as_if_ended, network)
            try:
                yield
            finally:
                network._estimator = None  # which refers to the network: without this it would outlive a failure

    def _data(self, X: Any, y: Any, sample_weight: Any, continuing: bool, incremental: bool) -> Data:
        """The checked arrays, in the dtype of the network."""
        x, y, weights = self._checked(X, y, sample_weight, self._dtype(continuing), reset=not continuing)
        targets = self._targets(y, x.dtype.name, continuing, incremental)
        weights = sample_weights(self._row_weights(y, weights), len(x), x.dtype.name)
        return Data(x, np.require(targets, requirements=["C", "A"]), weights)

    def _checked(
        self, X: Any, y: Any, sample_weight: Any, dtype: Any, *, reset: bool
    ) -> tuple[Array | SparseRows, Array, Array | None]:
        x, y = validate_data(
            self,
            X,
            y,
            reset=reset,
            accept_sparse=SPARSE_FORMATS,
            dtype=dtype,
            order="C",
            multi_output=True,
            y_numeric=self._y_numeric,
            ensure_all_finite=self._finite_or_nan(),
        )
        x = self._ready(x)
        if isinstance(sample_weight, Real):
            sample_weight = np.full(len(x), sample_weight)
        y = y if is_sparse(y) else np.asarray(y)
        return x, y, sample_weights(sample_weight, len(x), x.dtype.name)

    def _finite_or_nan(self) -> bool | str:
        """What scikit-learn shall let pass."""
        return "allow-nan" if self.missing == "zero" else True

    def _ready(self, x: Any) -> Array | SparseRows:
        """X that scikit-learn has checked, as the core takes it; NaN filled in in a copy: X may be the user's."""
        x = zero_for_nan(x) if self.missing == "zero" else x
        return sparse_rows(x) if is_sparse(x) else np.require(x, requirements=["C", "A"])

    def _validation_rows(self, given: tuple[Any, Any, Any], dtype: str) -> Rows | None:
        """X_val, y_val and sample_weight_val, checked; None where there are none. Called when y has been looked at."""
        X, y, sample_weight = given
        if X is None and y is None and sample_weight is None:
            return None
        if X is None or y is None:
            raise ValueError("X_val and y_val must be given together, sample_weight_val with them or not at all")
        if self.solver == "lbfgs":
            raise ValueError("X_val and y_val are for solver='adam' and 'sgd': lbfgs has no epochs to validate after")
        try:
            x, labels, weights = self._checked(X, y, sample_weight, dtype, reset=False)
            targets = self._targets(labels, dtype, continuing=True, incremental=True)
        except ValueError as error:
            raise ValueError(f"X_val, y_val or sample_weight_val: {error}") from error
        return Rows(X, y, Data(x, np.require(targets, requirements=["C", "A"]), weights))

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
        if incremental:
            network.callbacks = []
        if continuing:
            _take_over(network, self.network_, with_optimizer=incremental)
        else:
            network._start(data.x, random)
            as_without_hidden_layers(network, self.activation)
            self.n_iter_ = self.t_ = 0
        return network

    # ---- lbfgs ---------------------------------------------------------------------------------

    def _minimize(self, network: Network, data: Data, tasks: FitTasks) -> None:
        """All rows at once by L-BFGS, until its gradient is small or an allowance is used up."""
        stopped, self.n_iter_ = False, 0

        def end_iteration(loss: float) -> bool:
            nonlocal stopped
            stopped = self._end_iteration(network, loss, tasks)
            return stopped

        network._begin_fit()
        result = train_lbfgs(network, data, end_iteration)
        network._end_fit()
        strength = 0.5 * self.alpha / data.total_weight
        penalty = strength * sum(float(np.vdot(w, w)) for w in network.weights)
        self.loss_ = self._reported(float(result.fun) - penalty) + penalty
        self.n_iter_ = min(int(result.nit), self.max_iter)
        if result.status != 0 and not stopped:
            warnings.warn(
                f"lbfgs failed to converge after {self.n_iter_} iteration(s): {result.message}. Scale X, "
                f"or raise max_iter ({self.max_iter}), max_fun ({self.max_fun}) or tol ({self.tol:g})",
                ConvergenceWarning,
                stacklevel=5,
            )

    def _end_iteration(self, network: Network, loss: float, tasks: FitTasks) -> bool:
        tasks.begin_epoch()  # as late as this: SciPy tells of ends only
        network._record([loss])
        self.n_iter_ += 1
        self._say("Iteration %d, loss = %.8f", self.n_iter_, loss)
        return network._tell(self.n_iter_ - 1, {"loss": loss}) | tasks.end_epoch(network)

    # ---- asking --------------------------------------------------------------------------------

    @property
    def _doc_link_template(self) -> str:
        """Where the "?" of scikit-learn's HTML diagram leads; nowhere where it is empty."""
        return documentation_address()

    def _outputs(self, X: Any) -> Array:
        """The network's outputs for checked X, (rows, n_outputs_)."""
        fitted = self.__dict__
        if "network_" in fitted and "feature_names_in_" not in fitted:
            y: Array | None = fitted["network_"]._built().predict_directly(X)  # which looks at what is left to look at
            if y is not None:
                return y
        check_is_fitted(self)
        return self.network_._predict(self._checked_inputs(X))

    def _checked_inputs(self, X: Any) -> Array | SparseRows:
        """X of rows to ask the fitted network about."""
        finite, dtype = self._finite_or_nan(), self.network_.dtype
        x = validate_data(
            self, X, reset=False, accept_sparse=SPARSE_FORMATS, dtype=dtype, order="C", ensure_all_finite=finite
        )
        return self._ready(x)

    def _to_diagnose(self, X: Any, y: Any) -> tuple[Network, Array | SparseRows, Data | None]:
        """What `diagnose` looks at: the network, the checked X, and with y the data of a step."""
        check_is_fitted(self)
        network = self.network_
        if y is None:
            return network, self._checked_inputs(X), None
        fitted = self._as_if_ended(network)  # a copy: the parameters may have been set for another fit
        fitted.loss, fitted.output_activation = network.loss_function, network.layers[-1].activation
        x, y, _ = self._checked(X, y, None, network.dtype, reset=False)
        targets = fitted._targets(y, network.dtype, continuing=True, incremental=True)
        return network, x, Data(x, np.require(targets, requirements=["C", "A"]), None)

    def report(self, path: str | os.PathLike[str], X: Any = None, y: Any = None) -> None:
        """Writes an HTML file that shows the model and lets one move the inputs of a row: see `Network.report`.

        Parameters
        ----------
        path : str or path-like
            Where to; a file that is there is replaced.
        X : array-like or sparse matrix of shape (rows, features) or None, default=None
            Rows for the diagnosis, the ranges of the sliders, and 12 examples, which are stored in the file.
        y : array-like or None, default=None
            Their targets, for the gradients and the loss.
        """
        check_is_fitted(self)
        importlib.import_module("neuract.report").write(self, path, X, y)  # which looks at estimators from above

    def _outcome(self) -> tuple[str, Sequence[Any]]:
        """What the outputs are, "numbers", "quantiles", "classes" or "labels", and the name of each."""
        raise NotImplementedError

    def __sklearn_is_fitted__(self) -> bool:
        """Not yet in the first fit, whose callbacks may ask: it leaves other attributes first."""
        return "network_" in self.__dict__

    def _can_go_epoch_by_epoch(self) -> bool:
        if self.solver == "lbfgs":
            raise AttributeError("partial_fit needs solver='sgd' or 'adam'; lbfgs works on all rows at once")
        return True

    @property
    def coefs_(self) -> list[Array]:
        """Weights, one array of shape (n_in, n_out) a layer; read-only copies. A whole list may be assigned."""
        return self.network_.weights

    @coefs_.setter
    def coefs_(self, weights: Sequence[npt.ArrayLike]) -> None:
        self.network_.set_parameters(weights=weights)

    @property
    def intercepts_(self) -> list[Array]:
        """Biases, one array of shape (n_out,) a layer; read-only copies. A whole list may be assigned."""
        return self.network_.biases

    @intercepts_.setter
    def intercepts_(self, biases: Sequence[npt.ArrayLike]) -> None:
        self.network_.set_parameters(biases=biases)

    @property
    def n_layers_(self) -> int:
        """Number of layers, input and output layer included."""
        return len(self.network_.layers) + 1

    @property
    def out_activation_(self) -> str:
        """Activation of the output layer, by scikit-learn's name."""
        name = self.network_.layers[-1].activation.core_name
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
        state = trainer_state(fitted, fitted._trainer)
        network._trainer = restored_trainer(network, state)


def _sizes(network: Network, n_inputs: int) -> list[list[tuple[int, ...]]]:
    """The shapes of all parameters."""
    return [network._shapes(part, n_inputs) for part in PARTS]
