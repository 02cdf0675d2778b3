# SPDX-License-Identifier: BSD-3-Clause
"""The target: its values, the rows that have none, and what is to be learned of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuract._typing import Array
from neuract.columns._values import EMPTY, NUMBER, TEXT, TRUTH
from neuract.losses._probabilities import PROBABILITIES
from neuract.shell._tables import Table

CLASSIFICATION, REGRESSION = "classification", "regression"
FEW_VALUES, ROWS_OF_EACH = 10, 5
LARGEST = 2.0**53
OF_CLASSIFIERS = {name for loss in PROBABILITIES for name in loss.names}


@dataclass(frozen=True, eq=False)
class Target:
    """The target of the rows that have one: y; rows, their numbers from 0; form; the number of rows left out."""

    name: str
    y: Array
    rows: Array
    form: str
    left_out: int


def target(table: Table, name: str, form: str | None = None, *, drop_missing: bool = False) -> Target:
    """Returns the target; ShellError for a row without one, unless they may be dropped.

    form: as what cells are read; None: what they look like.
    """
    values = table.values(name, form)
    if values.form not in (NUMBER, TRUTH, TEXT, EMPTY):
        raise table.error(f"a {values.form} cannot be the target; make a number or a text of it", column=name)
    gaps = np.array([not text for text in values.texts()]) if values.form == TEXT else np.isnan(values.values)
    if gaps.all():
        raise table.error("no row has a target", column=name)
    if gaps.any() and not drop_missing:
        raise table.error(
            f"the target is missing ({gaps.sum():,} such rows); --drop-missing-target leaves them out",
            int(gaps.argmax()) + 1,
            name,
        )
    rows = np.flatnonzero(~gaps)
    known = np.array(values.values, object if values.form == TEXT else np.float64)[rows]
    return Target(name, _natural(known, values.form), rows, values.form, int(gaps.sum()))


def _natural(known: Array, form: str) -> Array:
    """Returns text, truths, whole numbers or numbers."""
    if form == TEXT:
        return known.astype(str)
    if form == TRUTH:
        return known.astype(bool)
    return known.astype(np.int64) if _whole(known) else known


def _whole(numbers: Array) -> bool:
    return bool((numbers == np.floor(numbers)).all() and (np.abs(numbers) < LARGEST).all())


def task(target: Target, chosen: str | None, loss: str | None) -> tuple[str, str]:
    """Returns the task and, in words, why."""
    if chosen is not None:
        return chosen, "by --task"
    if loss is not None:
        return (CLASSIFICATION if loss in OF_CLASSIFIERS else REGRESSION), f"the loss is {loss}"
    if target.form != NUMBER:
        what = "true and false" if target.form == TRUTH else "text"
        return CLASSIFICATION, f"the target is {what}"
    n_values = len(np.unique(target.y))
    repeated = n_values <= 2 or ROWS_OF_EACH * n_values <= len(target.y)
    if target.y.dtype == np.int64 and n_values <= FEW_VALUES and repeated:
        return CLASSIFICATION, f"the target has {n_values} whole numbers; --task regression predicts a number"
    return REGRESSION, "the target is a number"
