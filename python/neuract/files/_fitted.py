# SPDX-License-Identifier: BSD-3-Clause
"""What must agree in the file of a fitted estimator: attributes, columns and networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuract.columns._column import Column
from neuract.layers._inputs import Input, OfLevels

State = dict[str, Any]

REQUIRED = {
    "MLPClassifier": {"n_features_in_", "n_outputs_", "classes_", "_multilabel"},
    "MLPRegressor": {"n_features_in_", "n_outputs_"},
    "TabularClassifier": {"n_features_in_", "n_outputs_", "classes_", "_multilabel"},
    "TabularRegressor": {"n_features_in_", "n_outputs_", "_unit"},
}
"""The attributes that every fitted estimator has."""

ENSEMBLE = ("settings_", "oof_score_", "oof_predictions_")
OF_ONE_KIND = {
    **dict.fromkeys(ENSEMBLE, ("TabularClassifier", "TabularRegressor")),
    "_intervals": ("TabularRegressor",),
    "_sets": ("TabularClassifier",),
}
"""The attributes that only some kinds have."""


def check_together(kind: str, attributes: State, members: State, columns: Any) -> None:
    """Raises ValueError if attributes or columns are missing, or contradict the networks of the members."""
    if missing := REQUIRED[kind] - attributes.keys():
        raise ValueError(f"a fitted {kind} must have {', '.join(sorted(missing))}")
    if wrong := [name for name in attributes if kind not in OF_ONE_KIND.get(name, (kind,))]:
        raise ValueError(f"a {kind} has no {', '.join(wrong)}")
    networks = members["networks"]
    if any(each["learned"] is None for each in networks):
        raise ValueError(f"the network of a fitted {kind} must have weights")
    n_outputs, n_inputs = networks[0]["fixed"]["layers"][-1].units, networks[0]["learned"]["n_inputs"]
    counts = [("n_outputs_", attributes["n_outputs_"], n_outputs)]
    n_features = n_inputs
    if kind.startswith("Tabular"):
        if columns is None:
            raise ValueError(f"a fitted {kind} must have columns")
        n_features = columns["n_columns"]
        counts += [("columns", sum(len(column.names) for column in columns["kinds"]), n_inputs)]
        for each in networks:
            _check_levels(columns["kinds"], each["fixed"]["inputs"])
        counts += _uncertainty_counts(attributes, members, n_outputs)
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


def _uncertainty_counts(attributes: State, members: State, n_outputs: int) -> list[tuple[str, int, int]]:
    """Returns the sizes of what came of out-of-fold predictions, each with the size that it must have."""
    counts = []
    if "_intervals" in attributes:
        if members["left_out"] is None:
            raise ValueError("intervals need networks that have left out folds")
        counts += [("intervals", len(attributes["_intervals"].predictions), n_outputs)]
    if "_sets" in attributes and attributes["_multilabel"]:
        raise ValueError("several labels per row have no prediction sets")
    if "oof_predictions_" in attributes:
        predictions: Any = attributes["oof_predictions_"]
        columns = n_outputs
        if "classes_" in attributes and not attributes["_multilabel"]:
            columns = len(attributes["classes_"])
        counts += [("oof_predictions_", int(np.prod(predictions.shape[1:])), columns)]
    return counts


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
