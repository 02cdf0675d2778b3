# SPDX-License-Identifier: BSD-3-Clause
"""The package's network with the layers, the loss and the parameters of an oracle's network."""

import inspect
from typing import Any

import numpy as np

import neuract as na
from neuract.layers._inputs import INPUTS


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


def input_of(each):
    """The package's object for an oracle's input."""
    if each.kind == "periodic":
        f, size = each.learned["weights"].shape
        return na.Periodic([each.column], frequencies=f, size=size, rate=each.rate)
    if each.kind == "piecewise_linear":
        return na.PiecewiseLinear(each.column, each.edges)
    if each.kind == "embedding":
        return na.Embedding(each.column, each.levels, each.learned["vectors"].shape[1], rate=each.rate)
    if each.kind == "one_hot":
        return na.OneHot(each.column, each.levels)
    kind: Any = INPUTS[each.kind]
    return kind(rate=each.rate) if each.kind == "scale" else kind(each.column)


def learned_of(each):
    """What an oracle's input has learned, in the package's shapes."""
    return {name: a[None] for name, a in each.learned.items()} if each.kind == "periodic" else each.learned


def twin(layers, loss, dtype="float64", inputs=(), **settings):
    """The package's network with the oracle's layers, inputs, loss and parameters."""
    dense = [
        na.Dense(
            layer.biases.size,
            activation_of(layer),
            threshold=layer.threshold,
            rate=dict(zip(("weights", "biases", "slopes"), layer.rates, strict=True)),
        )
        for layer in layers
    ]
    net = na.Network(dense, inputs=[*map(input_of, inputs)], loss=loss_object(loss), dtype=dtype, **settings)
    net.set_parameters(
        [layer.weights for layer in layers],
        [layer.biases for layer in layers],
        [layer.slopes for layer in layers],
        [*map(learned_of, inputs)],
    )
    return net
