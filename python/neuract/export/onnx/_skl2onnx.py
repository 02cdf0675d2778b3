# SPDX-License-Identifier: BSD-3-Clause
"""What skl2onnx asks an estimator for when it converts a Pipeline: its outputs, their types, its nodes.

skl2onnx calls methods of the estimator, so its user has nothing to register. Only the option zipmap needs an entry in
skl2onnx's tables, which `parser` makes, by the public way, when it is first called. Imports skl2onnx and onnx.
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

from neuract.export._model import ExportedModel
from neuract.export.onnx._graph import Graph
from neuract.export.onnx._model import INPUT, checked_opset, onnx_classes, outputs_of

ZIPMAP = (False, True, "columns")
LABEL_TYPES = {
    "bool": BooleanTensorType,
    "int64": Int64TensorType,
    "float32": FloatTensorType,
    "float64": DoubleTensorType,
    "object": StringTensorType,
}


def parser(model: Any) -> Callable[..., list[Any]]:
    """What declares the outputs of a model."""
    kind = "MLPRegressor" if model._exported().classes is None else "MLPClassifier"
    options = {"zipmap": list(ZIPMAP)} if kind == "MLPClassifier" else None
    update_registered_converter(type(model), f"Neuract{kind}", set_types, convert, parser=parse, options=options)
    return partial(declare, model)


def parse(scope: Any, model: Any, inputs: Any, custom_parsers: Any = None) -> Any:
    """What skl2onnx calls in place of the model's parser once the entry is there."""
    operator = scope.declare_local_operator(f"Neuract{type(model).__name__}", model)
    operator.inputs = inputs
    for variable in declare(model, scope, inputs):
        operator.outputs.append(variable)
    return operator.outputs


def declare(model: Any, scope: Any, inputs: Any) -> list[Any]:
    exported = model._exported()
    types = output_types(exported, zipmap_of(model, scope), inputs[0].type)
    return [scope.declare_local_variable(name, kind) for name, kind in types]


def set_types(operator: Any) -> None:
    """Once more, now that the type of the input is known for certain."""
    model = operator.raw_operator
    types = output_types(model._exported(), zipmap_of(model, operator.scope_inst), operator.inputs[0].type)
    for variable, (_, kind) in zip(operator.outputs, types, strict=True):
        variable.set_type(kind)


def convert(scope: Any, operator: Any, container: Any) -> None:
    """Adds the model's nodes."""
    model, source = operator.raw_operator, operator.inputs[0]
    exported, zipmap = model._exported(), zipmap_of(model, scope)
    graph = Graph("float64" if isinstance(source.type, DoubleTensorType) else "float32")
    names = [value.name for value in outputs_of(graph, exported, graph.add("Cast", INPUT, to=graph.real))]
    if zipmap:
        split = columns if zipmap == "columns" else zipped
        names = [names[0], *split(graph, exported, names[1])]
        container.node_domain_version_pair_sets.add(("ai.onnx.ml", 1))
    container.node_domain_version_pair_sets.add(("", checked_opset(container.target_opset)))
    outputs = [variable.onnx_name for variable in operator.outputs]
    embed(graph, scope, container, {INPUT: source.onnx_name} | dict(zip(names, outputs, strict=True)))


def embed(graph: Graph, scope: Any, container: Any, names: dict[str, str]) -> None:
    """Puts the graph into the larger one; names: how inputs and outputs are called there."""
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


def zipmap_of(model: Any, scope: Any) -> bool | str:
    """skl2onnx's option: False (one array of probabilities), True (a dict a row), "columns" (an output a class)."""
    if model._exported().classes is None:
        return False
    zipmap: bool | str = scope.get_options(model, {"zipmap": True})["zipmap"]
    return zipmap


def output_types(model: ExportedModel, zipmap: bool | str, x: Any) -> list[tuple[str, Any]]:
    """Names and types of the outputs for an input of that type; skl2onnx's own names."""
    real = DoubleTensorType if isinstance(x, DoubleTensorType) else FloatTensorType
    whole = real([None, model.n_outputs])
    if model.classes is None:
        return [("variable", whole)]
    label = label_type(model)
    if not zipmap:
        return [("label", label), ("probabilities", whole)]
    if zipmap == "columns":
        return [("output_label", label), *((name, real([None])) for name in column_names(model))]
    key = StringTensorType if dict_keys(model).dtype == object else Int64TensorType
    dicts = SequenceType(DictionaryType(key([None]), FloatTensorType()))
    return [("output_label", label), ("output_probability", dicts)]


def label_type(model: ExportedModel) -> Any:
    if model.multilabel:
        return Int64TensorType([None, model.n_outputs])
    return LABEL_TYPES[onnx_classes(model.classes).dtype.name]([None])


def column_names(model: ExportedModel) -> list[str]:
    """As skl2onnx calls them: i0, i1 of whole numbers and bools, else s and the label."""
    classes = onnx_classes(model.classes)
    return [f"i{int(label)}" if classes.dtype.kind in "ib" else f"s{label}" for label in classes]


def columns(graph: Graph, model: ExportedModel, probabilities: str) -> list[str]:
    """The probabilities of each class as an output of its own, (rows,)."""
    return [graph.add("Gather", probabilities, graph.constant(np.array(k)), axis=1) for k in range(model.n_outputs)]


def zipped(graph: Graph, model: ExportedModel, probabilities: str) -> list[str]:
    """The probabilities of each row as a dict by class; ONNX has them in float only."""
    classes = dict_keys(model)
    keys = "classlabels_strings" if classes.dtype == object else "classlabels_int64s"
    single = graph.add("Cast", probabilities, to=TensorProto.FLOAT)
    return [graph.add("ZipMap", single, domain="ai.onnx.ml", **{keys: classes.tolist()})]


def dict_keys(model: ExportedModel) -> Any:
    """The classes as ONNX has keys of dicts: strings or whole numbers, which classes that are floats are too."""
    classes = onnx_classes(model.classes)
    return classes if classes.dtype == object else classes.astype(np.int64)
