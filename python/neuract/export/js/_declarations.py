# SPDX-License-Identifier: BSD-3-Clause
"""The declarations of a module for TypeScript."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neuract.export.js import _templates as templates
from neuract.export.js._columns import JsColumn
from neuract.export.js._literals import labels_literal, literal
from neuract.outputs._kinds import Labels, Outputs


def declarations(columns: Sequence[JsColumn], classes: Sequence[Any] | None, meaning: Outputs) -> str:
    """Returns the declarations; classes: of a classifier, else None."""
    return templates.DECLARATIONS.format(
        columns="".join(f"  {literal(each.name)}: {each.accepted};\n" for each in columns),
        values=" | ".join(dict.fromkeys(part for each in columns for part in each.accepted.split(" | "))),
        classes="" if classes is None else templates.DECLARED_CLASSES.format(classes=labels_literal(classes)),
        answer=_answer(classes, meaning),
    )


def _answer(classes: Sequence[Any] | None, meaning: Outputs) -> str:
    if classes is None:
        return "number" if meaning.n_columns == 1 else "number[]"
    label = "(0 | 1)[]" if isinstance(meaning, Labels) else "(typeof classes)[number]"
    return f"{{ label: {label}; probabilities: number[] }}"
