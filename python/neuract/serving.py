# SPDX-License-Identifier: BSD-3-Clause
"""What `neuract.load` makes of an estimator's file where there is no scikit-learn: a model that predicts.

Answers are those of the estimator, bit for bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.files._estimator import read_estimator
from neuract.files._format import Contents
from neuract.inputs._missing import zero_for_nan
from neuract.inputs._sparse import is_sparse
from neuract.network import Network
from neuract.outputs._kinds import Probabilities, chosen, numbers


class ServedModel:
    """A fitted estimator without scikit-learn: it predicts, and cannot be fitted or saved.

    Many threads may ask one model at once.

    Attributes
    ----------
    network_ : Network
        The network itself.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Their names, where the model was fitted to a table with names.
    n_outputs_ : int
        Neurons of the output layer.
    """

    network_: Network
    n_features_in_: int
    n_outputs_: int

    def __init__(self, contents: Contents) -> None:
        state = read_estimator(contents)
        contents.reader.check_all_read()
        if not state["network"]:
            raise ValueError(f"the {contents.kind} in it is not fitted, and without scikit-learn it cannot be")
        self._missing = state["parameters"].get("missing", "error")
        self.__dict__.update(state["attributes"])
        self.network_ = Network.__new__(Network)
        self.network_._set_state(state["network"])

    def _outputs(self, X: Any) -> Array:
        self._check_names(getattr(X, "columns", None))
        if self._missing == "zero":
            X = X if is_sparse(X) else np.asarray(X)
            X = zero_for_nan(X if X.dtype.kind == "f" else X.astype(np.float64))
        return self.network_.predict(X)

    def _check_names(self, columns: Any) -> None:
        """ValueError where X has names for its columns and they are not those of the fit."""
        known = getattr(self, "feature_names_in_", None)
        if known is None or columns is None or list(columns) == known.tolist():
            return
        raise ValueError(
            f"X must have the columns {', '.join(known)}, in this order; it has {', '.join(map(str, columns))}"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.n_features_in_} features, {self._what()}; predicts without scikit-learn>"

    def _what(self) -> str:
        raise NotImplementedError


class ServedClassifier(ServedModel, Probabilities):
    """A fitted MLPClassifier without scikit-learn.

    Attributes
    ----------
    classes_ : ndarray
        The labels, sorted; with several labels a row the numbers of y's columns.
    """

    classes_: Array
    _multilabel: bool

    def predict(self, X: Any) -> Array:
        """The most probable label of each row, or for several labels a row 0 or 1 for each.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)

        Returns
        -------
        ndarray of shape (rows,) or (rows, labels)
        """
        numbers = chosen(self._outputs(X), len(self.classes_), self._multilabel)
        labels: Array = numbers if self._multilabel else self.classes_[numbers]
        return labels

    def _what(self) -> str:
        return f"{len(self.classes_)} {'labels' if self._multilabel else 'classes'}"


class ServedRegressor(ServedModel):
    """A fitted MLPRegressor without scikit-learn."""

    def predict(self, X: Any) -> Array:
        """The predicted numbers.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)

        Returns
        -------
        ndarray of shape (rows,) or (rows, outputs)
        """
        return numbers(self._outputs(X), self.network_.loss_function)

    def _what(self) -> str:
        return f"{self.n_outputs_} outputs"


SERVED: dict[str, type[ServedModel]] = {"MLPClassifier": ServedClassifier, "MLPRegressor": ServedRegressor}
"""What stands in for each kind of estimator."""
