# SPDX-License-Identifier: BSD-3-Clause
"""The networks of a model as ONNX nodes: of one its layers, of several the weighted mean of their outputs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from neuract._typing import Array
from neuract.activations._base import Activation
from neuract.activations._named import PReLU, Softmax
from neuract.export._model import ExportedLayer, ExportedModel, ExportedNetwork
from neuract.export.onnx._activations import NODES
from neuract.export.onnx._columns import joined
from neuract.export.onnx._graph import Graph
from neuract.export.onnx._inputs import encoded
from neuract.export.onnx._kinds_at_once import encoded_at_once


def mean_outputs(graph: Graph, model: ExportedModel, x: str) -> str:
    """Adds what makes the outputs of the matrix X; returns their name, rows × outputs."""
    if model.zero_missing:
        x = graph.add("Where", graph.add("IsNaN", x), 0, x)
    if model.is_mean:
        return mean(graph, model, side_by_side(graph, model, x))
    network = model.networks[0]
    y = encoded(graph, network.inputs, x) if network.inputs else x
    for number, layer in enumerate(network.layers):
        z = product(graph, layer, y, f"layers.{number}")
        y = passed_on(graph, layer.activation, z, layer.slopes, layer.thresholds)
    return y


def product(graph: Graph, layer: ExportedLayer, x: str, name: str) -> str:
    weights = graph.constant(layer.weights.astype(graph.dtype), f"{name}.weight")
    biases = graph.constant(layer.biases.astype(graph.dtype), f"{name}.bias")
    return graph.add("Gemm", x, weights, biases)


def passed_on(graph: Graph, f: Activation, z: str, slopes: Array | None, thresholds: Array | None) -> str:
    y = NODES[f.core_name](graph, z, slopes if isinstance(f, PReLU) else f.parameter)
    return y if thresholds is None else graph.add("Where", graph.add("Less", y, thresholds), 0, y)


# ---- several members -------------------------------------------------------------------------------


def side_by_side(graph: Graph, model: ExportedModel, x: str) -> str:
    """Adds the outputs of all members, rows × members · outputs."""
    sharing = graph.sharing()
    runs = [list(run) for _, run in groupby(enumerate(model.networks), lambda pair: len(pair[1].layers))]
    return joined(graph, [of_one_depth(graph, sharing, run, x) for run in runs])


def of_one_depth(graph: Graph, sharing: Graph, members: Sequence[tuple[int, ExportedNetwork]], x: str) -> str:
    """Adds the outputs of members, with their numbers, that have as many layers as each other.

    Each member has products of its own. Their results stand side by side for the activation, which may be ten nodes.
    """
    networks = [network for _, network in members]
    each = [encoded_at_once(sharing, network.inputs, x) if network.inputs else x for network in networks]
    y = ""
    for number, of_layer in enumerate(zip(*(network.layers for network in networks), strict=True)):
        if number > 0:
            each = parted(graph, y, [len(layer.weights) for layer in of_layer])
        names = [f"members.{member}.layers.{number}" for member, _ in members]
        products = [product(graph, *of_one) for of_one in zip(of_layer, each, names, strict=True)]
        y = activated(graph, of_layer, products)
    return y


def activated(graph: Graph, alike: Sequence[ExportedLayer], products: Sequence[str]) -> str:
    """Adds what these layers pass on, side by side."""
    f = alike[0].activation
    if isinstance(f, Softmax) or any(layer.activation != f for layer in alike):  # not a function of each number
        pairs = zip(alike, products, strict=True)
        each = [passed_on(graph, layer.activation, z, layer.slopes, layer.thresholds) for layer, z in pairs]
        return joined(graph, each)
    slopes, thresholds = of_neurons(alike, "slopes"), of_neurons(alike, "thresholds")
    return passed_on(graph, f, joined(graph, products), slopes, thresholds)


def of_neurons(alike: Sequence[ExportedLayer], name: str) -> Array | None:
    """Returns the numbers of this name for all neurons of the layers, or None if no layer has any."""
    given = [(getattr(layer, name), layer.units) for layer in alike]
    if all(numbers is None for numbers, _ in given):
        return None
    return np.concatenate([np.broadcast_to(-np.inf if numbers is None else numbers, units) for numbers, units in given])


def parted(graph: Graph, y: str, widths: list[int]) -> list[str]:
    """Adds the parts of values that are side by side."""
    if len(widths) == 1:
        return [y]
    first = graph.add("Split", y, graph.constant(np.array(widths, np.int64)), axis=1)
    others = [f"{first}_{number}" for number in range(1, len(widths))]
    graph.nodes[-1].output.extend(others)
    return [first, *others]


def mean(graph: Graph, model: ExportedModel, outputs: str) -> str:
    """Adds the weighted mean of the members' outputs, which are side by side and held within the bounds."""
    members = model.members
    shape = graph.constant(np.array([0, len(members), model.units], np.int64))  # 0: as many rows as there are
    y = graph.add("Reshape", outputs, shape)
    if members.bounds is not None:
        y = graph.add("Min", graph.add("Max", y, members.bounds[0]), members.bounds[1])
    y = graph.add("MatMul", members.weights.reshape(1, -1), y)  # rows × 1 × outputs
    return graph.add("Squeeze", y, graph.constant(np.array([1], np.int64)))
