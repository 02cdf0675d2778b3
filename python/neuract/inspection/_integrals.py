# SPDX-License-Identifier: BSD-3-Clause
"""Integrals of a model's gradients along paths, which the core computes in float64, summed over its members."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuract._typing import Array, FittedNetwork
from neuract.layers._numbers import number_columns
from neuract.threading._count import threads_of
from neuract.training._members import Members


@dataclass(frozen=True)
class Integrals:
    """What groups of columns contribute to the outputs of a network: the mean over the baselines.

    Attributes
    ----------
    values : ndarray of shape (rows, groups, outputs)
    outputs, base : ndarray of shape (rows, outputs) and (outputs,)
        At the rows and at the baselines.
    """

    values: Array
    outputs: Array
    base: Array


def integrals(
    members: Members, x: Array, baselines: Array, groups: npt.NDArray[np.intp], tolerance: float
) -> Integrals:
    """Returns the weighted mean of the members' integrals for checked rows.

    groups: of each column of x, the group to which its values are added.
    """
    x, baselines = np.ascontiguousarray(x, np.float64), np.ascontiguousarray(baselines, np.float64)
    n_groups, units = int(groups.max()) + 1, members.networks[0].layers[-1].units
    total = Integrals(np.zeros((len(x), n_groups, units)), np.zeros((len(x), units)), np.zeros(units))
    for network, weight in zip(members.networks, members.weights, strict=True):
        _add(total, network, float(weight) / len(baselines), x, baselines, groups, members.bounds, tolerance)
    return total


def _add(
    total: Integrals, network: FittedNetwork, weight: float, x: Array, baselines: Array,
    groups: npt.NDArray[np.intp], bounds: Array | None, tolerance: float,
) -> None:  # fmt: skip
    """Adds the integrals of one network from every baseline, times the weight."""
    known, n_threads = network._known().in_float64(), threads_of(network.n_threads)
    places = np.ascontiguousarray(groups[number_columns(network.inputs, x.shape[1])], np.int64)
    limits = None if bounds is None else np.ascontiguousarray(bounds, np.float64)
    _, n_groups, units = total.values.shape
    one = Integrals(np.empty_like(total.values), np.empty_like(total.outputs), np.empty(units))
    for baseline in baselines:
        given = x, baseline[np.newaxis], places, n_groups, limits, tolerance
        known.core.explain(len(x), *given, one.values, one.outputs, one.base, n_threads)
        for sums, array in ((total.values, one.values), (total.outputs, one.outputs), (total.base, one.base)):
            array *= weight
            sums += array
