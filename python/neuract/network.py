# SPDX-License-Identifier: BSD-3-Clause
"""Network: layers of neurons that learn, predict, and can be inspected."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from neuract._checks import boolean, random_generator
from neuract._reprs import Words, call
from neuract._typing import Array, FittedModel
from neuract.activations._named import Softmax
from neuract.callbacks._listener import Callbacks
from neuract.callbacks._listener import checked as checked_callbacks
from neuract.data._opened import rows_of
from neuract.data._source import matrix
from neuract.data._stream import Stream, some_of
from neuract.export._methods import Exportable
from neuract.files._kept import Kept
from neuract.inputs._arrays import inputs as checked_rows
from neuract.inputs._arrays import sample_weights
from neuract.inputs._data import Data, validation_errors, validation_is_given
from neuract.inputs._sparse import SparseRows
from neuract.inspection._alarms import warn_if_collapsed, warn_if_far
from neuract.layers._dense import Dense, checked_layers, takes_one_list
from neuract.layers._initial import Init
from neuract.layers._inputs import Input, check_columns, checked_inputs
from neuract.losses._base import Loss, OwnFunction
from neuract.losses._named import LossName, default_loss
from neuract.losses._named import loss as loss_named
from neuract.optimizers import LBFGS, Adam, Optimizer, OptimizerName
from neuract.outputs._kinds import Classes, Numbers, Outputs
from neuract.outputs._scored import Scored
from neuract.outputs._text import text_labels
from neuract.schedules._course import Course
from neuract.schedules._rate import LearningRate
from neuract.schedules._shares import Schedule, ScheduleName
from neuract.training._guard import alone
from neuract.training._history import Printer, Recorder, Validation
from neuract.training._learned import Learned
from neuract.training._learner import Learner
from neuract.training._members import Members
from neuract.training._session import Gradients as Gradients  # its public place
from neuract.training._settings import FIXED, FREE, Dtype, DtypeName, check_wanted, refuse_schedules, settings_of

# The core holds these settings. The others may change between calls; each assignment is checked.
UNCHANGEABLE = ("layers", "inputs", "loss_function", *FIXED)
CHECKED = {**FREE, "callbacks": checked_callbacks}
KNOWN = {*UNCHANGEABLE, *CHECKED, "_learner"}  # other attributes are the user's


class Network(Learned, Scored, Kept, Exportable):
    """Fully connected layers of neurons that learn weights and biases by backpropagation of a loss.

    Parameters
    ----------
    layers : list of Dense
        From the first hidden layer to the output layer. A single layer makes a linear model with an activation.
    inputs : list of inputs or None, default=None
        What makes numbers for the first layer of columns of X: `Numbers`, `Periodic`, `PiecewiseLinear`, `Embedding`,
        `OneHot`, and as the last `Scale`. None: all columns as they are.
    loss : str, Loss, callable or None, default=None
        "squared_error", "absolute_error", "huber", "quantile", "poisson", "gamma", "log_loss", "focal", or an object
        such as ``neuract.Huber(2.0)``, or a function of your own (see `OwnLoss`). None: the default of the output
        activation (sigmoid and softmax: log_loss; exponential: poisson; else squared_error).
    optimizer : str or Optimizer, default="adam"
        "sgd", "adam", "adamw" or "lbfgs".
    learning_rate : float, default=1e-3
        Factor of every step, > 0.
    schedule : str, Schedule or None, default=None
        Share of the learning rate in each step of `fit`: "cosine", "one_cycle", "doubling_cycles", "fade", "warm_up" or
        an object of `neuract.schedules`. None: the whole rate. Its epochs count from the start of the fit, and include
        fractions: step s of n in an epoch is s / n of it. A callback that sets `learning_rate` sets the number of which
        these are shares. Not for lbfgs.
    regularization_schedule : str, Schedule or None, default=None
        The same for the dropout of every layer and the weight decay of AdamW, which the learning rate multiplies too.
        `alpha` and `l1` stay as they are. Not for lbfgs.
    alpha : float, default=0.0
        Strength of the L2 penalty 0.5 · alpha · ‖weights‖² / Σ sample weights of the batch, added to the loss.
        Biases and slopes have no penalty.
    l1 : float, default=0.0
        Strength of the L1 penalty l1 · Σ abs(weights) / Σ sample weights of the batch, added to the loss. It moves
        weights of little use towards 0. Not for lbfgs.
    max_grad_norm : float or None, default=None
        Scale a longer gradient down to this Euclidean norm before each step, > 0; None: never. The norm is that of the
        mean gradient over the batch, penalties included, with respect to all weights, biases and slopes together. Not
        for lbfgs. Pascanu, Mikolov & Bengio 2012, arXiv:1211.5063.
    batch_size : int, default=200
        Rows of a training step. The last batch of an epoch may be shorter.
    epochs : int, default=100
        Passes over the data in one `fit`.
    shuffle : bool, default=True
        Draw a new order of the rows for every epoch.
    init : str or pair of lists of arrays, default="glorot_uniform"
        Initial weights: "glorot_uniform" (as in scikit-learn), "he_normal", "he_uniform", "lecun_normal" or
        "orthogonal", with biases of 0, but glorot_uniform draws them like the weights; or "tabular": lecun_normal,
        standard normal biases, and an output layer of 0. Or the weights and biases themselves, in the shapes of
        `weights` and `biases`.
    dtype : {"float32", "float64"} or dtype, default="float32"
        The type of parameters, computation and predictions.
    random_state : None, int or numpy.random.RandomState, default=None
        Seeds the initial weights, the orders of the rows and dropout. The same int gives the same network, bit for bit.
    n_threads : int or None, default=None
        Largest number of threads in one call; None: `get_num_threads()`. Results do not depend on it.
    callbacks : list, callback or None, default=None
        Called during `fit`. Each is a function ``f(network, epoch, logs)``, called after every epoch, or an object with
        any of the methods ``on_fit_begin(network)``, ``on_epoch_end(network, epoch, logs)`` and
        ``on_fit_end(network)``. `epoch` counts from 0, `logs` is a dict with "loss". Training stops if one returns a
        true value after an epoch.
    verbose : bool, default=False
        Print the loss of every epoch, and with validation rows their loss.

    Attributes
    ----------
    history_ : dict of lists
        One entry per epoch. "loss" is the mean over the epoch's rows of the minimized loss, penalty included, measured
        for each batch before its step. `fit` adds "validation_loss" with X_val, and more with `monitor_neurons`.
    classes_ : ndarray of str
        The sorted text labels of the classes, if `fit` got text.

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> y = np.array([0, 1, 1, 0])
    >>> layers = [na.Dense(8, "tanh"), na.Dense(1, "sigmoid")]
    >>> net = na.Network(layers, learning_rate=0.05, epochs=500, random_state=0)
    >>> net.fit(X, y).predict(X).round().ravel()
    array([0., 1., 1., 0.], dtype=float32)
    """

    layers: tuple[Dense, ...]
    inputs: tuple[Input, ...]
    loss_function: Loss
    optimizer: Optimizer
    learning_rate: float
    schedule: Schedule | None
    regularization_schedule: Schedule | None
    alpha: float
    l1: float
    max_grad_norm: float | None
    batch_size: int
    epochs: int
    shuffle: bool
    init: Init
    dtype: DtypeName
    random_state: int | np.random.RandomState | None
    n_threads: int | None
    callbacks: Any  # set to a list or None, kept as a list of Callback
    verbose: bool
    _learner: Learner
    _neuract_file = "Network"

    @takes_one_list
    def __init__(
        self,
        layers: Sequence[Dense],
        *,
        inputs: Sequence[Input] | None = None,
        loss: LossName | Loss | OwnFunction | None = None,
        optimizer: OptimizerName | Optimizer = "adam",
        learning_rate: float = 1e-3,
        schedule: ScheduleName | Schedule | None = None,
        regularization_schedule: ScheduleName | Schedule | None = None,
        alpha: float = 0.0,
        l1: float = 0.0,
        max_grad_norm: float | None = None,
        batch_size: int = 200,
        epochs: int = 100,
        shuffle: bool = True,
        init: Init = "glorot_uniform",
        dtype: Dtype = "float32",
        random_state: int | np.random.RandomState | None = None,
        n_threads: int | None = None,
        callbacks: Any = None,
        verbose: bool = False,
    ) -> None:
        settings = check_wanted(locals())
        layers, inputs = checked_layers(layers), checked_inputs(inputs)
        output = layers[-1].activation
        loss_function = default_loss(output) if loss is None else loss_named(loss)
        core_loss = loss_function.core_name(output)  # refuses pairs that do not match
        self._describe(layers, inputs, loss_function, settings, checked_callbacks(callbacks), core_loss)

    def _describe(
        self,
        layers: tuple[Dense, ...],
        inputs: tuple[Input, ...],
        loss: Loss,
        given: Mapping[str, Any],
        callbacks: Any,
        core_loss: str,
    ) -> None:
        """Sets a description whose parts are checked; ValueError if they do not match."""
        settings = settings_of(layers, loss, core_loss, given)
        learner = Learner(layers, inputs, given["dtype"], given["batch_size"], settings)
        self.__dict__.update(
            given, layers=layers, inputs=inputs, loss_function=loss, callbacks=callbacks, _learner=learner
        )

    # ---- learning --------------------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: npt.ArrayLike | None = None,
        sample_weight_val: npt.ArrayLike | None = None,
        monitor_neurons: bool = False,
    ) -> Self:
        """Learns from X and y, starting from new random weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features), or source of `neuract.data`
            Finite numbers. Scale them to about [-1, 1] or unit variance to learn much faster. A sparse X, in any of
            SciPy's formats, gives the same network as X.toarray(); only its stored values cost time. A source has y and
            the weights itself.
        y : array-like of shape (rows,) or (rows, n_out)
            Targets. Softmax: the number of each row's class, or one column per class with a single 1 in each row.
            Softmax and a single sigmoid output also take text labels, one for each output (sigmoid: two).
        sample_weight : array-like of shape (rows,) or None, default=None
            Weight of each row, >= 0.
        X_val, y_val, sample_weight_val : as X, y and sample_weight, or None, default=None
            Validation rows, from which `fit` does not learn. Their loss after every epoch, without penalties, is
            "validation_loss" in `history_` and for callbacks: ``neuract.callbacks.EarlyStopping()`` stops when it no
            longer improves. Not for lbfgs.
        monitor_neurons : bool, default=False
            Add to `history_` for each epoch the "learning_rate" of its last step; "gradient_norm", the Euclidean norm
            of the mean gradient of its last batch, penalties included, before the step; and "dead_share", the share of
            the hidden neurons that fired on none of its rows. Costs little. Not for lbfgs.

        Returns
        -------
        Network
            Itself.

        Raises
        ------
        ValueError
            If the data do not fit the network (the network does not change), or if training diverges.
        MemoryError
            If there is not enough memory; the network does not change.
        RuntimeError
            If the network is already being trained, by another thread or by the `fit` around a callback.

        Notes
        -----
        `fit` undoes an epoch that fails: after Ctrl-C (KeyboardInterrupt), or if the loss or a weight is no longer
        finite, the network has the weights of the previous epoch, and the optimizer restarts.
        """
        monitor_neurons = boolean(monitor_neurons, "monitor_neurons")
        validated = validation_is_given(X_val, y_val, sample_weight_val)
        if isinstance(self.optimizer, LBFGS):
            for name, given in {"monitor_neurons": monitor_neurons, "X_val and y_val": validated}.items():
                if given:
                    raise ValueError(f"lbfgs does not support {name}, since it has no epochs; use adam or sgd")
            refuse_schedules(self.schedule, self.regularization_schedule)  # set after the network was made
            importlib.import_module("scipy.optimize")  # fails before the network changes
        learner = self._learner.untaught()
        learn = lambda X, y, weights: self._checked_data(matrix(X, self.dtype), y, weights, None, learner)  # noqa: E731
        with rows_of(X, y, sample_weight, learn, False, print if self.verbose else None) as data:
            if isinstance(data, Stream) and isinstance(self.optimizer, LBFGS):
                raise ValueError("lbfgs needs all rows in memory, which this source has not; use adam or sgd")
            some, held_out = some_of(data), None
            if validated:
                with validation_errors():
                    held_out = self._checked_data(X_val, y_val, sample_weight_val, some.x.shape[1], learner)
                warn_if_far(some.x, held_out.x)
            with alone(self, "network", undone_by=MemoryError):
                self._start_anew(learner, some.x)
                self._train(data, held_out, monitor_neurons)
        return self

    def partial_fit(self, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Makes one pass over X and y, continuing from the current weights and optimizer state.

        Parameters and errors are those of `fit`. A network without weights starts as in `fit`. The pass has the whole
        learning rate, dropout and weight decay in each step, also with schedules, which belong to a whole fit.
        """
        if isinstance(self.optimizer, LBFGS):
            raise ValueError(
                "partial_fit is only available for stochastic optimizers (sgd, adam, adamw). lbfgs is not stochastic"
            )
        with alone(self, "network", undone_by=MemoryError):  # other errors keep the epochs that have ended
            known = self._learner.parameters
            learner = copy.copy(self._learner)  # what it gets is undone with it
            data = self._checked_data(X, y, sample_weight, None if known is None else known.n_inputs, learner)
            if known is None:
                self._start_anew(learner, data.x)
            self._learner = learner
            rate = LearningRate("constant", self.learning_rate, 0.5, 1)
            learner.train(data, rate, 1, [Recorder(self.history_), self._printer()], self.shuffle, self.random_state)
        return self

    def _start_anew(self, learner: Learner, x: Array | SparseRows) -> None:
        learner.start(x, self.init, random_generator(self.random_state))
        self._learner = learner  # in one assignment: another thread may use the network

    def _train(self, data: Data | Stream, held_out: Data | None, watch: bool) -> None:
        """Runs the epochs of `fit`, and the callbacks around them."""
        learner, rate = self._learner, LearningRate("constant", self.learning_rate, 0.5, self.epochs)
        course = Course(self.schedule, self.regularization_schedule, self.epochs)
        recorder = Recorder(self.history_, learner.session if watch else None)
        told = Callbacks(self, rate, recorder.last_epoch, recorder.last)
        validation = [] if held_out is None else [Validation(learner.loss_on(held_out), recorder)]
        listeners = [recorder, *validation, self._printer(), told]
        with told.around_fit():
            learner.train(data, rate, self.epochs, listeners, self.shuffle, self.random_state, watch, course.followed)
        warn_if_collapsed(self, some_of(data), recorder.last_epoch() + 1)

    def _printer(self) -> Printer:
        return Printer(self.history_, lambda: self.verbose)

    # ---- asking ----------------------------------------------------------------------------------

    def predict(self, X: Any) -> Array:
        """Returns the values of the output layer, of shape (rows, n_out).

        The prediction of a row does not depend on the other rows of X, the number of threads or whether X is sparse,
        bit for bit.
        """
        known = self._known()
        y = known.core.predict_directly(X)  # None: X needs more checks
        return known.predict(self._rows(X), self.n_threads) if y is None else y

    def forward(self, X: Any) -> list[Array]:
        """Returns the value that each neuron passes on: an array of shape (rows, units) per layer, output last."""
        return self._known().inspect(self._rows(X), self.n_threads, self.dtype)

    def fired(self, X: Any) -> list[npt.NDArray[np.bool_]]:
        """Returns which neurons fire: arrays of bools in the shapes of `forward`.

        A neuron with a threshold fires if y >= threshold, any other if y is not 0.
        """
        return self._known().inspect(self._rows(X), self.n_threads, np.bool_)

    def _checked_data(
        self, X: object, y: object, sample_weight: object, n_inputs: int | None, learner: Learner
    ) -> Data:
        """Returns the checked data of a step. A learner without parameters gets the classes of text labels.

        n_inputs: the number of features, None for any number.
        """
        x, labels, output = self._entering(X, n_inputs), text_labels(y), self.layers[-1]
        if labels is not None:
            y = learner.numbers_of(labels)
        targets = self.loss_function.targets(y, len(x), output.units, output.activation, self.dtype)
        return Data(x, targets, sample_weights(sample_weight, len(x), self.dtype))

    # ---- for the rooms below: neuract._typing.FittedNetwork -----------------------------------------

    def _fitted_network(self) -> Network:
        self._known()
        return self

    def _members(self) -> Members:
        return Members.of(self._fitted_network())

    def _trained_model(self) -> FittedModel:
        return self._learner.model_in_training() or self

    def _meaning(self) -> Outputs:
        output, classes = self.layers[-1], self._learner.classes
        if classes is not None:
            return Classes(classes)
        return Numbers(output.units, "classes" if isinstance(output.activation, Softmax) else "numbers")

    def _rows(self, X: Any) -> Array | SparseRows:
        return self._entering(X, self._known().n_inputs)

    def _entering(self, X: Any, n_inputs: int | None) -> Array | SparseRows:
        """Returns checked X; n_inputs: the number of features, None for any number."""
        x = checked_rows(X, self.dtype, n_inputs)
        if self.inputs:
            check_columns(self.inputs, x)
        return x

    def _data(self, X: Any, y: Any, sample_weight: Any = None) -> Data:
        return self._checked_data(X, y, sample_weight, self._known().n_inputs, self._learner)

    def _missing_is_zero(self) -> bool:
        return False

    def _column_names(self) -> Sequence[str] | None:
        return None

    # ---- settings and repr -------------------------------------------------------------------------

    def __setattr__(self, name: str, value: object) -> None:
        if name in UNCHANGEABLE and name in self.__dict__:
            raise AttributeError(f"{name} cannot be changed; make a new Network with {name}={value!r}")
        super().__setattr__(name, CHECKED[name](value) if name in CHECKED else value)

    def __repr__(self) -> str:
        standard, settings = default_loss(self.layers[-1].activation), {**FIXED, **FREE}
        given = {
            "inputs": list(self.inputs) or None,
            "loss": None if self.loss_function == standard else self.loss_function,
            **{name: getattr(self, name) for name in settings},
            "callbacks": self.callbacks or None,
        }
        given["optimizer"] = "adam" if self.optimizer == Adam() else self.optimizer
        given["init"] = self.init if isinstance(self.init, str) else Words("(weights, biases)")
        return call(Network, list(self.layers), **given)

    # ---- files, pickles and copies: neuract.files._kept ---------------------------------------------

    def _state(self) -> dict[str, Any]:
        """Returns everything but the callbacks, as `files._network` describes it."""
        return {
            "fixed": {
                "layers": self.layers,
                "inputs": self.inputs,
                "loss": self.loss_function,
                **{name: getattr(self, name) for name in FIXED},
            },
            "free": {name: getattr(self, name) for name in FREE},
            **self._learner.state(),
            "others": {name: value for name, value in self.__dict__.items() if name not in KNOWN},
        }

    def _set_state(self, state: Mapping[str, Any]) -> None:
        Network.__init__(self, **state["fixed"])
        self.__dict__.update(state["free"])
        self._learner.set_state(state)
