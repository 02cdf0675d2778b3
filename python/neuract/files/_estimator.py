# SPDX-License-Identifier: BSD-3-Clause
"""The parameters and attributes of an estimator as the document of a model file, and back, without scikit-learn.

The state is a dict: "parameters", "attributes", and "network", the network's state or None if not fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from neuract.columns._column import Column
from neuract.files._columns import read_columns, write_columns
from neuract.files._format import Contents
from neuract.files._generators import GENERATOR, read_generator, write_generator
from neuract.files._network import read_network, write_network
from neuract.files._values import Reader, Unwritable, Writer, any_object, object_with
from neuract.layers._inputs import Input, OfLevels
from neuract.outputs._kinds import Unit
from neuract.schedules._rate import LearningRate

State = dict[str, Any]


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, float)


def _is_number_or_none(value: Any) -> bool:
    return value is None or isinstance(value, float)


def _is_curve(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_number, value))


def _is_curve_or_none(value: Any) -> bool:
    return value is None or _is_curve(value)


def _is_switch(value: Any) -> bool:
    return type(value) is bool


def _are_labels(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 1


def _are_names(value: Any) -> bool:
    return _are_labels(value) and all(isinstance(name, str) for name in value)


def _is_unit_or_none(value: Any) -> bool:
    if value is None or not isinstance(value, Unit):
        return value is None
    parts = value.centers, value.scales
    arrays = all(isinstance(part, np.ndarray) and part.dtype == np.float64 and part.ndim == 1 for part in parts)
    return arrays and bool(np.isfinite(parts).all()) and bool((value.scales > 0).all())


ATTRIBUTES: dict[str, Callable[[Any], bool]] = {
    "n_features_in_": _is_count,
    "feature_names_in_": _are_names,
    "target_name_": lambda value: isinstance(value, str),
    "classes_": _are_labels,
    "_multilabel": _is_switch,
    "_sparse_labels": _is_switch,
    "n_outputs_": _is_count,
    "n_iter_": _is_count,
    "t_": _is_count,
    "loss_": _is_number,
    "best_loss_": _is_number_or_none,
    "loss_curve_": _is_curve,
    "validation_scores_": _is_curve_or_none,
    "best_validation_score_": _is_number_or_none,
    "validation_loss_curve_": _is_curve_or_none,
    "_no_improvement_count": _is_count,
    "_rate": lambda value: isinstance(value, LearningRate),
    "_unit": _is_unit_or_none,
}
"""The attributes that a fit sets, each with its check. Names in the document have no underscores at the ends."""

REQUIRED = {
    "MLPClassifier": {"n_features_in_", "n_outputs_", "classes_", "_multilabel"},
    "MLPRegressor": {"n_features_in_", "n_outputs_"},
    "TabularClassifier": {"n_features_in_", "n_outputs_", "classes_", "_multilabel"},
    "TabularRegressor": {"n_features_in_", "n_outputs_", "_unit"},
}
"""The attributes that every fitted estimator has."""

RATE = ("schedule", "initial", "power_t", "epochs")
RATE_NOW = ("epoch", "now")
KEYS, OPTIONAL = ("parameters", "attributes"), ("generator",)


def _short(name: str) -> str:
    """Returns an attribute's name in the document."""
    return name.strip("_")


# ---- writing -------------------------------------------------------------------------------------


def write_estimator(state: State, writer: Writer, *, training: bool) -> State:
    """Returns the parts "network" and "estimator" of the file; training: include the state to continue from."""
    parameters, generator, network = dict(state["parameters"]), None, state["network"]
    if not writer.lenient:
        parameters["callbacks"] = None
        if isinstance(parameters["dtype"], (type, np.dtype)):
            parameters["dtype"] = np.dtype(parameters["dtype"]).name
        if isinstance(parameters["random_state"], np.random.RandomState):
            generator = parameters["random_state"] if training else None
            parameters["random_state"] = GENERATOR if training else None
    estimator = {
        "parameters": writer.write_all("parameters", parameters),
        "attributes": {
            _short(name): _write_attribute(name, value, writer) for name, value in state["attributes"].items()
        },
        "generator": write_generator(generator, writer),
    }
    parts = {"network": network and write_network(network, writer, training=training), "estimator": estimator}
    return parts | ({"columns": write_columns(state["columns"], writer)} if "columns" in state else {})


def _write_attribute(name: str, value: Any, writer: Writer) -> Any:
    def write(value: Any) -> Any:
        if not ATTRIBUTES[name](value):
            raise Unwritable(f"{value!r}")
        if name == "_unit" and value is not None:
            return [writer.write(value.centers), writer.write(value.scales)]
        return _write_rate(value, writer) if name == "_rate" else writer.write(value)

    return writer.write_named(f"attributes.{name}", value, write)


def _write_rate(rate: LearningRate, writer: Writer) -> State:
    written = {name: writer.write(getattr(rate, name)) for name in RATE}
    return {**written, "epoch": rate.epoch, "now": rate.now}


