# SPDX-License-Identifier: BSD-3-Clause
"""Activations, networks and targets that several test files use."""

import numpy as np

import neuract as na

# Every class with its defaults, and classes with parameters also with other values.
OBJECTS = [kind() for kind in dict.fromkeys(na.ACTIVATIONS.values())]
OBJECTS += [na.Linear(slope=-2.5), na.ReLU(max_value=1.0), na.ReLU(max_value=6.5)]
OBJECTS += [na.LeakyReLU(alpha=0.3), na.LeakyReLU(alpha=-0.5), na.PReLU(alpha=-0.5, shared=True)]
OBJECTS += [na.ELU(alpha=0.3), na.CELU(alpha=0.25), na.GELU(approximate="tanh"), na.Squareplus(b=0.01)]
OBJECTS += [na.HardShrink(lambd=2), na.SoftShrink(lambd=0)]

ROWS = 40
CLASSES = {
    "strings": ["grün", "rot", "blau"],
    "two strings": ["no", "yes"],
    "objects": np.array(["a", "b", "c"], object),
    "whole numbers": [-3, 2**40, 7],
    "small whole numbers": np.array([3, 250], np.uint8),
    "bools": [False, True],
    "floats": [0.0, 1.0, 5.0],
    "float32": np.array([0.0, 2.0], np.float32),
    "one": ["only"],
}

REGRESSIONS = {
    "one": ("squared_error", lambda X: X[:, 0]),
    "several": ("squared_error", lambda X: X[:, :3]),
    "poisson": ("poisson", lambda X: np.floor(np.exp(X[:, 0]))),
    "gamma": ("gamma", lambda X: np.exp(X[:, 0])),
    "quantiles": (na.Quantile((0.1, 0.5, 0.9)), lambda X: X[:, 0]),
}


def hidden_network(rng, activation, dtype="float32", **layer):
    """A network 5-7-6-2 with the activation in the first layer and weights that reach its bends."""
    layers = [na.Dense(7, activation, **layer), na.Dense(6, "tanh"), na.Dense(2, "linear")]
    net = na.Network(layers, dtype=dtype)
    weights = [rng.normal(size=shape) for shape in ((5, 7), (7, 6), (6, 2))]
    biases = [rng.normal(size=n) for n in (7, 6, 2)]
    return net.set_parameters(weights, biases)


def neuron_in_its_tails(f):
    """A network of one neuron (softmax: two) that returns f(x), and x as large as a wrong scale makes it."""
    z = np.array([*10.0 ** np.arange(-3, 12), 90, 700], np.float32)
    if isinstance(f, na.Exponential):
        z = z[z <= 80]
    if isinstance(f, na.Sin):
        z = z[z <= 1000]
    weights = [[1.0, 0.0]] if isinstance(f, na.Softmax) else [[1.0]]
    return na.Network([na.Dense(len(weights[0]), f)]).set_parameters([weights]), np.concatenate([-z, z])[:, np.newaxis]
