# SPDX-License-Identifier: BSD-3-Clause
"""TabularRegressor: a frame as it is, and numbers for its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted

from neuract._checks import real_number
from neuract._typing import Array
from neuract.activations._base import Activation
from neuract.activations._named import ActivationName
from neuract.columns._columns import Categorical, ScalingName
from neuract.columns._statistics import mean_and_deviation
from neuract.estimators._parameters import documented, take
from neuract.estimators._regressor import MLPRegressor, positive, score
from neuract.estimators._tabular import NOTHING_LEFT_OUT, TABULAR, TABULAR_CONSTRAINTS, Tabular
from neuract.estimators._tabular_fit import our_words
from neuract.inputs._arrays import from_objects
from neuract.inputs._sparse import is_sparse
from neuract.inputs._targets import target_errors
from neuract.losses._base import Loss, OwnFunction
from neuract.losses._named import NumbersLossName
from neuract.losses._named import loss as loss_named
from neuract.outputs._intervals import Intervals
from neuract.outputs._kinds import Outputs, Unit, numbers_or_quantiles
from neuract.schedules._shares import Schedule, ScheduleName
from neuract.training._settings import Dtype

LEAST_KNOWN = 2  # rows with a prediction, for a score


@documented(TABULAR)
class TabularRegressor(RegressorMixin, Tabular):  # type: ignore[misc]
    """Predicts numbers for the rows of a frame as it is: numbers, text, categories, dates and missing values.

    The network learns y with mean 0 and standard deviation 1 (for poisson and gamma: with mean 1), so losses are in
    that unit, and Huber's delta counts standard deviations. Predictions are in the unit of y.

    Parameters
    ----------
    {shared}
    loss : str, Loss or callable, default="squared_error"
        "squared_error", "absolute_error", "huber", "poisson" (for counts), "gamma" (for amounts), "quantile", an object
        such as ``neuract.Quantile((0.1, 0.9))``, or a function of your own, which gets y as it is; as for
        `MLPRegressor`.
    bounded : bool, default=True
        Hold the answers of each member within the range of y, for "squared_error".

    Attributes
    ----------
    columns_ : Columns
        The columns with their kinds, levels and statistics; print it.
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
    oof_predictions_ : ndarray of shape (rows,) or (rows, outputs)
        Predictions of the training rows by members that have not seen them; NaN for a row that all have seen.
    oof_rows_ : ndarray of int
        The numbers of the rows of `oof_predictions_`, if `fit` got a source larger than memory; these are a sample.
    oof_score_ : float
        R² of these, or as `score` for quantiles: about that of a cross-validation, which it replaces.

    See Also
    --------
    TabularClassifier : For targets that are classes.
    MLPRegressor : For arrays of numbers, with scikit-learn's parameters.

    Examples
    --------
    >>> import neuract as na
    >>> frame = {"size": [50, 80, 120, 60, None, 90] * 5, "town": ["Ulm", "Bonn", "Ulm", "Bonn", "Ulm", None] * 5}
    >>> rent = [500, 1200, 1200, 900, 700, 1000] * 5
    >>> model = na.TabularRegressor(random_state=0).fit(frame, rent)
    >>> model.predict({"size": 80, "town": "Bonn"}).round(-2)
    array([1200.])
    """

    oof_score_: float
    _intervals: Intervals
    _perceptron: MLPRegressor
    _unit: Unit | None
    _neuract_file = "TabularRegressor"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **TABULAR_CONSTRAINTS,
        "loss": MLPRegressor._parameter_constraints["loss"],
        "bounded": ["boolean"],
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
        loss: NumbersLossName | Loss | OwnFunction = "squared_error",
        bounded: bool = True,
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
        """Learns from a frame and the numbers of its rows.

        Parameters
        ----------
        X : frame, dict of columns, list of dicts, array of shape (rows, columns), or source of `neuract.data`
            A frame of pandas, polars, pyarrow or whatever narwhals reads, as it is. None, NaN and empty text are
            missing values. `Columns` says what becomes of each column. A source has y and the weights itself.
        y : array-like of shape (rows,) or (rows, outputs)
            Finite numbers.
        sample_weight : array-like of shape (rows,) or None, default=None
            Weight of each row, >= 0.
        groups : array-like of shape (rows,) or None, default=None
            The group of each row, such as a patient: all rows of a group are in the same fold.
        X_val, y_val, sample_weight_val : as X, y and sample_weight, or None, default=None
            Validation rows, which choose the epoch and end the training in place of the left-out rows.

        Returns
        -------
        TabularRegressor
            Itself.

        Raises
        ------
        ValueError, TypeError
            If a column or y cannot be used; the message names it. The model is then as it was before.
        """
        self._learn(X, y, sample_weight, (X_val, y_val, sample_weight_val), groups)
        return self

    def predict(self, X: Any) -> Array:
        """Returns the predicted numbers, in the unit of y.

        Parameters
        ----------
        X : frame, dict, list of dicts, or array of shape (rows, columns)
            With the columns of `fit`. A dict of values, such as ``{"size": 80, "town": "Ulm"}``, is one row.

        Returns
        -------
        ndarray of shape (rows,) or (rows, outputs)
            float64. For several quantiles (rows, quantiles), each row sorted.
        """
        return self._meaning().answers(self._outputs(X))

    def predict_interval(self, X: Any, coverage: float = 0.9) -> Array:
        """Returns for each row an interval in which y lies with this probability.

        From the residuals of the training rows by members that have not seen them, scaled by what such residuals are at
        similar predictions where that makes intervals narrower, and by the disagreement of the folds. A form of
        cross-conformal prediction (Vovk 2015); docs/benchmarks.md has coverages measured on real sets.

        Parameters
        ----------
        X : frame, dict, list of dicts, or array of shape (rows, columns)
        coverage : float, default=0.9
            Share of new rows whose y is in its interval, between 0 and 1.

        Returns
        -------
        ndarray of shape (rows, 2) or (rows, outputs, 2)
            The lowest and the highest number, in the unit of y. Too few training rows for the coverage (19 for 0.95)
            give the interval of their largest residual.

        Raises
        ------
        ValueError
            If the model predicts quantiles, or left no rows out.
        """
        coverage = real_number(coverage, "coverage", low=0, high=1, open_low=True, open_high=True)
        check_is_fitted(self)
        if self.network_.loss_function.quantiles:
            raise ValueError("predict_interval is for models of the mean; this one predicts quantiles")
        if "_intervals" not in self.__dict__:
            raise ValueError(NOTHING_LEFT_OUT.format("predict_interval"))
        folds = self._ensemble.by_fold(list(self._each(X)))
        return self._intervals.interval(np.array([self._meaning().columns(each) for each in folds]), coverage)

    def score(self, X: Any, y: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Returns R² of the predictions, or for several quantiles the mean of their D²; see `MLPRegressor.score`.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        float
        """
        predictions = self.predict(X)
        with our_words(), target_errors(y, numbers=True):
            return score(self.network_.loss_function, y, predictions, sample_weight)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.positive_only = positive(self.loss)
        return tags

    # ---- for the fit: Tabular -----------------------------------------------------------------------

    def _new_perceptron(self, **parameters: Any) -> MLPRegressor:
        return MLPRegressor(**parameters)

    def _learned(self, y: Any) -> Any:
        loss, numbers = loss_named(self.loss), _finite_numbers(y)
        self._unit = None if numbers is None else _unit(numbers, loss)
        return self._in_unit(y, numbers)

    def _learn_uncertainty(self, targets: Array, weights: Array | None) -> None:
        self.oof_score_ = float("nan")
        loss, meaning = self.network_.loss_function, self._meaning()
        oof, y = self.oof_predictions_, targets if self._unit is None else self._unit.back(targets)
        known = ~np.isnan(oof).any(axis=1) & (True if weights is None else weights > 0)
        if meaning.n_columns == 1:
            self.oof_predictions_ = oof[:, 0]
        if known.sum() < LEAST_KNOWN:
            return
        truth = y[known, 0] if loss.quantiles else y[known]  # quantiles share one target
        self.oof_score_ = score(loss, truth, oof[known], None if weights is None else weights[known])
        if not loss.quantiles:
            self._intervals = Intervals.learned(oof, y, weights)

    def _meaning_of(self, perceptron: Any) -> str:
        return "numbers"

    def _known(self, y: Any) -> Any:
        return self._in_unit(y, _finite_numbers(y))

    def _in_unit(self, y: Any, numbers: Array | None) -> Any:
        """Returns y in the network's unit; y itself if it has none, or does not fit. numbers: those of y."""
        if self._unit is None or numbers is None or len(self._unit.centers) not in (1, numbers.shape[-1]):
            return y
        return self._unit.standard(numbers)

    def _meaning(self) -> Outputs:
        network = self._fitted_network()
        return numbers_or_quantiles(self.n_outputs_, network.loss_function.quantiles, self._unit)


def _finite_numbers(y: Any) -> Array | None:
    """Returns y in float64; None if the checks of the perceptron must refuse it."""
    if is_sparse(y):
        return None
    with our_words(), target_errors(y, numbers=True):
        array = np.asarray(y)
    array = from_objects(array, "y") if array.dtype == object else array
    if array.dtype.kind not in "biuf" or array.ndim not in (1, 2) or not array.size:
        return None
    array = array.astype(np.float64)
    return array if np.isfinite(array).all() else None


def _unit(y: Array, loss: Loss) -> Unit | None:
    """Returns the mean and the deviation of each column; for positive targets 0 and the mean; None: y stays."""
    if loss.own is not None or (loss.positive_targets and y.min() < 0):
        return None
    columns = [mean_and_deviation(column) for column in y.reshape(len(y), -1).T]
    if loss.positive_targets:
        return Unit(np.zeros(len(columns)), np.array([mean if mean > 0 else 1.0 for mean, _ in columns]))
    means, deviations = np.array(columns).T.copy()
    return Unit(means, np.where(deviations > 0, deviations, 1.0))
