# SPDX-License-Identifier: BSD-3-Clause
"""The common base of TabularClassifier and TabularRegressor: columns in front of a multilayer perceptron.

`columns_` makes the matrix, and an MLPClassifier or MLPRegressor of ours trains the network on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, ClassVar, cast

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from neuract._typing import Array, FilePath
from neuract.columns._columns import Columns
from neuract.columns._number import SCALINGS
from neuract.columns._row import one_row
from neuract.estimators._documentation import documentation_address
from neuract.estimators._encodings import ENCODINGS
from neuract.estimators._ensemble import Learned
from neuract.estimators._parameters import CONSTRAINTS, Names, dtype_of, validate
from neuract.estimators._perceptron import MultilayerPerceptron
from neuract.estimators._recipe import EFFORTS, OF_KIND, Recipe
from neuract.estimators._saved import become, estimator_bytes, pickled, unpickle
from neuract.estimators._tabular_fit import fit, our_words
from neuract.estimators._tabular_saved import set_tabular_state, tabular_state
from neuract.export._methods import Exportable
from neuract.export._skl2onnx_classes import announce
from neuract.files._format import Contents, save_bytes
from neuract.inputs._data import Data
from neuract.network import Network
from neuract.outputs._kinds import Outputs
from neuract.schedules._shares import SCHEDULES, Schedule
from neuract.training._guard import alone
from neuract.training._members import Members

BETA_2 = 0.95  # of Adam's second moment
NOTHING_LEFT_OUT = "{} needs rows that members left out; this model has none, or was made without them"

OF_PERCEPTRON = ("loss", "random_state", "n_jobs", "verbose")
"""The parameters that the perceptron gets as they are."""
OF_RECIPE = ("batch_size", "learning_rate_init", "max_iter", "weight_decay")
"""The parameters that it gets from the recipe, which chooses those that are "auto"."""
AUTO = Names(("auto",))

TABULAR_CONSTRAINTS: dict[str, list[Any]] = {
    "categorical": [AUTO, "array-like"],
    "scaling": [None, Names(SCALINGS)],
    "min_rows": [None, *CONSTRAINTS["max_iter"]],
    "effort": [Names(EFFORTS)],
    "members": [AUTO, *CONSTRAINTS["max_iter"]],
    "folds": [AUTO, Interval(Integral, 2, None, closed="left"), "cv_object"],
    "encodings": [AUTO, Names(ENCODINGS), list, tuple],
    **{name: [AUTO, *CONSTRAINTS[name]] for name in (*OF_KIND, *OF_RECIPE) if name != "batch_size"},
    "batch_size": CONSTRAINTS["batch_size"],
    "learning_rate": [AUTO, Names(SCHEDULES), Schedule],
    "dtype": CONSTRAINTS["dtype"][1:],
    **{name: CONSTRAINTS[name] for name in ("random_state", "n_jobs", "callbacks", "verbose")},
}

TABULAR = """\
categorical : "auto" or list of str or int, default="auto"
    Columns whose values are levels, by name or number, next to those with text or categories.
scaling : {"robust", "standard", "unit"} or None, default="robust"
    Of numbers, as in `Columns`.
min_rows : int or None, default=None
    Levels with fewer rows share one. None: one row in a thousand, from 1 to 10.
effort : {"quick", "default", "thorough"}, default="default"
    "quick" does about a quarter of the default's work, "thorough" four times as much.
members : int or "auto", default="auto"
    Networks of each encoding, whose mean predicts.
folds : int, splitter of scikit-learn, iterable of pairs, or "auto", default="auto"
    Member j leaves out fold j mod folds. The left-out rows choose the epoch, calibrate, and give `oof_predictions_`.
encodings : str, sequence of str or "auto", default="auto"
    Of numbers with many values, for one group of members each: "periodic" adds learned periodic numbers,
    "piecewise_linear" adds one number per interval as well, "numbers" adds nothing.
hidden_layer_sizes : int, sequence of int or "auto", default="auto"
    Number of neurons in each hidden layer; ``()`` gives a linear model.
activation : str, Activation, list of them or "auto", default="auto"
    Activation of the hidden layers, or a list with one for each.
batch_size : int or "auto", default="auto"
    Number of rows in a training step.
learning_rate : str, Schedule or "auto", default="auto"
    Schedule of the rate, step by step: "doubling_cycles" or another of `neuract.schedules`, by name or as an object.
    "auto": cycles of doubling length, at whose ends training may stop.
learning_rate_init : float or "auto", default="auto"
    The whole rate, of which the schedule gives shares.
max_iter : int or "auto", default="auto"
    Largest number of epochs.
