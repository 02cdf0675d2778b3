# SPDX-License-Identifier: BSD-3-Clause
"""C literals of numbers, strings and arrays, each with the exact value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from neuract._typing import Array

WIDTH = 116
LONGEST_STRING = 2000  # bytes; Microsoft's compiler takes 2048, C99 promises 4095
LONGEST_LINE = WIDTH - 6  # of a string, without quotes, brackets and the comma
INFINITE = {"inf": "INFINITY", "-inf": "-INFINITY", "nan": "NAN"}


def float_literals(values: npt.ArrayLike) -> list[str]:
    """Returns for each value the shortest decimal that C reads as the same float."""
    texts = np.asarray(values, np.float32).ravel().astype(str).tolist()
    return [INFINITE.get(text) or f"{text}f" for text in texts]


def float_literal(value: float) -> str:
    return float_literals([value])[0]


def string_literal(text: str) -> str:
    """Returns a string literal in UTF-8; bytes that are not plain ASCII or are special in C are octal escapes."""
    return f'"{"".join(map(_character, text.encode()))}"'


def _character(byte: int) -> str:
    return chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"


def string_array(name: str, texts: Sequence[str | None]) -> str:
    """Returns the definition of an array of pointers to these texts, which have no U+0000; None becomes NULL.

    Texts that are too long for one literal of a compiler are arrays of characters, which come before it.
    """
    before, body = "", ""
    for number, text in enumerate(texts):
        encoded = b"" if text is None else text.encode()
        is_long = len(encoded) > LONGEST_STRING
        before += _character_array(f"{name}_{number}", encoded) if is_long else ""
        body += f"    {'0' if text is None else f'{name}_{number}' if is_long else _joined_literals(encoded)},\n"
    return f"{before}static const char *const {name}[{len(texts)}] = {{\n{body}}};\n"


def _character_array(name: str, text: bytes) -> str:
    return array(f"static const char {name}[{len(text) + 1}]", [f"'\\{byte:03o}'" for byte in (*text, 0)])


def _joined_literals(text: bytes) -> str:
    """Returns a literal, or several in brackets, which C joins, on lines of at most 120 characters."""
    lines = [""]
    for character in map(_character, text):
        if len(lines[-1]) + len(character) > LONGEST_LINE:
            lines.append("")
        lines[-1] += character
    literals = [f'"{line}"' for line in lines]
    return literals[0] if len(lines) == 1 else "(" + "\n     ".join(literals) + ")"


def double_literals(values: npt.ArrayLike) -> list[str]:
    """Returns for each value the shortest decimal that C reads as the same double."""
    texts = map(repr, np.asarray(values, np.float64).ravel().tolist())
    return [INFINITE.get(text) or text for text in texts]


def double_literal(value: float) -> str:
    return double_literals([value])[0]


def array(declaration: str, literals: Iterable[str]) -> str:
    """Returns ``declaration = {literals};`` in lines of at most 120 characters."""
    body = "\n    ".join(_lines(", ".join(literals)))
    return f"{declaration} = {{\n    {body}\n}};\n"


def _lines(text: str) -> Iterator[str]:
    """Yields the lines of a text without long words, faster than textwrap: arrays have a million numbers."""
    at = 0
    while len(text) - at > WIDTH:
        end = text.rfind(" ", at, at + WIDTH + 1)
        yield text[at:end]
        at = end + 1
    yield text[at:]


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
