# SPDX-License-Identifier: BSD-3-Clause
"""The common base of TabularClassifier and TabularRegressor: columns in front of a multilayer perceptron.

`columns_` makes the matrix, and an MLPClassifier or MLPRegressor of ours trains the network on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from neuract._typing import Array, FilePath
from neuract.columns._columns import Columns
from neuract.columns._number import SCALINGS
from neuract.columns._row import one_row
from neuract.estimators._documentation import documentation_address
from neuract.estimators._parameters import CONSTRAINTS, Names, dtype_of, validate
from neuract.estimators._perceptron import MultilayerPerceptron
from neuract.estimators._saved import become, estimator_bytes, pickled, unpickle
from neuract.estimators._tabular_saved import set_tabular_state, tabular_state
from neuract.export._methods import Exportable
from neuract.export._skl2onnx_classes import announce
from neuract.files._format import Contents, save_bytes
from neuract.inputs._data import Data, validation_errors, validation_is_given
from neuract.network import Network
from neuract.outputs._kinds import Outputs
from neuract.training._guard import alone

OF_PERCEPTRON = (
    "hidden_layer_sizes",
    "activation",
    "loss",
    "batch_size",
    "learning_rate",
    "learning_rate_init",
    "max_iter",
    "n_iter_no_change",
    "validation_fraction",
    "dropout",
    "weight_decay",
    "random_state",
    "n_jobs",
    "callbacks",
    "verbose",
)
"""The parameters that the perceptron gets as they are."""
FITTED = (
    "network_",
    "classes_",
    "n_outputs_",
    "n_iter_",
    "loss_",
    "loss_curve_",
    "best_loss_",
    "validation_scores_",
    "best_validation_score_",
    "validation_loss_curve_",
)
"""The attributes of the perceptron that are the estimator's too."""
FEWEST_ROWS_TO_HOLD_OUT = 200

TABULAR_CONSTRAINTS: dict[str, list[Any]] = {
    "categorical": [Names(("auto",)), "array-like"],
    "scaling": [None, Names(SCALINGS)],
    "min_rows": [None, *CONSTRAINTS["max_iter"]],
    **{name: CONSTRAINTS[name] for name in OF_PERCEPTRON if name != "loss"},
    "early_stopping": [Names(("auto",)), "boolean"],
    "dtype": CONSTRAINTS["dtype"][1:],
}

TABULAR = """\
categorical : "auto" or list of str or int, default="auto"
    Columns whose values are levels, by name or number, next to those with text or categories.
scaling : {"robust", "standard", "unit"} or None, default="robust"
    Of numbers, as in `Columns`.
min_rows : int or None, default=None
    Levels with fewer rows share one. None: one row in a thousand, from 1 to 10.
hidden_layer_sizes : int or sequence of int, default=(128, 128)
    Number of neurons in each hidden layer; ``()`` gives a linear model.
activation : str, Activation or list of them, default="relu"
    Activation of the hidden layers, or a list with one for each.
batch_size : int or "auto", default="auto"
    Number of rows in a training step. "auto": 32 below 1,500 rows, 64 below 3,000, 128 below 8,000, else 256.
learning_rate : str, Schedule or callable, default="constant"
    Schedule of the rate: "constant", "cosine", "one_cycle", "warm_up", an object of
    `neuract.schedules`, or a function of the epoch.
learning_rate_init : float, default=0.001
    Rate of the first epoch; for a schedule the whole rate, of which it gives shares.
max_iter : int, default=200
    Largest number of epochs.
early_stopping : "auto" or bool, default="auto"
    Hold out rows, score them after every epoch as `score` does, stop when the score no longer improves,
    and keep the best weights. "auto": from 200 rows on. Rows that `fit` gets as X_val are used in any case.
validation_fraction : float, default=0.1
    Share of the rows that early stopping holds out.
n_iter_no_change : int, default=10
    Training stops after more than this many consecutive epochs without improvement.
dropout : float or list of float, default=0.1
    Share of the neurons of a hidden layer, in [0, 1), that each training step leaves out at random.
weight_decay : float, default=0.01
    Weights also shrink by rate · weight_decay per step (AdamW).
dtype : {"float32", "float64"} or dtype, default="float32"
    Type of the weights and of all computation.
random_state : None, int or numpy.random.RandomState, default=None
    Seeds initial weights, validation split and row orders. The same int gives the same model, bit
    for bit.
n_jobs : int or None, default=None
    Largest number of threads in `fit` and `predict`. None: `neuract.get_num_threads()`; -1: one
    per core. Results do not depend on it, bit for bit.
callbacks : list, callback or None, default=None
    Functions or objects that are called after every epoch of a fit and may end it. They get the
    network in training.
verbose : bool or int, default=False
    Print the loss after every epoch."""
