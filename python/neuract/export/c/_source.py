# SPDX-License-Identifier: BSD-3-Clause
"""A fitted model as plain C99: NAME.h to include, and NAME.c with the weights, which needs only math.h."""

from __future__ import annotations

import os
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

from neuract.activations._named import Softmax
from neuract.export._model import ExportedModel
from neuract.export.c import _templates as templates
from neuract.export.c._activations import definitions
from neuract.export.c._columns import CColumns
from neuract.export.c._inputs import CInputs
from neuract.export.c._layers import CLayer
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
        self.layers = [CLayer(number, layer) for number, layer in enumerate(model.layers, 1)]
        self.inputs = CInputs(model.inputs)
        self.rows = CRows(model, name) if model.columns is None else CColumns(model, model.columns, name)
        self.unit = CUnit(model.meaning)
        self.names = {"name": name, "macro": name.upper()}

    @property
    def widths(self) -> list[int]:
        """Returns the widths of the sums that the layers need, in descending order."""
        return sorted({width for layer in self.layers for _, _, width in layer.tiles}, reverse=True)

    @property
    def scratch(self) -> dict[str, int]:
        """Returns the sizes of the working arrays by name: changed inputs, and odd and even hidden layers."""
        hidden = [layer.units for layer in self.layers[:-1]]
        encoded = [self.inputs.numbers] if self.model.inputs else []
        sizes = {"inputs": self.rows.scratch, "encoded": encoded, "odd": hidden[::2], "even": hidden[1::2]}
        return {name: max(of_name) for name, of_name in sizes.items() if of_name}

    # ---- NAME.h --------------------------------------------------------------------------------------

    def header(self) -> str:
        scratch, sums = 4 * sum(self.scratch.values()), 4 * max(self.widths)
        static, rows = self.static_memory, self.rows
        reentrant = templates.NOT_REENTRANT if static and scratch else templates.REENTRANT
        return templates.HEADER.format(
            **self.names,
            sizes="-".join(map(str, [self.model.n_inputs, *(layer.units for layer in self.layers)])),
            version=version("neuract"),
            about=rows.about,
            constants=self._bytes_of_constants(),
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

    def _bytes_of_constants(self) -> int:
        floats = self.inputs.n_constants + sum(part.size for layer in self.layers for part in layer.arrays.values())
        return 4 * floats + self.rows.n_bytes + self.unit.n_bytes

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
        thresholds = any(layer.layer.thresholds is not None for layer in self.layers)
        softmax = isinstance(self.layers[-1].layer.activation, Softmax)
        parts = [
            templates.TOP.format(**self.names),
            self.inputs.constants(),
            self.rows.constants(),
            *(layer.constants() for layer in self.layers),
            self.unit.constants(),
            templates.ABOUT_SUMS + "\n".join(templates.SUMS.format(width=width) for width in self.widths),
            definitions({layer.function for layer in self.layers if layer.function}),
            self.inputs.functions,
            templates.PASSED * thresholds,
            templates.SOFTMAX * softmax,
            *(layer.code() for layer in self.layers),
            self.rows.code(),
            self._predict(),
            self._label_definitions(),
            self._self_test(),
        ]
        return "\n".join(filter(None, parts))

    def _predict(self) -> str:
        storage = "static float" if self.static_memory else "float"
        lines = [f"{storage} {name}[{size}];" for name, size in self.scratch.items()]
        of_row, x = self.rows.lines()
        lines += of_row
        if self.model.inputs:
            lines += self.inputs.lines(x, "encoded")
            x = "encoded"
        for layer in self.layers:
            y = "y" if layer is self.layers[-1] else ("even", "odd")[layer.number % 2]
            lines.append(f"layer_{layer.number}({x}, {y});")
            x = y
        return templates.PREDICT.format(
            **self.names, parameters=self.rows.parameters, body="\n    ".join([*lines, *self._outputs()])
        )

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
