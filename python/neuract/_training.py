# SPDX-License-Identifier: BSD-3-Clause
"""Training of a network: the data of a fit, passes over it, and the loops around them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neuract import _neuract_core as core
from neuract._sparse import SparseRows
from neuract.threading import most_threads_of, threads_of

if TYPE_CHECKING:
    from neuract.network import Network

Array = npt.NDArray[Any]
Order = core.Order
PARTS = ("weights", "biases", "slopes")
MOST_ROWS = 2**62  # of any data
MOST_SHUFFLED = 2**32  # rows: their numbers are uint32, since the order must not take as much memory as the data
ROWS_AT_ONCE = 2**16  # of several epochs; beside so much work what Python does for one is little


@dataclass(frozen=True)
class Data:
    """Checked arrays, in the form in which the core takes them."""

    x: Array | SparseRows
    targets: Array
    sample_weight: Array | None

    @property
    def rows(self) -> int:
        return len(self.x)

    def take(self, numbers: Array) -> Data:
        """The rows of these numbers, copied."""
        weights = None if self.sample_weight is None else self.sample_weight[numbers]
        return Data(self.x[numbers], self.targets[numbers], weights)

    @property
    def total_weight(self) -> float:
        return float(self.rows if self.sample_weight is None else self.sample_weight.sum(dtype=np.float64))


# (process, id) of each model in training: the child of a fork trains none, whatever its parent did just then.
_in_training: dict[tuple[int, int], object] = {}


@contextmanager
def trained_by_one(model: object, kind: str) -> Iterator[None]:
    """Refuses a model that is being trained already: two trainings at once would leave a mixture of both."""
    key, ours = (os.getpid(), id(model)), object()
    if _in_training.setdefault(key, ours) is not ours:  # one operation, also where there is no GIL
        raise RuntimeError(
            f"this {kind} is being trained, by another thread or around this call; wait for it, or train a copy"
        )
    try:
        yield
    finally:
        del _in_training[key]


@contextmanager
def alone(model: object, kind: str, undone_by: type[BaseException]) -> Iterator[None]:
    """Around a fit: `trained_by_one`, and on such an error the model gets all its attributes back.

    That is enough where what they refer to is replaced, or changed last. What `DivergedLater` leaves stays.
    """
    with trained_by_one(model, kind):
        before = model.__dict__.copy()
        try:
            yield
        except DivergedLater:
            raise
        except undone_by:
            model.__dict__ = before  # at once: other threads may ask the model
            raise


@dataclass(frozen=True)
class Gradients:
    """The mean loss and its gradient by every parameter.

    Attributes
    ----------
    loss : float
        Without the L2 penalty.
    weights, biases, slopes : list
        As `Network.weights`, `Network.biases` and `Network.slopes`.
    """

    loss: float
    weights: list[Array]
    biases: list[Array]
    slopes: list[Array | None]


class Diverged(ValueError):
    """The loss or a weight is no longer finite; the network has the weights of the epoch before."""


class DivergedLater(Diverged):
    """In a fit whose first epochs ended well: the estimator has the model that they made."""


def diverged(epoch: int, rate: str, max_grad_norm: float | None, left: str = "") -> Diverged:
    """The error of that epoch, counted from 1; rate: the learning rate's name and value; left: which weights."""
    bound = "set max_grad_norm (1, say)" if max_grad_norm is None else f"lower max_grad_norm ({max_grad_norm:g})"
    return Diverged(
        f"training diverged: in epoch {epoch} the loss or a weight was no longer finite{left}. Scale X, and y "
        f"if it is numbers (with StandardScaler, say), lower {rate}, or {bound}"
    )


def make_trainer(network: Network, layers: core.Network, batch_size: int, seed: int = 0) -> core.Trainer:
    """A trainer of these layers with the network's settings."""
    optimizer = network.optimizer
    trainer = core.Trainer(
        layers,
        loss=network.loss_function.core_name(network.layers[-1].activation),
        loss_parameters=np.array(network.loss_function.parameters),
        own_loss=network.loss_function.own,
        optimizer=optimizer.core_name,
        optimizer_parameters=np.array(optimizer.core_parameters),
        alpha=network.alpha,
        l1=network.l1,
        max_grad_norm=network.max_grad_norm or 0.0,
        batch_size=min(batch_size, MOST_ROWS),
        seed=seed,
        n_threads=most_threads_of(network.n_threads),
    )
    trainer.set_threads(threads_of(network.n_threads))
    return trainer


def read(get: Callable[..., None], shapes: Sequence[tuple[int, ...]], dtype: str, *where: str) -> list[Array]:
    """One read-only array a layer, filled by a getter of the core."""
    arrays = [np.empty(shape, dtype=dtype) for shape in shapes]
    for layer, array in enumerate(arrays):
        get(*where[:-1], layer, where[-1], array)
        array.flags.writeable = False
    return arrays


def mean_gradients(network: Network, data: Data, trainer: core.Trainer | None = None) -> Gradients:
    """Loss and gradient over all rows; the network stays as it is, and the trainer but for its gradients."""
    trainer = trainer or make_trainer(network, network._built(), data.rows)
    loss = trainer.gradients(data.rows, data.x, data.targets, data.sample_weight)
    weights, biases, slopes = (
        read(trainer.get, network._shapes(part), network.dtype, "gradients", part) for part in PARTS
    )
    return Gradients(loss, weights, biases, [slope if slope.size else None for slope in slopes])


def mean_loss(network: Network, data: Data, trainer: core.Trainer | None = None) -> float:
    """The loss over all rows, without penalties and dropout; the network stays as it is."""
    trainer = trainer or make_trainer(network, network._built(), data.rows)
    return trainer.loss(data.rows, data.x, data.targets, data.sample_weight)


MOMENTS = ("first_moments", "second_moments")


def trainer_state(network: Network, trainer: core.Trainer) -> dict[str, Any]:
    """What a training needs to go on as if it had not stopped."""
    moments = {
        (array, part): read(trainer.get, network._shapes(part), network.dtype, array, part)
        for array in MOMENTS
        for part in PARTS
    }
    return {"steps": trainer.steps, "seed": trainer.seed, "moments": moments}


def restored_trainer(network: Network, state: dict[str, Any]) -> core.Trainer:
    trainer = make_trainer(network, network._built(), network.batch_size, state["seed"])
    trainer.steps = state["steps"]
    for (array, part), layers in state["moments"].items():
        for layer, values in enumerate(layers):
            trainer.set(array, layer, part, values)
    return trainer


def shuffled(random: np.random.RandomState, rows: int) -> Order:
    """An order of the rows that each pass shuffles in its place, drawing as scikit-learn does."""
    if rows > MOST_SHUFFLED:
        raise ValueError(f"at most {MOST_SHUFFLED:,} rows can be shuffled, got {rows:,}; set shuffle=False")
    return Order(rows, random._bit_generator)


def epochs_at_once(rows: int) -> int:
    """How many epochs the core runs in one call where nobody hears of each."""
    return 1 + ROWS_AT_ONCE // rows