dropout : float, list of float or "auto", default="auto"
    Share of the neurons of a hidden layer, in [0, 1), that each training step leaves out at random.
weight_decay : float or "auto", default="auto"
    Weights also shrink by rate · weight_decay per step (AdamW).
dtype : {"float32", "float64"} or dtype, default="float32"
    Type of the weights and of all computation.
random_state : None, int or numpy.random.RandomState, default=None
    Seeds initial weights, folds and row orders. The same int gives the same model, bit for bit.
n_jobs : int or None, default=None
    Largest number of threads in `fit` and `predict`. None: `neuract.get_num_threads()`; -1: one
    per core. Results do not depend on it, bit for bit.
callbacks : list, callback or None, default=None
    Functions or objects that are called after every epoch of a group of members and may end its training. They get
    all members, ``members.networks``.
verbose : bool or int, default=False
    Print the losses after every epoch."""
"""The description of each parameter, for the docstrings of both estimators."""


class Tabular(Exportable, BaseEstimator):  # type: ignore[misc]
    """A frame in, a network on its columns. A subclass says what perceptron trains, and what y means."""

    columns_: Columns
    network_: Network
    networks_: tuple[Network, ...]
    n_outputs_: int
    oof_predictions_: Array
    oof_rows_: Array
    target_name_: str
    n_features_in_: int
    _neuract_file: ClassVar[str]
    _doc_link_module = "neuract"
    _perceptron: MultilayerPerceptron
    _ensemble: Members

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        announce(cls)

    # ---- defined by a subclass -----------------------------------------------------------------

    def _new_perceptron(self, **parameters: Any) -> MultilayerPerceptron:
        """Returns the estimator that trains the network."""
        raise NotImplementedError

    def _learned(self, y: Any) -> Any:
        """Returns y as the network learns it; sets what `_known` needs."""
        return self._known(y)

    def _learn_uncertainty(self, targets: Array, weights: Array | None) -> None:
        """Learns from `oof_predictions_` how good the model is and how far it errs. targets: as the networks have y."""
        raise NotImplementedError

    def _meaning_of(self, perceptron: Any) -> str:
        """Returns the kind of the outputs of a perceptron that has prepared y."""
        raise NotImplementedError

    def _known(self, y: Any) -> Any:
        """Returns y as the fitted network learned it."""
        return y

    def _meaning(self) -> Outputs:
        """Returns the meaning of the outputs: see neuract._typing.FittedModel."""
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags

    # ---- fit -----------------------------------------------------------------------------------

    def _learn(self, X: Any, y: Any, sample_weight: Any, validation: tuple[Any, Any, Any], groups: Any = None) -> None:
        """Runs `fit`; undoes all of it on an error. validation: X, y and sample weights, each may be None."""
        with alone(self, "estimator", undone_by=BaseException):
            validate(self)
            fitting: Tabular = object.__new__(type(self))
            fitting.__dict__.update(self.__dict__)
            fit(fitting, X, y, sample_weight, validation, groups)
            self.__dict__ = fitting.__dict__  # at once: other threads may ask the model

    def _new_columns(self) -> Columns:
        columns = Columns(self.categorical, scaling=self.scaling, min_rows=self.min_rows)
        columns._told_as = type(self).__name__
        return columns

    def _started(self, columns: Columns, chosen: Recipe) -> MultilayerPerceptron:
        """Returns a perceptron that is not fitted, with the settings of the networks."""
        given = {name: getattr(self, name) for name in OF_PERCEPTRON}
        given |= {name: getattr(chosen, name) for name in OF_RECIPE}
        perceptron = self._new_perceptron(**given, dtype=self._dtype(), alpha=0.0, beta_2=BETA_2, init="tabular")
        perceptron._inputs = tuple(columns.inputs_)
        return perceptron

    def _dtype(self) -> str:
        return dtype_of(self) or "float32"

    def _take_columns(self, columns: Columns) -> None:
        self.columns_, self.n_features_in_ = columns, columns.n_features_in_
        self.__dict__.pop("feature_names_in_", None)
        if "feature_names_in_" in columns.__dict__:
            self.feature_names_in_ = columns.feature_names_in_

    def _take_name(self, y: Any) -> None:
        """Takes over the name of y, if y is a series with one."""
        self.__dict__.pop("target_name_", None)
        name = getattr(y, "name", None)
        if isinstance(name, str) and name:
            self.target_name_ = str(name)

    def _take(self, perceptron: MultilayerPerceptron, learned: Learned) -> None:
        """Takes over what the members have learned."""
        for name in ("oof_score_", "oof_rows_", "_intervals", "_sets"):  # of a fit before
            self.__dict__.pop(name, None)
        self._perceptron, self._ensemble, self.settings_ = perceptron, learned.members, learned.settings
        self.networks_ = cast("tuple[Network, ...]", learned.members.networks)
        self.network_ = perceptron.network_ = self.networks_[0]
        self.n_outputs_ = perceptron.n_outputs_
        self.n_iter_ = max(group["epochs"] for group in learned.settings["groups"])
        if "classes_" in perceptron.__dict__:
            self.classes_ = perceptron.classes_
        self.oof_predictions_ = self._meaning().columns(learned.out_of_fold)

    def _with(self, perceptron: MultilayerPerceptron, learned: Learned) -> Tabular:
        """Returns a copy as if its fit had ended with this."""
        fitted: Tabular = object.__new__(type(self))
        fitted.__dict__.update(self.__dict__)
        fitted._take(perceptron, learned)
        return fitted

    # ---- asking --------------------------------------------------------------------------------

    @property
    def _doc_link_template(self) -> str:
        """The link of the "?" in scikit-learn's HTML diagram; empty for no link."""
        return documentation_address()

    def _html_repr(self) -> str:
        diagram: str = super()._html_repr()
        return diagram + self.columns_._repr_html_() if "columns_" in self.__dict__ else diagram

    def _outputs(self, X: Any) -> Array:
        """Returns the network's outputs for X, (rows, n_outputs_)."""
        network, x = self._fitted_network(), one_row(self, X)
        y = None if x is None else self._ensemble.predict_directly(x)
        return self._ensemble.predict(self._rows(X), network.n_threads) if y is None else y

    def _each(self, X: Any) -> Array:
        """Returns the outputs of each member, members × rows × outputs."""
        check_is_fitted(self)
        ensemble = self._ensemble
        each = ensemble.each(self._rows(X), self.network_.n_threads)
        return np.array([ensemble.held(outputs) for outputs in each])

    def predict_spread(self, X: Any) -> Array:
        """Returns how far the members disagree: the standard deviation of their predictions, or of each probability.

        It is large where the training rows say little: far from them, or where they contradict each other less than
        they are few. It is no interval: noise that all members see alike is not in it.

        Parameters
        ----------
        X : frame, dict, list of dicts, or array of shape (rows, columns)

        Returns
        -------
        ndarray of shape (rows,) or (rows, outputs); (rows, classes) or (rows, labels) for a classifier
            In the unit of y, weighted as the members are; 0 for a single member.
        """
        meaning, weights = self._meaning(), self._ensemble.weights
        each = np.array([meaning.columns(outputs) for outputs in self._each(X)], np.float64)
        mean = np.einsum("m,mro->ro", weights, each)
        spread = np.sqrt(np.einsum("m,mro->ro", weights, (each - mean) ** 2))
        return np.asarray(spread[:, 0] if meaning.kind == "numbers" and spread.shape[1] == 1 else spread)

    def __sklearn_is_fitted__(self) -> bool:
        return "network_" in self.__dict__

    # ---- for the rooms below: neuract._typing.FittedModel ------------------------------------------

    def _fitted_network(self) -> Network:
        if "network_" not in self.__dict__:  # scikit-learn's check costs more than a small network
            check_is_fitted(self)
        return self.network_

    def _members(self) -> Members:
        check_is_fitted(self)
        return self._ensemble

    def _rows(self, X: Any) -> Array:
        """Returns the matrix of X."""
        return self.columns_.transform(X, self._fitted_network().dtype)

    def _data(self, X: Any, y: Any, sample_weight: Any = None) -> Data:
        x = self._rows(X)
        with our_words():
            return self._perceptron._data(x, self._known(y), sample_weight)

    def _missing_is_zero(self) -> bool:
        return False

    def _column_names(self) -> Sequence[str]:
        return self.columns_.names_

    def _frame_columns(self) -> Columns:
        check_is_fitted(self)
        return self.columns_

    # ---- files, pickles ----------------------------------------------------------------------------

    def save(self, path: FilePath, *, state: bool = False) -> None:
        """Writes the model to a file, from which `neuract.load` reads the same model.

        Parameters
        ----------
        path, state
            As for `neuract.save`.
        """
        validate(self)  # `load` refuses parameters that `fit` refuses
        save_bytes(path, self._file_bytes(state))

    def _file_bytes(self, training: bool) -> bytes:
        return estimator_bytes(self, training)

    def _become(self, contents: Contents) -> None:
        become(self, contents)

    def _validate_params(self) -> None:
        validate(self)

    def _state(self) -> dict[str, Any]:
        return tabular_state(self)

    def _set_state(self, state: dict[str, Any]) -> None:
        set_tabular_state(self, state)

    def __getstate__(self) -> dict[str, Any]:
        return pickled(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        unpickle(self, state)
