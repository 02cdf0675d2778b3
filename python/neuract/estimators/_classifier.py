# SPDX-License-Identifier: BSD-3-Clause
"""Classes, or several labels a row, from the outputs of a Network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, issparse
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import check_is_fitted

from neuract._typing import Array
from neuract.activations._base import Activation
from neuract.activations._named import Sigmoid, Softmax
from neuract.estimators._perceptron import MultilayerPerceptron
from neuract.export._model import ExportedModel
from neuract.inputs._data import Data
from neuract.losses._base import Loss, OwnFunction
from neuract.losses._named import loss as loss_named
from neuract.losses._own import OwnLoss
from neuract.losses._probabilities import Focal, LogLoss
from neuract.outputs._kinds import Probabilities, chosen
from neuract.outputs._labels import are_multilabel, numbered
from neuract.outputs._scores import accuracy
from neuract.schedules._shares import Schedule


class MLPClassifier(ClassifierMixin, MultilayerPerceptron, Probabilities):  # type: ignore[misc]
    """Multilayer perceptron that classifies: two classes, several, or several labels a row.

    It minimizes the log loss, or a variant of it. Scale X to about [-1, 1] or unit variance (`StandardScaler`).

    Parameters
    ----------
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
        Hold rows out, score them after every epoch (accuracy), stop when the score no longer
        improves, and keep the best weights. Not for lbfgs.
    validation_fraction : float, default=0.1
        Share of the rows that early stopping holds out; two classes keep their shares.
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
    loss : str, Loss or callable, default="log_loss"
        What is minimized: "log_loss", "focal" (rows that are easy count less, for classes of very
        different sizes), or an object such as ``neuract.LogLoss(label_smoothing=0.1)``. Or a function
        of your own, ``function(y_true, y_pred) -> (values, gradient)``, of probabilities and 0 or 1,
        one column for two classes, else one a class or label, which `neuract.OwnLoss` describes.
    class_weight : dict, "balanced", list of dict or None, default=None
        What the rows of each class count, times their sample weight. "balanced": as much as those
        of every other class, n_rows / (n_classes · rows of the class). Several labels a row: one
        dict a label, multiplied as in `sklearn.utils.class_weight.compute_sample_weight`.

    Attributes
    ----------
    classes_ : ndarray
        The labels, sorted; with several labels a row the numbers of y's columns.
    network_ : Network
        The network itself: `forward`, `fired`, `gradients`, `summary` and more.
    coefs_ : list of ndarray of shape (n_in, n_out)
        Weights, layer by layer; read-only copies.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases, layer by layer; read-only copies.
    loss_ : float
        Loss of the last epoch, penalty included.
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
        "softmax" for one of several classes, else "logistic".
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Their names, where X had names.

    See Also
    --------
    MLPRegressor : For targets that are numbers.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from neuract import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier(max_iter=1000, random_state=0).fit(X, y)
    >>> model.predict(X[::50])
    array([0, 1, 2])
    >>> round(model.score(X, y), 2)
    0.98
    """

    classes_: Array
    _neuract_file = "MLPClassifier"
    _multilabel: bool
    _sparse_labels = False
    _y_numeric = False
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **MultilayerPerceptron._parameter_constraints,
        "loss": [StrOptions({"log_loss", "focal"}), Loss, callable],
        "class_weight": [None, StrOptions({"balanced"}), dict, list],
    }

    def __init__(
        self,
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
        loss: str | Loss | OwnFunction = "log_loss",
        class_weight: dict[Any, float] | str | list[dict[Any, float]] | None = None,
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
        self.class_weight = class_weight

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: npt.ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: npt.ArrayLike | None = None,
    ) -> MLPClassifier:
        """Learns from X and y.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)
            Finite numbers (NaN too with missing="zero"). float32 and float64 are kept, other types become
            float64. A sparse X gives the model of X.toarray(), and only its stored values are worked on.
        y : array-like of shape (rows,) or (rows, labels)
            A label a row (strings, numbers, bools), or a column of 0 and 1 for each label; these also as a
            sparse matrix.
        sample_weight : array-like of shape (rows,) or None, default=None
            How much each row counts, >= 0.
        X_val, y_val, sample_weight_val : as X, y and sample_weight, or None, default=None
            Rows to validate on after every epoch, and not to learn from. With early_stopping they
            stand in place of the rows that it would hold out. Not for lbfgs.

        Returns
        -------
        MLPClassifier
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
        classes: npt.ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: npt.ArrayLike | None = None,
    ) -> MLPClassifier:
        """One epoch over X and y from the weights and the optimizer's state as they are.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`; y need not have every class.
        classes : array-like of shape (n_classes,) or None, default=None
            All classes that will come. Needed in the first call.
        X_val, y_val, sample_weight_val
            As for `fit`. With early_stopping, which needs them here, each call adds a score to
            `validation_scores_`; when to stop is the caller's to say, and the weights stay the last.

        Returns
        -------
        MLPClassifier
            Itself.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all rows, which partial_fit never sees; give the weights, as "
                "sklearn.utils.class_weight.compute_class_weight('balanced', classes=classes, y=y) makes them"
            )
        with self._alone():
            self._announce(classes)
            self._fit(X, y, sample_weight, (X_val, y_val, sample_weight_val), incremental=True)
        return self

    def predict(self, X: Any) -> Any:
        """The most probable label of each row, or for several labels a row 0 or 1 for each.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)

        Returns
        -------
        ndarray of shape (rows,) or (rows, labels)
            As scikit-learn's, a CSR matrix where `fit` got labels as a sparse matrix.
        """
        chosen = self._chosen(self._outputs(X))
        if self._multilabel:
            return csr_matrix(chosen) if self._sparse_labels else chosen
        labels: Array = self.classes_[chosen]
        return labels

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _exported(self) -> ExportedModel:
        check_is_fitted(self)
        zero_missing = self.missing == "zero"
        return ExportedModel(self.network_, self.classes_, self._multilabel, zero_missing=zero_missing)

    # ---- labels and outputs --------------------------------------------------------------------

    def _announce(self, classes: npt.ArrayLike | None) -> None:
        """The classes of a first partial_fit; a later one may only repeat them."""
        known = getattr(self, "classes_", None)
        if classes is None:
            if known is None:
                raise ValueError("classes must be passed on the first call to partial_fit")
            return
        given = unique_labels(classes)
        if known is not None and not np.array_equal(known, given):
            raise ValueError(f"classes={given} are not those of an earlier fit, {known}")
        self.classes_ = given

    def _targets(self, y: Any, dtype: str, continuing: bool, incremental: bool) -> Array:
        if not continuing:
            self._sparse_labels = issparse(y) and not incremental
        y = y.toarray() if issparse(y) else y
        multilabel = are_multilabel(y)
        if continuing and multilabel != self._multilabel:
            columns = f"{self.n_outputs_} columns" if self._multilabel else "one column"
            raise ValueError(f"y must have {columns}, as in the last fit; got shape {y.shape}")
        self._multilabel = multilabel
        if multilabel:
            self._settle_classes(np.arange(y.shape[1]), continuing, incremental)
            self.n_outputs_ = len(self.classes_)
            return np.asarray(y.astype(bool), dtype=dtype)
        labels, numbers = numbered(y if y.ndim == 1 else column_or_1d(y, warn=True))
        self._settle_classes(labels, continuing, incremental)
        self.n_outputs_ = 1 if len(self.classes_) <= 2 else len(self.classes_)
        ranks: Array = np.searchsorted(self.classes_, labels).astype(dtype)
        return ranks[numbers].reshape(-1, 1)

    def _settle_classes(self, found: Array, continuing: bool, incremental: bool) -> None:
        """A new fit takes the classes of y; others must find in y those that they know."""
        if not (continuing or incremental):
            self.classes_ = found
            return
        known = set(self.classes_.tolist())
        if not known.issuperset(found.tolist()):
            raise ValueError(f"y has classes {found}, but the classes of this model are {self.classes_}")
        whole = self._multilabel or not incremental
        if whole and len(known) > len(found):
            raise ValueError(f"y must have the same classes as in the last fit, {self.classes_}; it has {found}")

    def _row_weights(self, y: Array, sample_weight: Array | None) -> Array | None:
        if self.class_weight is None:
            return sample_weight
        if self._multilabel:
            of_rows = compute_sample_weight(self.class_weight, y)
        else:
            of_classes = compute_class_weight(self.class_weight, classes=self.classes_, y=column_or_1d(y))
            of_rows = of_classes[np.searchsorted(self.classes_, column_or_1d(y))]
        if (of_rows < 0).any():
            raise ValueError(f"class_weight must be >= 0, got {self.class_weight!r}")
        weights: Array = of_rows if sample_weight is None else of_rows * sample_weight
        return weights

    def _loss_and_output(self) -> tuple[Loss, Activation]:
        loss, several = loss_named(self.loss), self.n_outputs_ > 1 and not self._multilabel
        if not isinstance(loss, (LogLoss, Focal, OwnLoss)):
            raise ValueError(
                "the loss of MLPClassifier must be one of probabilities, 'log_loss', 'focal', LogLoss, Focal or a "
                f"function of your own; got {loss!r}. To predict numbers there is MLPRegressor"
            )
        return loss, Softmax() if several else Sigmoid()

    def _reported(self, loss: float) -> float:
        return loss

    def _strata(self, data: Data) -> Array | None:
        return data.targets if self.n_outputs_ == 1 else None

    def _validation_score(self, outputs: Array, data: Data) -> float:
        if not np.isfinite(outputs).all():
            return float("nan")
        truth = data.targets if self._multilabel else data.targets.ravel()
        return accuracy(truth, self._chosen(outputs), data.sample_weight)

    def _outcome(self) -> tuple[str, Sequence[Any]]:
        return "labels" if self._multilabel else "classes", self.classes_.tolist()

    def _chosen(self, outputs: Array) -> Array:
        return chosen(outputs, len(self.classes_), self._multilabel)
