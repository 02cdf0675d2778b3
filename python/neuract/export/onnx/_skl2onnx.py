# SPDX-License-Identifier: BSD-3-Clause
"""Conversion of an estimator inside a Pipeline by skl2onnx: outputs, their types, nodes.

skl2onnx calls the estimator's methods onnx_parser, onnx_shape_calculator and onnx_converter, which return
`parser(model)`, `set_types` and `convert`, so users register nothing. Only the option zipmap needs an entry in
skl2onnx's tables, which `parser` makes with skl2onnx's public function. Imports skl2onnx and onnx.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import (
    BooleanTensorType,
    DictionaryType,
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    SequenceType,
    StringTensorType,
)

from neuract._typing import Array, FittedModel
from neuract.export._model import ExportedModel
from neuract.export.onnx._graph import Graph
from neuract.export.onnx._model import INPUT, checked_opset, onnx_classes, outputs_of
from neuract.outputs._kinds import Labels, OfClassifier, Outputs

ZIPMAP = (False, True, "columns")
LABEL_TYPES = {
    "bool": BooleanTensorType,
    "int64": Int64TensorType,
    "float32": FloatTensorType,
    "float64": DoubleTensorType,
    "object": StringTensorType,
}


def parser(model: FittedModel) -> Callable[..., list[Any]]:
    """Returns the function that declares the outputs of a model."""
    classifies = isinstance(model._meaning(), OfClassifier)
    kind = "MLPClassifier" if classifies else "MLPRegressor"
    options = {"zipmap": list(ZIPMAP)} if classifies else None
    update_registered_converter(type(model), f"Neuract{kind}", set_types, convert, parser=parse, options=options)
    return partial(declare, model)


def parse(scope: Any, model: FittedModel, inputs: Any, custom_parsers: Any = None) -> Any:
    """Declares a model as an operator; skl2onnx calls it in place of the model's parser once the entry exists."""
    operator = scope.declare_local_operator(f"Neuract{type(model).__name__}", model)
    operator.inputs = inputs
    for variable in declare(model, scope, inputs):
        operator.outputs.append(variable)
    return operator.outputs


def declare(model: FittedModel, scope: Any, inputs: Any) -> list[Any]:
    """Declares the outputs of a model."""
    types = output_types(model._meaning(), zipmap_of(model, scope), inputs[0].type)
    return [scope.declare_local_variable(name, kind) for name, kind in types]


def set_types(operator: Any) -> None:
    """Sets the types of the outputs again, when the type of the input is known for certain."""
    model = operator.raw_operator
    types = output_types(model._meaning(), zipmap_of(model, operator.scope_inst), operator.inputs[0].type)
    for variable, (_, kind) in zip(operator.outputs, types, strict=True):
        variable.set_type(kind)


def convert(scope: Any, operator: Any, container: Any) -> None:
    """Adds the model's nodes."""
    model, source = operator.raw_operator, operator.inputs[0]
    exported, zipmap = ExportedModel.of(model), zipmap_of(model, scope)
    graph = Graph("float64" if isinstance(source.type, DoubleTensorType) else "float32")
    names = [value.name for value in outputs_of(graph, exported, graph.add("Cast", INPUT, to=graph.real))]
    if zipmap and isinstance(exported.meaning, OfClassifier):
        split = columns if zipmap == "columns" else zipped
        names = [names[0], *split(graph, exported.meaning, names[1])]
        container.node_domain_version_pair_sets.add(("ai.onnx.ml", 1))
    container.node_domain_version_pair_sets.add(("", checked_opset(container.target_opset)))
    outputs = [variable.onnx_name for variable in operator.outputs]
    embed(graph, scope, container, {INPUT: source.onnx_name} | dict(zip(names, outputs, strict=True)))


def embed(graph: Graph, scope: Any, container: Any, names: dict[str, str]) -> None:
    """Copies the graph into the larger one; names: the larger graph's names of the inputs and outputs."""
    inside = [*graph.constants, *(output for node in graph.nodes for output in node.output)]
    names = {name: scope.get_unique_variable_name(name) for name in inside if name not in names} | names
    for node in graph.nodes:
        node.name = scope.get_unique_operator_name(node.op_type)
        node.input[:] = [names[name] for name in node.input]
        node.output[:] = [names[name] for name in node.output]
    for name, constant in graph.constants.items():
        constant.name = names[name]
    container.nodes.extend(graph.nodes)
    container.initializers.extend(graph.constants.values())


def zipmap_of(model: FittedModel, scope: Any) -> bool | str:
    """Returns skl2onnx's option: False (one array), True (a dict per row), "columns" (one output per class)."""
    if not isinstance(model._meaning(), OfClassifier):
        return False
    zipmap: bool | str = scope.get_options(model, {"zipmap": True})["zipmap"]
    return zipmap


def output_types(meaning: Outputs, zipmap: bool | str, x: Any) -> list[tuple[str, Any]]:
    """Returns names, which are skl2onnx's, and types of the outputs for an input of type x."""
    real = DoubleTensorType if isinstance(x, DoubleTensorType) else FloatTensorType
    whole = real([None, meaning.n_columns])
    if not isinstance(meaning, OfClassifier):
        return [("variable", whole)]
    label = label_type(meaning)
    if not zipmap:
        return [("label", label), ("probabilities", whole)]
    if zipmap == "columns":
        return [("output_label", label), *((name, real([None])) for name in column_names(meaning))]
    key = StringTensorType if dict_keys(meaning).dtype == object else Int64TensorType
    dicts = SequenceType(DictionaryType(key([None]), FloatTensorType()))
    return [("output_label", label), ("output_probability", dicts)]


def label_type(meaning: OfClassifier) -> Any:
    if isinstance(meaning, Labels):
        return Int64TensorType([None, meaning.n_columns])
    return LABEL_TYPES[onnx_classes(meaning.classes).dtype.name]([None])


def column_names(meaning: OfClassifier) -> list[str]:
    """Returns skl2onnx's names: i0, i1 for whole numbers and bools, s followed by the label for others."""
    classes = onnx_classes(meaning.classes)
    return [f"i{int(label)}" if classes.dtype.kind in "ib" else f"s{label}" for label in classes]


def columns(graph: Graph, meaning: OfClassifier, probabilities: str) -> list[str]:
    """Adds one output of shape (rows,) per class."""
    numbers = range(meaning.n_columns)
    return [graph.add("Gather", probabilities, graph.constant(np.array(k)), axis=1) for k in numbers]


def zipped(graph: Graph, meaning: OfClassifier, probabilities: str) -> list[str]:
    """Adds a dict per row, from class to probability; ONNX has them in float only."""
    classes = dict_keys(meaning)
    keys = "classlabels_strings" if classes.dtype == object else "classlabels_int64s"
    single = graph.add("Cast", probabilities, to=TensorProto.FLOAT)
    return [graph.add("ZipMap", single, domain="ai.onnx.ml", **{keys: classes.tolist()})]


def dict_keys(meaning: OfClassifier) -> Array:
    """Returns the classes as keys of ONNX's dicts: strings or whole numbers. Classes that are floats are rounded."""
    classes = onnx_classes(meaning.classes)
    return classes if classes.dtype == object else classes.astype(np.int64)
