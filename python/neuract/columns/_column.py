# SPDX-License-Identifier: BSD-3-Clause
"""What every kind of column can do: become the numbers of the matrix that a network takes."""

from __future__ import annotations

from typing import Any

from neuract._reprs import Described
from neuract._typing import Array
from neuract.columns._values import TEXT, Values
from neuract.layers._inputs import Input


class Column(Described):
    """A column of the user's frame, as the training rows have shown it.

    Its numbers are columns of the matrix: `names` has one entry for each of them.
    """

    name: str

    @property
    def names(self) -> list[str]:
        """The names of its numbers in the matrix."""
        raise NotImplementedError

    @property
    def smooth(self) -> list[bool]:
        """Whether each of its numbers is one of many, for which periodic inputs make sense."""
        return [False] * len(self.names)

    def numbers(self, values: Values) -> list[Array]:
        """Returns its numbers for some rows, in float64; TypeError if the values are of another kind."""
        raise NotImplementedError

    @property
    def one_takes(self) -> tuple[type, ...]:
        """The types that `one` takes; it may differ from `numbers` for no value of these."""
        return ()

    def one(self, value: Any) -> tuple[float, ...]:
        """Returns its numbers for one value of a type in `one_takes`."""
        raise NotImplementedError

    def levels_as(self, place: int) -> list[Input]:
        """Returns the inputs of a network for its numbers if they are levels, which begin at a place of the matrix."""
        return []

    def told(self) -> tuple[str, str]:
        """Returns its kind, and what becomes of it, in words."""
        raise NotImplementedError

    def check_name(self) -> None:
        if not isinstance(self.name, str):
            raise TypeError(f"the name of a column must be text, got {self.name!r}")

    def refused(self, values: Values, wanted: str) -> TypeError:
        """Returns the error for values of another kind than in training."""
        got = values.form
        if values.form == TEXT:
            row = next(row for row, text in enumerate(values.values) if text)
            got = f"text, {values.values[row]!r} in row {row}"
        return TypeError(f"column {self.name!r} of X must hold {wanted}, as in fit; got {got}")
