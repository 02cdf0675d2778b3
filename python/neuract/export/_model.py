# SPDX-License-Identifier: BSD-3-Clause
"""What leaves with a model: its layers as arrays, and what its outputs mean. Read from public attributes of Network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from neuract._typing import Array
from neuract.activations._base import Activation

if TYPE_CHECKING:
    from neuract.network import Network


@dataclass(frozen=True, eq=False)
class ExportedLayer:
    """y = f(x · weights + biases), 0 where y < thresholds; slopes: PReLU's, one for the layer or one a neuron."""

    weights: Array  # (n_in, units)
    biases: Array  # (units,)
    activation: Activation
    slopes: Array | None
    thresholds: Array | None  # (units,)

    @property
    def units(self) -> int:
        return len(self.biases)


@dataclass(frozen=True, eq=False)
class ExportedModel:
    """A fitted network, and what is made of its outputs.

    classes: the labels of a classifier, whose outputs are then probabilities, one a class; None for other models.
    multilabel: each output is the probability of a label, 0 or 1. ascending: the outputs are put in order, as the
    quantiles of one y. zero_missing: NaN in X counts as 0.
    """

    network: Network
    classes: Array | None = None
    multilabel: bool = False
    ascending: bool = False
    zero_missing: bool = False

    @cached_property
    def layers(self) -> list[ExportedLayer]:
        network = self.network
        parts = zip(network.layers, network.weights, network.biases, network.slopes, strict=True)
        return [
            ExportedLayer(weights, biases, layer.activation, slopes, layer.thresholds)
            for layer, weights, biases, slopes in parts
        ]

    @property
    def n_inputs(self) -> int:
        return len(self.layers[0].weights)

    @property
    def one_of_two(self) -> bool:
        """Whether the network's one output is the probability of the second of two classes."""
        return self.classes is not None and len(self.classes) == 2 and not self.multilabel

    @property
    def certain(self) -> bool:
        """Whether there is but one class, whose probability is 1 whatever the network says."""
        return self.classes is not None and len(self.classes) == 1 and not self.multilabel

    @property
    def n_outputs(self) -> int:
        return 2 if self.one_of_two else self.layers[-1].units

    def predict(self, x: Array) -> Array:
        """What the exported model shall give: (rows, n_outputs)."""
        y = self.network.predict(x)
        if self.one_of_two:
            return np.hstack([1 - y, y])
        if self.certain:
            return np.ones_like(y)
        return np.sort(y, axis=1) if self.ascending else y
