# SPDX-License-Identifier: BSD-3-Clause
"""The columns of a row: as the engine takes them, as the module lists them, and their types in TypeScript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from neuract.columns._category import Category
from neuract.columns._column import Column
from neuract.columns._date import CYCLES, Date
from neuract.columns._number import Number
from neuract.export._model import ExportedModel
from neuract.layers._numbers import levels_of

NUMBER, TEXT, DATE = "number | boolean", "string | number | boolean", "Date | string | number"


@dataclass(frozen=True)
class JsColumn:
    """A column. described: for the engine; listed: for `inputs` of the module; accepted: its type in TypeScript."""

    described: dict[str, Any]
    listed: dict[str, Any]
    accepted: str

    @property
    def name(self) -> str:
        return str(self.described["name"])


def columns_of(model: ExportedModel, names: Sequence[str]) -> list[JsColumn]:
    """Returns the columns of a model; names: of the columns of X, if it holds the numbers itself."""
    if model.columns is not None:
        return [_of_frame(kind) for kind in model.columns.kinds_]
    levels = levels_of(model.members.networks[0].inputs)
    return [_of_matrix(name, levels.get(place), model.zero_missing) for place, name in enumerate(names)]


def _of_matrix(name: str, levels: int | None, zero_missing: bool) -> JsColumn:
    kind = {"kind": "plain"} if levels is None else {"kind": "level", "most": levels}
    listed = {"kind": "number"} if levels is None else {"kind": "level", "levels": levels}
    described = {"name": name} | kind | ({} if zero_missing else {"complete": True})
    return JsColumn(described, {"name": name} | listed, NUMBER + " | null" * zero_missing)


def _of_frame(kind: Column) -> JsColumn:
    name = {"name": kind.name}
    if isinstance(kind, Category):
        levels = {"levels": list(kind.levels), "rare": list(kind.rare), "missing": kind.missing, "signed": kind.signed}
        listed = {"kind": "category", "levels": [*kind.levels, *kind.rare]}
        return JsColumn(name | {"kind": "category"} | levels, name | listed, f"{TEXT} | null")
    if not isinstance(kind, (Number, Date)):
        raise TypeError(f"to_js has no code for columns of type {type(kind).__name__}")
    described = {"scaling": asdict(kind.scaling), "flag": kind.flag}
    if isinstance(kind, Date):
        cycles = {"cycles": [CYCLES[cycle] for cycle in kind.cycles]}
        return JsColumn(name | {"kind": "date"} | cycles | described, name | {"kind": "date"}, f"{DATE} | null")
    return JsColumn(name | {"kind": "number"} | described, name | {"kind": kind.form}, f"{NUMBER} | null")
