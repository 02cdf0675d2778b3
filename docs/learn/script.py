# SPDX-License-Identifier: BSD-3-Clause
"""The script of the pages "Learn": the engine with its training, then what the pages show. `conf.py` writes it."""

from pathlib import Path

from neuract.engine._scripts import ENGINE, GRADIENTS, needed_for, script

FOLDER = Path(__file__).parent
TRAINING = ("random", "train")
"""What lets the engine learn; it knows no page."""
OF_PAGES = ("points", "drawing", "controls", "neuron", "functions", "firing", "layers", "descent")
OF_PAGES += ("chain", "outputs", "vanishing", "dying", "tiles", "plane", "playground", "start")
"""What the pages show, in the order in which the scripts need each other; the last starts them."""


def engine(user: str = "Trainer") -> str:
    """Returns what a program needs of the engine, without comments: every activation, no inputs but numbers."""
    text = "\n".join([*map(script, (*ENGINE, GRADIENTS)), *map(own, TRAINING)])
    functions = script("activations").split("const ACTIVATIONS")[1].split("};")[0]
    names = {line.split(":")[0].strip() for line in functions.splitlines() if line.startswith("  ")}
    return needed_for(user, text, names | {"softmax"})


def whole() -> str:
    """Returns the script of the site."""
    pages = "\n".join(map(own, OF_PAGES))
    return "\n".join(["(() => {", '"use strict";', engine(pages), pages, "})();\n"])


def own(name: str) -> str:
    """Returns the text of a script of this folder."""
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8")