# ---- reading -------------------------------------------------------------------------------------


def read_estimator(contents: Contents) -> State:
    """Returns the state; ValueError or TypeError if the document or an array is not valid."""
    reader, network = contents.reader, contents.parts["network"]
    document = object_with(contents.parts["estimator"], KEYS, "estimator", OPTIONAL)
    generator = read_generator(document.get("generator"), reader)
    parameters = {
        name: reader.read_named(f"parameters.{name}", value)
        for name, value in any_object(document["parameters"], "parameters").items()
    }
    if parameters.get("random_state") == GENERATOR:
        parameters["random_state"] = generator
    attributes = _read_attributes(document["attributes"], reader)
    if network is not None:
        network = read_network(network, reader)
        columns = read_columns(contents.parts.get("columns"), reader)
        _check_together(contents.kind, attributes, network, columns)
        return {"parameters": parameters, "attributes": attributes, "network": network, "columns": columns}
    return {"parameters": parameters, "attributes": attributes, "network": None, "columns": None}


def _read_attributes(document: Any, reader: Reader) -> State:
    names = {_short(name): name for name in ATTRIBUTES}
    written = any_object(document, "attributes")
    if unknown := written.keys() - names.keys():
        raise ValueError(f"unknown attributes {', '.join(sorted(unknown))}")
    return {names[short]: _read_attribute(names[short], value, reader) for short, value in written.items()}


def _read_attribute(name: str, written: Any, reader: Reader) -> Any:
    def read(written: Any) -> Any:
        value = _read_rate(written, reader) if name == "_rate" else reader.read(written)
        if name == "_unit" and value is not None:
            value = _unit_of(value)
        if not ATTRIBUTES[name](value):
            raise ValueError(f"attribute {name} must not be {value!r}")
        return value

    return reader.read_named(f"attributes.{name}", written, read)


def _unit_of(parts: Any) -> Unit:
    arrays = isinstance(parts, list) and len(parts) == 2 and all(isinstance(part, np.ndarray) for part in parts)
    if not arrays or parts[0].shape != parts[1].shape:
        raise ValueError(f"the unit must have two arrays of one shape, got {parts!r}")
    return Unit(*parts)


def _read_rate(document: Any, reader: Reader) -> LearningRate:
    document = object_with(document, (*RATE, *RATE_NOW), "rate")
    rate = LearningRate(*(reader.read(document[name]) for name in RATE))
    rate.epoch, rate.now = document["epoch"], document["now"]
    if not (_is_count(rate.epoch) and _is_number(rate.now) and rate.now >= 0):
        raise ValueError(f"the learning rate must not be {rate.now!r} in epoch {rate.epoch!r}")
    return rate


def _check_together(kind: str, attributes: State, network: State, columns: State | None) -> None:
    """Raises ValueError if attributes or columns are missing, or contradict the network."""
    if missing := REQUIRED[kind] - attributes.keys():
        raise ValueError(f"a fitted {kind} must have {', '.join(sorted(missing))}")
    if network["learned"] is None:
        raise ValueError(f"the network of a fitted {kind} must have weights")
    n_outputs, n_inputs = network["fixed"]["layers"][-1].units, network["learned"]["n_inputs"]
    counts = [("n_outputs_", attributes["n_outputs_"], n_outputs)]
    n_features = n_inputs
    if kind.startswith("Tabular"):
        if columns is None:
            raise ValueError(f"a fitted {kind} must have columns")
        n_features = columns["n_columns"]
        counts += [("columns", sum(len(column.names) for column in columns["kinds"]), n_inputs)]
        _check_levels(columns["kinds"], network["fixed"]["inputs"])
    counts += [("n_features_in_", attributes["n_features_in_"], n_features)]
    if "feature_names_in_" in attributes:
        counts += [("feature_names_in_", len(attributes["feature_names_in_"]), n_features)]
    if (unit := attributes.get("_unit")) is not None and len(unit.centers) != 1:
        counts += [("_unit", len(unit.centers), n_outputs)]
    if "classes_" in REQUIRED[kind]:
        n_classes = len(attributes["classes_"])
        one_output = n_classes in (1, 2) and not attributes["_multilabel"]
        counts += [("classes_", 1 if one_output else n_classes, n_outputs)]
    for name, count, needed in counts:
        if count != needed:
            raise ValueError(f"{name} does not fit the network: expected {needed}, got {count}")


def _check_levels(kinds: list[Column], inputs: tuple[Input, ...]) -> None:
    """Raises ValueError if an input of levels gets numbers that are none."""
    levels: dict[int, int] = {}
    at = 0
    for kind in kinds:
        levels |= {each.column: each.levels for each in kind.levels_as(at) if isinstance(each, OfLevels)}
        at += len(kind.names)
    for each in inputs:
        if isinstance(each, OfLevels) and levels.get(each.column, each.levels + 1) > each.levels:
            raise ValueError(f"{each!r} of the network does not fit the columns")
