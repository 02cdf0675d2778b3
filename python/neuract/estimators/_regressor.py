# SPDX-License-Identifier: BSD-3-Clause
"""Numbers, or quantiles, from the outputs of a Network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.base import RegressorMixin
from sklearn.metrics import d2_pinball_score, r2_score
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from neuract._typing import Array
from neuract.activations._base import Activation
from neuract.activations._named import Exponential, Linear
from neuract.estimators._perceptron import MultilayerPerceptron
from neuract.export._model import ExportedModel
from neuract.inputs._data import Data
from neuract.losses._base import Loss, OwnFunction
from neuract.losses._named import LOSSES
from neuract.losses._named import loss as loss_named
from neuract.losses._numbers import Gamma, Poisson
from neuract.losses._own import OwnLoss
from neuract.outputs._kinds import numbers, quantiles
from neuract.outputs._scores import r2
from neuract.schedules._shares import Schedule


class MLPRegressor(RegressorMixin, MultilayerPerceptron):  # type: ignore[misc]
    """Multilayer perceptron that predicts numbers, one or several a row.

    Scale X, and y where its spread is far from 1: steps have the size of the learning rate.

    Parameters
    ----------
    loss : str, Loss or callable, default="squared_error"
        What is minimized: "squared_error" (½ (ŷ - y)²), "poisson" (for counts, y >= 0) and "gamma"
        (for amounts, y > 0; the output of both is an exponential), "absolute_error", "huber",
        "quantile", or an object such as ``neuract.Quantile(0.9)``. ``neuract.Quantile((0.1, 0.9))``:
        several quantiles of one y, a column of `predict` each. Or a function of your own,
        ``function(y_true, y_pred) -> (values, gradient)``, which `neuract.OwnLoss` describes.
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Neurons of each hidden layer; ``()``: none, a linear model.
    activation : str, Activation or list of them, default="relu"
        Of the hidden layers: "identity", "logistic", "tanh", "relu", any other name in
        `neuract.ACTIVATIONS`, or an object such as ``neuract.LeakyReLU(0.2)``; or a list, one for
        each hidden layer.
    solver : {"adam", "sgd", "lbfgs"}, default="adam"
        How the weights follow the gradient; lbfgs takes all rows at once and suits small data.
    alpha : float, default=0.0001
        Strength of the L2 penalty 0.5 · alpha · ‖weights‖² / Σ sample weights of the batch.
    batch_size : int or "auto", default="auto"
        Rows of a training step. "auto": 200, or all rows where there are fewer.
    learning_rate : str, Schedule or callable, default="constant"
        Moved once an epoch. For sgd: "invscaling", ``learning_rate_init / (rows seen + 1) **
        power_t``; "adaptive", divided by 5 whenever training no longer improves, down to 1e-6. For
        sgd and adam: "cosine", "one_cycle", "warm_up" or an object of `neuract.schedules`, over
        max_iter epochs; or a function from the epoch, counted from 0, to its rate.
    learning_rate_init : float, default=0.001
        The rate of the first epoch; for a schedule the whole rate, of which it gives shares.
    power_t : float, default=0.5
        For invscaling.
    max_iter : int, default=200
        Most epochs; for lbfgs most iterations.
    shuffle : bool, default=True
        Draw a new order of the rows for every epoch.
    random_state : None, int or numpy.random.RandomState, default=None
        Of initial weights, validation split and orders. The same int: the same model, bit for bit.
    tol : float, default=1e-4
        What the loss (the validation score, with early stopping) must get better by to count as
        an improvement. For lbfgs: it stops where no component of the gradient is larger.
    verbose : bool or int, default=False
        Print the loss after every epoch.
    warm_start : bool, default=False
        `fit` goes on from the weights of the last fit.
    momentum : float, default=0.9
        For sgd, in [0, 1].
    nesterovs_momentum : bool, default=True
        For sgd: step by the velocity to come.
    early_stopping : bool, default=False
        Hold rows out, score them after every epoch (as `score` does), stop when the score no
        longer improves, and keep the best weights. Not for lbfgs.
    validation_fraction : float, default=0.1
        Share of the rows that early stopping holds out.
    beta_1, beta_2 : float, default=0.9, 0.999
        For adam: how slowly the means of the gradient and its square forget, in [0, 1).
    epsilon : float, default=1e-8
        For adam: keeps its division finite.
    n_iter_no_change : int, default=10
        Training stops after more than this many epochs without improvement.
    max_fun : int, default=15000
        For lbfgs: most evaluations of the loss.
    threshold : None, float or list, default=None
        A hidden neuron whose value is below it passes 0 on. One for all, or one for each hidden
        layer: None, a number, or an array with one number a neuron.
    output_activation : None, str or Activation, default=None
        Of the output layer. None: the one that the task and the loss need; others must go together
        with the loss.
    dropout : float or list of float, default=0.0
        Share of the neurons of a hidden layer, in [0, 1), that each training step leaves out at
        random; one for all, or one for each hidden layer. Not for lbfgs.
    dtype : None, "float32" or "float64", default=None
        Of the weights and all computation. None: that of X, as scikit-learn does.
    n_jobs : int or None, default=None
        Most threads that `fit` and `predict` use. None: `neuract.get_num_threads()`; -1: one for
        each core; -2: one less, and so on. Results do not depend on it, not by a bit.
    l1 : float, default=0.0
        Strength of the L1 penalty l1 · Σ abs(weights) / Σ sample weights of the batch, which makes
        weights that are of little use small, near 0. Not for lbfgs.
    weight_decay : float, default=0.0
        For adam, which becomes AdamW: weights also shrink by rate · weight_decay a step, whatever
        their gradients. Loshchilov & Hutter 2017, arXiv:1711.05101.
    max_grad_norm : float or None, default=None
        A step's gradient is scaled down to this Euclidean norm where it is longer. What counts is
        the mean gradient over the batch, penalties included, by all weights, biases and slopes
        together. Not for lbfgs. Pascanu, Mikolov & Bengio 2012, arXiv:1211.5063.
    monitor : None, str or callable, default=None
        What early stopping goes by, on the rows that are validated on: "loss" (the less the better;
        `validation_scores_` has its negative), a name of `sklearn.metrics.get_scorer_names()`, or a
        scorer ``f(estimator, X, y)``. None: `score`.
    init : str or pair of lists of arrays, default="glorot_uniform"
        Initial weights: "glorot_uniform" (as scikit-learn's), "he_normal", "he_uniform",
        "lecun_normal" or "orthogonal"; biases are 0, but with glorot_uniform drawn like the
        weights. Or the weights and biases themselves, in the shapes of `coefs_` and `intercepts_`.
    callbacks : list or None, default=None
        Told of every epoch of a fit, and may end it: functions or objects, those of
        `neuract.callbacks` or one's own. The network that they get is the one in training.
    missing : {"error", "zero"}, default="error"
        NaN in X, here and in `predict`: an error, or taken as 0, which for scaled columns is their
        mean.
    monitor_neurons : bool, default=False
        `network_.history_` then has, of each epoch, also "learning_rate", "gradient_norm" (of its
        last batch), "dead_share" (of the hidden neurons, how many fired on none of its rows) and,
        with rows to validate on, "validation_loss". Not for lbfgs.

    Attributes
    ----------
    network_ : Network
        The network itself: `forward`, `fired`, `gradients`, `summary` and more.
    coefs_ : list of ndarray of shape (n_in, n_out)
        Weights, layer by layer; read-only copies.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases, layer by layer; read-only copies.
    loss_ : float
        Loss of the last epoch, penalty included;
        the mean over outputs, for poisson, gamma and a function of your own their sum.
    loss_curve_ : list of float
        `loss_` of each epoch. Not for lbfgs.
    best_loss_ : float or None
        The least of them; None with early stopping.
    validation_scores_ : list of float or None
        With early stopping the score of the held-out rows after each epoch, else None.
    best_validation_score_ : float or None
        The largest of them.
    validation_loss_curve_ : list of float or None
        Loss without penalties after each epoch on the rows that are validated on, held out or given
        to `fit`; None where there are none.
    n_iter_ : int
        Epochs (lbfgs: iterations) of the last fit.
    t_ : int
        Rows seen in all epochs.
    n_layers_ : int
        Layers, the input included.
    n_outputs_ : int
        Neurons of the output layer.
    out_activation_ : str
        "exp" for poisson and gamma, else "identity".
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Their names, where X had names.

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
        **MultilayerPerceptron._parameter_constraints,
        "loss": [StrOptions(set(LOSSES) - {"log_loss", "focal"}), Loss, callable],
    }

    def __init__(
        self,
        loss: str | Loss | OwnFunction = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: str | Activation | Sequence[str | Activation] = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str | Schedule | Callable[[int], float] = "constant",
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
        threshold: Any = None,
        output_activation: str | Activation | None = None,
        dropout: float | Sequence[float] = 0.0,
        dtype: str | None = None,
        n_jobs: int | None = None,
        l1: float = 0.0,
        weight_decay: float = 0.0,
        max_grad_norm: float | None = None,
        monitor: Any = None,
        init: Any = "glorot_uniform",
        callbacks: Sequence[Any] | None = None,
        missing: str = "error",
        monitor_neurons: bool = False,
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
            threshold=threshold,
            output_activation=output_activation,
            dropout=dropout,
            dtype=dtype,
            n_jobs=n_jobs,
            l1=l1,
            weight_decay=weight_decay,
            max_grad_norm=max_grad_norm,
            monitor=monitor,
            init=init,
            callbacks=callbacks,
            missing=missing,
            monitor_neurons=monitor_neurons,
        )
        self.loss = loss

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: npt.ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: npt.ArrayLike | None = None,
    ) -> MLPRegressor:
        """Learns from X and y.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)
            Finite numbers (NaN too with missing="zero"). float32 and float64 are kept, other types become
            float64. A sparse X gives the model of X.toarray(), and only its stored values are worked on.
        y : array-like of shape (rows,) or (rows, outputs)
            Finite numbers.
        sample_weight : array-like of shape (rows,) or None, default=None
            How much each row counts, >= 0.
        X_val, y_val, sample_weight_val : as X, y and sample_weight, or None, default=None
            Rows to validate on after every epoch, and not to learn from. With early_stopping they
            stand in place of the rows that it would hold out. Not for lbfgs.

        Returns
        -------
        MLPRegressor
            Itself.
        """
        with self._alone():
            self._fit(X, y, sample_weight, (X_val, y_val, sample_weight_val))
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
    ) -> MLPRegressor:
        """One epoch over X and y from the weights and the optimizer's state as they are.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        X_val, y_val, sample_weight_val
            As for `fit`. With early_stopping, which needs them here, each call adds a score to
            `validation_scores_`; when to stop is the caller's to say, and the weights stay the last.

        Returns
        -------
        MLPRegressor
            Itself.
        """
        with self._alone():
            self._fit(X, y, sample_weight, (X_val, y_val, sample_weight_val), incremental=True)
        return self

    def predict(self, X: Any) -> Array:
        """The predicted numbers.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)

        Returns
        -------
        ndarray of shape (rows,) or (rows, outputs)
            For several quantiles (rows, quantiles), each row sorted: what the network gives may
            be out of order, and sorted it is no further from the truth (Chernozhukov et al. 2010).
        """
        return numbers(self._outputs(X), self.network_.loss_function)

    def score(self, X: Any, y: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """R² of the predictions; for several quantiles the mean of their D².

        D² is 1 - pinball loss / pinball loss of that quantile of y itself, scikit-learn's
        `d2_pinball_score`. Both are at most 1, and 0 for the best constant.

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
        return _score(self.network_.loss_function, y, predictions, sample_weight)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.positive_only = self.loss in ("poisson", "gamma", Poisson(), Gamma())
        return tags

    def _exported(self) -> ExportedModel:
        check_is_fitted(self)
        ascending = bool(quantiles(self.network_.loss_function))
        return ExportedModel(self.network_, ascending=ascending, zero_missing=self.missing == "zero")

    # ---- targets and outputs -------------------------------------------------------------------

    def _targets(self, y: Array, dtype: str, continuing: bool, incremental: bool) -> Array:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        columns = 1 if y.ndim == 1 else y.shape[1]
        loss, output = self._task()
        if continuing and loss.outputs is None and columns != self.n_outputs_:
            raise ValueError(f"y has {columns} columns, but the model has {self.n_outputs_} outputs")
        self.n_outputs_ = loss.outputs or columns
        return loss.targets(y, len(y), self.n_outputs_, output, dtype)

    def _loss_and_output(self) -> tuple[Loss, Activation]:
        loss = loss_named(self.loss)
        return loss, Exponential() if isinstance(loss, (Poisson, Gamma)) else Linear()

    def _outcome(self) -> tuple[str, Sequence[Any]]:
        of_outputs = quantiles(self.network_.loss_function)
        return ("quantiles", of_outputs) if of_outputs else ("numbers", range(self.n_outputs_))

    def _reported(self, loss: float) -> float:
        summed = isinstance(loss_named(self.loss), (Poisson, Gamma, OwnLoss))
        return loss if summed else loss / self.n_outputs_

    def _validation_score(self, outputs: Array, data: Data) -> float:
        if not np.isfinite(outputs).all():
            return float("nan")
        loss = loss_named(self.loss)
        if quantiles(loss):
            return _score(loss, data.targets[:, 0], np.sort(outputs, axis=1), data.sample_weight)
        return r2(data.targets, outputs, data.sample_weight)


def _score(loss: Loss, y: Any, predictions: Array, sample_weight: Any) -> float:
    """R², or the mean over the quantiles of D²."""
    if not quantiles(loss):
        return float(r2_score(y, predictions, sample_weight=sample_weight))
    each = zip(quantiles(loss), predictions.reshape(len(predictions), -1).T, strict=True)
    return float(np.mean([d2_pinball_score(y, p, sample_weight=sample_weight, alpha=q) for q, p in each]))
