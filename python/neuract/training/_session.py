# SPDX-License-Identifier: BSD-3-Clause
"""A session: one trainer of the core, with methods that run, measure and restore it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from typing import Any

import numpy as np

import neuract._neuract_core as core
from neuract._typing import Array
from neuract.inputs._data import Data
from neuract.inputs._sparse import SparseRows
from neuract.layers._inputs import named
from neuract.layers._parameters import ALL_PARTS, Parameters
from neuract.losses._base import Loss
from neuract.optimizers import Optimizer
from neuract.schedules._course import Shares
from neuract.threading._count import most_threads_of, threads_of

Order = core.Order
Ended = list[tuple[float, float]]  # mean loss and mean penalty of each pass
MOMENTS = ("first_moments", "second_moments")
MOST_ROWS = 2**62  # limit for any data
MOST_SHUFFLED = 2**32  # limit for shuffled rows, whose numbers are uint32 to take little memory


@dataclass(frozen=True)
class Settings:
    """The objective of a training and the settings of its steps."""

    loss: Loss
    core_loss: str  # the core's name for the loss on this output layer
    optimizer: Optimizer
    alpha: float
    l1: float
    max_grad_norm: float | None
    n_threads: int | None


@dataclass(frozen=True)
class Gradients:
    """The mean loss and its gradient with respect to every parameter.

    Attributes
    ----------
    loss : float
        The mean loss without the L2 penalty.
    weights, biases, slopes : list
        Gradients in the shapes of `Network.weights`, `Network.biases` and `Network.slopes`.
    inputs : list of dict
        Gradients in the shapes of `Network.input_parameters`.
    numbers : ndarray of shape (rows, numbers) or None
        Gradient with respect to the numbers that the first layer gets for each row: the columns of X, or for a network
        with `inputs` what these make of them. None unless asked for.
    """

    loss: float
    weights: list[Array]
    biases: list[Array]
    slopes: list[Array | None]
    inputs: list[dict[str, Array]] = field(default_factory=list)
    numbers: Array | None = None


class Session:
    """Trains parameters: holds the optimizer's state and the memory of a step of at most `batch_size` rows.

    seed: of dropout.

    Attributes
    ----------
    watch : bool
        Whether runs measure the numbers of `watched`.
    rate : float
        The learning rate of the last step of the last run.
    """

    watch = False
    rate = nan

    def __init__(self, parameters: Parameters, settings: Settings, batch_size: int, seed: int = 0) -> None:
        loss, optimizer = settings.loss, settings.optimizer
        self.parameters, self.settings = parameters, settings
        self.trainer = core.Trainer(
            parameters.core,
            loss=settings.core_loss,
            loss_parameters=np.array(loss.parameters),
            own_loss=loss.own,
            optimizer=optimizer.core_name,
            optimizer_parameters=np.array(optimizer.core_parameters),
            alpha=settings.alpha,
            l1=settings.l1,
            max_grad_norm=settings.max_grad_norm or 0.0,
            batch_size=min(batch_size, MOST_ROWS),
            seed=seed,
            n_threads=most_threads_of(settings.n_threads),
        )
        self.set_threads(settings.n_threads)

    def set_threads(self, n_threads: int | None) -> None:
        """Sets the number of threads for the next runs."""
        self.trainer.set_threads(threads_of(n_threads))

    def undo(self, parameters: Array) -> None:
        """Sets the parameters, one array as `copy_out` gives it, and resets the optimizer's state."""
        self.trainer.undo()
        self.parameters.core.copy_in(parameters)

    def reserve(self, x: Array | SparseRows) -> None:
        """Allocates the memory that steps on these rows need, so that a shortage shows now."""
        self.trainer.reserve(len(x), x)

    def steps(self, rows: int) -> int:
        """Returns the number of steps of a pass over that many rows."""
        return -(-rows // self.trainer.batch_size)

    def run(
        self, data: Data, order: Order | None, rate: float, ended: Ended, epochs: int = 1, shares: Shares | None = None
    ) -> None:
        """Makes `epochs` passes over the rows. Adds the good ones to `ended`; undoes the first bad one, and stops.

        shares: of the rate, and of dropout and weight decay, in each step of a pass; None: the whole in each.
        """
        self.rate = rate if shares is None else rate * float(shares[0][-1])
        of = data.rows, data.x, data.targets, data.sample_weight
        self.trainer.run(*of, order, rate, ended, epochs, self.watch, shares)

    def watched(self) -> tuple[float, float]:
        """Returns the gradient norm of the last batch, and the share of hidden neurons that never fired."""
        return self.trainer.watched()

    def loss(self, data: Data) -> float:
        """Returns the mean loss over all rows, without penalties and dropout. Does not change the parameters."""
        return self.trainer.loss(data.rows, data.x, data.targets, data.sample_weight)

    def gradients(self, data: Data, inputs: bool = False) -> Gradients:
        """Returns the mean loss and its gradient over all rows; inputs: also by the numbers of the first layer.

        Does not change the parameters.
        """
        known = self.parameters
        numbers = np.empty((data.rows, known.n_numbers), known.dtype) if inputs else None
        loss = self.trainer.gradients(data.rows, data.x, data.targets, data.sample_weight, numbers)
        weights, biases, slopes, learned = (known.read(self.trainer, part, "gradients") for part in ALL_PARTS)
        of_inputs = named(known.inputs, known.n_inputs, learned)
        of_slopes = [slope if slope.size else None for slope in slopes]
        return Gradients(loss, weights, biases, of_slopes, of_inputs, numbers)

    def state(self) -> dict[str, Any]:
        """Returns the state that a training needs to continue as if it had not stopped."""
        moments = {
            (array, part): self.parameters.read(self.trainer, part, array) for array in MOMENTS for part in ALL_PARTS
        }
        return {"steps": self.trainer.steps, "seed": self.trainer.seed, "moments": moments}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Sets steps and moments; the constructor sets the seed."""
        self.trainer.steps = state["steps"]
        for (array, part), arrays in state["moments"].items():
            self.parameters.write(self.trainer, part, arrays, array)


def shuffled(random: np.random.RandomState, rows: int, shuffle: bool = True) -> Order | None:
    """Returns an order of the rows that each pass shuffles in place, with scikit-learn's draws.

    Returns None for shuffle=False: the rows keep their order.
    """
    if not shuffle:
        return None
    if rows > MOST_SHUFFLED:
        raise ValueError(f"at most {MOST_SHUFFLED:,} rows can be shuffled, got {rows:,}; set shuffle=False")
    return Order(rows, random._bit_generator)
