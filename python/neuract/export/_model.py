# SPDX-License-Identifier: BSD-3-Clause
"""A fitted model as ONNX and C take it: its layers as arrays, the meaning of its outputs, its missing values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from neuract._typing import Array, FittedModel, FittedNetwork
from neuract.activations._base import Activation
from neuract.outputs._kinds import Outputs


@dataclass(frozen=True, eq=False)
class ExportedLayer:
    """y = f(x · weights + biases), 0 where y < thresholds; slopes: of PReLU, one per layer or per neuron."""

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
    """A network with parameters, and the meaning of its outputs; zero_missing: NaN in X counts as 0."""

    network: FittedNetwork
    meaning: Outputs
    zero_missing: bool

    @classmethod
    def of(cls, model: FittedModel) -> ExportedModel:
        """Reads a fitted model; NotFittedError if it is not fitted."""
        return cls(model._fitted_network(), model._meaning(), model._missing_is_zero())

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
    def n_outputs(self) -> int:
        return self.meaning.n_columns

    def predict(self, x: Array) -> Array:
        """Returns the numbers that the exported model must give, rows × n_outputs."""
        return self.meaning.columns(self.network.predict(x))
