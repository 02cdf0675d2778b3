# SPDX-License-Identifier: BSD-3-Clause
"""The script of the pages "Learn": the engine with its training, then what the pages show. `conf.py` writes it."""

from pathlib import Path

from neuract.engine._scripts import ENGINE, GRADIENTS, needed_for, script

FOLDER = Path(__file__).parent
TRAINING = ("random", "train")
"""What lets the engine learn; it knows no page."""


def engine() -> str:
    """Returns the engine with its training, without comments: every activation, no inputs but numbers."""
    text = "\n".join([*map(script, (*ENGINE, GRADIENTS)), *map(own, TRAINING)])
    functions = script("activations").split("const ACTIVATIONS")[1].split("};")[0]
    names = {line.split(":")[0].strip() for line in functions.splitlines() if line.startswith("  ")}
    return needed_for("Trainer", text, names | {"softmax"})


def own(name: str) -> str:
    """Returns the text of a script of this folder."""
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8")
