# SPDX-License-Identifier: BSD-3-Clause
"""Made-up values of columns for the self-tests of exported models: known, missing and unknown ones in each column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuract._typing import Array
from neuract.columns._category import Category
from neuract.columns._column import Column
from neuract.columns._date import Date
from neuract.columns._number import Number
from neuract.columns._values import DATE, TEXT, TRUTH, Values

KNOWN, MISSING, UNKNOWN = range(3)


def drawn(kinds: Sequence[Column], rows: int) -> dict[str, Values]:
    """Returns the values of each column by its name; in row and column, the kind of value is row + column modulo 3."""
    rng = np.random.default_rng(0)
    return {kind.name: _values(kind, (number + np.arange(rows)) % 3, rng) for number, kind in enumerate(kinds)}


def _values(kind: Column, wanted: Array, rng: np.random.Generator) -> Values:
    if isinstance(kind, Category):
        return Values(TEXT, [_text(kind, each, rng) for each in wanted])
    assert isinstance(kind, (Number, Date))
    form = DATE if isinstance(kind, Date) else kind.form
    scaling = kind.scaling
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        values = scaling.fill + rng.normal(size=len(wanted)) / scaling.scale
    if form == TRUTH:
        values = (values > scaling.fill).astype(np.float64)
    values = np.where(np.isfinite(values), values, scaling.fill)
    return Values(form, np.where(wanted == MISSING, np.nan, values))


def _text(kind: Category, wanted: int, rng: np.random.Generator) -> str | None:
    texts = [*kind.levels, *kind.rare]
    if wanted == MISSING:
        return None
    if wanted == KNOWN and texts:
        return texts[rng.integers(len(texts))]
    unknown = "unknown"
    while unknown in kind.codes:
        unknown += "?"
    return unknown
