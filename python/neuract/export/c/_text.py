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
        wide = max(map(abs, numbers)) >= 2**31
        return f"const {'long long' if wide else 'long'} {name}", ", ".join(f"{n}{'LL' * wide}" for n in numbers)
    return f"const char *const {name}", ", ".join(string_literal(str(label)) for label in classes)
