# SPDX-License-Identifier: BSD-3-Clause
"""A column of numbers, truths or spans, scaled; next to it a flag of missing values if the training rows had some."""

from __future__ import annotations

from dataclasses import dataclass
from math import isinf, sqrt
from typing import Any, ClassVar

import numpy as np

from neuract._checks import boolean, one_of, real_number
from neuract._reprs import Described
from neuract._typing import Array
from neuract.columns._column import Column
from neuract.columns._statistics import inverse, mean_and_deviation, median, quantile
from neuract.columns._values import EMPTY, NUMBER, SPAN, TRUTH, Values

SCALINGS = ("robust", "standard", "unit")
SMOOTH, REACH = 3.0, 1e15
"""The bound of robustly scaled numbers, and that of their size before, whose square stays within float32."""


@dataclass(frozen=True, repr=False)
class Scaling(Described):
    """z = (x - center) · scale, then by kind: robust z / √(1 + (z/3)²), unit held between 0 and 1, else z.

    Holzmüller et al. 2024, arXiv:2407.04491, have the robust scaling: center is the median, scale the inverse of the
    distance between the quartiles (where it is 0: twice the inverse of that between the extremes).

    Parameters
    ----------
    kind : {"robust", "standard", "unit"} or None
    center, scale : float
    fill : float
        In place of a missing x: the center of the training rows.
    """

    kind: str | None
    center: float
    scale: float
    fill: float

    def __post_init__(self) -> None:
        if self.kind is not None:
            one_of(self.kind, "scaling", SCALINGS)
        for name in ("center", "scale", "fill"):
            real_number(getattr(self, name), name, open_low=True, open_high=True)

    @classmethod
    def learned(cls, kind: str | None, known: Array) -> Scaling:
        """Returns the scaling of training values, at least one and none missing."""
        if kind == "standard":
            center, deviation = mean_and_deviation(known)
            return cls(kind, center, inverse(deviation) if deviation else 1.0, center)
        ordered = np.sort(known)
        low, middle, high = float(ordered[0]), median(ordered), float(ordered[-1])
        if kind is None:
            return cls(kind, 0.0, 1.0, middle)
        if low == high:
            return cls(kind, low, 1.0, low)
        if kind == "unit":
            return cls(kind, low, inverse(high - low), middle)
        box = quantile(ordered, 0.75) - quantile(ordered, 0.25)
        return cls(kind, middle, inverse(box) if box > 0 else inverse((high - low) / 2), middle)

    def __call__(self, x: Array) -> Array:
        """Returns the scaled numbers; NaN becomes that of `fill`."""
        filled = np.where(np.isnan(x), self.fill, x)
        with np.errstate(over="ignore"):
            z = (filled - self.center) * self.scale
        if self.kind == "unit":
            return np.clip(z, 0.0, 1.0)
        if self.kind == "robust":
            z = np.clip(z, -REACH, REACH)
            third = z / SMOOTH
            return np.asarray(z / np.sqrt(1 + third * third))
        return z

    def one(self, x: float) -> float:
        """Returns the same for one number."""
        z = ((self.fill if x != x else x) - self.center) * self.scale
        if self.kind == "unit":
            return min(max(z, 0.0), 1.0)
        if self.kind == "robust":
            z = min(max(z, -REACH), REACH)
            third = z / SMOOTH
            return z / sqrt(1 + third * third)
        return z


@dataclass(frozen=True, repr=False)
class Number(Column):
    """A column of numbers.

    Parameters
    ----------
    name : str
    form : {"number", "bool", "duration"}
    scaling : Scaling
    flag : bool
        Whether it has a second number: 1 where the value is missing, else 0.
    two_valued : bool
        Whether the training rows had two different values.
    """

    name: str
    form: str
    scaling: Scaling
    flag: bool
    two_valued: bool
    forms: ClassVar[tuple[str, ...]] = (NUMBER, TRUTH, SPAN)

    def __post_init__(self) -> None:
        self.check_name()
        one_of(self.form, "form", self.forms)
        if not isinstance(self.scaling, Scaling):
            raise TypeError(f"scaling must be a Scaling, got {self.scaling!r}")
        boolean(self.flag, "flag")
        boolean(self.two_valued, "two_valued")

    @classmethod
    def learned(cls, name: str, values: Values, scaling: str | None) -> Number:
        """Returns the column of training values, at least one of them there."""
        missing = np.isnan(values.values)
        known = values.values[~missing]
        form, flag = values.form, bool(missing.any())
        two_valued = bool(((known == known.min()) | (known == known.max())).all())
        return cls(name, form, Scaling.learned(scaling, known), flag, two_valued)

    @property
    def names(self) -> list[str]:
        return [self.name, f"{self.name} is missing"] if self.flag else [self.name]

    @property
    def smooth(self) -> list[bool]:
        return [not self.two_valued, False][: len(self.names)]

    def numbers(self, values: Values) -> list[Array]:
        x = self.accepted(values)
        return [self.scaling(x), np.isnan(x).astype(np.float64)] if self.flag else [self.scaling(x)]

    def one(self, value: Any) -> tuple[float, ...]:
        x = float("nan") if value is None else float(value)
        if isinf(x):
            raise ValueError("infinity")
        return (self.scaling.one(x), float(x != x)) if self.flag else (self.scaling.one(x),)

    @property
    def one_takes(self) -> tuple[type, ...]:
        return () if self.form == SPAN else (float, int, bool, type(None))

    def accepted(self, values: Values) -> Array:
        numbers: Array = values.values
        spans = self.form == SPAN
        if values.form == EMPTY or (values.form == SPAN if spans else values.form in (NUMBER, TRUTH)):
            return numbers
        raise self.refused(values, "durations" if spans else "numbers")

    def told(self) -> tuple[str, str]:
        scaled = f"{self.scaling.kind} scaling" if self.scaling.kind else "not scaled"
        missing = ", and whether it is missing" if self.flag else ""
        return self.form, f"{scaled}, center {self.scaling.fill:.6g}{missing}"
