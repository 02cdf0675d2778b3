# SPDX-License-Identifier: BSD-3-Clause
"""A fitted model as ONNX and C take it: its networks as arrays, the meaning of its outputs, its missing values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np

from neuract._typing import Array, FittedModel, FittedNetwork
from neuract.activations._base import Activation
from neuract.columns._columns import Columns
from neuract.outputs._kinds import Outputs
from neuract.training._members import Members


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
class ExportedInput:
    """What makes `numbers` numbers of a column of X; kind: as in csrc/inputs.h. arrays: learned ones, and edges."""

    kind: str
    column: int
    n: int
    size: int
    arrays: dict[str, Array]

    @property
    def levels(self) -> int:
        return self.n

    @property
    def frequencies(self) -> int:
        return self.n

    @property
    def numbers(self) -> int:
        several = {"periodic": 1 + self.size, "embedding": self.size, "piecewise_linear": self.n, "one_hot": self.n}
        return {**several, "scale": 0}.get(self.kind, 1)


@dataclass(frozen=True, eq=False)
class ExportedNetwork:
    """A network with parameters: one member, or the only one."""

    network: FittedNetwork

    @cached_property
    def layers(self) -> list[ExportedLayer]:
        network = self.network
        parts = zip(network.layers, network.weights, network.biases, network.slopes, strict=True)
        return [
            ExportedLayer(weights, biases, layer.activation, slopes, layer.thresholds)
            for layer, weights, biases, slopes in parts
        ]

    @cached_property
    def inputs(self) -> list[ExportedInput]:
        """The inputs, column by column; none if the first layer takes X as it is."""
        found = []
        for each, arrays in zip(self.network.inputs, self.network.input_parameters, strict=True):
            for (kind, column, n, size, edges, _), own in zip(each.encodings(), each.per_column(arrays), strict=True):
                found.append(ExportedInput(kind, column, n, size, own if edges is None else {"edges": edges}))
        return found


@dataclass(frozen=True, eq=False)
class ExportedModel:
    """The members of a model, and the meaning of their mean.

    zero_missing: NaN in X counts as 0. columns: what makes the networks' X of the user's frame.
    """

    members: Members
    meaning: Outputs
    zero_missing: bool
    columns: Columns | None = None

    @classmethod
    def of(cls, model: FittedModel) -> ExportedModel:
        """Reads a fitted model; NotFittedError if it is not fitted."""
        return cls(model._members(), model._meaning(), model._missing_is_zero(), model._frame_columns())

    @cached_property
    def networks(self) -> list[ExportedNetwork]:
        return [ExportedNetwork(network) for network in self.members.networks]

    @property
    def is_mean(self) -> bool:
        """Whether a mean of members follows, and not the outputs of the only network as they are."""
        return len(self.networks) > 1 or self.members.bounds is not None

    @property
    def n_inputs(self) -> int:
        """The number of columns of the networks' X."""
        return self.members.networks[0]._known().n_inputs

    @property
    def units(self) -> int:
        """The number of outputs of each network."""
        return self.networks[0].layers[-1].units

    def some_rows(self, rows: int, seed: int) -> Array:
        """Returns rows that the model takes, in float32, for a test."""
        rng = np.random.default_rng(seed)
        x: Array = rng.normal(size=(rows, self.n_inputs)).astype(np.float32)
        for each in chain.from_iterable(network.inputs for network in self.networks):
            if each.kind in ("embedding", "one_hot"):
                x[:, each.column] = rng.integers(0, each.levels + 1, rows)
        return x

    @property
    def n_outputs(self) -> int:
        return self.meaning.n_columns

    def predict(self, x: Array) -> Array:
        """Returns the numbers that the exported model must give, rows × n_outputs."""
        first = self.members.networks[0]
        return self.meaning.columns(self.members.predict(x.astype(first.dtype), first.n_threads))
