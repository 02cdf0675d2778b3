# SPDX-License-Identifier: BSD-3-Clause
"""A fitted model as an ES module, with a self-test for Node.js and declarations for TypeScript."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

import numpy as np

from neuract._typing import FilePath, FittedModel
from neuract.engine._described import (
    described_combination,
    described_member,
    described_outcome,
    in_base64,
    numbers_of_members,
)
from neuract.engine._scripts import module_engine
from neuract.export._model import ExportedModel
from neuract.export.js import _templates as templates
from neuract.export.js._columns import columns_of
from neuract.export.js._declarations import declarations
from neuract.export.js._literals import labels_literal, lines, lines_of, literal
from neuract.export.js._test_rows import answers, test_rows
from neuract.files._atomic import write_atomically
from neuract.outputs._kinds import OfClassifier, Quantiles

SUFFIXES = {".js": ".d.ts", ".mjs": ".d.mts"}
TEST_ROWS, TOLERANCE = 3, 1e-6


def save_js(model: FittedModel, path: FilePath) -> None:
    """Writes the module, its self-test and its declarations to one folder."""
    target = Path(os.fsdecode(path))
    if target.suffix not in SUFFIXES:
        target = target.with_name(f"{target.name}.js")
    module = JsModule(ExportedModel.of(model), _names(model), target.name)
    write_atomically(target, module.code().encode())
    write_atomically(target.with_name(f"{target.stem}.test.mjs"), module.test().encode())
    write_atomically(target.with_name(target.stem + SUFFIXES[target.suffix]), module.declarations().encode())


def _names(model: FittedModel) -> list[str]:
    """Returns the names of the columns of the networks' X; without names x0, x1 and so on."""
    names = model._column_names()
    n_inputs = model._fitted_network()._known().n_inputs
    return [f"x{k}" for k in range(n_inputs)] if names is None else [str(name) for name in names]


class JsModule:
    """The text of the three files. file: the name of the module."""

    def __init__(self, model: ExportedModel, names: list[str], file: str) -> None:
        self.model, self.file = model, file
        self.columns = columns_of(model, names)
        self.members = [{"dtype": each.dtype} | described_member(each) for each in model.members.networks]
        meaning = model.meaning
        self.classes = list(meaning.names) if isinstance(meaning, OfClassifier) else None

    @property
    def outputs(self) -> list[str]:
        """The names of what `predict` gives, in order."""
        names = [str(name) for name in self.model.meaning.names]
        if self.classes is not None:
            return names
        if isinstance(self.model.meaning, Quantiles):
            return [f"quantile {name}" for name in names]
        return ["y"] if len(names) == 1 else [f"y{name}" for name in names]

    @property
    def sizes(self) -> dict[str, int]:
        networks = self.model.members.networks
        parameters = sum(network.n_parameters for network in networks)
        counts = {"inputs": len(self.columns), "outputs": len(self.outputs), "members": len(networks)}
        return counts | {"parameters": parameters}

    def code(self) -> str:
        return templates.MODULE.format(
            version=version("neuract"),
            file=literal(f"./{quote(self.file)}"),
            parameters=self.sizes["parameters"],
            description="".join(f"  {name}: {text},\n" for name, text in self._description().items()),
            engine=module_engine(self._kinds()),
            inputs=lines(each.listed for each in self.columns),
            outputs=literal(self.outputs),
            classes="" if self.classes is None else f"export const classes = {labels_literal(self.classes)};\n",
            given="description" if self.classes is None else "{ ...description, classes }",
            sizes=literal(self.sizes),
            weights=in_base64(numbers_of_members(self.model.members), "float32"),
        )

    def _description(self) -> dict[str, str]:
        """Returns what the engine needs to know next to the weights, as literals."""
        combination = described_combination(self.model.members, self.members)
        combination.pop("others", None)
        return {
            "columns": lines(each.described for each in self.columns),
            "members": lines(self.members),
            "outcome": literal(described_outcome(self.model.meaning)),
            **{name: literal(value) for name, value in combination.items()},
        }

    def _kinds(self) -> set[str]:
        """Returns the kinds of activations, inputs and columns of which the engine needs the code."""
        layers = {layer["activation"] for member in self.members for layer in member["layers"]}
        inputs = {each["kind"] for member in self.members for each in member["inputs"]}
        return layers | inputs | {each.described["kind"] for each in self.columns}

    def test(self) -> str:
        x, rows = test_rows(self.model, TEST_ROWS)
        unit, n = self.model.meaning.unit, self.model.n_outputs
        return templates.TEST.format(
            file=literal(f"./{quote(self.file)}"),
            rows=lines(rows),
            answers=lines_of(answers(self.model, x)),
            scales=literal(np.broadcast_to(1 if unit is None else unit.scales, n).tolist()),
            tolerance=TOLERANCE,
        )

    def declarations(self) -> str:
        return declarations(self.columns, self.classes, self.model.meaning)
