# SPDX-License-Identifier: BSD-3-Clause
"""Network: layers of neurons that learn, predict, and can be looked into."""

from __future__ import annotations

import copy
import importlib
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt

import neuract._neuract_core as core
from neuract._checks import boolean, not_fitted, one_of, random_generator, real_number, whole_number
from neuract._typing import Array
from neuract.activations._named import PReLU, Softmax
from neuract.callbacks._listener import checked as checked_callbacks
from neuract.export._methods import Exportable
from neuract.export._model import ExportedModel
from neuract.files._format import Contents, pack, save_bytes, unpack
from neuract.files._network import FIXED as SETTINGS_FIXED
from neuract.files._network import FREE, read_network, write_network
from neuract.files._values import Writer
from neuract.inputs._arrays import inputs, numeric, sample_weights
from neuract.inputs._data import Data
from neuract.inputs._sparse import SparseRows
from neuract.layers._dense import Dense, n_slopes
from neuract.layers._initial import initial_parameters
from neuract.layers._parameters import PARTS
from neuract.layers._summary import table as summary_table
from neuract.losses._base import Loss, OwnFunction
from neuract.losses._named import default_loss
from neuract.losses._named import loss as loss_named
from neuract.optimizers import LBFGS, Optimizer
from neuract.optimizers import optimizer as optimizer_named
from neuract.threading._count import threads_of
from neuract.training._guard import alone, diverged
from neuract.training._lbfgs import train_lbfgs
from neuract.training._session import (
    Gradients,
    Order,
    epochs_at_once,
    make_trainer,
    mean_gradients,
    mean_loss,
    read,
    restored_trainer,
    shuffled,
    trainer_state,
)

# What the core has taken over; the other settings may be changed between calls, and are checked then too.
FIXED = ("layers", "loss_function", *SETTINGS_FIXED)
CHECKED = {**FREE, "callbacks": checked_callbacks}
KNOWN = {*FIXED, *CHECKED, "history_", "_core", "_trainer", "_random", "_estimator"}  # other attributes are the user's


