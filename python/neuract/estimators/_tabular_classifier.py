# SPDX-License-Identifier: BSD-3-Clause
"""TabularClassifier: a frame as it is, and the classes of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from neuract._checks import real_number
from neuract._typing import Array
from neuract.activations._base import Activation
from neuract.activations._named import ActivationName
from neuract.columns._columns import Categorical, ScalingName
from neuract.estimators._class_weight import ClassWeight
from neuract.estimators._classifier import MLPClassifier
from neuract.estimators._parameters import documented, take
from neuract.estimators._tabular import NOTHING_LEFT_OUT, TABULAR, TABULAR_CONSTRAINTS, Tabular
from neuract.estimators._tabular_fit import our_words
from neuract.inputs._targets import target_errors
from neuract.losses._base import Loss, OwnFunction
from neuract.losses._named import ProbabilitiesLossName
from neuract.outputs._kinds import Classes, Labels, Probabilities
from neuract.outputs._scores import accuracy
from neuract.outputs._sets import Sets
from neuract.schedules._shares import Schedule, ScheduleName
from neuract.training._settings import Dtype

MIDDLE = 0.5  # probability above which a row has a label


@documented(TABULAR)
class TabularClassifier(ClassifierMixin, Tabular):  # type: ignore[misc]
    """Classifies the rows of a frame as it is: numbers, text, categories, dates and missing values.

    Parameters
    ----------
    {shared}
    loss : str, Loss or callable, default="log_loss"
        "log_loss", "focal", an object such as ``neuract.LogLoss(label_smoothing=0.1)``, or a function of your own; as
        for `MLPClassifier`.
    class_weight : dict, "balanced", list of dict or None, default=None
        Weight of the rows of each class, as for `MLPClassifier`.

    Attributes
    ----------
    columns_ : Columns
        The columns with their kinds, levels and statistics; print it.
    classes_ : ndarray
        The sorted labels; with several labels per row the numbers of y's columns.
    network_ : Network
        A network on the matrix of the columns, ``columns_.transform(X)``.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Their names, if X had names.
    target_name_ : str
        The name of y, if y was a series with a name.
    networks_ : tuple of Network
        The members, group by group; `network_` is the first.
    n_outputs_ : int
        Number of neurons of the output layer.
    n_iter_ : int
        Largest number of epochs of a group.
    settings_ : dict
        What the recipe has chosen, and for each group of members its epochs, its best epoch, its loss on left-out rows
        and its weight.
    oof_predictions_ : ndarray of shape (rows, classes) or (rows, labels)
        Probabilities of the training rows by members that have not seen them; NaN for a row that all have seen.
    oof_rows_ : ndarray of int
        The numbers of the rows of `oof_predictions_`, if `fit` got a source larger than memory; these are a sample.
    oof_score_ : float
        The accuracy of these: about that of a cross-validation, which it replaces.

    See Also
    --------
    TabularRegressor : For targets that are numbers.
    MLPClassifier : For arrays of numbers, with scikit-learn's parameters.

    Examples
    --------
    >>> import neuract as na
    >>> frame = {"size": [50, 80, 120, 60, None, 90] * 5, "town": ["Ulm", "Bonn", "Ulm", "Bonn", "Ulm", None] * 5}
    >>> label = ["cheap", "dear", "cheap", "dear", "cheap", "dear"] * 5
    >>> model = na.TabularClassifier(random_state=0).fit(frame, label)
    >>> model.predict({"size": 70, "town": "Bonn"})
    array(['dear'], dtype='<U5')
    >>> print(model.columns_)
    column  kind      becomes
    size    number    robust scaling, center 80, and whether it is missing
    town    category  2 levels ('Ulm', 'Bonn'), missing
    """

    classes_: Array
    oof_score_: float
    _sets: Sets
    _perceptron: MLPClassifier
    _neuract_file = "TabularClassifier"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **TABULAR_CONSTRAINTS,
        "loss": MLPClassifier._parameter_constraints["loss"],
        "class_weight": MLPClassifier._parameter_constraints["class_weight"],
    }

    def __init__(
        self,
        *,
        categorical: Categorical = "auto",
        scaling: ScalingName | None = "robust",
        min_rows: int | None = None,
        effort: Literal["quick", "default", "thorough"] = "default",
        members: int | Literal["auto"] = "auto",
        folds: Any = "auto",
        encodings: str | Sequence[str] = "auto",
        hidden_layer_sizes: int | Sequence[int] | Array | Literal["auto"] = "auto",
        activation: ActivationName | Activation | Sequence[ActivationName | Activation] | Literal["auto"] = "auto",
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: ScheduleName | Schedule | Literal["auto"] = "auto",
        learning_rate_init: float | Literal["auto"] = "auto",
        max_iter: int | Literal["auto"] = "auto",
        dropout: float | Sequence[float] | Literal["auto"] = "auto",
        weight_decay: float | Literal["auto"] = "auto",
        dtype: Dtype = "float32",
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        callbacks: Any = None,
        verbose: bool | int = False,
        loss: ProbabilitiesLossName | Loss | OwnFunction = "log_loss",
        class_weight: ClassWeight | None = None,
    ) -> None:
        take(self, locals())

    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: npt.ArrayLike | None = None,
        *,
        groups: npt.ArrayLike | None = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: npt.ArrayLike | None = None,
    ) -> Self:
        """Learns from a frame and the labels of its rows.

        Parameters
        ----------
        X : frame, dict of columns, list of dicts, array of shape (rows, columns), or source of `neuract.data`
            A frame of pandas, polars, pyarrow or whatever narwhals reads, as it is. None, NaN and empty text are
            missing values. `Columns` says what becomes of each column. A source has y and the weights itself.
        y : array-like of shape (rows,) or (rows, labels)
            One label per row (text, number or bool), or one column of 0 and 1 per label.
        sample_weight : array-like of shape (rows,) or None, default=None
            Weight of each row, >= 0.
        groups : array-like of shape (rows,) or None, default=None
            The group of each row, such as a patient: all rows of a group are in the same fold.
        X_val, y_val, sample_weight_val : as X, y and sample_weight, or None, default=None
            Validation rows, which choose the epoch and end the training in place of the left-out rows.

        Returns
        -------
        TabularClassifier
            Itself.

        Raises
        ------
        ValueError, TypeError
            If a column or y cannot be used; the message names it. The model is then as it was before.
        """
        self._learn(X, y, sample_weight, (X_val, y_val, sample_weight_val), groups)
        return self

    def predict(self, X: Any) -> Array:
        """Returns the most probable label of each row, or 0 or 1 for each of several labels.

        Parameters
        ----------
        X : frame, dict, list of dicts, or array of shape (rows, columns)
            With the columns of `fit`. A dict of values, such as ``{"age": 39, "job": "clerk"}``, is one row.

        Returns
        -------
        ndarray of shape (rows,) or (rows, labels)
        """
        answers = self._meaning().answers(self._outputs(X))
        return csr_matrix(answers) if self._perceptron._multilabel and self._perceptron._sparse_labels else answers

    def score(self, X: Any, y: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Returns the accuracy: the share of rows whose label, or all of whose labels, are predicted.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        float
        """
        with our_words(), target_errors(y, numbers=False), np.errstate(invalid="ignore"):  # which a cast of NaN raises
            return float(super().score(X, y, sample_weight))

    def predict_set(self, X: Any, coverage: float = 0.9) -> Array:
        """Returns for each row the classes among which its own is, with this probability: adaptive prediction sets.

        Romano, Sesia & Candès 2020, arXiv:2006.02544, from the probabilities of rows by members that have not seen
        them, without random numbers. A row that is easy has one class, a hard one several.

        Parameters
        ----------
        X : frame, dict, list of dicts, or array of shape (rows, columns)
        coverage : float, default=0.9
            Share of the rows whose class is in their set, between 0 and 1.

        Returns
        -------
        ndarray of bool of shape (rows, classes)
            Whether each of `classes_` is in the set; the most probable one always is.

        Raises
        ------
        ValueError
            If the model has several labels per row, or left no rows out.
        """
        coverage = real_number(coverage, "coverage", low=0, high=1, open_low=True, open_high=True)
        check_is_fitted(self)
        if self._perceptron._multilabel:
            raise ValueError("predict_set is for one class per row; this model has several labels per row")
        if "_sets" not in self.__dict__:
            raise ValueError(NOTHING_LEFT_OUT.format("predict_set"))
        return self._sets.sets(self.predict_proba(X), coverage)

    predict_proba = Probabilities.predict_proba
    predict_log_proba = Probabilities.predict_log_proba

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    # ---- for the fit: Tabular -----------------------------------------------------------------------

    def _new_perceptron(self, **parameters: Any) -> MLPClassifier:
        return MLPClassifier(**parameters, class_weight=self.class_weight)

    def _known(self, y: Any) -> Any:
        return _without_gaps(y)

    def _learn_uncertainty(self, targets: Array, weights: Array | None) -> None:
        self.oof_score_ = float("nan")
        several, oof = self._perceptron._multilabel, self.oof_predictions_
        known = ~np.isnan(oof).any(axis=1) & (True if weights is None else weights > 0)
        if not known.any():
            return
        truth, chosen = (targets, oof > MIDDLE) if several else (targets[:, 0], oof.argmax(axis=1))
        self.oof_score_ = accuracy(truth[known], chosen[known], None if weights is None else weights[known])
        if not several:
            self._sets = Sets.learned(oof, truth, weights)

    def _meaning_of(self, perceptron: Any) -> str:
        return "labels" if perceptron._multilabel else "classes"

    def _meaning(self) -> Classes | Labels:
        self._fitted_network()
        return self._perceptron._meaning()


def _without_gaps(y: Any) -> Any:
    """Returns a nullable series of pandas without gaps as an array: scikit-learn would make floats of its classes."""
    numpy_dtype = getattr(getattr(y, "dtype", None), "numpy_dtype", None)
    if numpy_dtype is None or y.isna().any():
        return y
    return y.to_numpy(numpy_dtype)
