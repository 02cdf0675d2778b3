# SPDX-License-Identifier: BSD-3-Clause
"""The text of the engine's scripts: whole for the page, and without what a model does not use for a module."""

from __future__ import annotations

import re
from collections.abc import Collection
from importlib.resources import files

ENGINE = ("activations", "network", "encodings", "members", "columns", "outputs")
"""What computes a model, in the order in which the scripts need each other."""
GRADIENTS = "gradients"
"""What explains a prediction, after these; a module does not have it."""
OF_MODULES = ("rows", "predict")
"""What reads a row and answers, after these; the page does not have it."""
TABLES = ("ACTIVATIONS", "ACROSS_NEURONS", "ENCODINGS", "COLUMN_KINDS", "READERS")
"""Their rows are functions by the name of a kind."""


def script(name: str) -> str:
    """Returns the text of a script of this folder."""
    return files("neuract.engine").joinpath(f"{name}.js").read_text(encoding="utf-8")


def module_engine(kinds: Collection[str]) -> str:
    """Returns the engine of a module without comments, indented by one space.

    kinds: of activations, inputs and columns that the model has.
    """
    return needed_for("predictorOf", "\n".join(map(script, (*ENGINE, *OF_MODULES))), kinds)


def needed_for(user: str, text: str, kinds: Collection[str]) -> str:
    """Returns what a user, a name or a program, needs of scripts, written as `module_engine` writes it."""
    text = re.sub(r"\n\n+", "\n\n", _without_comments(text))
    parts = [_rows_of(kinds, part) for part in re.split(r"^(?=const |function |class )", text, flags=re.M)]
    wanted = _reached(user, {name: part for part in parts for name in _names(part)})
    needed = "".join(part for part in parts if wanted.intersection(_names(part)))
    return re.sub(r"^ +", lambda spaces: spaces[0][::2], needed, flags=re.M)


def _without_comments(text: str) -> str:
    text = re.sub(r"^ */\*.*?\*/\n", "", text, flags=re.M | re.S)
    return re.sub(r" *// .*$", "", text, flags=re.M)


def _rows_of(kinds: Collection[str], part: str) -> str:
    """Returns a part, of a table only the rows of these kinds."""
    if not any(f"const {table} = {{" in part for table in TABLES):
        return part
    return re.sub(r"^  (\w+)\b.*\n", lambda row: row[0] if row[1] in kinds else "", part, flags=re.M)


def _names(part: str) -> list[str]:
    """Returns the names that a part of a script defines."""
    defined = re.match(r"(?:const|function|class) (\[[^\]]*\]|\w+)", part)
    return re.findall(r"\w+", defined[1]) if defined else []


def _reached(user: str, parts: dict[str, str]) -> set[str]:
    """Returns the names that a user has, and those that their parts need, directly or not."""
    reached = set(re.findall(r"\w+", user)) & parts.keys()
    waiting = list(reached)
    while waiting:
        needed = set(re.findall(r"\w+", parts[waiting.pop()])) & parts.keys()
        waiting += needed - reached
        reached |= needed
    return reached
