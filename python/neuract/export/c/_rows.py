# SPDX-License-Identifier: BSD-3-Clause
"""How the C function takes a row: as the numbers of X. CColumns is the same for a frame's columns."""

from __future__ import annotations

from typing import NamedTuple

from neuract._typing import Array
from neuract.export._model import ExportedModel
from neuract.export.c import _templates as templates
from neuract.export.c._text import array, float_literals


class TestRows(NamedTuple):
    """Rows of the self-test: as the network takes them, and as C does. constants, variables, call: C text."""

    x: Array
    constants: str
    variables: str
    call: str


class CRows:
    """Rows of X, as the network takes them; a NaN may count as 0. name: with which the names of C begin."""

    parameters = "const float *x"

    def __init__(self, model: ExportedModel, name: str) -> None:
        self.model, self.name, self.macro = model, name, name.upper()

    # ---- NAME.h --------------------------------------------------------------------------------------

    @property
    def about(self) -> str:
        """The addition to what the header says of the computation."""
        return ""

    def defines(self) -> str:
        return templates.DEFINES.format(macro=self.macro, n_inputs=self.model.n_inputs)

    def places(self) -> str:
        """Returns the definitions of the columns' places."""
        return ""

    def declarations(self, outputs: str, reentrant: str) -> str:
        names = {"name": self.name, "macro": self.macro}
        return templates.PREDICT_DECLARATION.format(**names, outputs=outputs, reentrant=reentrant)

    # ---- NAME.c --------------------------------------------------------------------------------------

    @property
    def scratch(self) -> list[int]:
        """The size of the array ``inputs`` in which the row is changed, if it is."""
        return [self.model.n_inputs] if self.model.zero_missing else []

    def constants(self) -> str:
        return ""

    @property
    def n_bytes(self) -> int:
        """The bytes of the constants but the pointers to texts."""
        return 0

    @property
    def n_pointers(self) -> int:
        return 0

    def code(self) -> str:
        """Returns the functions that `lines` needs."""
        return ""

    def lines(self) -> tuple[list[str], str]:
        """Returns the statements that change the row, and the name of the array that then has it."""
        if not self.model.zero_missing:
            return [], "x"
        return [templates.WITHOUT_NAN.format(n=self.model.n_inputs)], "inputs"

    def test_rows(self, rows: int) -> TestRows:
        x = self.model.some_rows(rows, 0)
        constants = array(f"static const float test_x[{x.size}]", float_literals(x))
        call = f"{self.name}_predict(test_x + row * {self.macro}_N_INPUTS, y);"
        return TestRows(x, constants, "", call)
