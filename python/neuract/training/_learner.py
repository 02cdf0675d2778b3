# SPDX-License-Identifier: BSD-3-Clause
"""The learned state of a network: parameters, session, random generator and history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from neuract._checks import not_fitted, random_generator
from neuract._typing import Array, FittedModel
from neuract.activations._named import Sigmoid, Softmax
from neuract.data._stream import Stream
from neuract.inputs._data import Data
from neuract.inputs._sparse import SparseRows
from neuract.layers._dense import Dense
from neuract.layers._initial import Init, initial_parameters
from neuract.layers._inputs import Input, flattened, needed_columns, started
from neuract.layers._parameters import Parameters
from neuract.optimizers import LBFGS
from neuract.outputs._text import classes_of, numbers_of
from neuract.schedules._course import Course
from neuract.schedules._rate import LearningRate
from neuract.training._guard import trained_by_one
from neuract.training._lbfgs import train_lbfgs
from neuract.training._loop import Listener, descend, hear
from neuract.training._passes import passes_over
from neuract.training._session import Gradients, Session, Settings
from neuract.training._stopping import Stopping

History = dict[str, list[float]]


class Learner:
    """The part of a network that learns.

    Attributes
    ----------
    parameters : Parameters or None
    session : Session or None
        The session of the last training; None without one, or if it failed.
    random : RandomState or None
        The generator from which further training draws.
    history : dict of lists or None
        One entry per epoch.
    classes : array of str or None
        The sorted text labels, if y held text.
    """

    def __init__(
        self, layers: tuple[Dense, ...], inputs: tuple[Input, ...], dtype: str, batch_size: int, settings: Settings
    ) -> None:
        self.layers, self.inputs, self.dtype, self.batch_size = layers, inputs, dtype, batch_size
        self.settings = settings
        self.parameters: Parameters | None = None
        self.session: Session | None = None
        self.random: np.random.RandomState | None = None
        self.history: History | None = None
        self.classes: Array | None = None
        self._model: Callable[[], FittedModel] | None = None

    # ---- parameters ------------------------------------------------------------------------------

    def known(self) -> Parameters:
        """Returns the parameters; NotFittedError if there are none."""
        if self.parameters is None:
            raise not_fitted("Network")
        return self.parameters

    def set(self, **given: Sequence[Any] | None) -> None:
        """Sets the given parts of the parameters, checking shapes; makes the parameters first if there are none."""
        parameters = self.parameters
        if parameters is None:
            if given["weights"] is None:
                raise ValueError("set weights first: a network that is not fitted takes its number of inputs from them")
            columns = needed_columns(self.inputs) if self.inputs else _rows_of_first(given["weights"])
            parameters = Parameters(self.layers, self.inputs, columns, self.dtype)
        parameters.set({part: parameters.checked(part, arrays) for part, arrays in given.items() if arrays is not None})
        if self.parameters is None:
            self.parameters, self.history = parameters, {"loss": []}

    @property
    def n_inputs(self) -> int | None:
        return None if self.parameters is None else self.parameters.n_inputs

    def numbers_of(self, labels: Array) -> Array:
        """Returns the number of each text label's class; learns the classes if there are no parameters yet."""
        output, text = self.layers[-1], f"y holds text, such as {str(labels[0])!r}"
        if not isinstance(output.activation, Softmax if output.units > 1 else Sigmoid):
            raise ValueError(
                f"{text}, which needs an output layer of softmax with one neuron per label, or of one sigmoid neuron "
                f"for two labels; it has {output.units} × {output.activation}"
            )
        if self.classes is None and self.parameters is not None:
            raise ValueError(f"{text}, but this network was not fitted to text labels; its classes are numbers from 0")
        if self.classes is None:
            self.classes = classes_of(labels, max(2, output.units))
        return numbers_of(labels, self.classes)

    def told(self) -> str:
        """Returns in a few words how far the network is trained."""
        if self.parameters is None:
            return "not fitted"
        losses = (self.history or {}).get("loss", [])
        trained = f", {len(losses):,} epochs, loss {losses[-1]:.4g}" if losses else ""
        return f"{self.parameters.count:,} parameters{trained}"

    def flat(self, inputs: Sequence[Mapping[str, Any]] | None) -> list[Array] | None:
        """Returns the parameters of inputs as the core takes them; None stays None."""
        columns = self.n_inputs or needed_columns(self.inputs)
        return None if inputs is None else flattened(self.inputs, columns, inputs, self.dtype)

    # ---- sessions --------------------------------------------------------------------------------

    def start(self, x: Array | SparseRows, init: Init, random: np.random.RandomState) -> None:
        """Restarts with random parameters and an empty history. Allocates all memory before it drops the old state."""
        parameters = Parameters(self.layers, self.inputs, x.shape[1], self.dtype)
        parameters.start(initial_parameters(init, parameters, random))
        parameters.set({"inputs": started(self.inputs, x.shape[1], random, self.dtype)})
        session = self._new_session(parameters, random)
        session.reserve(x)
        self.parameters, self.session, self.random, self.history = parameters, session, random, {"loss": []}

    def go_on_from(self, fitted: Learner, *, with_optimizer: bool) -> None:
        """Copies parameters and history, and the optimizer's state if the optimizers are of the same type."""
        known = fitted.known()
        self.parameters = Parameters(self.layers, self.inputs, known.n_inputs, self.dtype)
        self.parameters.set(known.all())
        self.history = {name: values.copy() for name, values in (fitted.history or {}).items()}
        self.classes = fitted.classes
        same_kind = type(self.settings.optimizer) is type(fitted.settings.optimizer)
        if with_optimizer and fitted.session and same_kind:
            self.restore(fitted.session.state())

    def ready(self, random: np.random.RandomState, watch: bool = False) -> Session:
        """Returns the session; seeds a new one from `random`. watch: see `Session.watch`."""
        if self.session is None:
            self.session = self._new_session(self.known(), random)
        self.session.watch = watch
        self.session.set_threads(self.settings.n_threads)  # a limit may have been set since the session was made
        return self.session

    def generator(self, random_state: Any) -> np.random.RandomState:
        """Returns the generator from which training draws; makes one from `random_state` if there is none."""
        if self.random is None:
            self.random = random_generator(random_state)
        return self.random

    def train(
        self,
        data: Data | Stream,
        rate: LearningRate,
        epochs: int,
        listeners: Sequence[Listener],
        shuffle: bool,
        random_state: Any,
        watch: bool = False,
        course: Course | None = None,
    ) -> None:
        """Trains by the optimizer of the settings; watch: see `Session.watch`. course: see `descend`."""
        if isinstance(self.settings.optimizer, LBFGS):
            assert not isinstance(data, Stream)  # which Network.fit refuses
            train_lbfgs(self.known(), self.settings, data, epochs, partial(hear, listeners))
            return
        random = self.generator(random_state)
        session = self.ready(random, watch)
        left = "; that epoch was undone"
        before = len(self.history["loss"]) if self.history else 0
        stopping = Stopping(lambda: f"learning_rate ({rate.now:g})", self.settings.max_grad_norm, left, before)
        passes = passes_over(session, data, random, shuffle)
        descend(passes, rate, epochs, stopping, listeners, course)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Makes a session with that state."""
        self.session = Session(self.known(), self.settings, self.batch_size, state["seed"])
        self.session.restore(state)

    def loss(self, data: Data) -> float:
        """Returns the mean loss over the rows, without penalties and dropout."""
        return Session(self.known(), self.settings, data.rows).loss(data)

    def loss_on(self, data: Data) -> Callable[[], float]:
        """Returns a function that measures the current loss on these rows, for a training that asks often."""
        return partial(Session(self.known(), self.settings, data.rows).loss, data)

    def gradients(self, data: Data, inputs: bool = False) -> Gradients:
        """Returns the mean loss over the rows and its gradient, without penalties and dropout."""
        return Session(self.known(), self.settings, data.rows).gradients(data, inputs)

    def _new_session(self, parameters: Parameters, random: np.random.RandomState) -> Session:
        dropout = any(layer.dropout for layer in self.layers)
        seed = int(random.randint(2**32, dtype=np.uint64)) if dropout else 0
        return Session(parameters, self.settings, self.batch_size, seed)

    # ---- state -----------------------------------------------------------------------------------

    def untaught(self) -> Learner:
        """Returns a new learner with the same settings."""
        return Learner(self.layers, self.inputs, self.dtype, self.batch_size, self.settings)

    def state(self) -> dict[str, Any]:
        """Returns the learned state, the session's state and the generator; None for each that is missing."""
        known = self.parameters
        learned = known and {
            "n_inputs": known.n_inputs,
            "history": self.history,
            "classes": self.classes,
            "parameters": known.all(),
        }
        return {"learned": learned, "training": self.session and self.session.state(), "generator": self.random}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Sets the state that `state` returned."""
        learned, training, self.random = state["learned"], state["training"], state["generator"]
        if learned is not None:
            self.parameters = Parameters(self.layers, self.inputs, learned["n_inputs"], self.dtype)
            self.set(**learned["parameters"])
            self.history, self.classes = learned["history"], learned["classes"]
        if training is not None:
            self.restore(training)

    # ---- the model in training -------------------------------------------------------------------

    @contextmanager
    def trained_for(self, network: object, model: Callable[[], FittedModel]) -> Iterator[None]:
        """Guards a training for an estimator, of which `model` returns the current state; refuses a second training."""
        with trained_by_one(network, "network"):
            self._model = model
            try:
                yield
            finally:
                self._model = None  # it refers to the network, which would outlive a failure
        self.random = None  # with random_state=None it is NumPy's own, which is not part of the model

    def model_in_training(self) -> FittedModel | None:
        """Returns the estimator in training, as if its fit ended now; None in a network's own fit."""
        return None if self._model is None else self._model()


def _rows_of_first(weights: Sequence[npt.ArrayLike]) -> int:
    shape = np.shape(weights[0]) if len(weights) else ()
    if len(shape) != 2 or shape[0] == 0:
        raise ValueError(f"weights[0] must have shape (n_inputs, units), got {shape}")
    return int(shape[0])
