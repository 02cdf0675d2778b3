# SPDX-License-Identifier: BSD-3-Clause
"""Runs docs/seeing_inside.md and makes its pictures: each shows the `display` of the code above it.

python docs/pictures/make.py
"""

import contextlib
import io
import re
import tempfile
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

PAGE = Path(__file__).resolve().parents[1] / "seeing_inside.md"
CODE_OR_PICTURE = re.compile(r"^```python\n(?P<code>.*?)^```|^!\[.*?\]\(pictures/(?P<name>[\w.]+)\)", re.M | re.S)


def make(folder: Path) -> None:
    """Runs the page and writes its pictures to the folder."""
    names: dict[str, Any] = {}
    for found in CODE_OR_PICTURE.finditer(PAGE.read_text()):
        if found["code"] is not None:
            exec(compile(found["code"], str(PAGE), "exec"), names)
        else:
            save(names["display"].figure_, folder / found["name"])


def save(figure: Figure, path: Path) -> None:
    """Saves the figure as a PNG of 256 colours, a third of the size."""
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=100)
    plt.close(figure)
    picture = Image.open(buffer).convert("RGB")
    picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    matplotlib.use("agg")
    with tempfile.TemporaryDirectory() as elsewhere, contextlib.chdir(elsewhere):  # the page writes files too
        make(PAGE.parent / "pictures")
