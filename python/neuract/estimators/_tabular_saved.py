# SPDX-License-Identifier: BSD-3-Clause
"""The state of tabular estimators, for files and pickles: parameters, columns, members, and what the fit found."""

from __future__ import annotations

from typing import Any

from sklearn.base import is_classifier

from neuract.estimators._recipe import recipe
from neuract.files._columns import columns_of
from neuract.files._estimator import ATTRIBUTES
from neuract.serving import _members_of

OF_LABELS = ("_multilabel", "_sparse_labels")
"""The attributes that the perceptron has in place of the estimator."""
OF_MODEL = (
    *("target_name_", "classes_", "n_outputs_", "n_iter_", "_unit"),
    *("settings_", "oof_score_", "oof_predictions_", "_intervals", "_sets"),
)
"""The attributes that the model takes over; those of X come with the columns."""
OF_BOTH = ("classes_", "n_outputs_")
MADE = ("columns_", "network_", "networks_", "_ensemble", "_perceptron")
"""What `set_tabular_state` makes of columns and members."""


def tabular_state(model: Any) -> dict[str, Any]:
    """Returns the state; that of an unfitted model has no columns and no members."""
    own = model.__dict__
    fitted = "network_" in own
    names = set(model._get_param_names()) & own.keys()
    attributes = {name: own[name] for name in ATTRIBUTES if name in own}
    if fitted:
        attributes |= {name: value for name, value in model._perceptron.__dict__.items() if name in OF_LABELS}
    return {
        "parameters": {name: own[name] for name in sorted(names)},
        "attributes": attributes,
        "network": None,
        "columns": own["columns_"]._state() if fitted else None,
        "members": _members_state(model._ensemble) if fitted else None,
        "others": {name: value for name, value in own.items() if name not in {*names, *ATTRIBUTES, *MADE}},
    }


def _members_state(members: Any) -> dict[str, Any]:
    return {
        "networks": [network._state() for network in members.networks],
        "weights": members.weights,
        "left_out": members.left_out,
        "bounds": members.bounds,
    }


def set_tabular_state(model: Any, state: dict[str, Any]) -> None:
    """Makes the model that of the state."""
    model.__dict__.update(state["parameters"])
    if not state["members"]:
        return
    attributes, columns = state["attributes"], columns_of(state["columns"], type(model).__name__, model.__dict__)
    model._take_columns(columns)
    model.__dict__.update({name: value for name, value in attributes.items() if name in OF_MODEL})
    members = model._ensemble = _members_of(state["members"])
    model.networks_, model.network_ = members.networks, members.networks[0]
    perceptron = model._perceptron = model._started(columns, recipe(model, 1, is_classifier(model)))
    perceptron.__dict__.update({name: value for name, value in attributes.items() if name in (*OF_LABELS, *OF_BOTH)})
    perceptron.__dict__["network_"], perceptron.__dict__["n_features_in_"] = model.network_, len(columns.names_)
