# SPDX-License-Identifier: BSD-3-Clause
"""MLPRegressor: predicts numbers, or quantiles, with a Network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import RegressorMixin
from sklearn.metrics import d2_pinball_score, r2_score
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if

from neuract._typing import Array
from neuract.activations._base import Activation
from neuract.activations._named import ActivationName
from neuract.estimators._parameters import CONSTRAINTS, SHARED, Names, documented, take
from neuract.estimators._perceptron import MultilayerPerceptron
from neuract.estimators._task import Task, task
from neuract.inputs._data import Data
from neuract.inputs._sparse import is_sparse
from neuract.inputs._targets import target_errors
from neuract.layers._initial import Init
from neuract.losses._base import Loss, OwnFunction
from neuract.losses._named import LOSSES, NumbersLossName
from neuract.losses._named import loss as loss_named
from neuract.outputs._kinds import Outputs, numbers_or_quantiles
from neuract.outputs._scores import r2
from neuract.schedules._rate import RateName
from neuract.schedules._shares import Schedule
from neuract.training._settings import Dtype


@documented(SHARED)
class MLPRegressor(RegressorMixin, MultilayerPerceptron):  # type: ignore[misc]
    """Multilayer perceptron that predicts one or several numbers per row.

    Scale X, and also y if its spread is far from 1, since steps have the size of the learning rate.

    Parameters
    ----------
    loss : str, Loss or callable, default="squared_error"
        The loss to minimize: "squared_error" (½ (ŷ - y)²), "poisson" (for counts, y >= 0) and "gamma"
        (for amounts, y > 0), both with an exponential output, "absolute_error", "huber", "quantile",
        or an object such as ``neuract.Quantile(0.9)``. ``neuract.Quantile((0.1, 0.9))`` learns
        several quantiles of one y, with one column of `predict` each. Or a function of your own:
        ``function(y_true, y_pred)`` returns ``(values, gradient)``; see `neuract.OwnLoss`.
    {shared}

    Attributes
    ----------
    network_ : Network
        The network, with `forward`, `fired`, `gradients`, `summary` and more.
    coefs_ : list of ndarray of shape (n_in, n_out)
        Weights, layer by layer; read-only copies.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases, layer by layer; read-only copies.
    loss_ : float
        Loss of the last epoch, penalty included: the mean over outputs, but the sum for poisson,
        gamma and a function of your own.
    loss_curve_ : list of float
        `loss_` of each epoch. Not for lbfgs.
    best_loss_ : float or None
        Minimum of `loss_curve_`; None with early stopping.
    validation_scores_ : list of float or None
        With early stopping the score of the validation rows after each epoch, else None.
    best_validation_score_ : float or None
        Maximum of `validation_scores_`.
    validation_loss_curve_ : list of float or None
        Loss without penalties on the validation rows after each epoch; None without such rows. `fit`
        holds them out or gets them.
    n_iter_ : int
        Epochs (lbfgs: iterations) of the last fit.
    t_ : int
        Number of rows seen in all epochs.
    n_layers_ : int
        Number of layers, with the input layer.
    n_outputs_ : int
        Number of neurons in the output layer.
    out_activation_ : str
        "exp" for poisson and gamma, else "identity".
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns, if X had names.

    See Also
    --------
    MLPClassifier : For targets that are classes.

    Examples
    --------
    >>> import numpy as np
    >>> from neuract import MLPRegressor
    >>> X = np.linspace(-2, 2, 200)[:, np.newaxis]
    >>> y = np.sin(2 * X).ravel()
    >>> model = MLPRegressor(activation="tanh", solver="lbfgs", max_iter=500, random_state=0)
    >>> model.fit(X, y).predict([[0.0], [np.pi / 4]]).round(1) + 0.0
    array([0., 1.])
    """

    _neuract_file = "MLPRegressor"
    _y_numeric = True
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **CONSTRAINTS,
        "loss": [Names(name for name, kind in LOSSES.items() if kind.of == "numbers"), Loss, callable],
    }

    def __init__(
        self,
        loss: NumbersLossName | Loss | OwnFunction = "squared_error",
        hidden_layer_sizes: int | Sequence[int] | Array = (100,),
        activation: ActivationName | Activation | Sequence[ActivationName | Activation] = "relu",
        *,
        solver: Literal["adam", "sgd", "lbfgs"] = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: RateName | Schedule | Callable[[int], float] = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
        max_fun: int = 15000,
        threshold: float | Sequence[npt.ArrayLike | None] | Array | None = None,
        output_activation: ActivationName | Activation | None = None,
        dropout: float | Sequence[float] = 0.0,
        dtype: Dtype | None = None,
        n_jobs: int | None = None,
        l1: float = 0.0,
        weight_decay: float = 0.0,
        max_grad_norm: float | None = None,
        monitor: str | Callable[..., float] | None = None,
        init: Init = "glorot_uniform",
        callbacks: Any = None,
        missing: Literal["error", "zero"] = "error",
        monitor_neurons: bool = False,
    ) -> None:
        take(self, locals())

    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: npt.ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: npt.ArrayLike | None = None,
    ) -> Self:
        """Learns from X and y.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features), or source of `neuract.data`
            Finite numbers (NaN too with missing="zero"). float32 and float64 are kept, other types become
            float64. A sparse X gives the same model as X.toarray(); only its stored values cost time. A source has y
            and the weights itself; early_stopping then holds out rows by a hash of their numbers.
        y : array-like of shape (rows,) or (rows, outputs)
            Finite numbers.
        sample_weight : array-like of shape (rows,) or None, default=None
            Weight of each row, >= 0.
        X_val, y_val, sample_weight_val : as X, y and sample_weight, or None, default=None
            Validation rows, for the loss after every epoch; `fit` does not learn from them. They replace
            the rows that early_stopping holds out. Not for lbfgs.

        Returns
        -------
        MLPRegressor
            Itself.
        """
        self._learn(X, y, sample_weight, (X_val, y_val, sample_weight_val))
        return self

    @available_if(MultilayerPerceptron._can_go_epoch_by_epoch)  # type: ignore[untyped-decorator]
    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: npt.ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: npt.ArrayLike | None = None,
    ) -> Self:
        """Makes one epoch over X and y, continuing from the current weights and optimizer state.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        X_val, y_val, sample_weight_val
            As for `fit`; required with early_stopping. Each call then adds a score to
            `validation_scores_`; the caller decides when to stop, and the last weights remain.

        Returns
        -------
        MLPRegressor
            Itself.
        """
        self._learn(X, y, sample_weight, (X_val, y_val, sample_weight_val), incremental=True)
        return self

    def predict(self, X: Any) -> Array:
        """Returns the predicted numbers.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)

        Returns
        -------
        ndarray of shape (rows,) or (rows, outputs)
            For several quantiles (rows, quantiles), each row sorted: the network's outputs may be out
            of order, and sorting brings them no further from the truth (Chernozhukov et al. 2010).
        """
        y = self._outputs(X)
        return self._meaning().answers(y)

    def score(self, X: Any, y: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Returns R² of the predictions, or for several quantiles the mean of their D².

        D² is 1 - pinball loss / pinball loss of the same quantile of y, scikit-learn's
        `d2_pinball_score`. Both are at most 1, and 0 for the best constant prediction.

        Parameters
        ----------
        X : array-like of shape (rows, features)
        y : array-like of shape (rows,) or (rows, outputs)
        sample_weight : array-like of shape (rows,) or None, default=None

        Returns
        -------
        float
        """
        predictions = self.predict(X)
        with target_errors(y, numbers=True):
            return score(self.network_.loss_function, y, predictions, sample_weight)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.positive_only = positive(self.loss)
        return tags

    # ---- for the fit: MultilayerPerceptron --------------------------------------------------------

    def _learn_targets(self, y: Array, dtype: str, continuing: bool, incremental: bool) -> tuple[Array, Task]:
        loss = loss_named(self.loss)
        y = self._columns(y, loss if continuing else None)
        self.n_outputs_ = loss.outputs or (1 if y.ndim == 1 else y.shape[1])
        wanted = task(loss, loss.default_output, self.n_outputs_, self.output_activation)
        return wanted.targets(y, dtype), wanted

    def _known_targets(self, y: Array, task: Task, dtype: str) -> Array:
        return task.targets(self._columns(y, task.loss), dtype)

    def _columns(self, y: Array, known: Loss | None) -> Array:
        """Returns y with a single column as a row of numbers; known: the loss of a model whose outputs y must fit."""
        if is_sparse(y):
            raise ValueError("y must be an array of numbers, got a sparse matrix; y.toarray() makes an array of it")
        y = column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
        columns = 1 if y.ndim == 1 else y.shape[1]
        if known is not None and known.outputs is None and columns != self.n_outputs_:
            raise ValueError(f"y has {columns} columns, but the model has {self.n_outputs_} outputs")
        return y

    def _reported(self, loss: float) -> float:
        return loss if loss_named(self.loss).summed else loss / self.n_outputs_

    def _validation_score(self, outputs: Array, data: Data) -> float:
        if not np.isfinite(outputs).all():
            return float("nan")
        loss = loss_named(self.loss)
        if loss.quantiles:
            return score(loss, data.targets[:, 0], np.sort(outputs, axis=1), data.sample_weight)
        return r2(data.targets, outputs, data.sample_weight)

    def _meaning(self) -> Outputs:
        network = self.__dict__.get("network_") or self._fitted_network()  # which asks scikit-learn, and that costs
        return numbers_or_quantiles(self.n_outputs_, network.loss_function.quantiles)


def positive(loss: Any) -> bool:
    """Returns whether y must not be negative; False if loss is not a loss."""
    kind = LOSSES.get(loss) if isinstance(loss, str) else type(loss)
    return bool(getattr(kind, "positive_targets", False))


def score(loss: Loss, y: Any, predictions: Array, sample_weight: Any) -> float:
    """Returns R², or the mean of D² over the quantiles."""
    if not loss.quantiles:
        return float(r2_score(y, predictions, sample_weight=sample_weight))
    each = zip(loss.quantiles, predictions.reshape(len(predictions), -1).T, strict=True)
    return float(np.mean([d2_pinball_score(y, p, sample_weight=sample_weight, alpha=q) for q, p in each]))
