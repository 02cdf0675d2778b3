# SPDX-License-Identifier: BSD-3-Clause
"""A fitted model as plain C99: NAME.h to include, and NAME.c with the weights, which needs only math.h."""

from __future__ import annotations

import os
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

from neuract.export._model import ExportedModel
from neuract.export.c import _templates as templates
from neuract.export.c._activations import definitions
from neuract.export.c._columns import CColumns
from neuract.export.c._inputs import functions
from neuract.export.c._members import CMembers
from neuract.export.c._rows import CRows
from neuract.export.c._text import array, class_array, float_literal, float_literals
from neuract.export.c._unit import CUnit
from neuract.files._atomic import write_atomically
from neuract.outputs._kinds import Classes, Labels, Numbers, Outputs, Quantiles

TEST_ROWS, TOLERANCE = 3, 1e-5
OUTPUTS: dict[type[Outputs], str] = {
    Classes: "the probability of each class.",
    Labels: "the probability of each label; a label applies if it is above 0.5.",
    Numbers: "the outputs of the network.",
    Quantiles: "the quantiles in ascending order.",
}


def save_c(model: ExportedModel, path: Any, static_memory: bool) -> None:
    """Writes the two files to one folder."""
    target = Path(os.fsdecode(path))
    name = checked_name(target.name.removesuffix(".c"))
    source = CSource(model, name, static_memory)
    write_atomically(target.with_name(f"{name}.h"), source.header().encode())
    write_atomically(target.with_name(f"{name}.c"), source.code().encode())


def checked_name(name: str) -> str:
    """Returns the name; ValueError if names in C cannot begin with it."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise ValueError(
            f"names in C begin with the file's name, so it must be an ASCII letter followed by ASCII letters, digits "
            f"and _, with or without .c at the end; got {name!r}"
        )
    return name


class CSource:
    """The text of both files."""

    def __init__(self, model: ExportedModel, name: str, static_memory: bool) -> None:
        self.model, self.name, self.static_memory = model, name, static_memory
        self.members = CMembers(model)
        self.rows = CRows(model, name) if model.columns is None else CColumns(model, model.columns, name)
        self.unit = CUnit(model.meaning)
        self.names = {"name": name, "macro": name.upper()}

    @property
    def widths(self) -> list[int]:
        """Returns the widths of the sums that the layers need, in descending order."""
        return sorted({width for layer in self.members.layers for _, _, width in layer.tiles}, reverse=True)

    @property
    def scratch(self) -> dict[str, int]:
        """Returns the sizes of the working arrays of floats by name: the changed row, and those of the members."""
        changed = {"inputs": max(self.rows.scratch)} if self.rows.scratch else {}
        return changed | self.members.scratch

    # ---- NAME.h --------------------------------------------------------------------------------------

    def header(self) -> str:
        scratch, sums = 4 * sum(self.scratch.values()) + 8 * self.members.n_totals, 4 * max(self.widths)
        static, rows = self.static_memory, self.rows
        reentrant = templates.NOT_REENTRANT if static and scratch else templates.REENTRANT
        return templates.HEADER.format(
            **self.names,
            what=self.members.told,
            sizes="-".join(map(str, [self.model.n_inputs, *(layer.units for layer in self.members.each[0].layers)])),
            version=version("neuract"),
            about=rows.about,
            constants=self.members.n_bytes + self.rows.n_bytes + self.unit.n_bytes,
            pointers=f" and {rows.n_pointers:,} pointers" if rows.n_pointers else "",
            scratch=f"{scratch:,} bytes, {'static' if static else 'on the stack'}" if scratch else "none",
            stack=sums if static else scratch + sums,
            test_rows=TEST_ROWS,
            defines=rows.defines(),
            n_outputs=self.model.n_outputs,
            places=rows.places(),
            declarations=rows.declarations(self._outputs_told(), reentrant),
            labels=self._label_declarations(),
        )

    def _outputs_told(self) -> str:
        if self.model.meaning.unit is not None and isinstance(self.model.meaning, Numbers):
            return "the predicted numbers, in the unit of the training targets."
        return OUTPUTS[type(self.model.meaning)]

    def _label_declarations(self) -> str:
        if not isinstance(self.model.meaning, Classes):
            return ""
        declaration, _ = class_array(f"{self.name}_classes", self.model.meaning.classes)
        return templates.LABEL_DECLARATIONS.format(**self.names, declaration=declaration)

    # ---- NAME.c --------------------------------------------------------------------------------------

    def code(self) -> str:
        members, layers = self.members, self.members.layers
        thresholds = any(layer.layer.thresholds is not None for layer in layers)
        parts = [
            templates.TOP.format(**self.names),
            *(member.inputs.constants() for member in members.each),
            self.rows.constants(),
            *(layer.constants() for layer in layers),
            members.constants(),
            self.unit.constants(),
            templates.ABOUT_SUMS + "\n".join(templates.SUMS.format(width=width) for width in self.widths),
            definitions({layer.function for layer in layers if layer.function}),
            functions({kind for member in members.each for kind in member.inputs.kinds}),
            templates.PASSED * thresholds,
            templates.SOFTMAX * any(member.has_softmax for member in members.each),
            *(layer.code() for layer in layers),
            members.code(),
            self.rows.code(),
            self._predict(),
            self._label_definitions(),
            self._self_test(),
        ]
        return "\n".join(filter(None, parts))

    def _predict(self) -> str:
        storage = "static " * self.static_memory
        lines = [f"{storage}float {name}[{size}];" for name, size in self.scratch.items()]
        lines += [f"{storage}double total[{self.members.n_totals}];"] * self.model.is_mean
        of_row, x = self.rows.lines()
        body = "\n    ".join([*lines, *of_row, *self.members.lines(x), *self._outputs()])
        return templates.PREDICT.format(**self.names, parameters=self.rows.parameters, body=body)

    def _outputs(self) -> list[str]:
        """Returns the lines that turn the outputs of the last layer, in y, into those of the model."""
        meaning = self.model.meaning
        if isinstance(meaning, Classes) and meaning.one_of_two:
            return ["y[1] = y[0];", "y[0] = 1 - y[1];"]
        if isinstance(meaning, Classes) and meaning.certain:
            return ["y[0] = 1;"]
        sort = [templates.SORT.format(n=meaning.n_columns)] if isinstance(meaning, Quantiles) else []
        return [*sort, *self.unit.lines()]

    def _label_definitions(self) -> str:
        if not isinstance(self.model.meaning, Classes):
            return ""
        declaration, literals = class_array(f"{self.name}_classes", self.model.meaning.classes)
        return templates.LABEL_DEFINITIONS.format(**self.names, declaration=declaration, literals=literals)

    def _self_test(self) -> str:
        test = self.rows.test_rows(TEST_ROWS)
        y = self.model.predict(test.x)
        return templates.SELF_TEST.format(
            **self.names,
            rows=TEST_ROWS,
            constants=test.constants + array(f"static const float test_y[{y.size}]", float_literals(y)),
            variables=test.variables,
            call=test.call,
            least=self.unit.least,
            tolerance=float_literal(TOLERANCE),
        )
