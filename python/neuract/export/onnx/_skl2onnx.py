# SPDX-License-Identifier: BSD-3-Clause
"""Conversion of an estimator by skl2onnx, alone, in a Pipeline or in an ensemble: types of its outputs, and its nodes.

As for scikit-learn's own classifiers, the nodes give labels and an array of probabilities, whatever contains the
estimator. What the options zipmap and output_class_labels add is added by skl2onnx's parser, where the estimator is
the end of the model. Imports skl2onnx and onnx.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn.base import ClassifierMixin

from neuract._typing import Array, FittedModel
from neuract.export._model import ExportedModel
from neuract.export._skl2onnx_classes import register_waiting
from neuract.export.onnx._columns import matrix
from neuract.export.onnx._graph import ML, ML_OPSET, Graph
from neuract.export.onnx._members import mean_outputs
from neuract.export.onnx._model import INPUT, checked_opset, labels, onnx_classes, probabilities, variable
from neuract.export.onnx._skl2onnx_columns import is_double, values
from neuract.outputs._kinds import Labels, OfClassifier

OPTIONS = {"zipmap": [True, False, "columns"], "output_class_labels": [False, True], "nocl": [False, True]}
LABEL_TYPES = {
    "int64": Int64TensorType,
    "float32": FloatTensorType,
    "float64": DoubleTensorType,
    "object": StringTensorType,
}


def register(estimator: type) -> None:
    """Enters a class of estimators in skl2onnx's tables."""
    classifies = issubclass(estimator, ClassifierMixin)
    alias, options = ("NeuractMLPClassifier", OPTIONS) if classifies else ("NeuractMLPRegressor", None)
    update_registered_converter(estimator, alias, set_types, convert, options=options)


def set_types(operator: Any) -> None:
    """Sets the types of the outputs."""
    model = operator.raw_operator
    meaning = model._meaning()
    real = DoubleTensorType if is_double(operator, model._frame_columns()) else FloatTensorType
    types = [real([None, meaning.n_columns])]
    if isinstance(meaning, OfClassifier):
        types.insert(0, label_type(meaning, classes_of(model, meaning, operator.scope_inst)))
    for output, kind in zip(operator.outputs, types, strict=True):
        output.set_type(kind)


def convert(scope: Any, operator: Any, container: Any) -> None:
    """Adds the model's nodes."""
    model = operator.raw_operator
    exported = ExportedModel.of(model)
    meaning = exported.meaning
    sources = {f"{INPUT}{number}": variable.onnx_name for number, variable in enumerate(operator.inputs)}
    graph = Graph("float64" if is_double(operator, exported.columns) else "float32")
    y = mean_outputs(graph, exported, rows_of(graph, exported, operator, list(sources)))
    if isinstance(meaning, OfClassifier):
        probability = probabilities(graph, meaning, y).name
        names = [labels(graph, meaning, probability, classes_of(model, meaning, scope)).name, probability]
    else:
        names = [variable(graph, meaning, y).name]
    container.node_domain_version_pair_sets.add(("", checked_opset(container.target_opset)))
    if graph.uses_ml:
        container.node_domain_version_pair_sets.add((ML, ML_OPSET))
    outputs = [output.onnx_name for output in operator.outputs]
    embed(graph, scope, container, sources | dict(zip(names, outputs, strict=True)))


def rows_of(graph: Graph, model: ExportedModel, operator: Any, names: list[str]) -> str:
    """Adds the network's X, from the inputs with these names."""
    if model.columns is None:
        return graph.add("Cast", names[0], to=graph.real)
    return matrix(graph, model.columns, values(graph, operator, model.columns, names))


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


def classes_of(model: FittedModel, meaning: OfClassifier, scope: Any) -> Array:
    """Returns the classes as skl2onnx has them, or their numbers if its option nocl is set.

    skl2onnx has bools, and floats that are whole numbers, as int64.
    """
    if scope.get_options(model, {"nocl": False})["nocl"]:
        return np.arange(len(meaning.classes))
    classes = onnx_classes(meaning.classes)
    return classes.astype(np.int64) if is_whole(classes) else classes


def is_whole(classes: Array) -> bool:
    if classes.dtype.kind != "f":
        return classes.dtype.kind in "ib"
    return bool(np.all((classes % 1 == 0) & (np.abs(classes) < 2.0**63)))


def label_type(meaning: OfClassifier, classes: Array) -> Any:
    if isinstance(meaning, Labels):
        return Int64TensorType([None, meaning.n_columns])
    return LABEL_TYPES[classes.dtype.name]([None])


register_waiting()