"""The description of each parameter, for the docstrings of both estimators."""


class Tabular(Exportable, BaseEstimator):  # type: ignore[misc]
    """A frame in, a network on its columns. A subclass says what perceptron trains, and what y means."""

    columns_: Columns
    network_: Network
    n_features_in_: int
    target_name_: str
    _neuract_file: ClassVar[str]
    _doc_link_module = "neuract"
    _perceptron: MultilayerPerceptron

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

    def _known(self, y: Any) -> Any:
        """Returns y as the fitted network learned it."""
        return y

    def _can_hold_out(self, y: Any, rows: int) -> bool:
        """Returns whether early_stopping="auto" holds out rows."""
        return rows >= FEWEST_ROWS_TO_HOLD_OUT

    def _meaning(self) -> Outputs:
        """Returns the meaning of the outputs: see neuract._typing.FittedModel."""
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags

    # ---- fit -----------------------------------------------------------------------------------

    def _learn(self, X: Any, y: Any, sample_weight: Any, validation: tuple[Any, Any, Any]) -> None:
        """Runs `fit`; undoes all of it on an error. validation: X, y and sample weights, each may be None."""
        with alone(self, "estimator", undone_by=BaseException):
            validate(self)
            fitting: Tabular = object.__new__(type(self))
            fitting.__dict__.update(self.__dict__)
            try:
                fitting._fit(X, y, sample_weight, validation)
            finally:
                self.__dict__ = fitting.__dict__  # at once: other threads may ask the model

    def _fit(self, X: Any, y: Any, sample_weight: Any, validation: tuple[Any, Any, Any]) -> None:
        self._check_y_given(y)
        columns = self._new_columns()
        matrix = columns.fit_transform(X, dtype=self._dtype())
        self._take_columns(columns)
        x_val, y_val, weights_val = validation
        perceptron = self._started(columns, len(matrix), y, x_val is not None)
        self._take_name(y)
        y = self._learned(y)
        if validation_is_given(*validation):
            with validation_errors():
                x_val, y_val = columns.transform(x_val, self._dtype()), self._known(y_val)
        try:
            with our_words():
                perceptron._learn(matrix, y, sample_weight, (x_val, y_val, weights_val))
        finally:
            if "network_" in perceptron.__dict__:
                self._take(perceptron)

    def _check_y_given(self, y: Any) -> None:
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")

    def _new_columns(self) -> Columns:
        columns = Columns(self.categorical, scaling=self.scaling, min_rows=self.min_rows)
        columns._told_as = type(self).__name__
        return columns

    def _started(self, columns: Columns, rows: int, y: Any, validated: bool) -> MultilayerPerceptron:
        """Returns a perceptron that is not fitted."""
        given = {name: getattr(self, name) for name in OF_PERCEPTRON}
        if given["batch_size"] == "auto":
            given["batch_size"] = min(rows, _batch(rows))
        stops = self.early_stopping
        if isinstance(stops, str):
            stops = validated or self._can_hold_out(y, rows)
        perceptron = self._new_perceptron(**given, early_stopping=stops, dtype=self._dtype(), alpha=0.0)
        perceptron._inputs, perceptron._owner = tuple(columns.inputs_), self
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

    def _take(self, perceptron: MultilayerPerceptron) -> None:
        """Takes over what the perceptron has learned."""
        self._perceptron = perceptron
        for name in FITTED:
            self.__dict__.pop(name, None)
            if name in perceptron.__dict__:
                setattr(self, name, perceptron.__dict__[name])

    def _with(self, perceptron: MultilayerPerceptron) -> Tabular:
        """Returns a copy as if the fit of the perceptron had ended."""
        fitted: Tabular = object.__new__(type(self))
        fitted.__dict__.update(self.__dict__)
        fitted._take(perceptron)
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
        check_is_fitted(self)
        network = self.network_
        x = one_row(self, X) if type(X) is dict else None
        return network._known().predict(self._rows(X) if x is None else x, network.n_threads)

    def __sklearn_is_fitted__(self) -> bool:
        return "network_" in self.__dict__

    # ---- for the rooms below: neuract._typing.FittedModel ------------------------------------------

    def _fitted_network(self) -> Network:
        check_is_fitted(self)
        return self.network_

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


def _batch(rows: int) -> int:
    return next((batch for most, batch in ((1500, 32), (3000, 64), (8000, 128)) if rows < most), 256)


@contextmanager
def our_words() -> Iterator[None]:
    """Names the tabular estimators in errors of the perceptrons."""
    try:
        yield
    except (ValueError, TypeError) as error:
        text = str(error)
        if len(error.args) == 1 and (ours := re.sub(r"\bMLP(Classifier|Regressor)\b", r"Tabular\1", text)) != text:
            error.args = (ours,)
        raise
