# SPDX-License-Identifier: BSD-3-Clause
"""Pictures over the columns of the user's frame, in its units: numbers, days since 1970-01-01, levels from 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from neuract._typing import Array, AskedModel, FittedNetwork
from neuract.columns._asked import held, numbers_of, typical, values_of
from neuract.columns._category import Category
from neuract.columns._column import Column
from neuract.columns._columns import Columns
from neuract.columns._date import Date
from neuract.columns._number import Number
from neuract.columns._values import TRUTH
from neuract.layers._dense import Dense
from neuract.losses._base import Loss
from neuract.plotting._plane import Limits, check_resolution, with_margin
from neuract.plotting._style import shortened

MOST_LEVELS = 8  # that a text lists
FARTHEST = 4e307  # of limits, whose distance is then finite
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def columns_held(columns: Columns, X: Any) -> list[Array]:
    """Returns the used columns of X, in the order of `kinds_`; NaN for missing numbers and days."""
    return [held(kind, values) for kind, values in zip(columns.kinds_, values_of(columns, X), strict=True)]


def matrix_of(columns: Columns, known: Sequence[Array], dtype: str) -> Array:
    """Returns the matrix for what `columns_held` gives."""
    numbers = [each for kind, x in zip(columns.kinds_, known, strict=True) for each in numbers_of(kind, x)]
    return columns._checked(np.stack(numbers, axis=1), dtype)


@dataclass(frozen=True)
class FramePlane:
    """The values of one or two columns of a frame, as `Plane` has those of an array.

    Attributes
    ----------
    columns : Columns
    chosen : tuple of int
        Places in `kinds_`. With a single column, tiles are the same from bottom to top.
    known : list of arrays
        The columns of X.
    limits : tuple of floats
    dtype : str
        Of the network.
    """

    columns: Columns
    chosen: tuple[int, ...]
    known: Sequence[Array]
    limits: Limits
    dtype: str

    @property
    def has_steps(self) -> bool:
        return any(_has_steps(self.columns.kinds_[place]) for place in self.chosen)

    def grid(self, resolution: int) -> Array:
        """Returns rows of the matrix; the first column of the plane changes fastest."""
        check_resolution(resolution)
        limits = self.limits[:2], self.limits[2:]
        axes = np.meshgrid(*(np.linspace(*each, resolution) for each in limits))
        each = zip(self.columns.kinds_, self.known, strict=True)
        rows = [np.full(resolution**2, typical(kind, x)) for kind, x in each]
        for place, values, (low, high) in zip(self.chosen, axes, limits, strict=False):
            flat = values.ravel()
            steps = _has_steps(self.columns.kinds_[place])
            rows[place] = np.clip(np.rint(flat), low + 0.5, high - 0.5) if steps else flat
        return matrix_of(self.columns, rows, self.dtype)

    def points(self, rows: Array) -> Array:
        """Returns the places of the rows of X in the plane, rows × 2; NaN where a value is missing."""
        places = [self.known[place] for place in self.chosen]
        return np.column_stack(places if len(places) == 2 else [*places, np.full(len(rows), 0.5)])

    def told(self) -> str:
        """Returns what is from left to right and from bottom to top."""
        ends = self.limits[:2], self.limits[2:]
        told = [_told(self.columns.kinds_[place], *each) for place, each in zip(self.chosen, ends, strict=False)]
        return "\n".join(f"{way}: {text}" for way, text in zip(("to the right", "upwards"), told, strict=False))


def plane_of_frame(columns: Columns, X: Any, chosen: Sequence[int | str] | None, dtype: str) -> FramePlane:
    """Returns the plane of the chosen columns; None: of all that are used, which must be one or two."""
    places, known = _chosen(columns, chosen), columns_held(columns, X)
    ends = [end for place in places for end in _limits(columns.kinds_[place], known[place])]
    low, high, *others = [*ends, 0.0, 1.0]
    return FramePlane(columns, places, known, (low, high, others[0], others[1]), dtype)


def _chosen(columns: Columns, chosen: Sequence[int | str] | None) -> tuple[int, ...]:
    if chosen is None and len(columns.kinds_) > 2:
        first, second = (kind.name for kind in columns.kinds_[:2])
        raise ValueError(
            f"tiles show a plane, so the model must have 1 or 2 columns; it has {len(columns.kinds_)}. Choose one "
            f"or two, such as columns=[{first!r}, {second!r}]; the others then stay at their medians, or most frequent "
            "levels"
        )
    given = list(range(len(columns.kinds_))) if chosen is None else [_place(columns, each) for each in chosen]
    if not 1 <= len(given) <= 2 or len({*given}) < len(given):
        raise ValueError(f"columns must be one or two different columns of X, by name or number; got {chosen!r}")
    return tuple(given)


def _place(columns: Columns, each: int | str) -> int:
    """Returns the place in `kinds_` of a column, by its name, or counted from 0 in X."""
    names = [kind.name for kind in columns.kinds_]
    if isinstance(each, str) and each in names:
        return names.index(each)
    if isinstance(each, (int, np.integer)) and each in columns._places:
        return columns._places.index(int(each))
    if each in columns.left_out_:
        raise ValueError(f"column {each!r} is not used by the model: {columns.left_out_[str(each)]}")
    known = ", ".join(map(repr, names[:10])) + ", …" * (len(names) > 10)
    raise ValueError(f"columns must be one or two of those that the model uses ({known}); got {each!r}")


def _has_steps(kind: Column) -> bool:
    return isinstance(kind, Category) or (isinstance(kind, Number) and kind.form == TRUTH)


def _limits(kind: Column, x: Array) -> tuple[float, float]:
    if isinstance(kind, Category):
        return -0.5, kind.n_levels + 0.5
    known = x[~np.isnan(x)]
    if _has_steps(kind):
        return -0.5, 1.5
    return with_margin(np.clip(known if known.size else typical(kind, x), -FARTHEST, FARTHEST))


def _told(kind: Column, low: float, high: float) -> str:
    name = shortened(kind.name)
    if isinstance(kind, Category):
        shown = [shortened(level) for level in kind.level_names[:MOST_LEVELS]]
        return f"{name}, {', '.join(shown)}{', …' * (kind.n_levels >= MOST_LEVELS)}"
    if _has_steps(kind):
        return f"{name}, False, True"
    if isinstance(kind, Date):
        return f"{name}, {_day(low)} to {_day(high)}"
    return f"{name}, {low:.4g} to {high:.4g}{' days' * (isinstance(kind, Number) and kind.form == 'duration')}"


def _day(days: float) -> str:
    """Returns a date; beyond the years 1 to 9999, days."""
    try:
        return (EPOCH + timedelta(days=days)).strftime("%Y-%m-%d")
    except OverflowError:
        return f"{days:.4g} days"


@dataclass(frozen=True)
class NetworkOfFrame:
    """A model that takes the values of used columns, rows × `kinds_`, and answers in the unit of y.

    network: its first member, which has the layers.
    """

    model: AskedModel
    columns: Columns
    network: FittedNetwork

    @property
    def layers(self) -> tuple[Dense, ...]:
        return self.network.layers

    @property
    def loss_function(self) -> Loss:
        return self.network.loss_function

    def predict(self, x: Array) -> Array:
        """Returns the mean of the members, rows × outputs."""
        outputs, unit = self.model._members().predict(self._rows(x), self.network.n_threads), self.model._meaning().unit
        return outputs if unit is None else unit.back(outputs)

    def spread(self, x: Array) -> Array | None:
        """Returns the standard deviation of the members' outputs, rows × outputs; None for a single network."""
        members, unit = self.model._members(), self.model._meaning().unit
        if len(members) == 1:
            return None
        each = members.each(self._rows(x), self.network.n_threads).astype(np.float64)
        each = np.array([members.held(outputs) for outputs in each])
        center = np.tensordot(members.weights, each, 1)
        spread: Array = np.sqrt(np.tensordot(members.weights, (each - center) ** 2, 1))
        return spread if unit is None else spread * unit.scales

    def _rows(self, x: Array) -> Array:
        return matrix_of(self.columns, list(np.asarray(x, np.float64).T), self.network.dtype)
