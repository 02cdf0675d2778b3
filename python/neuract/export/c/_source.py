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
from neuract.export.c._inputs import CInputs
from neuract.export.c._layers import CLayer
from neuract.export.c._text import array, class_array, float_literal, float_literals
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
        self.names = {"name": name, "macro": name.upper()}

    @property
    def widths(self) -> list[int]:
        """Returns the widths of the sums that the layers need, in descending order."""
        return sorted({width for layer in self.layers for _, _, width in layer.tiles}, reverse=True)

    @property
    def scratch(self) -> dict[str, int]:
        """Returns the sizes of the working arrays by name: changed inputs, and odd and even hidden layers."""
        hidden = [layer.units for layer in self.layers[:-1]]
        inputs = [self.model.n_inputs] if self.model.zero_missing else []
        numbers = [self.inputs.numbers] if self.model.inputs else []
        sizes = {"inputs": inputs, "numbers": numbers, "odd": hidden[::2], "even": hidden[1::2]}
        return {name: max(of_name) for name, of_name in sizes.items() if of_name}

    # ---- NAME.h --------------------------------------------------------------------------------------

    def header(self) -> str:
        scratch, sums = 4 * sum(self.scratch.values()), 4 * max(self.widths)
        static = self.static_memory
        return templates.HEADER.format(
            **self.names,
            sizes="-".join(map(str, [self.model.n_inputs, *(layer.units for layer in self.layers)])),
            version=version("neuract"),
            constants=4 * self.inputs.n_constants
            + 4 * sum(part.size for layer in self.layers for part in layer.arrays.values()),
            scratch=f"{scratch:,} bytes, {'static' if static else 'on the stack'}" if scratch else "none",
            stack=sums if static else scratch + sums,
            test_rows=TEST_ROWS,
            n_inputs=self.model.n_inputs,
            n_outputs=self.model.n_outputs,
            outputs=OUTPUTS[type(self.model.meaning)],
            reentrant=templates.NOT_REENTRANT if static and scratch else templates.REENTRANT,
            labels=self._label_declarations(),
        )

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
            *(layer.constants() for layer in self.layers),
            templates.ABOUT_SUMS + "\n".join(templates.SUMS.format(width=width) for width in self.widths),
            definitions({layer.function for layer in self.layers if layer.function}),
            self.inputs.functions,
            templates.PASSED * thresholds,
            templates.SOFTMAX * softmax,
            *(layer.code() for layer in self.layers),
            self._predict(),
            self._label_definitions(),
            self._self_test(),
        ]
        return "\n".join(filter(None, parts))

    def _predict(self) -> str:
        storage = "static float" if self.static_memory else "float"
        lines = [f"{storage} {name}[{size}];" for name, size in self.scratch.items()]
        x = "x"
        if self.model.zero_missing:
            x = "inputs"
            lines.append(templates.WITHOUT_NAN.format(n=self.model.n_inputs))
        if self.model.inputs:
            lines += self.inputs.lines(x, "numbers")
            x = "numbers"
        for layer in self.layers:
            y = "y" if layer is self.layers[-1] else ("even", "odd")[layer.number % 2]
            lines.append(f"layer_{layer.number}({x}, {y});")
            x = y
        return templates.PREDICT.format(**self.names, body="\n    ".join([*lines, *self._outputs()]))

    def _outputs(self) -> list[str]:
        """Returns the lines that turn the outputs of the last layer, in y, into those of the model."""
        meaning = self.model.meaning
        if isinstance(meaning, Classes) and meaning.one_of_two:
            return ["y[1] = y[0];", "y[0] = 1 - y[1];"]
        if isinstance(meaning, Classes) and meaning.certain:
            return ["y[0] = 1;"]
        return [templates.SORT.format(n=meaning.n_columns)] if isinstance(meaning, Quantiles) else []

    def _label_definitions(self) -> str:
        if not isinstance(self.model.meaning, Classes):
            return ""
        declaration, literals = class_array(f"{self.name}_classes", self.model.meaning.classes)
        return templates.LABEL_DEFINITIONS.format(**self.names, declaration=declaration, literals=literals)

    def _self_test(self) -> str:
        x = self.model.some_rows(TEST_ROWS, 0)
        y = self.model.predict(x)
        return templates.SELF_TEST.format(
            **self.names,
            rows=TEST_ROWS,
            x=array(f"static const float test_x[{x.size}]", float_literals(x)),
            y=array(f"static const float test_y[{y.size}]", float_literals(y)),
            tolerance=float_literal(TOLERANCE),
        )
