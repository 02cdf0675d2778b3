# SPDX-License-Identifier: BSD-3-Clause
"""Models that `neuract.load` makes from an estimator's file if scikit-learn is not installed.

Their predictions are those of the estimator, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from neuract._typing import Array
from neuract.columns._columns import Columns
from neuract.columns._row import one_row
from neuract.files._columns import columns_of
from neuract.files._estimator import read_estimator
from neuract.files._format import Contents
from neuract.files._members import only
from neuract.inputs._columns import column_names
from neuract.inputs._missing import without_nan
from neuract.inputs._sparse import SparseRows
from neuract.network import Network
from neuract.outputs._kinds import Outputs, Probabilities, Unit, classes_or_labels, numbers_or_quantiles
from neuract.training._members import Members


def _members_of(state: Mapping[str, Any]) -> Members:
    """Returns the members of a state, which `files._members` has read."""
    networks = []
    for each in state["networks"]:
        network = Network.__new__(Network)
        network._set_state(each)
        networks.append(network)
    return Members(tuple(networks), state["weights"], state["left_out"], state["bounds"])


class ServedModel:
    """A fitted estimator without scikit-learn: it predicts, and cannot be fitted or saved.

    Several threads may call one model at the same time.

    Attributes
    ----------
    network_ : Network
        The network itself; of several members the first.
    columns_ : Columns
        Of a tabular estimator, which takes frames (these need narwhals), dicts and arrays.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Their names, if the model was fitted to a table with names.
    n_outputs_ : int
        Number of neurons of the output layer.
    """

    network_: Network
    columns_: Columns
    n_features_in_: int
    n_outputs_: int
    _unit: Unit | None = None

    def __init__(self, contents: Contents) -> None:
        state = read_estimator(contents)
        contents.reader.check_all_read()
        if not state["network"] and not state["members"]:
            raise ValueError(f"the {contents.kind} is not fitted, and cannot be fitted without scikit-learn")
        self._missing = state["parameters"].get("missing", "error")
        self.__dict__.update(state["attributes"])
        if state["columns"] is not None:
            self.columns_ = columns_of(state["columns"], contents.kind, state["parameters"])
        self._ensemble = _members_of(state["members"] or only(state["network"]))
        self.network_ = cast(Network, self._ensemble.networks[0])

    def _meaning(self) -> Outputs:
        """Returns the meaning of the outputs."""
        raise NotImplementedError

    def _outputs(self, X: Any) -> Array:
        """Returns the network's outputs, rows × outputs."""
        x = one_row(self, X) if "columns_" in self.__dict__ else self._entering(X)
        y = None if x is None else self._ensemble.predict_directly(x)
        return self._ensemble.predict(self._rows(X), self.network_.n_threads) if y is None else y

    def _entering(self, X: Any) -> Any:
        """Returns X as the network takes it."""
        if "columns_" in self.__dict__:
            return self.columns_.transform(X, self.network_.dtype)
        self._check_names(column_names(X))
        return without_nan(X) if self._missing_is_zero() else X

    def _fitted_network(self) -> Network:
        return self.network_

    def _members(self) -> Members:
        return self._ensemble

    def _rows(self, X: Any) -> Array | SparseRows:
        return self.network_._rows(self._entering(X))

    def _missing_is_zero(self) -> bool:
        return bool(self._missing == "zero")

    def _column_names(self) -> Sequence[str] | None:
        if "columns_" in self.__dict__:
            return self.columns_.names_
        return getattr(self, "feature_names_in_", None)

    def _frame_columns(self) -> Columns | None:
        return self.__dict__.get("columns_")

    def _check_names(self, columns: Any) -> None:
        """Raises ValueError if X names its columns and the names are not those of the fit."""
        known = getattr(self, "feature_names_in_", None)
        if known is None or columns is None or list(columns) == known.tolist():
            return
        raise ValueError(
            f"X must have the columns {', '.join(known)}, in this order; got {', '.join(map(str, columns))}"
        )

    def __repr__(self) -> str:
        meaning = self._meaning()
        kind = meaning.kind if meaning.kind in ("classes", "labels") else "outputs"
        outputs = f"{meaning.n_columns} {kind}"
        return f"<{type(self).__name__}: {self.n_features_in_} features, {outputs}; predicts without scikit-learn>"


class ServedClassifier(ServedModel, Probabilities):
    """A fitted MLPClassifier or TabularClassifier without scikit-learn.

    Attributes
    ----------
    classes_ : ndarray
        The labels, sorted; with several labels per row the numbers of y's columns.
    """

    classes_: Array
    _multilabel: bool

    def predict(self, X: Any) -> Array:
        """Returns the most probable label of each row, or for several labels per row 0 or 1 for each.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)

        Returns
        -------
        ndarray of shape (rows,) or (rows, labels)
        """
        return self._meaning().answers(self._outputs(X))

    def _meaning(self) -> Outputs:
        return classes_or_labels(self.classes_, self._multilabel)


class ServedRegressor(ServedModel):
    """A fitted MLPRegressor or TabularRegressor without scikit-learn."""

    def predict(self, X: Any) -> Array:
        """Returns the predicted numbers.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)

        Returns
        -------
        ndarray of shape (rows,) or (rows, outputs)
        """
        return self._meaning().answers(self._outputs(X))

    def _meaning(self) -> Outputs:
        loss = self.network_.loss_function
        return numbers_or_quantiles(self.n_outputs_, loss.quantiles, self._unit)


SERVED: dict[str, type[ServedModel]] = {
    "MLPClassifier": ServedClassifier,
    "MLPRegressor": ServedRegressor,
    "TabularClassifier": ServedClassifier,
    "TabularRegressor": ServedRegressor,
}
"""The served model of each kind of estimator."""
