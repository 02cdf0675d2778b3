# SPDX-License-Identifier: BSD-3-Clause
"""Tables, as aligned text or Markdown, and the history: one JSON object per run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import machine

NOTHING = "–"


def table(rows: list[dict[str, str]], markdown: bool) -> str:
    """Formats one line per row. The columns are the keys of the first row; all but the first are aligned right."""
    columns = list(rows[0])
    lines = [columns, *([row.get(column, NOTHING) for column in columns] for row in rows)]
    widths = [max(len(line[number]) for line in lines) for number in range(len(columns))]
    aligned = [_aligned(line, widths) for line in lines]
    if not markdown:
        return "\n".join("  ".join(line) for line in aligned)
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in [aligned[0], rule, *aligned[1:]])


def _aligned(cells: list[str], widths: list[int]) -> list[str]:
    first, *others = zip(cells, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]


def count(number: float) -> str:
    """Formats three digits and a unit: 4.41 M, 75.3 k."""
    for unit, name in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= unit:
            return f"{number / unit:.3g}{name}"
    return f"{number:.3g}"


def microseconds(seconds: float | None) -> str:
    if seconds is None:
        return NOTHING
    return f"{seconds * 1e6:.0f}" if seconds >= 1e-4 else f"{seconds * 1e6:.3g}"


def times(ratio: float | None) -> str:
    return NOTHING if ratio is None else f"{ratio:.2f}×"


def share(part: float | None) -> str:
    return NOTHING if part is None else f"{part:.0%}"


def show(title: str, rows: list[dict[str, str]], notes: list[str], markdown: bool) -> None:
    """Prints the table, the machine, and the notes on single candidates."""
    about = machine.description()
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items() if number)
    print(f"{title}\n\n{table(rows, markdown)}\n")
    print(f"{datetime.now(UTC):%Y-%m-%d} · {about['processor']} · Python {about['python']} · {versions}")
    for note in dict.fromkeys(notes):
        print(f"{'- ' if markdown else ''}{note}")


def keep(path: str | None, program: str, settings: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """Appends the run to the file, one JSON object per line."""
    if path is None:
        return
    date = datetime.now(UTC).isoformat(timespec="seconds")
    run = {"date": date, "program": program, "settings": settings, "machine": machine.description(), "rows": rows}
    with Path(path).open("a") as file:
        file.write(json.dumps(run) + "\n")
