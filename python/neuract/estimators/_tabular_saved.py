# SPDX-License-Identifier: BSD-3-Clause
"""The state of tabular estimators, for files and pickles: parameters, columns, and what their perceptron learned."""

from __future__ import annotations

from typing import Any

from neuract.estimators._saved import state_of
from neuract.files._columns import columns_of
from neuract.files._estimator import ATTRIBUTES
from neuract.network import Network

OWN = ("n_features_in_", "feature_names_in_", "target_name_", "_unit")
"""The attributes that are not the perceptron's."""


def tabular_state(model: Any) -> dict[str, Any]:
    own, state = model.__dict__, state_of(model)
    learned = state_of(model._perceptron)["attributes"] if "network_" in own else {}
    attributes = {name: value for name, value in learned.items() if name not in OWN}
    attributes |= {name: own[name] for name in ATTRIBUTES if name in own and name in OWN}
    columns = own["columns_"]._state() if "network_" in own else None
    others = {name: value for name, value in state["others"].items() if name not in ("columns_", "_perceptron")}
    return {**state, "attributes": attributes, "columns": columns, "others": others}


def set_tabular_state(model: Any, state: dict[str, Any]) -> None:
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
