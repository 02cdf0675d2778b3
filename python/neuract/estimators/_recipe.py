# SPDX-License-Identifier: BSD-3-Clause
"""The recipe: what a tabular estimator does where its parameters say "auto"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

FEWEST_ROWS_FOR_EIGHT_FOLDS = 100
EFFORTS = ("quick", "default", "thorough")
SHARES = {"quick": 0.25, "default": 1.0, "thorough": 4.0}
"""Of the default's work."""


@dataclass(frozen=True)
class Recipe:
    """The settings of an ensemble."""

    encodings: tuple[str, ...]
    members: int  # of each encoding
    folds: int
    hidden_layer_sizes: Any
    activation: Any
    batch_size: int
    learning_rate_init: float
    max_iter: int
    first_cycle: float
    dropout: Any
    weight_decay: float


def recipe(model: Any, rows: int, classes: bool) -> Recipe:
    """Returns the settings for an estimator, whose parameters are checked, on that many rows."""
    auto = _auto(model.effort, rows, classes)
    given = {name: getattr(model, name) for name in auto if hasattr(model, name)}
    chosen = {name: value for name, value in given.items() if not (isinstance(value, str) and value == "auto")}
    return Recipe(**{**auto, **chosen})


def _auto(effort: str, rows: int, classes: bool) -> dict[str, Any]:
    few = rows < FEWEST_ROWS_FOR_EIGHT_FOLDS
    return {
        "encodings": ("periodic", "piecewise_linear"),
        "members": 8,
        "folds": 4 if few else 8,
        "hidden_layer_sizes": (128, 128, 128),
        "activation": "selu" if classes else "mish",
        "batch_size": batch(rows),
        "learning_rate_init": 0.04 if classes else 0.07,
        "max_iter": 64,
        "first_cycle": 64 / 15,
        "dropout": 0.15,
        "weight_decay": 0.02,
    }


def batch(rows: int) -> int:
    return next((batch for most, batch in ((1500, 32), (3000, 64), (8000, 128)) if rows < most), 256)