class Network(Exportable):
    """Layers of neurons, fully connected, that learn weights and biases by backpropagation of a loss.

    Parameters
    ----------
    layers : list of Dense
        From the first hidden layer to the output layer. One layer: a linear model with an activation.
    loss : str, Loss, callable or None, default=None
        "squared_error", "absolute_error", "huber", "quantile", "poisson", "gamma", "log_loss", "focal", or an object
        such as ``neuract.Huber(2.0)``; or a function of your own, which `OwnLoss` describes. None: the one that belongs
        to the output activation (sigmoid and softmax: log_loss; exponential: poisson; else squared_error).
    optimizer : str or Optimizer, default="adam"
        "sgd", "adam", "adamw" or "lbfgs".
    learning_rate : float, default=1e-3
        > 0.
    alpha : float, default=0.0
        Strength of the L2 penalty 0.5 · alpha · ‖weights‖² / Σ sample weights of the batch, added to the loss; biases
        and slopes are spared.
    l1 : float, default=0.0
        Strength of the L1 penalty l1 · Σ abs(weights) / Σ sample weights of the batch, added to the loss, which makes
        weights that are of little use small, near 0. Not for lbfgs.
    max_grad_norm : float or None, default=None
        A step's gradient is scaled down to this Euclidean norm where it is longer, > 0; None: it is taken as it is.
        What counts is the mean gradient over the batch, penalties included, by all weights, biases and slopes
        together. Not for lbfgs. Pascanu, Mikolov & Bengio 2012, arXiv:1211.5063.
    batch_size : int, default=200
        Rows of a training step. The last batch of an epoch may be shorter.
    epochs : int, default=100
        Passes over the data in one `fit`.
    shuffle : bool, default=True
        Draw a new order of the rows for every epoch.
    init : str or pair of lists of arrays, default="glorot_uniform"
        Initial weights: "glorot_uniform" (as scikit-learn's), "he_normal", "he_uniform", "lecun_normal" or
        "orthogonal"; biases are 0, but with glorot_uniform drawn like the weights. Or the weights and biases
        themselves, in the shapes of `weights` and `biases`.
    dtype : {"float32", "float64"}, default="float32"
        Of parameters, computation and predictions.
    random_state : None, int or numpy.random.RandomState, default=None
        Of the initial weights, the orders of the rows and dropout. The same int: the same network, bit for bit.
    n_threads : int or None, default=None
        Most threads that one call uses; None: `get_num_threads()`. Results do not depend on it.
    callbacks : list or None, default=None
        Called during `fit`: each either a function ``f(network, epoch, logs)`` to be called after every epoch, or an
        object with any of the methods ``on_fit_begin(network)``, ``on_epoch_end(network, epoch, logs)`` and
        ``on_fit_end(network)``. `epoch` counts from 0, `logs` is a dict with "loss". Training stops where one returns
        a true value after an epoch.
    verbose : bool, default=False
        Print a line an epoch.

    Attributes
    ----------
    history_ : dict of lists
        One entry an epoch; "loss": the mean over the epoch's rows of what was minimized, penalty included, each batch
        before its step. With `monitor_neurons`, `fit` adds more.

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

    history_: dict[str, list[float]]
    callbacks: Any  # whatever is given, kept as a list of Callback
    _neuract_file = "Network"

    def __init__(
        self,
        layers: Sequence[Dense],
        *,
        loss: str | Loss | OwnFunction | None = None,
        optimizer: str | Optimizer = "adam",
        learning_rate: float = 1e-3,
        alpha: float = 0.0,
        l1: float = 0.0,
        max_grad_norm: float | None = None,
        batch_size: int = 200,
        epochs: int = 100,
        shuffle: bool = True,
        init: str | tuple[Sequence[npt.ArrayLike], Sequence[npt.ArrayLike]] = "glorot_uniform",
        dtype: str = "float32",
        random_state: int | np.random.RandomState | None = None,
        n_threads: int | None = None,
        callbacks: Sequence[Any] | None = None,
        verbose: bool = False,
    ) -> None:
        self.layers = _checked_layers(layers)
        output = self.layers[-1].activation
        self.loss_function = default_loss(output) if loss is None else loss_named(loss)
        self.loss_function.core_name(output)  # refuses pairs that make no sense
        if self.loss_function.outputs not in (None, self.layers[-1].units):
            raise ValueError(
                f"{self.loss_function!r} needs an output layer of {self.loss_function.outputs} neurons, one for each "
                f"quantile; it has {self.layers[-1].units}"
            )
        self.optimizer = optimizer_named(optimizer)
        self.learning_rate = real_number(learning_rate, "learning_rate", low=0, open_low=True, open_high=True)
        self.l1 = real_number(l1, "l1", low=0, open_high=True)
        self.max_grad_norm = (
            None
            if max_grad_norm is None
            else real_number(max_grad_norm, "max_grad_norm", low=0, open_low=True, open_high=True)
        )
        if isinstance(self.optimizer, LBFGS):
            self._refuse_what_lbfgs_cannot()
        self.alpha = real_number(alpha, "alpha", low=0, open_high=True)
        self.batch_size = whole_number(batch_size, "batch_size", low=1)
        self.epochs = whole_number(epochs, "epochs", low=1)
        self.shuffle = shuffle
        self.init = init
        self.dtype = one_of(dtype, "dtype", ("float32", "float64"))
        self.random_state = random_state
        self.n_threads = None if n_threads is None else whole_number(n_threads, "n_threads", low=1)
        self.callbacks = callbacks
        self.verbose = verbose
        self._core: core.Network | None = None
        self._trainer: core.Trainer | None = None
        self._random: np.random.RandomState | None = None
        self._estimator: Callable[[], Any] | None = None

    def _refuse_what_lbfgs_cannot(self) -> None:
        if any(layer.dropout for layer in self.layers):
            raise ValueError(
                "lbfgs needs the same loss each time it looks, which dropout makes random; use adam or sgd"
            )
        if self.l1:
            raise ValueError(f"lbfgs needs a smooth loss, which l1={self.l1:g} bends at 0; use adam or sgd")
        if self.max_grad_norm:
            raise ValueError(f"max_grad_norm={self.max_grad_norm:g} bounds steps of adam and sgd; lbfgs finds its own")

    # ---- learning --------------------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        *,
        monitor_neurons: bool = False,
    ) -> Network:
        """Learns from X and y afresh, from new random weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)
            Finite numbers; scaled to about [-1, 1] or unit variance they are learned from much faster. A sparse X, of
            any of SciPy's formats, gives the network of X.toarray(), and only its stored values are worked on.
        y : array-like of shape (rows,) or (rows, n_out)
            Targets. Softmax: the number of each row's class, or one column a class with a single 1 in each row.
        sample_weight : array-like of shape (rows,) or None, default=None
            How much each row counts, >= 0.
        monitor_neurons : bool, default=False
            `history_` then has, of each epoch, also "learning_rate"; "gradient_norm", the Euclidean norm of the mean
            gradient of its last batch, penalties included, before the step; and "dead_share", the share of the hidden
            neurons that fired on none of its rows. It costs little. Not for lbfgs.

        Returns
        -------
        Network
            Itself.

        Raises
        ------
        ValueError
            If the data do not fit the network (which is then as it was before), or training diverges.
        MemoryError
            If memory is short; the network is then as it was before.
        RuntimeError
            If the network is being trained already, by another thread or by the `fit` whose callback this is.

        Notes
        -----
        An epoch that does not end well is undone: after Ctrl-C (KeyboardInterrupt), and where the loss or a weight is
        no longer finite, the weights are those of the epoch before, and the optimizer starts anew.
        """
        monitor_neurons = boolean(monitor_neurons, "monitor_neurons")
        if monitor_neurons and isinstance(self.optimizer, LBFGS):
            raise ValueError("monitor_neurons is for adam and sgd: lbfgs has no epochs to watch")
        data = self._data(X, y, sample_weight, None)
        if isinstance(self.optimizer, LBFGS):
            importlib.import_module("scipy.optimize")  # before anything is given up
        with self._alone():
            self._start(data.x, random_generator(self.random_state))
            self._begin_fit()
            if isinstance(self.optimizer, LBFGS):
                train_lbfgs(self, data, self._end_epoch)
            else:
                self._descend(data, monitor_neurons)
            self._end_fit()
        return self

    def partial_fit(self, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> Network:
        """One pass over X and y from the weights and the optimizer's state as they are.

        Parameters and errors as for `fit`. A network without weights gets them as in `fit`.
        """
        if isinstance(self.optimizer, LBFGS):
            raise ValueError(
                "partial_fit needs an optimizer that goes batch by batch (sgd, adam, adamw); lbfgs does not"
            )
        with self._alone():
            data = self._data(X, y, sample_weight, None if self._core is None else self._core.n_inputs)
            if self._core is None:
                self._start(data.x, random_generator(self.random_state))
            elif self._trainer is not None:
                self._trainer.set_threads(threads_of(self.n_threads))  # which may have changed since it was made
            random = self._random = self._random or random_generator(self.random_state)
            self._run_epochs(data, self._order(data, random), self.learning_rate, [])
        return self

    def _alone(self) -> AbstractContextManager[None]:
        """Around a training; on another error the epochs that have ended stay."""
        return alone(self, "network", undone_by=MemoryError)

    def _start(self, x: Array | SparseRows, random: np.random.RandomState) -> None:
        """New random parameters and optimizer state, no history. All memory is there before anything is given up."""
        rows, n_inputs = x.shape
        layers = self._make_core(n_inputs)
        for layer, (weights, biases) in enumerate(self._initial(n_inputs, random)):
            layers.set(layer, "weights", weights)
            layers.set(layer, "biases", biases)
        trainer = self._make_trainer(layers, random)
        trainer.reserve(rows, x)
        self._core, self._trainer, self._random, self.history_ = layers, trainer, random, {"loss": []}

    def _initial(self, n_inputs: int, random: np.random.RandomState) -> Iterable[tuple[Array, Array]]:
        if isinstance(self.init, str):
            return initial_parameters(self.init, self.layers, n_inputs, self.dtype, random)
        given = zip(("weights", "biases"), self.init, strict=True)
        return zip(*(self._checked_part(part, arrays, n_inputs) for part, arrays in given), strict=True)

    def _make_core(self, n_inputs: int) -> core.Network:
        return core.Network(self.dtype, n_inputs, [_core_layer(layer) for layer in self.layers])

    def _descend(self, data: Data, monitor_neurons: bool) -> None:
        """Epochs of sgd or adam, unless a callback ends them."""
        assert self._random is not None
        order, left = self._order(data, self._random), self.epochs
        heard = self.callbacks or self.verbose or monitor_neurons
        at_once = 1 if heard else epochs_at_once(data.rows)
        while left > 0:
            epochs = min(at_once, left)
            self._run_epochs(data, order, self.learning_rate, [], epochs, monitor_neurons)
            left -= epochs
            if self._tell_of_epoch():
                break

    def _order(self, data: Data, random: np.random.RandomState) -> Order | None:
        return shuffled(random, data.rows) if self.shuffle else None

    def _watched(self, learning_rate: float) -> dict[str, float]:
        """What `monitor_neurons` adds to the history of an epoch that has just ended."""
        gradient_norm, dead_share = self._ready_trainer().watched()
        return {"learning_rate": learning_rate, "gradient_norm": gradient_norm, "dead_share": dead_share}

    def _run_epochs(
        self,
        data: Data,
        order: Order | None,
        learning_rate: float,
        ended: list[tuple[float, float]],
        epochs: int = 1,
        monitor_neurons: bool = False,
    ) -> None:
        """Passes over the rows: the history, and `ended` with (mean loss, mean penalty), get those that end well."""
        trainer = self._ready_trainer()
        arrays = (data.rows, data.x, data.targets, data.sample_weight)
        try:
            trainer.run(*arrays, order, learning_rate, ended, epochs, monitor_neurons)
        finally:
            if ended:
                watched = self._watched(learning_rate) if monitor_neurons else None
                self._record([loss + penalty for loss, penalty in ended], watched)
        if len(ended) < epochs:
            rate, left = f"learning_rate ({learning_rate:g})", " (the weights are those before it)"
            raise diverged(len(self.history_["loss"]) + 1, rate, self.max_grad_norm, left)

    def _ready_trainer(self, random: np.random.RandomState | None = None) -> core.Trainer:
        """The trainer; where there is none a new one, its seed from `random` or the network's own generator."""
        if self._trainer is None:
            random = random or self._random or random_generator(self.random_state)
            self._trainer = self._make_trainer(self._built(), random)
        return self._trainer

    def _make_trainer(self, layers: core.Network, random: np.random.RandomState) -> core.Trainer:
        dropout = any(layer.dropout for layer in self.layers)
        seed = int(random.randint(2**32, dtype=np.uint64)) if dropout else 0
        return make_trainer(self, layers, self.batch_size, seed)

    def _record(self, losses: list[float], watched: dict[str, float] | None = None) -> None:
        """New epochs, of which the last was watched; NaN for what was watched in others only."""
        for name, values in self.history_.items():
            values += losses if name == "loss" else [nan] * len(losses)
        for name, value in (watched or {}).items():
            self._note(name, value)
        if self.verbose:
            print(f"epoch {len(self.history_['loss'])}: loss {losses[-1]:.6g}")

    def _note(self, name: str, value: float) -> None:
        """Into the history of the last epoch."""
        if name not in self.history_:
            self.history_[name] = [nan] * len(self.history_["loss"])
        self.history_[name][-1] = value

    def _end_epoch(self, loss: float) -> bool:
        """Of lbfgs: keeps the history, tells the callbacks; returns whether one of them wants to stop."""
        self._record([loss])
        return self._tell_of_epoch()

    def _tell_of_epoch(self) -> bool:
        """Tells the callbacks of `fit` what the history has of the last epoch."""
        history = self.history_
        return self._tell(len(history["loss"]) - 1, {name: values[-1] for name, values in history.items()})

    def _begin_fit(self) -> None:
        for callback in self.callbacks:
            callback.on_fit_begin(self)

    def _end_fit(self) -> None:
        for callback in self.callbacks:
            callback.on_fit_end(self)

    def _tell(self, epoch: int, logs: dict[str, float]) -> bool:
        """Tells the callbacks that an epoch has ended; returns whether one of them wants to stop."""
        return any([callback.on_epoch_end(self, epoch, logs) for callback in self.callbacks])

    # ---- asking ----------------------------------------------------------------------------------

    def predict(self, X: Any) -> Array:
        """What the output layer gives, of shape (rows, n_out).

        Each row's prediction is the same, bit for bit, whatever other rows X has, however many threads work, and
        whether X is an array or sparse.
        """
        y = self._built().predict_directly(X)
        return self._predict(self._asked(X)[1]) if y is None else y

    def _predict(self, x: Array | SparseRows) -> Array:
        """Predictions for rows that are already checked."""
        y = np.empty((len(x), self.layers[-1].units), dtype=self.dtype)
        self._built().predict(len(x), x, y, threads_of(self.n_threads))
        return y

    def forward(self, X: Any) -> list[Array]:
        """What each neuron passes on: one array of shape (rows, units) a layer, first hidden layer to output."""
        network, x = self._asked(X)
        outputs = [np.empty((len(x), layer.units), dtype=self.dtype) for layer in self.layers]
        network.inspect(len(x), x, outputs, None, threads_of(self.n_threads))
        return outputs

    def fired(self, X: Any) -> list[npt.NDArray[np.bool_]]:
        """Which neurons fire: arrays of bools in the shapes of `forward`.

        A neuron fires where it passes something on: where y >= threshold if it has one, else where y is not 0.
        """
        network, x = self._asked(X)
        fired = [np.empty((len(x), layer.units), dtype=np.bool_) for layer in self.layers]
        network.inspect(len(x), x, None, fired, threads_of(self.n_threads))
        return fired

    def loss(self, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> float:
        """The mean loss over the rows, without the penalty. Parameters as for `fit`."""
        return mean_loss(self, self._data(X, y, sample_weight, self._built().n_inputs))

    def gradients(self, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> Gradients:
        """The mean loss over the rows and its gradient by every parameter, without penalty and dropout.

        Parameters as for `fit`. The network stays as it is.
        """
        n_inputs = self._built().n_inputs
        return mean_gradients(self, self._data(X, y, sample_weight, n_inputs))

    def _asked(self, X: Any) -> tuple[core.Network, Array | SparseRows]:
        network = self._built()
        return network, inputs(X, self.dtype, network.n_inputs)

    def _data(self, X: object, y: object, sample_weight: object, n_inputs: int | None) -> Data:
        """The checked data of a fit; n_inputs None: any number of features will do."""
        x = inputs(X, self.dtype, n_inputs)
        output = self.layers[-1]
        targets = self.loss_function.targets(y, len(x), output.units, output.activation, self.dtype)
        return Data(x, targets, sample_weights(sample_weight, len(x), self.dtype))

    def _to_diagnose(self, X: Any, y: npt.ArrayLike | None) -> tuple[Network, Array | SparseRows, Data | None]:
        """What `diagnose` looks at: the network, the checked X, and with y the data of a step."""
        x = self._asked(X)[1]
        return self, x, None if y is None else self._data(X, y, None, self._built().n_inputs)

    def _built(self) -> core.Network:
        if self._core is None:
            raise not_fitted("Network")
        return self._core

    # ---- parameters ------------------------------------------------------------------------------

    @property
    def weights(self) -> list[Array]:
        """One array of shape (n_in, units) a layer; read-only copies."""
        return self._read("weights")

    @property
    def biases(self) -> list[Array]:
        """One array of shape (units,) a layer; read-only copies."""
        return self._read("biases")

    @property
    def slopes(self) -> list[Array | None]:
        """The learned alphas of PReLU layers, (units,) or (1,) where shared; None for others. Read-only copies."""
        return [array if array.size else None for array in self._read("slopes")]

    @property
    def n_parameters(self) -> int:
        """How many numbers are learned: weights, biases and slopes."""
        self._built()
        return sum(int(np.prod(shape)) for part in PARTS for shape in self._shapes(part))

    def set_parameters(
        self,
        weights: Sequence[npt.ArrayLike] | None = None,
        biases: Sequence[npt.ArrayLike] | None = None,
        slopes: Sequence[npt.ArrayLike | None] | None = None,
    ) -> Network:
        """Sets parameters, in the shapes in which `weights`, `biases` and `slopes` give them; None leaves as it is.

        A network that is not fitted takes its number of inputs from the weights, and is then ready to predict; biases
        that are not given are 0. `partial_fit` goes on from here, `fit` starts afresh.
        """
        network = self._core
        if network is None:
            if weights is None:
                raise ValueError("a network that is not fitted needs weights first: they tell its number of inputs")
            network = self._make_core(_rows_of_first(weights))
        given = {"weights": weights, "biases": biases, "slopes": slopes}
        checked = [
            (layer, part, array)
            for part, arrays in given.items()
            if arrays is not None
            for layer, array in enumerate(self._checked_part(part, arrays, network.n_inputs))
        ]
        for layer, part, array in checked:
            network.set(layer, part, array)
        if self._core is None:
            self._core, self.history_ = network, {"loss": []}
        return self

    def _checked_part(self, part: str, arrays: Sequence[Any], n_inputs: int) -> list[Array]:
        shapes = self._shapes(part, n_inputs)
        if len(arrays) != len(shapes):
            raise ValueError(f"{part} must have one array for each of the {len(shapes)} layers, got {len(arrays)}")
        checked = []
        for layer, (given, shape) in enumerate(zip(arrays, shapes, strict=True)):
            array = numeric([] if given is None else given, f"{part}[{layer}]", self.dtype)
            if array.shape != shape:
                raise ValueError(f"{part}[{layer}] must have shape {shape}, got {array.shape}")
            checked.append(array)
        return checked

    def _shapes(self, part: str, n_inputs: int | None = None) -> list[tuple[int, ...]]:
        """The shapes of one part, layer by layer; slopes of layers that learn none have size 0."""
        if part == "weights":
            sizes = [self._built().n_inputs if n_inputs is None else n_inputs, *(layer.units for layer in self.layers)]
            return list(pairwise(sizes))
        if part == "biases":
            return [(layer.units,) for layer in self.layers]
        return [(n_slopes(layer),) for layer in self.layers]

    def _read(self, part: str) -> list[Array]:
        network = self._built()
        return read(network.get, self._shapes(part), self.dtype, part)

    def _parameters(self) -> dict[str, list[Array]]:
        return {part: self._read(part) for part in PARTS}

    def _set_parameters(self, parameters: dict[str, list[Array]]) -> None:
        for part, arrays in parameters.items():
            for layer, array in enumerate(arrays):
                self._built().set(layer, part, array)

    # ---- looking ---------------------------------------------------------------------------------

    def summary(self) -> str:
        """A table: layer, shape, activation, threshold, parameters.

        Examples
        --------
        >>> import neuract as na
        >>> print(na.Network([na.Dense(16), na.Dense(3, "softmax")]).summary())
        layer     shape    activation            threshold  parameters
        hidden 1  ? × 16   ReLU(max_value=None)  none                ?
        output    16 × 3   Softmax()             none               51
        total                                                        ?
        """
        return summary_table(self.layers, None if self._core is None else self._core.n_inputs)

    def report(self, path: str | os.PathLike[str], X: Any = None, y: npt.ArrayLike | None = None) -> None:
        """Writes an HTML file that shows the network: open it in a browser, mail it; it needs nothing else.

        A summary, the diagnosis with its warnings, learning curves and a picture, and a page on which one moves the
        inputs of a row and sees every neuron's z, y and threshold and whether it fires, through to the output.
        The page computes the network itself and agrees with `predict`. Pictures need matplotlib. A file is at
        most 2 MB: float64 weights that would take it further are kept as float32, and float32 weights are left out,
        and with them what moves.

        Parameters
        ----------
        path : str or path-like
            Where to; a file that is there is replaced.
        X : array-like or sparse matrix of shape (rows, features) or None, default=None
            Rows for the diagnosis, and for the ranges of the sliders; 12 of them, evenly spread, are stored in the file
            to start from. None: no diagnosis, and sliders from -3 to 3.
        y : array-like or None, default=None
            Their targets, for the gradients and the loss.

        Raises
        ------
        ValueError
            If X or y do not fit the network, which must be fitted.

        Examples
        --------
        >>> import neuract as na
        >>> net = na.Network([na.Dense(2), na.Dense(1, "sigmoid")], random_state=0, epochs=1)
        >>> net.fit([[0.0], [1.0]], [0, 1]).report("network.html")
        """
        importlib.import_module("neuract.report").write(self, path, X, y)  # which looks at networks from above

    def __setattr__(self, name: str, value: object) -> None:
        if name in FIXED and name in self.__dict__:
            raise AttributeError(f"{name} is fixed when a Network is made; make a new one with {name}={value!r}")
        super().__setattr__(name, CHECKED[name](value) if name in CHECKED else value)

    def __repr__(self) -> str:
        return (
            f"Network([{', '.join(map(repr, self.layers))}], loss={self.loss_function!r}, optimizer={self.optimizer!r})"
        )

    def _exported(self) -> ExportedModel:
        self._built()
        return ExportedModel(self)

    # ---- saving, copying and pickling -------------------------------------------------------------

    def save(self, path: str | os.PathLike[str], *, state: bool = False) -> None:
        """Writes the network to a file, from which `neuract.load` makes the same network: `neuract.save`."""
        save_bytes(path, self._file_bytes(state))

    def _file_bytes(self, training: bool) -> bytes:
        writer = Writer()
        return pack("Network", {"network": write_network(self._state(), writer, training=training)}, writer)

    def _trained_model(self) -> Any:
        """What is being trained: this network, or the estimator whose network it is, as if its fit ended now."""
        return self if self._estimator is None else self._estimator()

    def __getstate__(self) -> dict[str, Any]:
        """The bytes of a model file, and beside them what it cannot hold; but no callbacks, which belong to the fit."""
        state, writer = self._state(), Writer(lenient=True)
        parts = {"network": write_network(state, writer, training=True)}
        return {"file": pack("Network", parts, writer), "beside": writer.beside, "others": state["others"]}

    def __setstate__(self, pickled: dict[str, Any]) -> None:
        self._become(unpack(pickled["file"], pickled["beside"]))
        self.__dict__.update(pickled["others"])

    def _become(self, contents: Contents) -> None:
        """Becomes the network of these contents."""
        state = read_network(contents.parts["network"], contents.reader)
        contents.reader.check_all_read()
        self._set_state(state)

    def _state(self) -> dict[str, Any]:
        """Everything but the callbacks, as `_network_document` describes it."""
        fixed = {name: getattr(self, name) for name in SETTINGS_FIXED}
        return {
            "fixed": {"layers": self.layers, "loss": self.loss_function, **fixed},
            "free": {name: getattr(self, name) for name in FREE},
            "learned": self._learned(),
            "training": trainer_state(self, self._trainer) if self._trainer is not None else None,
            "generator": self._random,
            "others": {name: value for name, value in self.__dict__.items() if name not in KNOWN},
        }

    def _learned(self) -> dict[str, Any] | None:
        if self._core is None:
            return None
        return {"n_inputs": self._core.n_inputs, "history": self.history_, "parameters": self._parameters()}

    def _set_state(self, state: dict[str, Any]) -> None:
        Network.__init__(self, **state["fixed"])
        self.__dict__.update(state["free"], _random=state["generator"])
        learned, training = state["learned"], state["training"]
        if learned is not None:
            self.set_parameters(**learned["parameters"])
            self.history_ = learned["history"]
        if training is not None:
            self._trainer = restored_trainer(self, training)

    def __copy__(self) -> Network:
        return copy.deepcopy(self)  # a network shares nothing

    def __deepcopy__(self, memo: dict[int, Any]) -> Network:
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        state = copy.deepcopy(self._state(), memo)
        twin._set_state(state)
        twin.__dict__.update(state["others"])
        return twin


def _checked_layers(layers: Sequence[Dense]) -> tuple[Dense, ...]:
    if not isinstance(layers, (list, tuple)) or not layers or not all(isinstance(layer, Dense) for layer in layers):
        raise TypeError(f"layers must be a list of at least one Dense, the last the output layer; got {layers!r}")
    for number, layer in enumerate(layers[:-1]):
        if isinstance(layer.activation, Softmax):
            raise ValueError(
                f"layers[{number}] has softmax, which is for the output layer only: it makes the neurons of a layer "
                "compete, so that none has a value of its own; use e.g. 'relu' or 'tanh'"
            )
    if layers[-1].threshold is not None:
        raise ValueError(
            f"the output layer has threshold={layers[-1].threshold!r}, but output neurons always pass their value on; "
            "set thresholds on hidden layers"
        )
    if layers[-1].dropout:
        raise ValueError(f"the output layer has dropout={layers[-1].dropout!r}; dropout is for hidden layers")
    return tuple(layers)


def _core_layer(layer: Dense) -> tuple[Any, ...]:
    f = layer.activation
    shared = isinstance(f, PReLU) and f.shared
    return layer.units, f.core_name, f.parameter, shared, layer.thresholds, layer.dropout


def _rows_of_first(weights: Sequence[npt.ArrayLike]) -> int:
    shape = np.shape(weights[0]) if len(weights) else ()
    if len(shape) != 2 or shape[0] == 0:
        raise ValueError(f"weights[0] must have shape (n_inputs, units), got {shape}")
    return int(shape[0])
