# SPDX-License-Identifier: BSD-3-Clause
"""What an estimator has beside its network, as the document of a model file, and back; without scikit-learn.

Its state is a dict: "parameters", "attributes", and "network", a network's state or None where it is not fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from neuract._generators import read_generator, write_generator
from neuract._network_document import read_network, write_network
from neuract._schedules import LearningRate
from neuract._values import Reader, Unwritable, Writer, object_with

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


ATTRIBUTES: dict[str, Callable[[Any], bool]] = {
    "n_features_in_": _is_count,
    "feature_names_in_": _are_names,
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
}
"""The attributes that a fit leaves, and what each may be; in the document without the underlines at their ends."""

RATE = ("schedule", "initial", "power_t", "epochs")
KEYS = ("parameters", "attributes", "generator")


# ---- writing -------------------------------------------------------------------------------------


def write_estimator(state: State, writer: Writer, *, training: bool, beside: State | None = None) -> State:
    """The parts "network" and "estimator" of the file; `beside` gets what has no place in it, as in write_network."""
    inner: State | None = None if beside is None else {"parameters": {}, "attributes": {}, "network": {}}
    parameters, generator = dict(state["parameters"]), None
    if beside is None:
        parameters["callbacks"] = None
        if isinstance(parameters["random_state"], np.random.RandomState):
            generator = write_generator(parameters["random_state"], writer) if training else None
            parameters["random_state"] = "generator" if training else None
    attributes = {
        name.strip("_"): writer.attempt(name, value, inner and inner["attributes"], _writing(name, value, writer))
        for name, value in state["attributes"].items()
    }
    estimator = {
        "parameters": writer.write_all(parameters, inner and inner["parameters"]),
        "attributes": attributes,
        "generator": generator,
    }
    network = state["network"]
    if network is not None:
        network = write_network(network, writer, training=training, beside=inner and inner["network"])
    if beside is not None:
        beside.update(inner or {})
    return {"network": network, "estimator": estimator}


def _writing(name: str, value: Any, writer: Writer) -> Callable[[], Any]:
    def write() -> Any:
        if not ATTRIBUTES[name](value):
            raise Unwritable(f"{value!r}")
        return _write_rate(value, writer) if name == "_rate" else writer.write(value)

    return write


def _write_rate(rate: LearningRate, writer: Writer) -> State:
    written = {name: writer.write(getattr(rate, name)) for name in RATE}
    return {**written, "epoch": rate.epoch, "now": rate.now}


# ---- reading -------------------------------------------------------------------------------------


def read_estimator(parts: State, reader: Reader, beside: State | None = None) -> State:
    """The state; ValueError or TypeError where the document or an array is not what it must be."""
    beside = beside or {"parameters": {}, "attributes": {}, "network": {}}
    document = object_with(parts["estimator"], KEYS, "estimator")
    for key in ("parameters", "attributes"):
        if not isinstance(document[key], dict):
            raise ValueError(f"{key} must be an object, not {document[key]!r}")
    parameters = {name: reader.read(value) for name, value in document["parameters"].items()}
    if parameters.get("random_state") == "generator":
        parameters["random_state"] = read_generator(document["generator"], reader)
    attributes = _read_attributes(document["attributes"], reader)
    network = parts["network"] and read_network(parts["network"], reader, beside["network"])
    if network:
        _check_together(attributes | beside["attributes"], network)
    return {
        "parameters": parameters | beside["parameters"],
        "attributes": attributes | beside["attributes"],
        "network": network,
    }


def _read_attributes(document: State, reader: Reader) -> State:
    names = {name.strip("_"): name for name in ATTRIBUTES}
    if unknown := document.keys() - names.keys():
        raise ValueError(f"unknown attributes {', '.join(sorted(unknown))}")
    attributes = {}
    for short, written in document.items():
        name = names[short]
        value = attributes[name] = _read_rate(written, reader) if name == "_rate" else reader.read(written)
        if not ATTRIBUTES[name](value):
            raise ValueError(f"the attribute {short} is {value!r}")
    return attributes


def _read_rate(document: Any, reader: Reader) -> LearningRate:
    document = object_with(document, (*RATE, "epoch", "now"), "rate")
    rate = LearningRate(*(reader.read(document[name]) for name in RATE))
    rate.epoch, rate.now = document["epoch"], document["now"]
    if not (_is_count(rate.epoch) and _is_number(rate.now) and rate.now >= 0):
        raise ValueError(f"the learning rate cannot be {rate.now!r} in epoch {rate.epoch!r}")
    return rate


def _check_together(attributes: State, network: State) -> None:
    """ValueError where attributes and network contradict each other."""
    if not network["learned"]:
        raise ValueError("the network of a fitted estimator has weights")
    n_outputs, n_inputs = network["fixed"]["layers"][-1].units, network["learned"]["n_inputs"]
    counts = [
        ("n_outputs_", attributes["n_outputs_"], n_outputs),
        ("n_features_in_", attributes["n_features_in_"], n_inputs),
    ]
    if "feature_names_in_" in attributes:
        counts.append(("feature_names_in_", len(attributes["feature_names_in_"]), n_inputs))
    if "classes_" in attributes:
        n_classes = len(attributes["classes_"])
        binary = n_classes in (1, 2) and not attributes["_multilabel"]
        counts.append(("classes_", 1 if binary else n_classes, n_outputs))
    for name, count, expected in counts:
        if count != expected:
            raise ValueError(f"{name} does not fit the network, whose layers need {expected}, not {count}")
