# SPDX-License-Identifier: BSD-3-Clause
"""The numbers that flow between the steps of a pipeline, each as a function of one column of the frame.

A number is the column as it is (Raw), a line over the scaled column (Line), or a value for each of finitely many
levels (Levels). None, NaN and pandas' NA are one missing value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

from neuract.columns._values import is_missing, text_of

NAN = float("nan")
Function = Callable[[Any], Any]


class Unfoldable(Exception):
    """Raised for what no column can do; the message says why, and the caller adds the step."""


@dataclass(frozen=True)
class Raw:
    """A column as it is; missing: what stands for missing values; swapped: what stands for some others, by text."""

    column: int
    missing: Any = NAN
    swapped: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """offset + gain · z, where z = (x - center) · scale, held between 0 and 1 if unit; missing: its own number."""

    column: int
    missing: float
    center: float = 0.0
    scale: float = 1.0
    unit: bool = False
    gain: float = 1.0
    offset: float = 0.0

    @property
    def is_column(self) -> bool:
        """Whether it is the column itself."""
        return self == replace(self, center=0.0, scale=1.0, unit=False, gain=1.0, offset=0.0)


@dataclass(frozen=True)
class Levels:
    """A value for some levels, by their text; other: that of all other levels; missing: that of missing values.

    exact: whether they are scikit-learn's to the last bit, so that they can be levels again.
    """

    column: int
    values: Mapping[str, Any]
    other: Any
    missing: Any
    exact: bool = True

    def mapped(self, function: Function) -> Levels:
        values = {level: function(value) for level, value in self.values.items()}
        return replace(self, values=values, other=function(self.other), missing=function(self.missing))


Part = Raw | Line | Levels


def number(part: Part) -> Line | Levels:
    """Returns a part as numbers."""
    if isinstance(part, Levels):
        return part.mapped(_float)
    if isinstance(part, Line):
        return part
    if part.swapped:
        raise Unfoldable(f"it takes numbers in which a SimpleImputer replaced {', '.join(part.swapped)}")
    return Line(part.column, _float(part.missing))


def _float(value: Any) -> float:
    if is_missing(value):
        return NAN
    try:
        return float(value)
    except (TypeError, ValueError):
        raise Unfoldable(f"it takes numbers, and the steps before it give {value!r}") from None


def affine(part: Part, center: float, scale: float, offset: float = 0.0) -> Part:
    """Returns (part - center) · scale + offset."""

    def function(value: float) -> float:
        return (value - center) * scale + offset

    part = number(part)
    if not (isfinite(center) and isfinite(scale)):  # of a column without values
        return Levels(part.column, {}, NAN, NAN)
    if isinstance(part, Levels):
        return replace(part.mapped(function), exact=False)
    missing = function(part.missing)
    if part.is_column and scale != 0:
        return replace(part, missing=missing, center=center, scale=scale, offset=offset)
    return replace(part, missing=missing, gain=part.gain * scale, offset=function(part.offset))


def clipped(part: Part, low: float, high: float) -> Part:
    """Returns the part held between two numbers."""

    def function(value: float) -> float:
        return min(max(value, low), high) if value == value else value

    part = number(part)
    if isinstance(part, Levels):
        return part.mapped(function)
    slope = part.gain * part.scale
    if not slope > 0:
        raise Unfoldable("it clips numbers that do not ascend with the column")
    missing = function(part.missing)
    if part.unit:
        low, high = max(low, part.offset), min(high, part.offset + part.gain)
    if not low < high:
        raise Unfoldable("it clips numbers that another step has clipped elsewhere")
    center = part.center + (low - part.offset) / slope
    return Line(part.column, missing, center, slope / (high - low), True, high - low, low)


def filled(part: Part, gap: Any, fill: Any) -> Part:
    """Returns the part with `fill` for values that equal `gap`, which may be the missing value."""

    def function(value: Any) -> Any:
        return fill if _equal(value, gap) else value

    swapped = _swapped(part, gap, fill, function)
    if isinstance(part, Levels):
        return part.mapped(function)
    if isinstance(part, Line):
        return replace(part, missing=function(part.missing))
    return Raw(part.column, function(part.missing), swapped)


def marked(part: Part, gap: Any) -> Part:
    """Returns whether the part equals `gap`, which may be the missing value."""

    def function(value: Any) -> bool:
        return _equal(value, gap)

    swapped = _swapped(part, gap, True, function)
    return (
        part.mapped(function)
        if isinstance(part, Levels)
        else Levels(part.column, swapped, False, function(part.missing))
    )


def _swapped(part: Part, gap: Any, value: Any, function: Function) -> dict[str, Any]:
    """Returns the values of single levels after a step that finds `gap`; Unfoldable if it could not find it."""
    if is_missing(gap):
        return {text: function(own) for text, own in part.swapped.items()} if isinstance(part, Raw) else {}
    if not isinstance(part, Raw) and not _is_exact(part):
        raise Unfoldable(f"it looks for {gap!r} in numbers that another step has scaled")
    if isinstance(part, Line):
        raise Unfoldable(f"it looks for {gap!r} in numbers")
    own = part.swapped if isinstance(part, Raw) else {}
    return {_text(gap): value, **{text: function(each) for text, each in own.items()}}


def _equal(value: Any, gap: Any) -> bool:
    if is_missing(gap) or is_missing(value):
        return is_missing(gap) and is_missing(value)
    return _text(value) == _text(gap)


def _text(value: Any) -> str:
    return text_of(value) or ""


@dataclass(frozen=True)
class Code:
    """What an encoder makes of one column: `size` numbers for each level, by text, and for missing values, by None.

    The numbers are by their place, without those that are 0; other: those of all other levels.
    """

    size: int
    values: Mapping[str | None, Mapping[int, float]]
    other: Mapping[int, float]

    def __call__(self, value: Any) -> Mapping[int, float]:
        return self.values.get(None if is_missing(value) else _text(value), self.other)


def _is_exact(part: Part) -> bool:
    return part.exact if isinstance(part, Levels) else part.is_column if isinstance(part, Line) else True


def encoded(part: Part, code: Code) -> list[Part]:
    """Returns one part for each number of the code."""
    if not _is_exact(part):
        raise Unfoldable("it takes numbers that another step has scaled as levels")
    if isinstance(part, Levels):
        found = {level: code(value) for level, value in part.values.items()}
        other = code(part.other)
    else:
        found = {level: values for level, values in code.values.items() if level is not None}
        found |= {level: code(value) for level, value in getattr(part, "swapped", {}).items()}
        other = code.other
    missing = code(part.missing)
    columns: list[dict[str, float]] = [{} for _ in range(code.size)]
    for level, values in found.items():
        for place in {**values, **other} or range(min(code.size, 1)):  # the column lists every level
            columns[place][level] = values.get(place, 0.0)
    return [
        Levels(part.column, column, other.get(place, 0.0), missing.get(place, 0.0))
        for place, column in enumerate(columns)
    ]
