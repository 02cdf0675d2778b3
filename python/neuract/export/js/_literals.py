# SPDX-License-Identifier: BSD-3-Clause
"""Values as literals of JavaScript, in plain ASCII, safe inside a script element of a page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from neuract.engine._described import script_safe

LARGEST_WHOLE = 2**53  # beyond, neighbouring whole numbers are one number in JavaScript


def literal(value: Any) -> str:
    return script_safe(json.dumps(value, allow_nan=False))


def lines(values: Iterable[Any]) -> str:
    """Returns an array with one value a line."""
    return lines_of(map(literal, values))


def lines_of(literals: Iterable[str]) -> str:
    return "[\n" + "".join(f"  {each},\n" for each in literals) + "]"


def label_literal(label: Any) -> str:
    """Returns the label of a class; a large whole number as a BigInt, an object as its text."""
    if isinstance(label, int) and abs(label) > LARGEST_WHOLE:
        return f"{label}n"
    return literal(label if isinstance(label, (bool, int, float, str)) else str(label))


def labels_literal(labels: Iterable[Any]) -> str:
    return f"[{', '.join(map(label_literal, labels))}]"
