# SPDX-License-Identifier: BSD-3-Clause
"""Statistics of each input and each neuron over rows, which the core computes in one pass."""

from __future__ import annotations

import numpy as np

from neuract._typing import Array, FittedNetwork
from neuract.inputs._sparse import SparseRows
from neuract.threading._count import threads_of

ACTIVITY = np.dtype([(name, np.float64) for name in ("mean", "squares", "minimum", "maximum", "fired", "saturated")])
"""The struct na_activity of csrc/neuract.h."""


def activities(network: FittedNetwork, x: Array | SparseRows) -> tuple[Array, list[Array]]:
    """Returns arrays of ACTIVITY for checked rows: one for the inputs, and one per layer."""
    units = [layer.units for layer in network.layers]
    limits = np.array([layer.activation.saturates_at for layer in network.layers])
    measured = np.zeros(x.shape[1] + sum(units), ACTIVITY)
    core, n_threads = network._known().core, threads_of(network.n_threads)
    core.diagnose(len(x), x, limits.ravel(), measured.view(np.float64), n_threads)
    inputs, *layers = np.split(measured, x.shape[1] + np.cumsum([0, *units[:-1]]))
    return _with_zeros(inputs, len(x)), layers


def _with_zeros(inputs: Array, rows: int) -> Array:
    """Adds the zeros that a sparse X does not store to the statistics of its inputs."""
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
