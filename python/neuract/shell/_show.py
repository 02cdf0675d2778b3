# SPDX-License-Identifier: BSD-3-Clause
"""show: what a model is, from its file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from neuract.shell._model import fitted_model
from neuract.shell._summary import (
    counted,
    members_told,
    out_of_fold_told,
    score_name,
    show_line,
    table_lines,
    tell_lines,
)
from neuract.shell._words import listed


def show(given: Any) -> None:
    """Runs the command."""
    model = fitted_model(given.model)
    tell_lines(_facts(model, given.model))
    if hasattr(model, "columns_"):
        show_line("")
        for line in table_lines([("column", "kind", "becomes"), *model.columns_.rows()]):
            show_line(line)
    show_line("")
    if len(model._members()) > 1:
        show_line(f"the first of {len(model._members())} networks")
    for line in model._fitted_network().summary().splitlines():
        show_line(line)


def _facts(model: Any, path: str) -> dict[str, str]:
    facts = {"model": f"{type(model).__name__}, {Path(os.fsdecode(path)).stat().st_size:,} bytes"}
    if hasattr(model, "target_name_"):
        facts["target"] = repr(model.target_name_)
    if hasattr(model, "classes_"):
        facts["classes"] = f"{len(model.classes_):,}: {listed(model.classes_.tolist(), 10)}"
    if hasattr(model, "columns_"):
        facts["members"] = members_told(model)
    elif hasattr(model, "n_iter_"):
        facts["training"] = _training(model)
    if score := _score(model):
        facts["score"] = score
    if hasattr(model, "get_params"):
        facts["settings"] = _settings(model)
    return facts


def _training(model: Any) -> str:
    losses = getattr(model, "loss_curve_", None)
    return counted(model.n_iter_, "epoch") + (f", last loss {losses[-1]!r}" if losses else "")


def _score(model: Any) -> str:
    if (score := getattr(model, "best_validation_score_", None)) is not None:
        return f"{score_name(model)} {score!r} on the validation rows of the training"
    return out_of_fold_told(model)


def _settings(model: Any) -> str:
    """Returns the parameters that differ from their defaults."""
    defaults = type(model)().get_params()
    given = {name: value for name, value in model.get_params().items() if repr(value) != repr(defaults[name])}
    return ", ".join(f"{name}={value!r}" for name, value in given.items()) or "the defaults"
