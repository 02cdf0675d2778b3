# SPDX-License-Identifier: BSD-3-Clause
"""The user's words for what a page shows: the name and the unit of the target, names of columns and classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuract._typing import FittedModel
from neuract.outputs._kinds import OfClassifier, Outputs
from neuract.outputs._scored import meaning_of


@dataclass(frozen=True, eq=False)
class Words:
    """The words, with those of the model and of X and y in place of the ones that are not given.

    Attributes
    ----------
    target : str
        The name of the target; "" if it is not known, or if the outputs have a name each.
    unit : str
        The unit of a predicted number, such as "$"; may be "".
    columns : list of str
        One name for each column of `_rows`.
    outputs : list of str
        One name for each class, label or output.
    """

    target: str
    unit: str
    columns: list[str]
    outputs: list[str]


def words(
    model: FittedModel,
    X: Any,
    y: Any,
    *,
    target_name: str | Sequence[str] | None = None,
    unit: str | None = None,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    scaler: Any = None,
) -> Words:
    """Returns the words; ValueError if there are more or fewer than the model needs, TypeError if one is no text."""
    meaning = meaning_shown(model)
    targets = _targets(model, y, len(meaning.names)) if target_name is None else target_name
    if unit is not None and not isinstance(unit, str):
        raise TypeError(f"unit must be text, got {unit!r}")
    if isinstance(meaning, OfClassifier):
        outputs = _named("class_names", class_names, list(meaning.names))
    else:
        if class_names is not None:
            raise ValueError("class_names are for classifiers, and this model predicts numbers: see target_name")
        several = None if isinstance(targets, str) or len(targets) == 1 else targets
        outputs = _named("target_name", several if meaning.kind == "numbers" else None, list(meaning.names))
    target = targets if isinstance(targets, str) else targets[0] if len(targets) == 1 else ""
    return Words(target, unit or "", _columns(model, X, feature_names, scaler), outputs)


def meaning_shown(model: FittedModel) -> Outputs:
    """Returns the meaning of the outputs; the page shows numbers of a Network that are probabilities as classes."""
    meaning = model._meaning()
    if isinstance(meaning, OfClassifier) or meaning.unit is not None:
        return meaning
    shown = meaning_of(model._fitted_network())
    return shown if isinstance(shown, OfClassifier) else meaning


def _targets(model: FittedModel, y: Any, n_outputs: int) -> str | Sequence[str]:
    """Returns the name of the target, or one for each output, that the model or y has; "" for none."""
    known = getattr(model, "target_name_", None) or getattr(y, "name", None)
    if isinstance(known, str):
        return known
    columns = getattr(y, "columns", None)
    return [str(name) for name in columns] if columns is not None and len(columns) in (1, n_outputs) else ""


def _columns(model: FittedModel, X: Any, given: Sequence[str] | None, scaler: Any) -> list[str]:
    n_inputs = model._fitted_network()._known().n_inputs
    if given is not None and model._frame_columns() is not None:
        raise ValueError("the columns of a tabular model have the names of the frame; feature_names must be None")
    known = (model._column_names(), getattr(X, "columns", None), getattr(scaler, "feature_names_in_", None))
    default = next((names for names in known if names is not None), None)
    default = [f"x{k}" for k in range(n_inputs)] if default is None else default
    return _named("feature_names", given, list(default))


def _named(what: str, given: Sequence[str] | None, default: Sequence[Any]) -> list[str]:
    """Returns the given names, or those of the default as text."""
    if given is None:
        return [str(name) for name in default]
    if isinstance(given, str) or len(given) != len(default):
        raise ValueError(f"{what} must have {len(default)} names, one for each, got {given!r}")
    return [str(name) for name in np.asarray(given, object)]


def number(value: float, unit: str = "") -> str:
    """Returns a number with 4 digits, or in full from 1,000 on, and its unit."""
    text = f"{value:,.0f}" if 1000 <= abs(value) < 1e12 else f"{value:.4g}"
    return f"{text} {unit}".strip().replace("-", "−")
