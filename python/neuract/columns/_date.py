# SPDX-License-Identifier: BSD-3-Clause
"""A column of dates or times: the time that has passed, and the cycles that the training rows resolve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuract._checks import boolean
from neuract._typing import Array
from neuract.columns._column import Column
from neuract.columns._cycles import sine_and_cosine
from neuract.columns._number import Scaling
from neuract.columns._values import DATE, EMPTY, Values

CYCLES = {"year": 365.2425, "week": 7.0, "day": 1.0}
"""Length of each cycle in days."""
MOST_OF_IT = 0.9


@dataclass(frozen=True, repr=False)
class Date(Column):
    """A column of dates or times, in days since 1970-01-01.

    Its numbers are the scaled days, sine and cosine of the position in each cycle (0 where the date is missing), and
    the flag. A cycle is resolved if the training rows reach over nine tenths of it and differ in their position.

    Parameters
    ----------
    name : str
    scaling : Scaling
        Of the days.
    cycles : tuple of str
        "year", "week", "day".
    flag : bool
        Whether the last of its numbers is 1 where the value is missing, else 0.
    """

    name: str
    scaling: Scaling
    cycles: tuple[str, ...]
    flag: bool

    def __post_init__(self) -> None:
        self.check_name()
        if not isinstance(self.scaling, Scaling):
            raise TypeError(f"scaling must be a Scaling, got {self.scaling!r}")
        if not isinstance(self.cycles, tuple) or not set(self.cycles) <= CYCLES.keys():
            raise ValueError(f"cycles must be a tuple of {', '.join(CYCLES)}; got {self.cycles!r}")
        boolean(self.flag, "flag")

    @classmethod
    def learned(cls, name: str, values: Values, scaling: str | None) -> Date:
        """Returns the column of training values, at least one of them there."""
        missing = np.isnan(values.values)
        days = values.values[~missing]
        cycles = tuple(cycle for cycle, length in CYCLES.items() if _resolved(days, length))
        return cls(name, Scaling.learned(scaling or "robust", days), cycles, bool(missing.any()))

    @property
    def names(self) -> list[str]:
        cycles = [f"{self.name}, {part} of the {cycle}" for cycle in self.cycles for part in ("sine", "cosine")]
        return [self.name, *cycles, *[f"{self.name} is missing"] * self.flag]

    @property
    def smooth(self) -> list[bool]:
        return [True] + [False] * (len(self.names) - 1)

    def numbers(self, values: Values) -> list[Array]:
        if values.form not in (DATE, EMPTY):
            raise self.refused(values, "dates")
        days = values.values
        missing = np.isnan(days)
        found = [self.scaling(days)]
        for cycle in self.cycles:
            found += [np.where(missing, 0.0, wave) for wave in sine_and_cosine(days / CYCLES[cycle])]
        return [*found, missing.astype(np.float64)] if self.flag else found

    def told(self) -> tuple[str, str]:
        cycles = f", cycles of {' and '.join(self.cycles)}" if self.cycles else ""
        missing = ", and whether it is missing" if self.flag else ""
        return "date", f"elapsed time{cycles}{missing}"


def _resolved(days: Array, length: float) -> bool:
    """Returns whether the days reach over most of a cycle, and are at more than one position of it.

    A date without a time of day is at one position of the day.
    """
    if days.max() - days.min() < MOST_OF_IT * length:
        return False
    step = 1.0 if length > 1 else 1 / 1440  # a day, or a minute: positions that differ by less are the same
    return len(np.unique(np.floor((days % length) / step))) > 1
