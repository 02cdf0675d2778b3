# SPDX-License-Identifier: BSD-3-Clause
"""Random networks to explain, and how exactly explanations add up, for test_explain.py and test_explanation.py."""

from itertools import pairwise

import numpy as np

import neuract as na

EXACT = 1e-9  # of the largest number of a row: rounding, which slopes of steep networks enlarge


def network(layers, n_inputs=4, seed=0, scale=1.5, dtype="float64", **parameters):
    """A network with random weights and biases."""
    rng = np.random.default_rng(seed)
    sizes = [n_inputs, *(layer.units for layer in layers)]
    net = na.Network(layers, dtype=dtype, **parameters)
    weights = [scale * rng.standard_normal((n, m)) / np.sqrt(n) for n, m in pairwise(sizes)]
    return net.set_parameters(weights, [0.3 * rng.standard_normal(m) for m in sizes[1:]])


def scale_of(explanation):
    """The numbers of each row and output that a sum can lose digits to; of shares those of all outputs."""
    sizes = np.abs(explanation.predictions) + np.abs(explanation.base_values) + np.abs(explanation.values).sum(axis=1)
    return np.broadcast_to(sizes.max(axis=1, keepdims=True), sizes.shape) if explanation.kind == "classes" else sizes
