# SPDX-License-Identifier: BSD-3-Clause
"""The unit of a regressor's targets as C: the network's outputs times scales plus centers, in double."""

from __future__ import annotations

import numpy as np

from neuract._typing import Array
from neuract.export.c._templates import IN_THE_UNIT
from neuract.export.c._text import array, double_literal, double_literals
from neuract.outputs._kinds import Outputs


class CUnit:
    """The unit of some outputs; nothing if they have none. Numbers that all outputs share are in the code."""

    def __init__(self, meaning: Outputs) -> None:
        self.n, self.arrays, self.shared = meaning.n_columns, dict[str, Array](), dict[str, float]()
        if meaning.unit is None:
            return
        for name, values in (("scales", meaning.unit.scales), ("centers", meaning.unit.centers)):
            if np.unique(values).size == 1:
                self.shared[name] = float(values.flat[0])
            else:
                self.arrays[name] = values

    @property
    def n_bytes(self) -> int:
        return sum(8 * values.size for values in self.arrays.values())

    def constants(self) -> str:
        return "".join(
            array(f"static const double {name}[{values.size}]", double_literals(values))
            for name, values in self.arrays.items()
        )

    def lines(self) -> list[str]:
        """Returns the statements that change y."""
        if not self.arrays and not self.shared:
            return []
        return [IN_THE_UNIT.format(n=self.n, scale=self._each("scales"), center=self._each("centers"))]

    def _each(self, name: str) -> str:
        return double_literal(self.shared[name]) if name in self.shared else f"{name}[j]"

    @property
    def least(self) -> str:
        """The size of output j below which its tolerance shrinks no more, as an expression in float."""
        return f"(float){self._each('scales')}" if self.arrays or self.shared else "1"
