# SPDX-License-Identifier: BSD-3-Clause
"""The members of a group in training, as callbacks see and change them: one model with one learning rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from neuract._typing import Array
from neuract.callbacks._listener import Callback, Callbacks
from neuract.callbacks._listener import checked as checked_callbacks
from neuract.network import Network
from neuract.schedules._rate import LearningRate


class InTraining:
    """The members of a group in training, which callbacks get in place of a network.

    Attributes
    ----------
    networks : list of Network
        The members, with the weights of the epoch that has ended.
    encoding : str
        Of the group.
    epochs : int
        The largest number of epochs of the group.
    learning_rate : float
        The whole rate, of which the schedule gives shares; a callback may set it for the next epochs.
    weights, biases, slopes : list
        Those of each member, one list after the other.
    """

    def __init__(
        self,
        networks: list[Network],
        encoding: str,
        epochs: int,
        callbacks: Any,
        rate: float,
        model: Callable[[], Any],
    ) -> None:
        self.networks, self.encoding, self.epochs = networks, encoding, epochs
        self.callbacks: list[Callback] = checked_callbacks(callbacks)
        self.learning_rate = rate
        self._model = model

    @property
    def weights(self) -> list[Array]:
        return [array for network in self.networks for array in network.weights]

    @property
    def biases(self) -> list[Array]:
        return [array for network in self.networks for array in network.biases]

    @property
    def slopes(self) -> list[Array | None]:
        return [array for network in self.networks for array in network.slopes]

    def set_parameters(self, weights: Sequence[Any], biases: Sequence[Any], slopes: Sequence[Any]) -> None:
        """Sets the parameters of all members, in the form of `weights`, `biases` and `slopes`."""
        at = 0
        for network in self.networks:
            end = at + len(network.layers)
            network.set_parameters(weights[at:end], biases[at:end], slopes[at:end])
            at = end

    def _trained_model(self) -> Any:
        """Returns the estimator as if its fit ended now."""
        return self._model()

    def told(self, epoch: Callable[[], int], logs: Callable[[], dict[str, float]]) -> Callbacks:
        """Returns what calls the callbacks."""
        rate = LearningRate("constant", self.learning_rate, 0.5, self.epochs)
        return Callbacks(self, rate, epoch, logs)  # type: ignore[arg-type]  # it asks for no more than there is
