# SPDX-License-Identifier: BSD-3-Clause
"""Statistics of each input and each neuron over rows, which the core computes in one pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuract._typing import Array, FittedNetwork
from neuract.inputs._sparse import SparseRows
from neuract.layers._inputs import Input, Numbers, Periodic
from neuract.threading._count import threads_of

ACTIVITY = np.dtype([(name, np.float64) for name in ("mean", "squares", "minimum", "maximum", "fired", "saturated")])
"""The struct na_activity of csrc/neuract.h."""


def activities(network: FittedNetwork, x: Array | SparseRows) -> tuple[Array, list[Array]]:
    """Returns arrays of ACTIVITY for checked rows: one for the columns of X, and one per layer."""
    inputs, layers = of_numbers(network, x)
    return _of_columns(np.asarray(x), network.inputs) if network.inputs else inputs, layers


def of_numbers(network: FittedNetwork, x: Array | SparseRows) -> tuple[Array, list[Array]]:
    """Returns arrays of ACTIVITY for checked rows: one for the numbers that the first layer gets, and one per layer."""
    units = [layer.units for layer in network.layers]
    limits = np.array([layer.activation.saturates_at for layer in network.layers])
    core, n_threads = network._known().core, threads_of(network.n_threads)
    measured = np.zeros(core.n_numbers + sum(units), ACTIVITY)
    core.diagnose(len(x), x, limits.ravel(), measured.view(np.float64), n_threads)
    inputs, *layers = np.split(measured, core.n_numbers + np.cumsum([0, *units[:-1]]))
    return inputs if network.inputs else _with_zeros(inputs, len(x)), layers


def _of_columns(x: Array, inputs: Sequence[Input]) -> Array:
    """Returns the statistics of the columns of X; NaN for those whose scale does not matter, such as levels."""
    x = x.astype(np.float64, copy=False)
    columns = np.zeros(x.shape[1], ACTIVITY)
    with np.errstate(over="ignore", invalid="ignore"):
        columns["mean"], columns["squares"] = x.mean(axis=0), ((x - x.mean(axis=0)) ** 2).sum(axis=0)
    columns["minimum"], columns["maximum"], columns["fired"] = x.min(axis=0), x.max(axis=0), len(x)
    scaled = [column for each in inputs if isinstance(each, (Numbers, Periodic)) for column in each.columns]
    others = np.setdiff1d(np.arange(x.shape[1]), scaled)
    for name in ("mean", "squares", "minimum", "maximum"):
        columns[name][others] = np.nan
    return columns


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
