# SPDX-License-Identifier: BSD-3-Clause
"""Initial weights and biases, drawn layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.activations._named import Sigmoid
from neuract.layers._dense import Dense

Draw = Callable[..., Any]  # (shape) -> numbers

PIECE = 2**20  # numbers of one draw, milliseconds: Ctrl-C is heard between draws


def initial_parameters(
    init: str, layers: Sequence[Dense], n_inputs: int, dtype: str, random: np.random.RandomState
) -> Iterator[tuple[Array, Array]]:
    """Weights, (n_in, units), and biases, layer by layer, by one of INITS."""
    if init == "glorot_uniform":
        yield from _glorot_uniform(layers, n_inputs, dtype, random)
        return
    n_in = n_inputs
    for layer in layers:
        if init == "orthogonal":
            weights = _orthogonal(n_in, layer.units, random).astype(dtype)
        else:
            weights = _drawn(DRAWS[init](n_in, random), n_in, layer.units, dtype)
        yield weights, np.zeros(layer.units, dtype)
        n_in = layer.units


def _drawn(draw: Draw, n_in: int, units: int, dtype: str) -> Array:
    """What one draw of all weights would give, converted."""
    weights = np.empty((n_in, units), dtype)
    rows = max(1, PIECE // units)
    for row in range(0, n_in, rows):
        piece = weights[row : row + rows]
        piece[...] = draw(piece.shape)
    return weights


def _glorot_uniform(
    layers: Sequence[Dense], n_inputs: int, dtype: str, random: np.random.RandomState
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
        weights = _drawn(partial(random.uniform, -bound, bound), n_in, layer.units, dtype)
        yield weights, random.uniform(-bound, bound, layer.units).astype(dtype)
        n_in = layer.units


def _orthogonal(n_in: int, units: int, random: np.random.RandomState) -> Array:
    """Orthonormal columns, or rows where there are more units than inputs: Saxe et al. 2013, arXiv:1312.6120."""
    q, r = np.linalg.qr(random.normal(size=(max(n_in, units), min(n_in, units))))
    q *= np.where(np.diag(r) < 0, -1, 1)  # else the draw would not be uniform over all of them
    return np.ascontiguousarray(q if n_in >= units else q.T)


DRAWS: dict[str, Callable[[int, np.random.RandomState], Draw]] = {
    # He et al. 2015, arXiv:1502.01852
    "he_normal": lambda n_in, random: partial(random.normal, 0, np.sqrt(2 / n_in)),
    "he_uniform": lambda n_in, random: partial(random.uniform, -np.sqrt(6 / n_in), np.sqrt(6 / n_in)),
    # LeCun et al. 1998, Efficient BackProp
    "lecun_normal": lambda n_in, random: partial(random.normal, 0, np.sqrt(1 / n_in)),
}
INITS = ("glorot_uniform", *DRAWS, "orthogonal")


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
