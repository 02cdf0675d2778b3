# SPDX-License-Identifier: BSD-3-Clause
"""Initial weights and biases, drawn layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import numpy.typing as npt

from neuract._checks import suggestion
from neuract._typing import Array
from neuract.activations._named import Sigmoid
from neuract.layers._dense import Dense

if TYPE_CHECKING:
    from neuract.layers._parameters import Parameters

InitName = Literal["glorot_uniform", "he_normal", "he_uniform", "lecun_normal", "orthogonal", "tabular"]
"""The names of `INITS`, for type checkers."""
Init = InitName | tuple[Sequence[npt.ArrayLike], Sequence[npt.ArrayLike]]  # or lists of weights and of biases
Draw = Callable[..., Any]  # (shape) -> numbers

PIECE = 2**20  # numbers per draw, which take milliseconds: Ctrl-C is handled between draws


def initial_parameters(
    init: Init, parameters: Parameters, random: np.random.RandomState
) -> Iterable[tuple[Array, Array]]:
    """Yields weights, (n_in, units), and biases, layer by layer: drawn by one of INITS, or the given ones."""
    if isinstance(init, str):
        return _drawn_parameters(init, parameters.layers, parameters.n_numbers, parameters.dtype, random)
    given = zip(("weights", "biases"), init, strict=True)
    return zip(*(parameters.checked(part, arrays) for part, arrays in given), strict=True)


def _drawn_parameters(
    init: str, layers: Sequence[Dense], n_inputs: int, dtype: str, random: np.random.RandomState
) -> Iterator[tuple[Array, Array]]:
    if init == "glorot_uniform":
        yield from _glorot_uniform(layers, n_inputs, dtype, random)
        return
    if init == "tabular":
        yield from _tabular(layers, n_inputs, dtype, random)
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
    """Returns the weights that one draw would give, converted; draws them in pieces."""
    weights = np.empty((n_in, units), dtype)
    rows = max(1, PIECE // units)
    for row in range(0, n_in, rows):
        piece = weights[row : row + rows]
        piece[...] = draw(piece.shape)
    return weights


def _glorot_uniform(
    layers: Sequence[Dense], n_inputs: int, dtype: str, random: np.random.RandomState
) -> Iterator[tuple[Array, Array]]:
    """Draws Glorot's uniform weights, and biases, with the bounds and the drawing order of scikit-learn's MLP.

    The bound is √(6 / (n_in + units)), for sigmoid layers √(2 / (n_in + units)); the activation of the last hidden
    layer decides for the output layer. Glorot & Bengio 2010.
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


def _tabular(
    layers: Sequence[Dense], n_inputs: int, dtype: str, random: np.random.RandomState
) -> Iterator[tuple[Array, Array]]:
    """Draws LeCun's normal weights and standard normal biases; the output layer begins with 0.

    The biases spread the kinks of the neurons over the rows. A network that begins with the output 0 learns from the
    first step without undoing random outputs. Holzmüller et al. 2024, arXiv:2407.04491.
    """
    n_in = n_inputs
    for layer in layers[:-1]:
        weights = _drawn(DRAWS["lecun_normal"](n_in, random), n_in, layer.units, dtype)
        yield weights, random.normal(size=layer.units).astype(dtype)
        n_in = layer.units
    yield np.zeros((n_in, layers[-1].units), dtype), np.zeros(layers[-1].units, dtype)


def _orthogonal(n_in: int, units: int, random: np.random.RandomState) -> Array:
    """Draws orthonormal columns, or rows if there are more units than inputs. Saxe et al. 2013, arXiv:1312.6120."""
    q, r = np.linalg.qr(random.normal(size=(max(n_in, units), min(n_in, units))))
    q *= np.where(np.diag(r) < 0, -1, 1)  # makes the draw uniform over all orthogonal matrices
    return np.ascontiguousarray(q if n_in >= units else q.T)


DRAWS: dict[str, Callable[[int, np.random.RandomState], Draw]] = {
    # He et al. 2015, arXiv:1502.01852
    "he_normal": lambda n_in, random: partial(random.normal, 0, np.sqrt(2 / n_in)),
    "he_uniform": lambda n_in, random: partial(random.uniform, -np.sqrt(6 / n_in), np.sqrt(6 / n_in)),
    # LeCun et al. 1998, Efficient BackProp
    "lecun_normal": lambda n_in, random: partial(random.normal, 0, np.sqrt(1 / n_in)),
}
INITS = ("glorot_uniform", *DRAWS, "orthogonal", "tabular")


def checked(init: Any) -> Init:
    """Returns init if it is a name of INITS or a pair of lists of arrays."""
    if isinstance(init, str) and init in INITS:
        return cast(InitName, init)
    if isinstance(init, (tuple, list)) and len(init) == 2:
        return init[0], init[1]
    raise ValueError(
        f"init must be one of {', '.join(INITS)}, or a pair (weights, biases) of lists with one array per layer; "
        f"got {init!r}{suggestion(init, INITS) if isinstance(init, str) else ''}"
    )
