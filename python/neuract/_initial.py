# SPDX-License-Identifier: BSD-3-Clause
"""Initial weights and biases, drawn layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neuract.activations import Sigmoid
from neuract.layers import Dense

Array = npt.NDArray[Any]


def initial_parameters(
    init: str, layers: Sequence[Dense], n_inputs: int, random: np.random.RandomState
) -> Iterator[tuple[Array, Array]]:
    """Weights, (n_in, units), and biases, layer by layer, by one of INITS."""
    if init == "glorot_uniform":
        yield from _glorot_uniform(layers, n_inputs, random)
        return
    n_in = n_inputs
    for layer in layers:
        yield WEIGHTS[init](n_in, layer.units, random), np.zeros(layer.units)
        n_in = layer.units


def _glorot_uniform(
    layers: Sequence[Dense], n_inputs: int, random: np.random.RandomState
) -> Iterator[tuple[Array, Array]]:
    """Glorot's uniform weights, and biases, layer by layer: bounds and drawing order as in scikit-learn's MLP.

    The bound is √(6 / (n_in + units)), √(2 / (n_in + units)) where the layer is sigmoid; the output layer goes by the
    activation of the hidden layer before it. Glorot & Bengio 2010.
    """
    n_in = n_inputs
    for number, layer in enumerate(layers):
        last = number == len(layers) - 1
        leading = layers[max(number - 1, 0)] if last else layer
        hidden = len(layers) > 1
        factor = 2.0 if hidden and isinstance(leading.activation, Sigmoid) else 6.0
        bound = np.sqrt(factor / (n_in + layer.units))
        yield random.uniform(-bound, bound, (n_in, layer.units)), random.uniform(-bound, bound, layer.units)
        n_in = layer.units


def _orthogonal(n_in: int, units: int, random: np.random.RandomState) -> Array:
    """Orthonormal columns, or rows where there are more units than inputs: Saxe et al. 2013, arXiv:1312.6120."""
    q, r = np.linalg.qr(random.normal(size=(max(n_in, units), min(n_in, units))))
    q *= np.where(np.diag(r) < 0, -1, 1)  # else the draw would not be uniform over all of them
    return np.ascontiguousarray(q if n_in >= units else q.T)


WEIGHTS: dict[str, Callable[[int, int, np.random.RandomState], Array]] = {
    # He et al. 2015, arXiv:1502.01852
    "he_normal": lambda n_in, units, random: random.normal(0, np.sqrt(2 / n_in), (n_in, units)),
    "he_uniform": lambda n_in, units, random: random.uniform(-np.sqrt(6 / n_in), np.sqrt(6 / n_in), (n_in, units)),
    # LeCun et al. 1998, Efficient BackProp
    "lecun_normal": lambda n_in, units, random: random.normal(0, np.sqrt(1 / n_in), (n_in, units)),
    "orthogonal": _orthogonal,
}
INITS = ("glorot_uniform", *WEIGHTS)


def checked(init: Any) -> str | tuple[Any, Any]:
    """A name of INITS, or a pair of lists of arrays."""
    if isinstance(init, str) and init in INITS:
        return init
    if isinstance(init, (tuple, list)) and len(init) == 2:
        return init[0], init[1]
    raise ValueError(
        f"init must be one of {', '.join(INITS)}, or a pair (weights, biases) of lists with an array a layer; "
        f"got {init!r}"
    )
