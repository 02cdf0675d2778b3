# SPDX-License-Identifier: BSD-3-Clause
"""The recipe: what a tabular estimator does where its parameters say "auto"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from neuract._checks import one_of
from neuract.estimators._encodings import ENCODINGS

FEW_ROWS = 100
MOST_ROWS_FOR_ALL = 16_000  # for the whole recipe
ROWS_TRAINED, LEAST_EPOCHS_OF_MEMBERS, LEAST_EPOCHS = 1.2e7, 21, 7
FIRST_CYCLE, FIRST_CYCLE_OF_FEW = 64 / 15, 17.0  # epochs; of few rows they have few steps
EFFORTS = ("quick", "default", "thorough")
OF_KIND = ("hidden_layer_sizes", "dropout", "activation")
OF_MODEL = (*OF_KIND, "members", "folds", "batch_size", "learning_rate_init", "max_iter", "weight_decay")
WORK = {"quick": 0.25, "default": 1.0, "thorough": 4.0}
MEMBERS = {"quick": 4, "default": 8, "thorough": 32}
FOLDS = {"quick": 4, "default": 8, "thorough": 16}


@dataclass(frozen=True)
class Kind:
    """What the members of a group have in common; groups differ, since that is what makes their mean better."""

    encoding: str
    hidden_layer_sizes: Any
    dropout: Any
    activation: Any


@dataclass(frozen=True)
class Recipe:
    """The settings of an ensemble."""

    groups: tuple[Kind, ...]
    members: int  # of each group
    folds: Any
    batch_size: int
    learning_rate_init: float
    max_iter: int
    first_cycle: float
    weight_decay: float


def recipe(model: Any, rows: int, classes: bool) -> Recipe:
    """Returns the settings for an estimator, whose parameters are checked, on that many rows."""
    given = {name: getattr(model, name) for name in OF_MODEL if not is_auto(getattr(model, name))}
    auto = _auto(model.effort, rows, classes)
    kinds = auto["groups"]
    if not is_auto(model.encodings):
        wanted = (model.encodings,) if isinstance(model.encodings, str) else tuple(model.encodings)
        kinds = tuple(_of_encoding(one_of(encoding, "encodings", ENCODINGS), kinds) for encoding in wanted)
        if not kinds:
            raise ValueError(f"encodings must name at least one of {', '.join(ENCODINGS)}")
    parts = {name: given.pop(name) for name in OF_KIND if name in given}
    kinds = tuple(dict.fromkeys(replace(kind, **parts) for kind in kinds))
    return Recipe(**{**auto, **given, "groups": kinds})


def is_auto(value: Any) -> bool:
    """Returns whether a parameter leaves its value to the recipe."""
    return isinstance(value, str) and value == "auto"


def _of_encoding(encoding: str, kinds: tuple[Kind, ...]) -> Kind:
    return next((kind for kind in kinds if kind.encoding == encoding), replace(kinds[0], encoding=encoding))


def _groups(effort: str, classes: bool) -> tuple[Kind, ...]:
    """Returns the kinds. Each is good alone, and they err differently: smooth, with sharp steps, and wide."""
    activation = "selu" if classes else "mish"
    smooth = Kind("periodic", (128, 128, 128), 0.15, activation)
    sharp = Kind("piecewise_linear", (128, 128, 128), 0.0, activation)
    wide = Kind("periodic", (256, 256), 0.15, activation)
    return (smooth, sharp) if effort == "quick" else (smooth, sharp, wide)


def _auto(effort: str, rows: int, classes: bool) -> dict[str, Any]:
    kinds = _groups(effort, classes)
    auto = {
        "groups": kinds,
        "members": MEMBERS[effort],
        "folds": FOLDS[effort],
        "batch_size": batch(rows),
        "learning_rate_init": 0.04 if classes else 0.07,
        "max_iter": 268 if rows < 1500 else 64,
        "first_cycle": FIRST_CYCLE_OF_FEW if rows < FEW_ROWS else FIRST_CYCLE,
        "weight_decay": 0.02,
    }
    return auto if rows <= MOST_ROWS_FOR_ALL else {**auto, **_of_many_rows(effort, rows, kinds)}


def _of_many_rows(effort: str, rows: int, kinds: tuple[Kind, ...]) -> dict[str, Any]:
    """Returns the settings of a fit whose time must not grow as fast as the rows: fewer groups, members and epochs.

    The cycles get shorter in epochs, since an epoch has more steps.
    """
    epochs_of_members = WORK[effort] * max(LEAST_EPOCHS_OF_MEMBERS, ROWS_TRAINED / rows)
    groups, members = (3, 8) if epochs_of_members > 360 else (2, 4) if epochs_of_members > 100 else (1, 3)
    chosen = kinds if groups == 3 else (kinds[1], kinds[0])[:groups]  # the sharp one is the best alone
    epochs = int(max(LEAST_EPOCHS, min(64, epochs_of_members / (len(chosen) * members))))
    cycles = 15 if epochs >= 15 else 7  # in lengths of the first: four or three cycles
    return {"groups": chosen, "members": members, "max_iter": epochs, "first_cycle": epochs / cycles}


def batch(rows: int) -> int:
    """Returns the rows of a step."""
    steps = ((FEW_ROWS, 16), (1500, 32), (3000, 64), (8000, 128), (300_000, 256))
    return next((batch for most, batch in steps if rows < most), 512)
