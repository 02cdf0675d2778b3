# SPDX-License-Identifier: BSD-3-Clause
"""The columns that do the work of a pipeline's parts, and what the first layer must become on their numbers.

A part p is constants[p] + Σ rows[n][p] · number n of the column's encoding, so the first layer x · W + b of the parts
becomes weights rows · W and biases b + constants · W on the encoding: all in float64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np

from neuract._typing import Array
from neuract.columns._category import Category
from neuract.columns._column import Column
from neuract.columns._number import Number, Scaling
from neuract.pipelines._parts import NAN, Levels, Line, Part, Unfoldable, number

ALIKE = 1e-12  # of what a missing value is and what a scaled one would be, relative to their terms

Row = Mapping[int, float]
"""The number's factor in each part, by the part's place in the first layer."""


@dataclass(frozen=True)
class Encoded:
    """A column; for each number that its encoding gives, its row; the constants, by part."""

    kind: Column
    rows: Sequence[Row]
    constants: Row

    @property
    def is_levels(self) -> bool:
        return isinstance(self.kind, Category)

    def weights(self, weights: Array) -> Array:
        """Returns the first layer's weights on the encoding."""
        return np.stack([_sum(row, weights) for row in self.rows])

    def biases(self, weights: Array) -> Array:
        """Returns what the constants add to the first layer's biases."""
        return _sum(self.constants, weights)


def _sum(row: Row, weights: Array) -> Array:
    used = {place: factor for place, factor in row.items() if factor}
    if not used:
        return np.zeros(weights.shape[1])
    total: Array = np.array(list(used.values())) @ weights[list(used)]
    return total


def column_of(name: str, parts: Mapping[int, Part], zero: bool) -> Encoded:
    """Returns the column of all its parts, by place in the first layer; zero: whether NaN counts as 0 there."""
    numbers = {place: number(part) for place, part in parts.items()}
    lines = {place: part for place, part in numbers.items() if isinstance(part, Line)}
    levels = {
        place: part.mapped(lambda value: 0.0 if zero and value != value else value)
        for place, part in numbers.items()
        if isinstance(part, Levels)
    }
    if zero:
        lines = {place: _without_nan(line) for place, line in lines.items()}
    if not lines:
        return _category(name, levels)
    if not any(part.values for part in levels.values()):
        return _number(name, lines, levels)
    raise Unfoldable(f"column {name!r} goes into it as a number and as levels")


def _without_nan(line: Line) -> Line:
    return replace(line, missing=0.0) if line.missing != line.missing else line


# ---- numbers ---------------------------------------------------------------------------------------


def _number(name: str, lines: Mapping[int, Line], flags: Mapping[int, Levels]) -> Encoded:
    scaling = _scaling(name, list(lines.values()))
    known, missing = {}, {}
    constants = {place: _finite(flag.other) for place, flag in flags.items()}
    at_gap = scaling.one(NAN)
    for place, line in lines.items():
        gain = line.gain if line.unit else line.gain * line.scale / scaling.scale
        shift = 0.0 if line.unit else line.gain * line.scale * (scaling.center - line.center)
        known[place], constants[place] = gain, line.offset + shift
        terms = line.missing, -constants[place], -gain * at_gap
        if isfinite(line.missing) and abs(sum(terms)) > ALIKE * sum(map(abs, terms)):
            missing[place] = sum(terms)
    for place, flag in flags.items():
        if isfinite(flag.missing) and flag.missing != constants[place]:
            missing[place] = flag.missing - constants[place]
    kind = Number(name, "number", scaling, bool(missing), two_valued=False)
    return Encoded(kind, [known, missing][: len(kind.names)], constants)


def _scaling(name: str, lines: Sequence[Line]) -> Scaling:
    """Returns the scaling of the first line; Unfoldable if the others are no lines over it."""
    first = lines[0]
    basis = first.center, first.scale, first.unit
    if any(line.unit for line in lines) and any((line.center, line.scale, line.unit) != basis for line in lines):
        raise Unfoldable(f"column {name!r} goes into it clipped in one way and another")
    fill = first.center
    filled = next((line for line in lines if isfinite(line.missing) and line.gain), None)
    if filled is not None:
        fill = filled.center + (filled.missing - filled.offset) / filled.gain / filled.scale
    plain = (first.center, first.scale) == (0.0, 1.0)
    return Scaling("unit" if first.unit else None if plain else "standard", first.center, first.scale, fill)


def _finite(value: float) -> float:
    return 0.0 if value != value else value


# ---- levels ----------------------------------------------------------------------------------------


def _category(name: str, parts: Mapping[int, Levels]) -> Encoded:
    texts = dict.fromkeys(text for part in parts.values() for text in part.values)
    constants = {place: _other(part) for place, part in parts.items()}
    rows: dict[str, dict[int, float]] = {text: {} for text in texts}
    missing = {}
    for place, part in parts.items():
        for text, value in part.values.items():
            rows[text][place] = 0.0 if value != value else value - constants[place]
        missing[place] = 0.0 if part.missing != part.missing else part.missing - constants[place]
    if "" in rows:
        empty = rows.pop("")
        if any(missing.values()) and any(empty.get(place, 0.0) != value for place, value in missing.items()):
            raise Unfoldable(f"column {name!r} has empty text next to missing values, which columns take as one")
        missing = empty
    gap = any(missing.values()) or len(rows) in (0, 2)  # two levels alone would be -1 and 1
    return Encoded(Category(name, tuple(rows), missing=gap), [*rows.values(), *[missing] * gap], constants)


def _other(part: Levels) -> float:
    """Returns the value of unknown levels; where the network refuses it, the mean of the others."""
    if part.other == part.other:
        return float(part.other)
    known = [value for value in part.values.values() if value == value]
    return float(np.mean(known)) if known else 0.0
