# SPDX-License-Identifier: BSD-3-Clause
"""What reports and pictures ask of the columns of a model: the values of rows, the names of levels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neuract._typing import Array
from neuract.columns._category import Category
from neuract.columns._column import Column
from neuract.columns._columns import Columns
from neuract.columns._date import Date
from neuract.columns._frame import table
from neuract.columns._number import Number
from neuract.columns._values import DATE, EMPTY, TRUTH, Values


def values_of(columns: Columns, X: Any) -> list[Values]:
    """Returns the columns of X that are used, in the order of `kinds_`."""
    frame = table(X)
    return [frame.values(place) for place in columns._found(frame)]


def level_names(columns: Columns | None) -> dict[int, list[str]]:
    """Returns the names of the levels of each column of the matrix that holds levels, from level 0."""
    kinds = [] if columns is None else [kind for kind in columns.kinds_ for _ in kind.names]
    return {place: kind.level_names for place, kind in enumerate(kinds) if isinstance(kind, Category)}


def kind_of_number(columns: Columns) -> npt.NDArray[np.intp]:
    """Returns for each column of the matrix the place of its kind in `kinds_`."""
    return np.repeat(np.arange(len(columns.kinds_)), [len(kind.names) for kind in columns.kinds_])


def names_of_frame(columns: Columns) -> list[str]:
    """Returns the names of the frame's columns, those that are not used too; without names x0, x1 and so on."""
    names = getattr(columns, "feature_names_in_", None)
    return [f"x{number}" for number in range(columns.n_features_in_)] if names is None else list(names)


def column_of_number(columns: Columns) -> npt.NDArray[np.intp]:
    """Returns for each column of the matrix the number of its column in the frame."""
    return np.asarray(columns._places, np.intp)[kind_of_number(columns)]


def held(kind: Column, values: Values) -> Array:
    """Returns a column as numbers that people know: numbers, days, or levels from 0; NaN for missing numbers and days.

    TypeError if the values are of another kind than in training.
    """
    codes = kind.numbers(values)[0]
    if isinstance(kind, Category):
        return np.where(codes == 0, 0, (codes + 3) / 2) if kind.signed else codes
    return np.full(len(values), np.nan) if values.form == EMPTY else np.asarray(values.values, np.float64)


def typical(kind: Column, held: Array) -> float:
    """Returns the median of numbers and days, of two in the middle the first; of levels the most frequent one.

    Without known values it is that of the training rows.
    """
    if isinstance(kind, Category):
        return float(np.bincount(held.astype(np.intp)).argmax()) if len(held) else 1.0
    assert isinstance(kind, (Number, Date))
    known = np.sort(held[~np.isnan(held)])
    middle = float(known[(known.size - 1) // 2]) if known.size else kind.scaling.fill
    return float(middle >= 0.5) if isinstance(kind, Number) and kind.form == TRUTH else middle


def numbers_of(kind: Column, held: Array) -> list[Array]:
    """Returns the columns of the matrix for what `held` gives."""
    if isinstance(kind, Category):
        return [np.where(held == 0, 0, 2 * held - 3) if kind.signed else held]
    return kind.numbers(Values(kind.form if isinstance(kind, Number) else DATE, held))
