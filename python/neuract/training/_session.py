# SPDX-License-Identifier: BSD-3-Clause
"""Training of a network: the data of a fit, passes over it, and the loops around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import neuract._neuract_core as core
from neuract._typing import Array
from neuract.inputs._data import Data
from neuract.layers._parameters import PARTS
from neuract.optimizers import SGD, Adam, AdamW
from neuract.threading._count import most_threads_of, threads_of

if TYPE_CHECKING:
    from neuract.network import Network

Order = core.Order
MOST_ROWS = 2**62  # of any data
MOST_SHUFFLED = 2**32  # rows: their numbers are uint32, since the order must not take as much memory as the data
ROWS_AT_ONCE = 2**16  # of several epochs; beside so much work what Python does for one is little


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


def make_trainer(network: Network, layers: core.Network, batch_size: int, seed: int = 0) -> core.Trainer:
    """A trainer of these layers with the network's settings."""
    optimizer = network.optimizer
    adam = optimizer if isinstance(optimizer, Adam) else Adam()
    sgd = optimizer if isinstance(optimizer, SGD) else SGD()
    trainer = core.Trainer(
        layers,
        loss=network.loss_function.core_name(network.layers[-1].activation),
        loss_parameters=np.array(network.loss_function.parameters),
        own_loss=network.loss_function.own,
        optimizer=optimizer.core_name,
        momentum=sgd.momentum,
        nesterov=sgd.nesterov,
        beta_1=adam.beta_1,
        beta_2=adam.beta_2,
        epsilon=adam.epsilon,
        weight_decay=adam.weight_decay if isinstance(adam, AdamW) else 0.0,
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
