# SPDX-License-Identifier: BSD-3-Clause
"""Tabular estimators in model files and pickles: their parameters, their columns, and what their perceptron learned."""

from __future__ import annotations

from typing import Any

from neuract.estimators._saved import check_parameters_are_ours, state_of_estimator
from neuract.files._columns import columns_of
from neuract.files._estimator import ATTRIBUTES, read_estimator, write_estimator
from neuract.files._format import Contents, pack, unpack
from neuract.files._values import Writer
from neuract.network import Network

OWN = ("n_features_in_", "feature_names_in_", "target_name_", "_unit")
"""The attributes that are not the perceptron's."""


def file_bytes(model: Any, training: bool) -> bytes:
    """Returns the bytes of the estimator's file."""
    check_parameters_are_ours(model)
    writer = Writer()
    return pack(model._neuract_file, write_estimator(state_of(model), writer, training=training), writer)


def become(model: Any, contents: Contents) -> None:
    """Turns the model into the estimator of these contents, which may be untrusted."""
    state = read_estimator(contents)
    contents.reader.check_all_read()
    if unknown := state["parameters"].keys() - set(model._get_param_names()):
        raise ValueError(f"{type(model).__name__} has no parameters {', '.join(sorted(unknown))}")
    model.__dict__.update(state["parameters"])
    model._validate_params()
    set_state(model, state)


def pickled(model: Any) -> dict[str, Any]:
    """Returns the contents of a pickle: a file, and next to it the values that a file cannot hold."""
    state, writer = state_of(model), Writer(lenient=True)
    parts = write_estimator(state, writer, training=True)
    return {"file": pack(model._neuract_file, parts, writer), "beside": writer.beside, "others": state["others"]}


def unpickle(model: Any, state: dict[str, Any]) -> None:
    """Turns the model into the estimator of a pickle."""
    set_state(model, read_estimator(unpack(state["file"], state["beside"])))
    model.__dict__.update(state["others"])


def state_of(model: Any) -> dict[str, Any]:
    own, learned = model.__dict__, {}
    if "network_" in own:
        learned = state_of_estimator(model._perceptron)["attributes"]
    state = state_of_estimator(model)
    attributes = {name: value for name, value in learned.items() if name not in OWN}
    attributes |= {name: own[name] for name in ATTRIBUTES if name in own and name in OWN}
    columns = own["columns_"]._state() if "network_" in own else None
    others = {name: value for name, value in state["others"].items() if name not in ("columns_", "_perceptron")}
    return {**state, "attributes": attributes, "columns": columns, "others": others}


def set_state(model: Any, state: dict[str, Any]) -> None:
    model.__dict__.update(state["parameters"])
    if not state["network"]:
        return
    attributes = state["attributes"]
    model.__dict__.update({name: attributes[name] for name in OWN if name in attributes})
    columns = columns_of(state["columns"], type(model).__name__, model.__dict__)
    model._take_columns(columns)
    perceptron = model._started(columns, 1, None, False)
    perceptron.__dict__.update({name: value for name, value in attributes.items() if name not in OWN})
    network = perceptron.__dict__["network_"] = Network.__new__(Network)
    network._set_state(state["network"])
    perceptron.__dict__["n_features_in_"] = len(columns.names_)
    model._take(perceptron)
