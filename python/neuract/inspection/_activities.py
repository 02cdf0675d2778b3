# SPDX-License-Identifier: BSD-3-Clause
"""What each input and each neuron of a network does over rows, as the core counts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuract._typing import Array
from neuract.inputs._sparse import SparseRows
from neuract.threading._count import threads_of

if TYPE_CHECKING:
    from neuract.network import Network

ACTIVITY = np.dtype([(name, np.float64) for name in ("mean", "squares", "minimum", "maximum", "fired", "saturated")])
"""na_activity of csrc/neuract.h."""


def activities(network: Network, x: Array | SparseRows) -> tuple[Array, list[Array]]:
    """Arrays of ACTIVITY: of the inputs, and of each layer's neurons; one pass over checked rows."""
    units = [layer.units for layer in network.layers]
    limits = np.array([layer.activation.saturates_at for layer in network.layers])
    measured = np.zeros(x.shape[1] + sum(units), ACTIVITY)
    network._built().diagnose(len(x), x, limits.ravel(), measured.view(np.float64), threads_of(network.n_threads))
    inputs, *layers = np.split(measured, x.shape[1] + np.cumsum([0, *units[:-1]]))
    return _with_zeros(inputs, len(x)), layers


def _with_zeros(inputs: Array, rows: int) -> Array:
    """Inputs of which some values are stored, with the zeros that are not."""
    sparse = inputs["fired"] < rows
    part = inputs[sparse]
    stored = part["fired"] / rows
    with np.errstate(over="ignore"):
        part["squares"] += part["mean"] ** 2 * stored * (1 - stored) * rows
    part["mean"] *= stored
    part["minimum"] = np.minimum(part["minimum"], 0)
    part["maximum"] = np.maximum(part["maximum"], 0)
    inputs[sparse] = part
    return inputs
