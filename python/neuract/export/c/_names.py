# SPDX-License-Identifier: BSD-3-Clause
"""Names of columns, which may be any text, as identifiers and in comments of C."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

LONGEST_IDENTIFIER, LONGEST_NAME = 40, 200  # characters of a name that identifiers and comments have
SPECIAL_PAIRS = ("*/", "/*", "??")
"""The end and the beginning of comments, and the beginning of trigraphs."""


def identifiers(names: Iterable[str]) -> list[str]:
    """Returns for each name letters, digits and _ of ASCII, which begin with a letter.

    No two are the same in capitals, which macros have.
    """
    found: dict[str, str] = {}
    times: Counter[str] = Counter()  # so that many names which differ in other letters alone take no quadratic time
    for name in names:
        identifier = plain = _plain(name)
        while identifier.upper() in found:
            times[plain.upper()] += 1
            identifier = f"{plain}_{times[plain.upper()] + 1}"
        found[identifier.upper()] = identifier
    return list(found.values())


def _plain(name: str) -> str:
    letters = "".join(c for c in unicodedata.normalize("NFKD", name[:LONGEST_NAME]) if not unicodedata.combining(c))
    plain = re.sub(r"[^A-Za-z0-9]+", "_", letters).strip("_")[:LONGEST_IDENTIFIER]
    if not plain:
        return "column"
    return f"column_{plain}" if plain[0].isdigit() else plain


def commented(name: str) -> str:
    """Returns a name in quotes for a comment; escapes what would end it, and what an editor would not show."""
    shown = "".join(
        _escape(c) if c in '"\\' or before + c in SPECIAL_PAIRS or not c.isprintable() else c
        for before, c in pairwise(f" {name[:LONGEST_NAME]}")
    )
    return f'"{shown}"{"..." * (len(name) > LONGEST_NAME)}'


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 1 << 16 else f"\\U{code:08x}"
