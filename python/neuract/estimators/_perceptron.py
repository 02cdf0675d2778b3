# SPDX-License-Identifier: BSD-3-Clause
"""The common base of the two estimators: the fit of a Network, and the fitted attributes.

Draws from the random state come in scikit-learn's order: initial weights, validation split, one
shuffle per epoch. A fit that fails does not change the estimator, since it trains a new network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from neuract._typing import Array, FilePath
from neuract.data._stream import some_of
from neuract.estimators._building import go_on_from, new_network, start
from neuract.estimators._descent import Fit, close_curves, descend_epochs, minimize, open_curves
from neuract.estimators._documentation import documentation_address
from neuract.estimators._entering import entered
from neuract.estimators._monitor import Rows
from neuract.estimators._parameters import dtype_of, validate
from neuract.estimators._saved import (
    as_if_ended,
    become,
    estimator_bytes,
    pickled,
    set_state,
    state_of,
    unpickle,
)
from neuract.estimators._sklearn_callbacks import CallbackSupportMixin, FitTasks, with_callbacks
from neuract.estimators._task import Task
from neuract.export._methods import Exportable
from neuract.export._skl2onnx_classes import announce
from neuract.files._format import Contents, save_bytes
from neuract.inputs._arrays import check_finite, numbers_of, sample_weights
from neuract.inputs._data import Data, validation_errors, validation_is_given
from neuract.inputs._missing import zero_for_nan
from neuract.inputs._sparse import SparseRows, is_sparse, sparse_rows
from neuract.inputs._targets import target_errors
from neuract.inspection._alarms import warn_if_collapsed, warn_if_far
from neuract.layers._inputs import Input
from neuract.network import Network
from neuract.outputs._kinds import Outputs
from neuract.training._guard import alone
from neuract.training._members import Members

SKLEARN_NAMES = {"sigmoid": "logistic", "linear": "identity", "exponential": "exp"}
SPARSE_FORMATS = ("csr", "csc", "bsr", "coo")  # scikit-learn converts other formats to CSR

Weigher = Callable[[Array, "Array | None"], "Array | None"]
"""(y as checked, checked sample weights or None) -> the weight of each row in loss and score, or None."""


class MultilayerPerceptron(Exportable, CallbackSupportMixin, BaseEstimator):  # type: ignore[misc]
    """A Network with scikit-learn's parameters, fit and attributes.

    A subclass defines its targets, scores and outputs.
    """

    network_: Network
    n_outputs_: int
    _inputs: Sequence[Input] = ()  # of the network, which a tabular estimator gives
    n_iter_: int
    t_: int
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    best_validation_score_: float | None
    validation_loss_curve_: list[float] | None

    _neuract_file: ClassVar[str]  # the kind of model in a file
    _doc_link_module = "neuract"
    _y_numeric: ClassVar[bool]

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        announce(cls)

    # ---- defined by a subclass -----------------------------------------------------------------

    def _learn_targets(self, y: Any, dtype: str, continuing: bool, incremental: bool) -> tuple[Array, Task]:
        """Returns y (finite, an array or sparse) in the core's form, and the task; sets `n_outputs_`."""
        raise NotImplementedError

    def _known_targets(self, y: Any, task: Task, dtype: str) -> Array:
        """Returns y in the core's form for a model that knows its classes or outputs; sets nothing."""
        raise NotImplementedError

    def _weigher(self, y: Array, dtype: str) -> Weigher:
        """Returns the function that weighs training and validation rows; y: the training rows', as checked."""
        return lambda y, sample_weight: sample_weight

    def _reported(self, loss: float) -> float:
        """Returns the network's mean loss on scikit-learn's scale."""
        return loss

    def _strata(self, data: Data) -> Array | None:
        """Returns the column by which the validation split is stratified, or None."""
        return None

    def _validation_score(self, outputs: Array, data: Data) -> float:
        """Returns a score of the network's outputs; larger is better."""
        raise NotImplementedError

    def _meaning(self) -> Outputs:
        """Returns the meaning of the outputs: see neuract._typing.FittedModel."""
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self._missing_is_zero()
        return tags

    # ---- fit -----------------------------------------------------------------------------------

    def _learn(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        validation: tuple[Any, Any, Any],
        *,
        classes: Any = None,
        incremental: bool = False,
    ) -> None:
        """Runs `fit`, or `partial_fit` if incremental; undoes all of it on an error.

        validation: X, y and sample weights, each may be None. classes: for a first partial_fit of a classifier.
        """
        with alone(self, "estimator", undone_by=BaseException):
            if incremental:
                self._announce(classes)
            self._fit(X, y, sample_weight, validation, incremental)

    def _announce(self, classes: Any) -> None:
        """Sets the classes of a partial_fit."""

    @with_callbacks  # type: ignore[untyped-decorator]
    def _fit(self, X: Any, y: Any, sample_weight: Any, validation: tuple[Any, Any, Any], incremental: bool) -> None:
        self._validate_params()
        tasks = FitTasks(self, X, y, sample_weight, silent=incremental)
        continuing = hasattr(self, "network_") and (self.warm_start or incremental)
        if self.monitor_neurons and self.solver == "lbfgs":
            raise ValueError("lbfgs does not support monitor_neurons, since it has no epochs; use 'adam' or 'sgd'")
        with entered(self, (X, y, sample_weight), validation, continuing, incremental) as (rows, held_out, task):
            self._fit_rows(rows, held_out, task, tasks, continuing, incremental)

    def _fit_rows(
        self, rows: Rows, held_out: Rows | None, task: Task, tasks: FitTasks, continuing: bool, incremental: bool
    ) -> None:
        some = some_of(rows.data)
        if incremental and self.early_stopping and held_out is None:
            raise ValueError(
                "partial_fit does not support early_stopping=True without X_val and y_val, since it holds out no rows"
            )
        if held_out is not None and not incremental:
            warn_if_far(some.x, some_of(held_out.data).x, self._column_names())
        random = check_random_state(self.random_state)
        network = new_network(self, task, rows.data.rows, some.targets.dtype.name, silent=incremental)
        if continuing:
            go_on_from(network, self.network_, with_optimizer=incremental)
        else:
            start(network, some.x, random, self.activation)
            self.n_iter_ = self.t_ = 0
        tasks.network = network
        fit, failure = Fit(self, network, tasks, incremental), None
        with network._learner.trained_for(network, partial(as_if_ended, self, network)):
            if self.solver == "lbfgs":
                close_curves(self)
                minimize(fit, some)
            else:
                open_curves(self, continuing, incremental, self.early_stopping or held_out is not None)
                failure = descend_epochs(fit, rows, held_out, random)
        self.network_ = network
        tasks.end()
        if failure is not None:
            raise failure
        if not incremental:
            warn_if_collapsed(network, some, self.n_iter_, self._column_names())

    def _prepared(
        self, X: Any, y: Any, sample_weight: Any, continuing: bool = False, incremental: bool = False
    ) -> tuple[Data, Array | None, Task, Weigher]:
        """Returns rows as a fit takes them, their sample weights alone, the task, and what weighs other rows.

        Sets the classes of a new fit.
        """
        x, labels, weights = self._checked(X, y, sample_weight, self._dtype(continuing), reset=not continuing)
        targets, task = self._learn_targets(labels, x.dtype.name, continuing, incremental)
        weigh = self._weigher(labels, x.dtype.name)
        return Data(x, targets, weigh(labels, weights)), weights, task, weigh

    def _validate_params(self) -> None:
        if "_neuract_file" in vars(type(self)):
            validate(self)
        else:  # a class of the user's, with parameters and defaults of its own
            super()._validate_params()

    def _checked(
        self, X: Any, y: Any, sample_weight: Any, dtype: Any, *, reset: bool
    ) -> tuple[Array | SparseRows, Array, Array | None]:
        """Returns checked X, y and weights; X in the dtype of the network."""
        numbers = self._y_numeric
        with target_errors(y, numbers=numbers):
            x, y = self._checked_by_sklearn(X, dtype, reset, y=y, multi_output=True, y_numeric=numbers)
        if isinstance(sample_weight, Real):
            sample_weight = np.full(len(x), sample_weight)
        y = y if is_sparse(y) else np.asarray(y)
        return x, y, sample_weights(sample_weight, len(x), x.dtype.name)

    def _checked_by_sklearn(self, X: Any, dtype: Any, reset: bool, **targets: Any) -> Any:
        """Returns X, or X and y, as scikit-learn's `validate_data`; X finite, and in the core's form."""
        with np.errstate(over="ignore"):  # infinity is found below
            checked = validate_data(
                self,
                numbers_of(X),
                **targets,
                reset=reset,
                accept_sparse=SPARSE_FORMATS,
                dtype=dtype,
                order="C",
                ensure_all_finite=False,
            )
        x = self._ready(checked[0] if targets else checked)
        check_finite(x, X)
        return (x, checked[1]) if targets else x

    def _ready(self, x: Any) -> Array | SparseRows:
        """Returns X, checked by scikit-learn, in the core's form; fills in NaN in a copy, since X may be the user's."""
        x = zero_for_nan(x) if self._missing_is_zero() else x
        return sparse_rows(x) if is_sparse(x) else np.require(x, requirements=["C", "A"])

    def _validation_rows(self, given: tuple[Any, Any, Any], task: Task, dtype: str, weigh: Weigher) -> Rows | None:
        """Returns checked X_val, y_val and sample_weight_val, or None without them. Needs the targets of y first."""
        X, y, _ = given
        if not validation_is_given(*given):
            return None
        if self.solver == "lbfgs":
            raise ValueError("lbfgs does not support X_val and y_val, since it has no epochs; use 'adam' or 'sgd'")
        with validation_errors():
            return Rows(X, y, self._known_rows(given, task, dtype, weigh))

    def _known_rows(self, given: tuple[Any, Any, Any], task: Task, dtype: str, weigh: Weigher) -> Data:
        """Returns checked X, y and weights of rows after those of which the targets were learned."""
        x, labels, weights = self._checked(*given, dtype, reset=False)
        return Data(x, self._known_targets(labels, task, dtype), weigh(labels, weights))

    def _dtype(self, continuing: bool) -> Any:
        """Returns the dtype, or the accepted dtypes, of X."""
        wanted = dtype_of(self)
        if not continuing:
            return wanted or (np.float64, np.float32)
        fitted = self.network_.dtype
        if wanted not in (None, fitted):
            raise ValueError(f"warm_start and partial_fit need the dtype of the last fit, {fitted}; got {self.dtype!r}")
        return fitted

    # ---- asking --------------------------------------------------------------------------------

    @property
    def _doc_link_template(self) -> str:
        """The link of the "?" in scikit-learn's HTML diagram; empty for no link."""
        return documentation_address()

    def _outputs(self, X: Any) -> Array:
        """Returns the network's outputs for X, (rows, n_outputs_)."""
        fitted = self.__dict__
        if "network_" in fitted and "feature_names_in_" not in fitted:
            y: Array | None = fitted["network_"]._known().core.predict_directly(X)  # None: X needs more checks
            if y is not None:
                return y
        check_is_fitted(self)
        network = self.network_
        return network._known().predict(self._rows(X), network.n_threads)

    def __sklearn_is_fitted__(self) -> bool:
        """False during the first fit, whose callbacks may ask: the fit sets other attributes first."""
        return "network_" in self.__dict__

    def _can_go_epoch_by_epoch(self) -> bool:
        if self.solver == "lbfgs":
            raise AttributeError("partial_fit is only available for stochastic optimizers. lbfgs is not stochastic.")
        return True

    # ---- for the rooms below: neuract._typing.FittedModel ------------------------------------------

    def _fitted_network(self) -> Network:
        check_is_fitted(self)
        return self.network_

    def _members(self) -> Members:
        return Members.of(self._fitted_network())

    def _rows(self, X: Any) -> Array | SparseRows:
        """Returns X, checked, in the form that the fitted network takes."""
        x: Array | SparseRows = self._checked_by_sklearn(X, self._fitted_network().dtype, reset=False)
        return x

    def _data(self, X: Any, y: Any, sample_weight: Any = None) -> Data:
        network = self._fitted_network()
        x, labels, weights = self._checked(X, y, sample_weight, network.dtype, reset=False)
        task = Task(network.loss_function, "", network.layers[-1].activation, self.n_outputs_)
        return Data(x, self._known_targets(labels, task, network.dtype), weights)

    def _missing_is_zero(self) -> bool:
        return bool(self.missing == "zero")

    def _column_names(self) -> Sequence[str] | None:
        return getattr(self, "feature_names_in_", None)

    # ---- attributes ------------------------------------------------------------------------------

    @property
    def coefs_(self) -> list[Array]:
        """Weights, one array of shape (n_in, n_out) per layer; read-only copies. You may assign a whole list."""
        return self.network_.weights

    @coefs_.setter
    def coefs_(self, weights: Sequence[npt.ArrayLike]) -> None:
        self.network_.set_parameters(weights=weights)

    @property
    def intercepts_(self) -> list[Array]:
        """Biases, one array of shape (n_out,) per layer; read-only copies. You may assign a whole list."""
        return self.network_.biases

    @intercepts_.setter
    def intercepts_(self, biases: Sequence[npt.ArrayLike]) -> None:
        self.network_.set_parameters(biases=biases)

    @property
    def n_layers_(self) -> int:
        """Number of layers, with the input and the output layer."""
        return len(self.network_.layers) + 1

    @property
    def out_activation_(self) -> str:
        """Activation of the output layer, with scikit-learn's name."""
        name = self.network_.layers[-1].activation.core_name
        return SKLEARN_NAMES.get(name, name)

    # ---- files, pickles ----------------------------------------------------------------------------

    def save(self, path: FilePath, *, state: bool = False) -> None:
        """Writes the model to a file, from which `neuract.load` reads the same model.

        Parameters
        ----------
        path, state
            As for `neuract.save`.
        """
        self._validate_params()  # `load` refuses parameters that `fit` refuses
        save_bytes(path, self._file_bytes(state))

    def _file_bytes(self, training: bool) -> bytes:
        return estimator_bytes(self, training)

    def _become(self, contents: Contents) -> None:
        """Becomes the estimator of these contents, which may be untrusted."""
        become(self, contents)

    def _state(self) -> dict[str, Any]:
        return state_of(self)

    def _set_state(self, state: dict[str, Any]) -> None:
        set_state(self, state)

    def __getstate__(self) -> dict[str, Any]:
        return pickled(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        unpickle(self, state)
