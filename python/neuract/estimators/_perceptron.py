# SPDX-License-Identifier: BSD-3-Clause
"""What the two estimators share: the fit around a Network, and the attributes that it leaves.

The draws from the random state come in scikit-learn's order: initial weights, validation split, one
shuffle an epoch. A fit that fails leaves the estimator as it was: it works on a network of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from neuract._typing import Array
from neuract.estimators._building import go_on_from, new_network, start
from neuract.estimators._descent import Fit, close_curves, descend_epochs, minimize, open_curves
from neuract.estimators._documentation import documentation_address
from neuract.estimators._monitor import Rows
from neuract.estimators._parameters import validate
from neuract.estimators._saved import as_if_ended, become, estimator_bytes, pickled, set_state, state_of, unpickle
from neuract.estimators._sklearn_callbacks import CallbackSupportMixin, FitTasks, with_callbacks
from neuract.estimators._task import Task
from neuract.export._methods import Exportable
from neuract.files._format import Contents, save_bytes
from neuract.inputs._arrays import sample_weights
from neuract.inputs._data import Data
from neuract.inputs._missing import zero_for_nan
from neuract.inputs._sparse import SparseRows, is_sparse, sparse_rows
from neuract.network import Network
from neuract.outputs._kinds import Outputs
from neuract.training._guard import alone

SKLEARN_NAMES = {"sigmoid": "logistic", "linear": "identity", "exponential": "exp"}
SPARSE_FORMATS = ("csr", "csc", "bsr", "coo")  # scikit-learn makes CSR of the others


class MultilayerPerceptron(Exportable, CallbackSupportMixin, BaseEstimator):  # type: ignore[misc]
    """A Network with scikit-learn's parameters, fit and attributes.

    A subclass says what its targets, scores and outputs are.
    """

    network_: Network
    n_outputs_: int
    n_iter_: int
    t_: int
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    best_validation_score_: float | None
    validation_loss_curve_: list[float] | None

    _neuract_file: ClassVar[str]  # the kind of model, as the file names it
    _doc_link_module = "neuract"
    _y_numeric: ClassVar[bool]

    # ---- what a subclass says ------------------------------------------------------------------

    def _learn_targets(self, y: Any, dtype: str, continuing: bool, incremental: bool) -> tuple[Array, Task]:
        """Returns y, an array or sparse, finite, as the core takes it, and the task; sets `n_outputs_`."""
        raise NotImplementedError

    def _known_targets(self, y: Any, network: Network) -> Array:
        """Returns y as the core takes it for a network that has learned; sets nothing."""
        raise NotImplementedError

    def _row_weights(self, y: Array, sample_weight: Array | None, dtype: str) -> Array | None:
        """Returns what each row counts in training; y as `_learn_targets` takes it."""
        return sample_weight

    def _reported(self, loss: float) -> float:
        """Returns the network's mean loss on the scale of scikit-learn's."""
        return loss

    def _strata(self, data: Data) -> Array | None:
        """Returns the column whose shares the validation split keeps, or None."""
        return None

    def _validation_score(self, outputs: Array, data: Data) -> float:
        """Returns how good the network's outputs are; larger is better."""
        raise NotImplementedError

    def _meaning(self) -> Outputs:
        """Returns what the outputs mean: neuract._typing.FittedModel."""
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
        """`fit`, or where incremental `partial_fit`: undone as a whole where it fails.

        validation: X, y and sample weights, or None each. classes: of a first partial_fit of a classifier.
        """
        with alone(self, "estimator", undone_by=BaseException):
            if incremental:
                self._announce(classes)
            self._fit(X, y, sample_weight, validation, incremental)

    def _announce(self, classes: Any) -> None:
        """Takes the classes of a partial_fit."""

    @with_callbacks  # type: ignore[untyped-decorator]
    def _fit(self, X: Any, y: Any, sample_weight: Any, validation: tuple[Any, Any, Any], incremental: bool) -> None:
        validate(self)
        tasks = FitTasks(self, X, y, sample_weight, silent=incremental)
        continuing = hasattr(self, "network_") and (self.warm_start or incremental)
        if self.monitor_neurons and self.solver == "lbfgs":
            raise ValueError("monitor_neurons=True is for solver='adam' and 'sgd': lbfgs has no epochs to watch")
        x, labels, weights = self._checked(X, y, sample_weight, self._dtype(continuing), reset=not continuing)
        dtype = x.dtype.name
        targets, task = self._learn_targets(labels, dtype, continuing, incremental)
        rows = Rows(X, y, Data(x, targets, self._row_weights(labels, weights, dtype)))
        held_out = self._validation_rows(validation, dtype)
        if incremental and self.early_stopping and held_out is None:
            raise ValueError(
                "partial_fit does not support early_stopping=True without X_val and y_val: it holds no rows out"
            )
        random = check_random_state(self.random_state)
        network = new_network(self, task, len(x), dtype, silent=incremental)
        if continuing:
            go_on_from(network, self.network_, with_optimizer=incremental)
        else:
            start(network, x, random, self.activation)
            self.n_iter_ = self.t_ = 0
        tasks.network = network
        fit, failure = Fit(self, network, tasks, incremental), None
        with network._learner.trained_for(network, partial(as_if_ended, self, network)):
            if self.solver == "lbfgs":
                close_curves(self)
                minimize(fit, rows.data)
            else:
                open_curves(self, continuing, incremental, self.early_stopping or held_out is not None)
                failure = descend_epochs(fit, rows, held_out, random)
        self.network_ = network
        tasks.end()
        if failure is not None:
            raise failure

    def _checked(
        self, X: Any, y: Any, sample_weight: Any, dtype: Any, *, reset: bool
    ) -> tuple[Array | SparseRows, Array, Array | None]:
        """X, y and weights that scikit-learn and we have checked; X in the dtype of the network."""
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
        """What scikit-learn lets pass."""
        return "allow-nan" if self._missing_is_zero() else True

    def _ready(self, x: Any) -> Array | SparseRows:
        """X that scikit-learn has checked, as the core takes it; NaN filled in in a copy: X may be the user's."""
        x = zero_for_nan(x) if self._missing_is_zero() else x
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
            targets, _ = self._learn_targets(labels, dtype, continuing=True, incremental=True)
        except ValueError as error:
            raise ValueError(f"X_val, y_val or sample_weight_val: {error}") from error
        return Rows(X, y, Data(x, targets, weights))

    def _dtype(self, continuing: bool) -> Any:
        """What X is converted to."""
        if not continuing:
            return self.dtype or (np.float64, np.float32)
        fitted = self.network_.dtype
        if self.dtype not in (None, fitted):
            raise ValueError(f"dtype={self.dtype!r}, but the fit that this one goes on from has {fitted} weights")
        return fitted

    # ---- asking --------------------------------------------------------------------------------

    @property
    def _doc_link_template(self) -> str:
        """Where the "?" of scikit-learn's HTML diagram leads; nowhere where it is empty."""
        return documentation_address()

    def _outputs(self, X: Any) -> Array:
        """The network's outputs for X, (rows, n_outputs_)."""
        fitted = self.__dict__
        if "network_" in fitted and "feature_names_in_" not in fitted:
            y: Array | None = fitted["network_"]._known().core.predict_directly(X)  # None: X needs more checks
            if y is not None:
                return y
        check_is_fitted(self)
        network = self.network_
        return network._known().predict(self._rows(X), network.n_threads)

    def __sklearn_is_fitted__(self) -> bool:
        """Not yet in the first fit, whose callbacks may ask: it leaves other attributes first."""
        return "network_" in self.__dict__

    def _can_go_epoch_by_epoch(self) -> bool:
        if self.solver == "lbfgs":
            raise AttributeError("partial_fit needs solver='sgd' or 'adam'; lbfgs works on all rows at once")
        return True

    # ---- what the rooms below ask: neuract._typing.FittedModel -------------------------------------

    def _fitted_network(self) -> Network:
        check_is_fitted(self)
        return self.network_

    def _rows(self, X: Any) -> Array | SparseRows:
        """X of rows to ask the fitted network about."""
        finite, dtype = self._finite_or_nan(), self._fitted_network().dtype
        x = validate_data(
            self, X, reset=False, accept_sparse=SPARSE_FORMATS, dtype=dtype, order="C", ensure_all_finite=finite
        )
        return self._ready(x)

    def _data(self, X: Any, y: Any) -> Data:
        network = self._fitted_network()
        x, labels, _ = self._checked(X, y, None, network.dtype, reset=False)
        return Data(x, self._known_targets(labels, network), None)

    def _missing_is_zero(self) -> bool:
        return bool(self.missing == "zero")

    # ---- attributes ------------------------------------------------------------------------------

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

    # ---- files, pickles, pipelines that skl2onnx converts ------------------------------------------

    def save(self, path: str | os.PathLike[str], *, state: bool = False) -> None:
        """Writes the model to a file, from which `neuract.load` makes the same model.

        Parameters
        ----------
        path, state
            As for `neuract.save`.
        """
        validate(self)  # `load` refuses what `fit` would
        save_bytes(path, self._file_bytes(state))

    def _file_bytes(self, training: bool) -> bytes:
        return estimator_bytes(self, training)

    def _become(self, contents: Contents) -> None:
        """Becomes the estimator of these contents, which may be a stranger's."""
        become(self, contents)

    def _state(self) -> dict[str, Any]:
        return state_of(self)

    def _set_state(self, state: dict[str, Any]) -> None:
        set_state(self, state)

    def __getstate__(self) -> dict[str, Any]:
        return pickled(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        unpickle(self, state)

    def onnx_parser(self) -> Callable[..., Any]:
        """For skl2onnx: the function that declares the outputs."""
        from neuract.export.onnx._skl2onnx import parser

        return parser(self)

    def onnx_shape_calculator(self) -> Callable[[Any], None]:
        """For skl2onnx: the function that sets the outputs' types."""
        from neuract.export.onnx._skl2onnx import set_types

        return set_types

    def onnx_converter(self) -> Callable[[Any, Any, Any], None]:
        """For skl2onnx: the function that adds the nodes."""
        from neuract.export.onnx._skl2onnx import convert

        return convert
