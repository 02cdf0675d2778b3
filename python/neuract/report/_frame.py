# SPDX-License-Identifier: BSD-3-Clause
"""The columns of the user's frame as the page has them; frame.js makes the numbers of the matrix of their values.

A value is a number in the unit that the page shows, a level, days since 1970-01-01, or None where it is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.columns._asked import held, typical, values_of
from neuract.columns._category import Category
from neuract.columns._column import Column
from neuract.columns._columns import Columns
from neuract.columns._date import CYCLES, Date
from neuract.columns._number import SMOOTH, Number, Scaling
from neuract.columns._values import SPAN, TRUTH

MOST_CHOICES = 200  # levels of a drop-down; of more levels, the name is typed
UNITS = {"days": 1.0, "hours": 1 / 24, "minutes": 1 / 1440, "seconds": 1 / 86400}
WITHOUT_X, TYPICAL = "centers, and the most frequent levels", "medians, and the most frequent levels"


def of_frame(columns: Columns, X: Any, chosen: Array | None, names: Sequence[str]) -> dict[str, Any]:
    """Returns the columns and the rows to start from; chosen: the numbers of rows of X, whose names are given."""
    known: Sequence[Array | None] = [None] * len(columns.kinds_)
    if chosen is not None:
        values = values_of(columns, X)
        known = [held(kind, each) for kind, each in zip(columns.kinds_, values, strict=True)]
    described = [_described(kind, x) for kind, x in zip(columns.kinds_, known, strict=True)]
    middle = [each.pop("typical") / each.get("days", 1.0) for each in described]
    starts = []
    if chosen is not None:
        shown = [_shown(each, x[chosen]) for each, x in zip(described, known, strict=True) if x is not None]
        starts = [{"name": name, "row": list(row)} for name, row in zip(names, zip(*shown, strict=True), strict=True)]
    starts.append({"name": WITHOUT_X if chosen is None else TYPICAL, "row": middle})
    return {"columns": described, "starts": starts}


def _described(kind: Column, x: Array | None) -> dict[str, Any]:
    """Returns a column, with its typical value in rows with the values x; without rows in those of the training."""
    x = np.empty(0) if x is None else x
    described = {"name": kind.name, "typical": typical(kind, x)}
    if isinstance(kind, Category):
        return described | {"kind": "category"} | _of_levels(kind)
    assert isinstance(kind, (Number, Date))
    known = x[~np.isnan(x)]
    low, high = (float(known.min()), float(known.max())) if known.size else _reach(kind.scaling)
    described |= {"scaling": asdict(kind.scaling), "flag": kind.flag}
    if isinstance(kind, Date):
        return described | _of_dates(kind, known, low, high)
    return described | ({"kind": "bool"} if kind.form == TRUTH else _of_numbers(kind, known, low, high))


def _of_dates(kind: Date, known: Array, low: float, high: float) -> dict[str, Any]:
    """Returns what only dates have; times of day alone are dates of 1970-01-01."""
    timed = bool((known % 1).any()) if known.size else "day" in kind.cycles
    field = "time" if 0 <= low <= high < 1 else "datetime-local" if timed else "date"
    return {"kind": "date", "field": field, "cycles": [CYCLES[cycle] for cycle in kind.cycles]}


def _of_numbers(kind: Number, known: Array, low: float, high: float) -> dict[str, Any]:
    """Returns what only numbers and durations have; days: those of the unit of durations."""
    unit = _unit(max(abs(low), abs(high))) if kind.form == SPAN else None
    days = 1.0 if unit is None else UNITS[unit]
    shown = known / days
    whole = bool(known.size) and bool((shown == np.rint(shown)).all())
    of_unit = {} if unit is None else {"unit": unit, "days": days}
    return of_unit | {"kind": "number", "range": [low / days, high / days, whole]}


def _of_levels(kind: Category) -> dict[str, Any]:
    described: dict[str, Any] = {"names": kind.level_names, "signed": kind.signed, "missing": kind.missing}
    if kind.n_levels > MOST_CHOICES:
        described["rare"] = list(kind.rare)
    return described


def _reach(scaling: Scaling) -> tuple[float, float]:
    """Returns the range of numbers that the scaling tells apart well; of the kind "unit" that of the training rows."""
    low, high = (0, 1) if scaling.kind == "unit" else (-SMOOTH, SMOOTH)
    return scaling.center + low / scaling.scale, scaling.center + high / scaling.scale


def _unit(most: float) -> str:
    """Returns the largest unit of which the longest span has one or more."""
    return next((unit for unit, days in UNITS.items() if most >= days), "seconds")


def _shown(described: dict[str, Any], x: Array) -> list[float | None]:
    return [None if value != value else value for value in (x / described.get("days", 1.0)).tolist()]
