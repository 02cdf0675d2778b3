# SPDX-License-Identifier: BSD-3-Clause
"""Facts about a model in a few lines, for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from math import isnan, nan
from typing import Any

from neuract.columns._column import Column
from neuract.shell._words import plain


def tell_lines(facts: Mapping[str, str]) -> None:
    """Prints facts, each with its name, on standard output."""
    width = max(map(len, facts)) + 2
    for name, fact in facts.items():
        show_line(f"{name:{width}}{fact}")
    sys.stdout.flush()


def show_line(text: str) -> None:
    """Prints a line on standard output; signs that its encoding lacks become escapes."""
    encoding = sys.stdout.encoding or "utf-8"
    print(plain(text).rstrip().encode(encoding, "backslashreplace").decode(encoding))


def table_lines(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Returns the rows of a table as lines with columns of equal width."""
    cells = [tuple(map(plain, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) for row in cells]


def score_name(model: Any) -> str:
    """Returns the name of what `score` returns."""
    if hasattr(model, "classes_"):
        return "accuracy"
    return "D²" if model._meaning().kind == "quantiles" else "R²"


def out_of_fold_told(model: Any) -> str:
    """Returns the score on rows by networks that have not seen them, in words; empty if it is not known."""
    score = getattr(model, "oof_score_", nan)
    if isnan(score):
        return ""
    return f"{score_name(model)} {score!r} on the training rows, each by the networks that have not seen it"


def members_told(model: Any) -> str:
    """Returns the number of networks, and how long each group of them was trained."""
    epochs = [group["epochs"] for group in getattr(model, "settings_", {}).get("groups", ())]
    networks = counted(len(model._members()), "network")
    if not epochs:
        return networks
    trained = " and ".join(counted(n, "epoch") for n in epochs)
    return networks + f" in {counted(len(epochs), 'group')}, of {trained}"


def kinds_counted(columns: list[Column]) -> str:
    """Returns how many columns are of each kind."""
    kinds = [column.told()[0] for column in columns]
    return ", ".join(f"{kinds.count(kind):,} {kind}" for kind in dict.fromkeys(kinds))


def counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'s' * (n != 1)}"
