# SPDX-License-Identifier: BSD-3-Clause
"""A fitted model as an ONNX graph: the network, then what makes labels of its outputs. Imports onnx."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, ValueInfoProto, checker, defs, helper

from neuract._checks import one_of, whole_number
from neuract._typing import Array
from neuract.activations._named import PReLU
from neuract.export._model import ExportedLayer, ExportedModel
from neuract.export.onnx._activations import NODES
from neuract.export.onnx._graph import Graph
from neuract.files._atomic import write_atomically

OPSETS = range(13, 26)  # before 13 operators lack what is used here; after 25 no runtime has been tried
REALS = ("float32", "float64")
INPUT, ROWS = "X", "rows"


def save_onnx(model: ExportedModel, path: Any, opset: int, target_dtype: str) -> ModelProto:
    """The checked model; written to path where one is given."""
    proto = onnx_model(model, checked_opset(opset), one_of(target_dtype, "target_dtype", REALS))
    checker.check_model(proto, full_check=True)
    if path is not None:
        write_atomically(path, proto.SerializeToString())
    return proto


def checked_opset(opset: Any) -> int:
    """The opset if it is one of those that are supported."""
    newest = defs.onnx_opset_version()
    number = whole_number(opset, "opset", low=OPSETS[0])
    if number not in OPSETS or number > newest:
        raise ValueError(f"opset must be from {OPSETS[0]} to {min(OPSETS[-1], newest)}, got {opset}")
    return number


def onnx_model(model: ExportedModel, opset: int, dtype: str) -> ModelProto:
    """X (rows, n_inputs) of that dtype to label and probabilities, or to variable."""
    graph = Graph(dtype)
    return packed(graph, model.n_inputs, outputs_of(graph, model, INPUT), opset)


def outputs_of(graph: Graph, model: ExportedModel, x: str) -> list[ValueInfoProto]:
    """label and probabilities of a classifier, variable of other models."""
    y = network(graph, model, x)
    if model.classes is None:
        return [variable(graph, model, y)]
    probability = probabilities(graph, model, y)
    return [labels(graph, model, probability.name), probability]


def packed(graph: Graph, n_inputs: int, outputs: Sequence[ValueInfoProto], opset: int) -> ModelProto:
    """The graph as a model, of the oldest file format that knows the opset: so that older runtimes read it."""
    x = helper.make_tensor_value_info(INPUT, graph.real, [ROWS, n_inputs])
    proto = helper.make_graph(graph.nodes, "neuract", [x], outputs, list(graph.constants.values()))
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(
        proto,
        opset_imports=opsets,
        ir_version=helper.find_min_ir_version_for(opsets),
        producer_name="neuract",
        producer_version=version("neuract"),
    )


# ---- the network -----------------------------------------------------------------------------------


def network(graph: Graph, model: ExportedModel, x: str) -> str:
    y = x
    if model.zero_missing:
        y = graph.add("Where", graph.add("IsNaN", y), 0, y)
    for number, layer in enumerate(model.layers):
        y = dense(graph, layer, y, f"layers.{number}")
    return y


def dense(graph: Graph, layer: ExportedLayer, x: str, name: str) -> str:
    weights = graph.constant(layer.weights.astype(graph.dtype), f"{name}.weight")
    biases = graph.constant(layer.biases.astype(graph.dtype), f"{name}.bias")
    z = graph.add("Gemm", x, weights, biases)
    f = layer.activation
    y = NODES[f.core_name](graph, z, layer.slopes if isinstance(f, PReLU) else f.parameter)
    if layer.thresholds is None:
        return y
    return graph.add("Where", graph.add("Less", y, layer.thresholds), 0, y)


# ---- what the outputs mean ---------------------------------------------------------------------------


def variable(graph: Graph, model: ExportedModel, y: str) -> ValueInfoProto:
    """The outputs themselves, one column each."""
    if model.ascending:
        graph.add("TopK", y, graph.constant(np.array([model.n_outputs], np.int64)), axis=1, largest=0)
        graph.nodes[-1].output.append("order")
    name = graph.call_last("variable")
    return helper.make_tensor_value_info(name, graph.real, [ROWS, model.n_outputs])


def probabilities(graph: Graph, model: ExportedModel, y: str) -> ValueInfoProto:
    """One column a class, or a label."""
    if model.one_of_two:
        graph.add("Concat", graph.add("Sub", 1, y), y, axis=1)
    elif model.certain:
        graph.add("Add", graph.add("Mul", y, 0), 1)
    name = graph.call_last("probabilities")
    return helper.make_tensor_value_info(name, graph.real, [ROWS, model.n_outputs])


def labels(graph: Graph, model: ExportedModel, probability: str) -> ValueInfoProto:
    """The most probable class of each row, or 0 and 1 for several labels a row."""
    if model.multilabel:
        graph.add("Cast", graph.add("Greater", probability, 0.5), to=TensorProto.INT64)
        return helper.make_tensor_value_info(graph.call_last("label"), TensorProto.INT64, [ROWS, model.n_outputs])
    classes = onnx_classes(model.classes)
    chosen = graph.add("ArgMax", probability, axis=1, keepdims=0)
    graph.add("Gather", graph.constant(classes, "classes"), chosen)
    dtype = graph.constants["classes"].data_type
    return helper.make_tensor_value_info(graph.call_last("label"), dtype, [ROWS])


def onnx_classes(classes: Any) -> Array:
    """The classes as bool, int64, float32, float64 or strings (objects), which ONNX has for labels."""
    kind, size = classes.dtype.kind, classes.dtype.itemsize
    if kind in "iu":
        if int(classes.max()) > np.iinfo(np.int64).max:
            raise ValueError(f"ONNX has labels up to 2⁶³ - 1, and there is a class {classes.max()}")
        return np.asarray(classes.astype(np.int64))
    if kind == "f":
        return np.asarray(classes.astype(np.float32 if size <= 4 else np.float64))
    return np.asarray(classes) if kind == "b" else np.array([str(name) for name in classes], object)
