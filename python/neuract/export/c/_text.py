# SPDX-License-Identifier: BSD-3-Clause
"""C literals of numbers, strings and arrays, each with the exact value."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import fill, indent

import numpy as np
import numpy.typing as npt

from neuract._typing import Array

WIDTH = 116
INFINITE = {"inf": "INFINITY", "-inf": "-INFINITY", "nan": "NAN"}


def float_literals(values: npt.ArrayLike) -> list[str]:
    """Returns for each value the shortest decimal that C reads as the same float."""
    texts = np.asarray(values, np.float32).ravel().astype(str).tolist()
    return [INFINITE.get(text) or f"{text}f" for text in texts]


def float_literal(value: float) -> str:
    return float_literals([value])[0]


def string_literal(text: str) -> str:
    """Returns a string literal in UTF-8; bytes that are not plain ASCII or are special in C are octal escapes."""
    plain = [chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}" for byte in text.encode()]
    return f'"{"".join(plain)}"'


def array(declaration: str, literals: Iterable[str]) -> str:
    """Returns ``declaration = {literals};`` in lines of at most 120 characters."""
    body = fill(", ".join(literals), WIDTH, break_long_words=False, break_on_hyphens=False)
    return f"{declaration} = {{\n{indent(body, '    ')}\n}};\n"


def class_array(name: str, classes: Array) -> tuple[str, str]:
    """Returns (declaration without initializer, literals) for the labels of a classifier; bools become 0 and 1."""
    if classes.dtype.kind == "f":
        return f"const double {name}", ", ".join(repr(float(label)) for label in classes)
    if classes.dtype.kind in "biu":
        numbers = [int(label) for label in classes]
        kind, suffix = _integer_type(min(numbers), max(numbers))
        return f"const {kind} {name}", ", ".join(_integer(number, suffix) for number in numbers)
    return f"const char *const {name}", ", ".join(string_literal(str(label)) for label in classes)


def _integer_type(least: int, greatest: int) -> tuple[str, str]:
    """Returns the type of C that holds these numbers, and the suffix of its literals."""
    if least > -(2**31) and greatest < 2**31:
        return "long", ""
    return ("long long", "LL") if greatest < 2**63 else ("unsigned long long", "ULL")


def _integer(number: int, suffix: str) -> str:
    """Returns a literal; C has none for the least number, which it reads as minus a number that is too large."""
    return f"({number + 1}{suffix} - 1)" if number == -(2**63) else f"{number}{suffix}"
