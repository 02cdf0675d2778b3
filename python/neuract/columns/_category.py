# SPDX-License-Identifier: BSD-3-Clause
"""A column of text or categories, whose levels become whole numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from neuract._checks import boolean
from neuract._typing import Array
from neuract.columns._column import Column
from neuract.columns._values import DATE, EMPTY, SPAN, Values, text_of
from neuract.layers._inputs import Embedding, Input, OneHot

MOST_ONE_HOT, EMBEDDING_SIZE = 100, 16
UNKNOWN = 0


class _Codes(dict[str | None, float]):
    """The number of each text; of any other, UNKNOWN."""

    def __missing__(self, text: str | None) -> float:
        return UNKNOWN


@dataclass(frozen=True, repr=False)
class Category(Column):
    """A column of levels, by their names.

    Its number is 0 for a level that no training row had, 1 for the first level, and so on; the two that follow are
    those of rare levels, which share one, and of missing values, if there were some. Empty text counts as missing.
    Two levels alone are -1 and 1.

    Parameters
    ----------
    name : str
    levels : tuple of str
        By descending frequency, then by name.
    rare : tuple of str
        The levels that share one number, by name.
    missing : bool
        Whether missing values have a number of their own; else they count as unknown.
    """

    name: str
    levels: tuple[str, ...]
    rare: tuple[str, ...] = ()
    missing: bool = False

    def __post_init__(self) -> None:
        self.check_name()
        every = (*self.levels, *self.rare)
        if not isinstance(self.levels, tuple) or not isinstance(self.rare, tuple):
            raise TypeError("levels and rare must be tuples")
        if not all(isinstance(level, str) and level for level in every) or len(set(every)) < len(every):
            raise ValueError(f"the levels of column {self.name!r} must be different texts, none of them empty")
        boolean(self.missing, "missing")
        if not self.n_levels:
            raise ValueError(f"column {self.name!r} must have levels")

    @classmethod
    def learned(cls, name: str, counts: Counter[str], gaps: bool, min_rows: int) -> Category:
        """Returns the column of training rows. counts: rows of each level, rare below min_rows; gaps: some miss."""
        ordered = sorted(counts, key=lambda level: (-counts[level], level))
        levels = tuple(level for level in ordered if counts[level] >= min_rows)
        return cls(name, levels, tuple(sorted(set(ordered) - set(levels))), gaps)

    @property
    def n_levels(self) -> int:
        """The number of levels but the unknown one."""
        return len(self.levels) + bool(self.rare) + self.missing

    @property
    def signed(self) -> bool:
        """Whether its numbers are -1 and 1, and 0 for an unknown level."""
        return self.n_levels == 2 == len(self.levels)

    @property
    def names(self) -> list[str]:
        return [self.name]

    @property
    def level_names(self) -> list[str]:
        """A name for each number from 0."""
        return ["(unknown)", *self.levels, *["(rare)"] * bool(self.rare), *["(missing)"] * self.missing]

    @cached_property
    def codes(self) -> dict[str | None, float]:
        """The number of each text."""
        numbers: list[float] = [-1.0, 1.0] if self.signed else [1.0 + k for k in range(self.n_levels)]
        codes = _Codes(zip(self.levels, numbers, strict=False))
        if self.rare:
            codes.update(dict.fromkeys(self.rare, numbers[len(self.levels)]))
        if self.missing:
            codes[None] = codes[""] = numbers[-1]
        return codes

    def numbers(self, values: Values) -> list[Array]:
        if values.form in (DATE, SPAN):
            raise self.refused(values, "text or categories")
        texts = [None] * len(values) if values.form == EMPTY else values.texts()
        return [np.fromiter(map(self.codes.__getitem__, texts), np.float64, len(texts))]

    @property
    def one_takes(self) -> tuple[type, ...]:
        return (str, float, int, bool, type(None))

    def one(self, value: Any) -> tuple[float, ...]:
        return (self.codes[value if type(value) is str else text_of(value)],)

    def levels_as(self, place: int) -> list[Input]:
        if self.signed:
            return []
        if self.n_levels > MOST_ONE_HOT:
            return [Embedding(place, self.n_levels, EMBEDDING_SIZE)]
        return [OneHot(place, self.n_levels)]

    def told(self) -> tuple[str, str]:
        rare = f", {len(self.rare)} rare ones as one" if self.rare else ""
        shown = ", ".join(map(repr, self.levels[:3])) + ", …" * (len(self.levels) > 3)
        return "category", f"{len(self.levels)} levels ({shown}){rare}{', missing' * self.missing}"
