# SPDX-License-Identifier: BSD-3-Clause
"""The column of a frame of which no column says anything: a network needs an input."""

from __future__ import annotations

from neuract.columns._category import Category
from neuract.columns._column import Column
from neuract.columns._date import Date
from neuract.columns._number import Number, Scaling
from neuract.columns._values import DATE, EMPTY, TEXT, Values


def stand_in(name: str, values: Values) -> Column:
    """Returns a column of the form of these values whose numbers say nothing: all levels are one, or 0."""
    if values.form in (TEXT, EMPTY):
        rare = tuple(sorted({text for text in values.texts() if text}))
        return Category(name, (), rare, missing=values.form == EMPTY)
    nothing = Scaling(None, 0.0, 0.0, 0.0)
    if values.form == DATE:
        return Date(name, nothing, (), False)
    return Number(name, values.form, nothing, False, True)
