# SPDX-License-Identifier: BSD-3-Clause
"""The parameters and attributes of an estimator as the document of a model file, and back, without scikit-learn.

The state is a dict: "parameters", "attributes", and "network", the network's state or None if not fitted. That of a
tabular estimator has "columns" and "members" in place of "network".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from neuract.files._columns import read_columns, write_columns
from neuract.files._fitted import check_together
from neuract.files._format import Contents
from neuract.files._generators import GENERATOR, read_generator, write_generator
from neuract.files._members import only, read_members, write_members
from neuract.files._network import read_network, write_network
from neuract.files._values import Reader, Unwritable, Writer, any_object, object_with
from neuract.outputs._intervals import Intervals
from neuract.outputs._kinds import Unit
from neuract.outputs._sets import Sets
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


def _is_dict_by_name(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(name, str) for name in value)


def _are_predictions(value: Any) -> bool:
    floats = isinstance(value, np.ndarray) and value.dtype in (np.float32, np.float64)
    return floats and value.ndim in (1, 2) and not np.isinf(value).any()


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
    "settings_": _is_dict_by_name,
    "oof_score_": _is_number,
    "oof_predictions_": _are_predictions,
    "_intervals": lambda value: isinstance(value, Intervals),
    "_sets": lambda value: isinstance(value, Sets),
}
"""The attributes that a fit sets, each with its check. Names in the document have no underscores at the ends."""

FORMER = ("early_stopping", "validation_fraction", "n_iter_no_change")
FORMER_RATES = ("constant", "invscaling", "adaptive")
"""Parameters of tabular estimators, and values of learning_rate, of older files: predictions need none of them."""
OF_TRAINING = ("oof_predictions_",)
"""The attributes that only a file with the state of the training has; they have a number for each training row."""
OF_OBJECTS: Mapping[str, type[Intervals | Sets]] = {"_intervals": Intervals, "_sets": Sets}
"""The attributes that are written as the dict that `state` returns."""

RATE = ("schedule", "initial", "power_t", "epochs")
RATE_NOW = ("epoch", "now")
KEYS, OPTIONAL = ("parameters", "attributes"), ("generator",)


def _short(name: str) -> str:
    """Returns an attribute's name in the document."""
    return name.strip("_")


# ---- writing -------------------------------------------------------------------------------------


def write_estimator(state: State, writer: Writer, *, training: bool) -> State:
    """Returns the parts of the file; training: include the state to continue from."""
    parameters, generator, network = dict(state["parameters"]), None, state["network"]
    if not writer.lenient:
        parameters["callbacks"] = None
        if not isinstance(parameters.get("folds", 0), (int, str)):  # a splitter, or row numbers
            parameters["folds"] = state["attributes"].get("settings_", {}).get("folds", parameters["folds"])
        if isinstance(parameters["dtype"], (type, np.dtype)):
            parameters["dtype"] = np.dtype(parameters["dtype"]).name
        if isinstance(parameters["random_state"], np.random.RandomState):
            generator = parameters["random_state"] if training else None
            parameters["random_state"] = GENERATOR if training else None
    estimator = {
        "parameters": writer.write_all("parameters", parameters),
        "attributes": {
            _short(name): _write_attribute(name, value, writer)
            for name, value in state["attributes"].items()
            if training or name not in OF_TRAINING
        },
        "generator": write_generator(generator, writer),
    }
    parts = {"network": network and write_network(network, writer, training=training), "estimator": estimator}
    if "columns" in state:
        parts["columns"] = write_columns(state["columns"], writer)
        parts["members"] = state["members"] and write_members(state["members"], writer)
    return parts


def _write_attribute(name: str, value: Any, writer: Writer) -> Any:
    def write(value: Any) -> Any:
        if not ATTRIBUTES[name](value):
            raise Unwritable(f"{value!r}")
        if name == "_unit" and value is not None:
            return [writer.write(value.centers), writer.write(value.scales)]
        if name in OF_OBJECTS:
            return writer.write(value.state())
        return _write_rate(value, writer) if name == "_rate" else writer.write(value)

    return writer.write_named(f"attributes.{name}", value, write)


def _write_rate(rate: LearningRate, writer: Writer) -> State:
    written = {name: writer.write(getattr(rate, name)) for name in RATE}
    return {**written, "epoch": rate.epoch, "now": rate.now}


# ---- reading -------------------------------------------------------------------------------------


def read_estimator(contents: Contents) -> State:
    """Returns the state; ValueError or TypeError if the document or an array is not valid."""
    reader = contents.reader
    document = object_with(contents.parts["estimator"], KEYS, "estimator", OPTIONAL)
    generator = read_generator(document.get("generator"), reader)
    parameters = {
        name: reader.read_named(f"parameters.{name}", value)
        for name, value in any_object(document["parameters"], "parameters").items()
    }
    if contents.kind.startswith("Tabular"):
        parameters = _of_today(parameters)
    if parameters.get("random_state") == GENERATOR:
        parameters["random_state"] = generator
    attributes = _read_attributes(document["attributes"], reader)
    network, members = _read_networks(contents)
    together, columns = members if network is None else only(network), None
    if together is not None:
        columns = read_columns(contents.parts.get("columns"), reader)
        check_together(contents.kind, attributes, together, columns)
    return {
        "parameters": parameters,
        "attributes": attributes,
        "network": network,
        "members": members,
        "columns": columns,
    }


def _of_today(parameters: State) -> State:
    """Returns the parameters of a tabular estimator that there are today."""
    kept = {name: value for name, value in parameters.items() if name not in FORMER}
    if len(kept) < len(parameters) and kept.get("learning_rate") in FORMER_RATES:
        del kept["learning_rate"]
    return kept


def _read_networks(contents: Contents) -> tuple[State | None, State | None]:
    """Returns the state of the network, or that of the members of a tabular estimator."""
    network, members = contents.parts["network"], contents.parts.get("members")
    if network is not None:
        if members is not None:
            raise ValueError("a file has a network or members, not both")
        network = read_network(network, contents.reader)
        return (None, only(network)) if contents.kind.startswith("Tabular") else (network, None)
    return None, None if members is None else read_members(members, contents.reader)


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
        if name in OF_OBJECTS:
            value = OF_OBJECTS[name].from_state(_state_of_object(value))
        if not ATTRIBUTES[name](value):
            raise ValueError(f"attribute {name} must not be {value!r}")
        return value

    return reader.read_named(f"attributes.{name}", written, read)


def _state_of_object(value: Any) -> State:
    if not _is_dict_by_name(value):
        raise ValueError(f"expected a dict of arrays and numbers, got {value!r}")
    state: State = value
    return state


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
