# SPDX-License-Identifier: BSD-3-Clause
"""The weights, biases and slopes of a network, in the core's memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

import neuract._neuract_core as core
from neuract._typing import Array
from neuract.activations._named import PReLU
from neuract.inputs._arrays import numeric
from neuract.layers._dense import PARTS, Dense, n_slopes
from neuract.layers._inputs import Input, check_width, n_numbers, sizes
from neuract.threading._count import threads_of

Arrays = Mapping[str, Sequence[Array]]  # for each of PARTS one array per layer, empty if the layer learns no slopes


ALL_PARTS = (*PARTS, "inputs")


def shapes(layers: Sequence[Dense], inputs: Sequence[Input], n_inputs: int, part: str) -> list[tuple[int, ...]]:
    """Returns the shapes of one part, layer by layer; slopes have size 0 for layers that learn none.

    n_inputs: columns of X. The part "inputs" has a flat array per encoding of the core.
    """
    if part == "inputs":
        return [(size,) for size in sizes(inputs, n_inputs)]
    if part == "weights":
        return list(pairwise([n_numbers(inputs, n_inputs), *(layer.units for layer in layers)]))
    if part == "biases":
        return [(layer.units,) for layer in layers]
    return [(n_slopes(layer),) for layer in layers]


def checked(
    layers: Sequence[Dense], inputs: Sequence[Input], n_inputs: int, dtype: str, part: str, arrays: Sequence[Any]
) -> list[Array]:
    """Returns one part as arrays of the dtype; ValueError if a number is not finite or a shape differs."""
    expected = shapes(layers, inputs, n_inputs, part)
    if len(arrays) != len(expected):
        raise ValueError(f"{part} must have one array for each of the {len(expected)} layers, got {len(arrays)}")
    result = []
    for layer, (given, shape) in enumerate(zip(arrays, expected, strict=True)):
        array = numeric([] if given is None else given, f"{part}[{layer}]", dtype)
        if array.shape != shape:
            raise ValueError(f"{part}[{layer}] must have shape {shape}, got {array.shape}")
        result.append(array)
    return result


class Parameters:
    """The parameters of layers on X of `n_inputs` columns: all 0 at first, slopes at their initial values.

    Attributes
    ----------
    core : core.Network
        The layers in the core.
    """

    def __init__(self, layers: Sequence[Dense], inputs: Sequence[Input], n_inputs: int, dtype: str) -> None:
        check_width(inputs, n_inputs)
        self.layers, self.inputs, self.n_inputs, self.dtype = layers, inputs, n_inputs, dtype
        encodings = [encoding for each in inputs for encoding in each.encodings()]
        self.core = core.Network(dtype, n_inputs, [_core_layer(layer) for layer in layers], encodings)

    @property
    def count(self) -> int:
        """The number of weights, biases, slopes and what inputs learn."""
        return sum(int(np.prod(shape)) for part in ALL_PARTS for shape in self.shapes(part))

    def shapes(self, part: str) -> list[tuple[int, ...]]:
        return shapes(self.layers, self.inputs, self.n_inputs, part)

    @property
    def n_numbers(self) -> int:
        """The numbers that the first layer gets."""
        return n_numbers(self.inputs, self.n_inputs)

    def part(self, part: str) -> list[Array]:
        """Returns one read-only copy per layer."""
        return self.read(self.core, part)

    def read(self, source: Any, part: str, *where: str) -> list[Array]:
        """Returns one read-only array per layer or encoding, from the core's network or, with `where`, its trainer."""
        arrays = [np.empty(shape, dtype=self.dtype) for shape in self.shapes(part)]
        for number, array in enumerate(arrays):
            if part == "inputs":
                source.get_input(*where, number, array)
            else:
                source.get(*where, number, part, array)
            array.flags.writeable = False
        return arrays

    def all(self) -> dict[str, list[Array]]:
        """Returns read-only copies of every part."""
        return {part: self.part(part) for part in ALL_PARTS}

    def set(self, parameters: Arrays) -> None:
        """Sets the given parts, whose shapes and dtype must be right."""
        for part, arrays in parameters.items():
            self.write(self.core, part, arrays)

    def write(self, target: Any, part: str, arrays: Sequence[Array], *where: str) -> None:
        """Copies one part to the core's network or, with `where`, to its trainer."""
        for number, array in enumerate(arrays):
            if part == "inputs":
                target.set_input(*where, number, array)
            else:
                target.set(*where, number, part, array)

    def start(self, initial: Iterable[tuple[Array, Array]]) -> None:
        """Sets the initial weights and biases, layer by layer."""
        for layer, (weights, biases) in enumerate(initial):
            self.core.set(layer, "weights", weights)
            self.core.set(layer, "biases", biases)

    def checked(self, part: str, arrays: Sequence[Any]) -> list[Array]:
        return checked(self.layers, self.inputs, self.n_inputs, self.dtype, part, arrays)

    def predict(self, x: Any, n_threads: int | None) -> Array:
        """Returns the outputs of the last layer for checked rows: rows × outputs."""
        y = np.empty((len(x), self.layers[-1].units), dtype=self.dtype)
        self.core.predict(len(x), x, y, threads_of(n_threads))
        return y

    def predict_shuffled(self, x: Array, n_sets: int, sets: Array, orders: Array, n_threads: int | None) -> Array:
        """Returns the outputs where the columns of one set come from other rows: sets × orders × rows × outputs.

        x: checked rows. sets: of each column of X the number of its set, or n_sets for columns in none. orders: orders
        × rows, the numbers of those rows.
        """
        y = np.empty((n_sets, *orders.shape, self.layers[-1].units), dtype=self.dtype)
        self.core.predict_shuffled(len(x), x, n_sets, sets, orders, y, threads_of(n_threads))
        return y

    def input_gradients(self, x: Array, n_threads: int | None) -> Array:
        """Returns the derivatives of the outputs by the first layer's numbers: rows × numbers × outputs."""
        gradients = np.empty((len(x), self.n_numbers, self.layers[-1].units), dtype=self.dtype)
        self.core.input_gradients(len(x), x, gradients, threads_of(n_threads))
        return gradients

    def in_float64(self) -> Parameters:
        """Returns a copy that computes in float64."""
        copied = Parameters(self.layers, self.inputs, self.n_inputs, "float64")
        copied.set({part: [array.astype(np.float64) for array in self.part(part)] for part in ALL_PARTS})
        return copied

    def inspect(self, x: Any, n_threads: int | None, dtype: npt.DTypeLike) -> list[Array]:
        """Returns each neuron's value for checked rows, or whether it fires (dtype bool): one array per layer."""
        arrays = [np.empty((len(x), layer.units), dtype=dtype) for layer in self.layers]
        passed_on, fired = (None, arrays) if dtype is np.bool_ else (arrays, None)
        self.core.inspect(len(x), x, passed_on, fired, threads_of(n_threads))
        return arrays


def _core_layer(layer: Dense) -> tuple[Any, ...]:
    f = layer.activation
    shared = isinstance(f, PReLU) and f.shared
    return layer.units, f.core_name, f.parameter, shared, layer.thresholds, layer.dropout, np.array(layer.rates)
