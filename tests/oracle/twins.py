# SPDX-License-Identifier: BSD-3-Clause
"""The package's network with the layers, the loss and the parameters of an oracle's network."""

import inspect
from typing import Any

import numpy as np

import neuract as na


def parameters(model):
    """Weights, biases and slopes, copied, in one list: of a Network or of gradients."""
    every = [*model.weights, *model.biases, *model.slopes]
    return [None if p is None else np.array(p) for p in every]


def activation_of(layer):
    """The package's object for an oracle's layer."""
    default = na.activation(layer.activation)
    kind: Any = type(default)
    if layer.activation == "prelu":
        return kind(shared=layer.slopes.size < layer.biases.size)
    if layer.parameter is None:
        return default
    return kind(**{next(iter(inspect.signature(kind).parameters)): layer.parameter})


def loss_object(loss):
    kind: Any = na.losses.LOSSES[loss.name]
    return kind() if loss.parameter is None else kind(loss.parameter)


def twin(layers, loss, dtype="float64", **settings):
    """The package's network with the oracle's layers, loss and parameters."""
    dense = [
        na.Dense(
            layer.biases.size,
            activation_of(layer),
            threshold=layer.threshold,
            rate=dict(zip(("weights", "biases", "slopes"), layer.rates, strict=True)),
        )
        for layer in layers
    ]
    net = na.Network(dense, loss=loss_object(loss), dtype=dtype, **settings)
    net.set_parameters(
        [layer.weights for layer in layers],
        [layer.biases for layer in layers],
        [layer.slopes for layer in layers],
    )
    return net
