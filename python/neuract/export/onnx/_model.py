# SPDX-License-Identifier: BSD-3-Clause
"""A fitted model as an ONNX graph: the networks, then probabilities and labels. Imports onnx."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, ValueInfoProto, checker, defs, helper

from neuract._checks import one_of, whole_number
from neuract._typing import Array
from neuract.columns._columns import Columns
from neuract.export._model import ExportedModel
from neuract.export.onnx._columns import input_names, input_type, matrix
from neuract.export.onnx._graph import ML, ML_OPSET, Graph
from neuract.export.onnx._members import mean_outputs
from neuract.files._atomic import write_atomically
from neuract.outputs._kinds import Classes, Labels, OfClassifier, Outputs, Quantiles

OPSETS = range(13, 26)  # 12 lacks operators used here; above 25 no runtime has been tested
REALS = ("float32", "float64")
INPUT, ROWS = "X", "rows"


def save_onnx(model: ExportedModel, path: Any, opset: int, target_dtype: str) -> ModelProto:
    """Returns the checked model, and writes it to path unless path is None."""
    proto = onnx_model(model, checked_opset(opset), one_of(target_dtype, "target_dtype", REALS))
    checker.check_model(proto, full_check=True)
    if path is not None:
        write_atomically(path, proto.SerializeToString())
    return proto


def checked_opset(opset: Any) -> int:
    """Returns the opset; ValueError if it is not supported."""
    newest = defs.onnx_opset_version()
    number = whole_number(opset, "opset", low=OPSETS[0])
    if number not in OPSETS or number > newest:
        raise ValueError(f"opset must be from {OPSETS[0]} to {min(OPSETS[-1], newest)}, got {opset}")
    return number


def onnx_model(model: ExportedModel, opset: int, dtype: str) -> ModelProto:
    """Returns the model: from X (rows, n_inputs) of that dtype to label and probabilities, or to variable.

    With columns it has an input (rows, 1) for each of them in place of X.
    """
    columns = model.columns
    if columns is None:
        graph = Graph(dtype)
        inputs = [helper.make_tensor_value_info(INPUT, graph.real, [ROWS, model.n_inputs])]
        return packed(graph, inputs, outputs_of(graph, model, INPUT), opset)
    names = input_names(columns)
    graph = Graph(dtype, names)
    inputs = inputs_of(graph, columns, names)
    return packed(graph, inputs, outputs_of(graph, model, matrix(graph, columns, names)), opset)


def inputs_of(graph: Graph, columns: Columns, names: Sequence[str]) -> list[ValueInfoProto]:
    """Returns the inputs of columns, with these names."""
    kinds = [input_type(graph, column) for column in columns.kinds_]
    return [helper.make_tensor_value_info(*each, [ROWS, 1]) for each in zip(names, kinds, strict=True)]


def outputs_of(graph: Graph, model: ExportedModel, x: str) -> list[ValueInfoProto]:
    """Adds label and probabilities for a classifier, variable for other models."""
    y, meaning = mean_outputs(graph, model, x), model.meaning
    if not isinstance(meaning, OfClassifier):
        return [variable(graph, meaning, y)]
    probability = probabilities(graph, meaning, y)
    return [labels(graph, meaning, probability.name, onnx_classes(meaning.classes)), probability]


def packed(graph: Graph, inputs: Sequence[ValueInfoProto], outputs: Sequence[ValueInfoProto], opset: int) -> ModelProto:
    """Returns the graph as a model in the oldest file format that has the opset, so that older runtimes read it."""
    proto = helper.make_graph(graph.nodes, "neuract", inputs, outputs, list(graph.constants.values()))
    opsets = [helper.make_opsetid("", opset)]
    if graph.uses_ml:
        opsets.append(helper.make_opsetid(ML, ML_OPSET))
    return helper.make_model(
        proto,
        opset_imports=opsets,
        ir_version=helper.find_min_ir_version_for(opsets),
        producer_name="neuract",
        producer_version=version("neuract"),
    )


# ---- the outputs -------------------------------------------------------------------------------------


def variable(graph: Graph, meaning: Outputs, y: str) -> ValueInfoProto:
    """Adds the numbers, one column each, in the unit of y; quantiles in ascending order."""
    if isinstance(meaning, Quantiles):
        y = graph.add("TopK", y, graph.constant(np.array([meaning.n_columns], np.int64)), axis=1, largest=0)
        graph.nodes[-1].output.append(graph.free("order"))
    if meaning.unit is not None:
        graph.add("Add", graph.add("Mul", y, meaning.unit.scales), meaning.unit.centers)
    name = graph.call_last("variable")
    return helper.make_tensor_value_info(name, graph.real, [ROWS, meaning.n_columns])


def probabilities(graph: Graph, meaning: OfClassifier, y: str) -> ValueInfoProto:
    """Adds the probabilities, one column per class or label."""
    if isinstance(meaning, Classes) and meaning.one_of_two:
        graph.add("Concat", graph.add("Sub", 1, y), y, axis=1)
    elif isinstance(meaning, Classes) and meaning.certain:
        graph.add("Add", graph.add("Mul", y, 0), 1)
    name = graph.call_last("probabilities")
    return helper.make_tensor_value_info(name, graph.real, [ROWS, meaning.n_columns])


def labels(graph: Graph, meaning: OfClassifier, probability: str, classes: Array) -> ValueInfoProto:
    """Adds the most probable of the classes of each row, or 0 and 1 for several labels per row."""
    if isinstance(meaning, Labels):
        graph.add("Cast", graph.add("Greater", probability, 0.5), to=TensorProto.INT64)
        return helper.make_tensor_value_info(graph.call_last("label"), TensorProto.INT64, [ROWS, meaning.n_columns])
    chosen = graph.add("ArgMax", probability, axis=1, keepdims=0)
    name = graph.constant(classes, "classes")
    graph.add("Gather", name, chosen)
    dtype = graph.constants[name].data_type
    return helper.make_tensor_value_info(graph.call_last("label"), dtype, [ROWS])


def onnx_classes(classes: Array) -> Array:
    """Returns the classes as a dtype that ONNX has for labels: bool, int64, float32, float64, or object for strings."""
    kind, size = classes.dtype.kind, classes.dtype.itemsize
    if kind in "iu":
        if int(classes.max()) > np.iinfo(np.int64).max:
            raise ValueError(f"ONNX has labels up to 2⁶³ - 1; y has a class {classes.max()}")
        return np.asarray(classes.astype(np.int64))
    if kind == "f":
        return np.asarray(classes.astype(np.float32 if size <= 4 else np.float64))
    return np.asarray(classes) if kind == "b" else np.array([str(name) for name in classes], object)
