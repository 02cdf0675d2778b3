# SPDX-License-Identifier: BSD-3-Clause
"""The recipe: what a tabular estimator does where its parameters say "auto"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from neuract._checks import one_of
from neuract.estimators._encodings import ENCODINGS

FEWEST_ROWS_FOR_EIGHT_FOLDS = 100
EFFORTS = ("quick", "default", "thorough")
OF_KIND = ("hidden_layer_sizes", "dropout", "activation")
OF_MODEL = (*OF_KIND, "members", "folds", "batch_size", "learning_rate_init", "max_iter", "weight_decay")
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
    given = {name: getattr(model, name) for name in OF_MODEL if not _is_auto(getattr(model, name))}
    kinds = _groups(model.effort, classes)
    if not _is_auto(model.encodings):
        wanted = (model.encodings,) if isinstance(model.encodings, str) else tuple(model.encodings)
        kinds = tuple(_of_encoding(one_of(encoding, "encodings", ENCODINGS), kinds) for encoding in wanted)
        if not kinds:
            raise ValueError(f"encodings must name at least one of {', '.join(ENCODINGS)}")
    parts = {name: given.pop(name) for name in OF_KIND if name in given}
    kinds = tuple(dict.fromkeys(replace(kind, **parts) for kind in kinds))
    return Recipe(**{**_auto(model.effort, rows, classes), **given, "groups": kinds})


def _is_auto(value: Any) -> bool:
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
    few = rows < FEWEST_ROWS_FOR_EIGHT_FOLDS
    return {
        "members": MEMBERS[effort],
        "folds": 4 if few else FOLDS[effort],
        "batch_size": batch(rows),
        "learning_rate_init": 0.04 if classes else 0.07,
        "max_iter": 268 if rows < 1500 else 64,
        "first_cycle": 64 / 15,
        "weight_decay": 0.02,
    }


def batch(rows: int) -> int:
    return next((batch for most, batch in ((1500, 32), (3000, 64), (8000, 128)) if rows < most), 256)
