# SPDX-License-Identifier: BSD-3-Clause
"""MLPClassifier: predicts classes, or several labels per row, with a Network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, issparse
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import check_is_fitted

from neuract._typing import Array
from neuract.activations._base import Activation
from neuract.activations._named import ActivationName, Sigmoid, Softmax
from neuract.estimators._class_weight import ClassWeight, weigher_of_classes, weigher_of_labels
from neuract.estimators._parameters import CONSTRAINTS, SHARED, Names, documented, take
from neuract.estimators._perceptron import MultilayerPerceptron, Weigher
from neuract.estimators._task import Task, task
from neuract.inputs._arrays import sample_weights
from neuract.inputs._data import Data
from neuract.inputs._targets import check_classes, target_errors
from neuract.layers._initial import Init
from neuract.losses._base import Loss, OwnFunction
from neuract.losses._named import LOSSES, ProbabilitiesLossName
from neuract.losses._named import loss as loss_named
from neuract.outputs._kinds import Classes, Labels, Probabilities, classes_or_labels
from neuract.outputs._labels import are_multilabel, numbered
from neuract.outputs._scores import accuracy
from neuract.schedules._rate import RateName
from neuract.schedules._shares import Schedule
from neuract.training._settings import Dtype


@documented(SHARED)
class MLPClassifier(ClassifierMixin, MultilayerPerceptron):  # type: ignore[misc]
    """Multilayer perceptron that classifies: two classes, several classes, or several labels per row.

    Minimizes the log loss, or a variant of it. Scale X to about [-1, 1] or unit variance (`StandardScaler`).

    Parameters
    ----------
    {shared}
    loss : str, Loss or callable, default="log_loss"
        The loss to minimize: "log_loss", "focal" (easy rows count less; for classes of very different
        sizes), or an object such as ``neuract.LogLoss(label_smoothing=0.1)``. Or a function of your
        own: ``function(y_true, y_pred)`` returns ``(values, gradient)``. y_true is 0 or 1 and y_pred
        has probabilities, with one column for two classes, else one per class or label; see `neuract.OwnLoss`.
    class_weight : dict, "balanced", list of dict or None, default=None
        Weight of the rows of each class, multiplied by their sample weight. "balanced": all classes
        weigh the same, n_rows / (n_classes · rows of the class). Several labels per row: one dict
        per label, multiplied as in `sklearn.utils.class_weight.compute_sample_weight`. Validation rows,
        held out or given, have the class weights of the training rows, in the loss and in the score.

    Attributes
    ----------
    classes_ : ndarray
        The sorted labels; with several labels per row the numbers of y's columns.
    network_ : Network
        The network, with `forward`, `fired`, `gradients`, `summary` and more.
    coefs_ : list of ndarray of shape (n_in, n_out)
        Weights, layer by layer; read-only copies.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases, layer by layer; read-only copies.
    loss_ : float
        Loss of the last epoch, penalty included.
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
        "softmax" for one of several classes, else "logistic".
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns, if X had names.

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
        **CONSTRAINTS,
        "loss": [Names(name for name, kind in LOSSES.items() if kind.of == "probabilities"), Loss, callable],
        "class_weight": [None, Names(("balanced",)), dict, list],
    }

    def __init__(
        self,
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
        y : array-like of shape (rows,) or (rows, labels)
            One label per row (string, number or bool), or one column of 0 and 1 per label, also as a sparse
            matrix.
        sample_weight : array-like of shape (rows,) or None, default=None
            Weight of each row, >= 0.
        X_val, y_val, sample_weight_val : as X, y and sample_weight, or None, default=None
            Validation rows, for the loss after every epoch; `fit` does not learn from them. They replace
            the rows that early_stopping holds out. Not for lbfgs.

        Returns
        -------
        MLPClassifier
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
        classes: npt.ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: npt.ArrayLike | None = None,
    ) -> Self:
        """Makes one epoch over X and y, continuing from the current weights and optimizer state.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`; y need not have every class.
        classes : array-like of shape (n_classes,) or None, default=None
            All classes of all calls. Required in the first call.
        X_val, y_val, sample_weight_val
            As for `fit`; required with early_stopping. Each call then adds a score to
            `validation_scores_`; the caller decides when to stop, and the last weights remain.

        Returns
        -------
        MLPClassifier
            Itself.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight 'balanced' is not supported for partial_fit, which never sees all rows. Pass the weights "
                "of sklearn.utils.class_weight.compute_class_weight('balanced', classes=classes, y=y)"
            )
        self._learn(X, y, sample_weight, (X_val, y_val, sample_weight_val), classes=classes, incremental=True)
        return self

    def predict(self, X: Any) -> Array:
        """Returns the most probable label of each row, or 0 or 1 for each of several labels.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)

        Returns
        -------
        ndarray of shape (rows,) or (rows, labels)
            As in scikit-learn, a CSR matrix if `fit` got labels as a sparse matrix.
        """
        answers = self._meaning().answers(self._outputs(X))
        return csr_matrix(answers) if self._multilabel and self._sparse_labels else answers

    def score(self, X: Any, y: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Returns the accuracy: the share of rows whose label, or all of whose labels, are predicted.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)
        y : array-like of shape (rows,) or (rows, labels)
        sample_weight : array-like of shape (rows,) or None, default=None

        Returns
        -------
        float
        """
        with target_errors(y, numbers=False), np.errstate(invalid="ignore"):  # scikit-learn casts NaN before it looks
            return float(super().score(X, y, sample_weight))

    predict_proba = Probabilities.predict_proba
    predict_log_proba = Probabilities.predict_log_proba

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    # ---- for the fit: MultilayerPerceptron --------------------------------------------------------

    def _announce(self, classes: npt.ArrayLike | None) -> None:
        """Sets the classes of a first partial_fit; a later one may only repeat them."""
        known = getattr(self, "classes_", None)
        if classes is None:
            if known is None:
                raise ValueError("classes must be passed on the first call to partial_fit")
            return
        check_classes(classes)
        given = unique_labels(classes)
        if known is not None and not np.array_equal(known, given):
            raise ValueError(
                f"`classes={given.tolist()}` is not the same as on last call to partial_fit, was: {known.tolist()}"
            )
        self.classes_ = given

    def _learn_targets(self, y: Any, dtype: str, continuing: bool, incremental: bool) -> tuple[Array, Task]:
        if not continuing:
            self._sparse_labels = issparse(y) and not incremental
        targets = self._class_numbers(y, dtype, continuing, incremental)
        n_classes = len(self.classes_)
        self.n_outputs_ = 1 if n_classes <= 2 and not self._multilabel else n_classes
        return targets, self._task()

    def _known_targets(self, y: Any, task: Task, dtype: str) -> Array:
        return self._class_numbers(y, dtype, continuing=True, incremental=True)

    def _class_numbers(self, y: Any, dtype: str, continuing: bool, incremental: bool) -> Array:
        """Returns the number of each row's class, or 0 and 1 for each label; a new fit sets its classes."""
        y = y.toarray() if issparse(y) else y
        multilabel = are_multilabel(y)
        if not continuing:
            self._multilabel = multilabel
        elif multilabel != self._multilabel:
            columns = f"{self.n_outputs_} columns" if self._multilabel else "one column"
            raise ValueError(f"y must have {columns}, as in the last fit; got shape {y.shape}")
        if self._multilabel:
            self._settle_classes(np.arange(y.shape[1]), continuing, incremental)
            return np.asarray(y.astype(bool), dtype=dtype, order="C")
        labels, numbers = numbered(y if y.ndim == 1 else column_or_1d(y, warn=True))
        self._settle_classes(labels, continuing, incremental)
        ranks: Array = np.searchsorted(self.classes_, labels).astype(dtype)
        return ranks[numbers].reshape(-1, 1)

    def _settle_classes(self, found: Array, continuing: bool, incremental: bool) -> None:
        """Sets the classes of a new fit; checks y against them in any other."""
        if not (continuing or incremental):
            self.classes_ = found
            return
        known, given = self.classes_.tolist(), found.tolist()  # Python's values: 'a', not np.str_('a')
        if not incremental and set(given) != set(known):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {known}, `y` has {given}"
            )
        if not set(known).issuperset(given):
            raise ValueError(f"`y` has classes not in `self.classes_`. `self.classes_` has {known}. 'y' has {given}")
        if self._multilabel and len(given) < len(known):
            raise ValueError(f"y must have {len(known)} columns, one per label; it has {len(given)}")

    def _task(self) -> Task:
        loss = loss_named(self.loss)
        if loss.of == "numbers":
            raise ValueError(
                "the loss of MLPClassifier must be 'log_loss', 'focal', LogLoss, Focal or a function of your own; "
                f"got {loss!r}. To predict numbers use MLPRegressor"
            )
        several = self.n_outputs_ > 1 and not self._multilabel
        return task(loss, Softmax() if several else Sigmoid(), self.n_outputs_, self.output_activation)

    def _weigher(self, y: Array, dtype: str) -> Weigher:
        if self.class_weight is None:
            return super()._weigher(y, dtype)
        if self._multilabel:
            weights_of = weigher_of_labels(self.class_weight, y)
        else:
            weights_of = weigher_of_classes(self.class_weight, self.classes_, y)

        def weigh(y: Array, sample_weight: Array | None) -> Array | None:
            weights = weights_of(y)
            return sample_weights(weights if sample_weight is None else weights * sample_weight, len(weights), dtype)

        return weigh

    def _strata(self, data: Data) -> Array | None:
        return data.targets if self.n_outputs_ == 1 else None

    def _validation_score(self, outputs: Array, data: Data) -> float:
        if not np.isfinite(outputs).all():
            return float("nan")
        truth = data.targets if self._multilabel else data.targets.ravel()
        return accuracy(truth, self._meaning().chosen(outputs), data.sample_weight)

    def _meaning(self) -> Classes | Labels:
        if "classes_" not in self.__dict__:  # asking scikit-learn each time would cost more than a prediction
            check_is_fitted(self)
        return classes_or_labels(self.classes_, self._multilabel)
