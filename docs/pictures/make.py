# SPDX-License-Identifier: BSD-3-Clause
"""Runs pages and makes their pictures, each of the figure of the code above it, for light and dark pages.

python docs/pictures/make.py
"""

import base64
import contextlib
import doctest
import io
import re
import tempfile
import warnings
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

DOCS = Path(__file__).resolve().parents[1]
PAGE = DOCS / "seeing_inside.md"
CODE_OR_PICTURE = re.compile(r"^```python\n(?P<code>.*?)^```|<img [^>]*src=\"pictures/(?P<name>[\w.]+)\"", re.M | re.S)
PATH = re.compile(r' d="[^"]*"')  # of an SVG; two digits of its coordinates are enough
RASTER = re.compile(r"(?P<head>data:image/png;base64,)(?P<picture>[\w+/=\s]+)")
DPI = 200  # of pictures that are no lines
SETTINGS = {
    # An SVG leaves black out, which the dark picture must replace.
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), "#222222"),
    "svg.hashsalt": "neuract",  # ids are the same in each run
}
Colours = np.ndarray[Any, np.dtype[Any]]


def make(folder: Path, page: Path = PAGE) -> None:
    """Runs a page and writes its pictures to the folder: NAME.svg or NAME.png, and NAME_dark."""
    names: dict[str, Any] = {}
    with matplotlib.rc_context(SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*is non-interactive", category=UserWarning)  # plt.show()
        for found in CODE_OR_PICTURE.finditer(page.read_text()):
            if found["code"] is not None:
                exec(compile(_code(found["code"]), str(page), "exec"), names)
            else:
                save(plt.gcf(), folder / found["name"])


def _code(block: str) -> str:
    """Returns the code of a block, without prompts and results where it has them."""
    examples = doctest.DocTestParser().get_examples(block)
    return "".join(example.source for example in examples) if examples else block


def save(figure: Figure, path: Path) -> None:
    """Saves the figure without a ground, in its colours and in those for a dark page."""
    buffer = io.BytesIO()
    figure.savefig(
        buffer,
        format=path.suffix[1:],
        dpi=DPI,
        transparent=True,
        metadata={"Date": None} if path.suffix == ".svg" else None,
    )
    plt.close(figure)
    dark = path.with_stem(f"{path.stem}_dark")
    if path.suffix == ".svg":
        text = PATH.sub(lambda found: re.sub(r"(\.\d\d)\d+", r"\1", found[0]), buffer.getvalue().decode())
        path.write_text(text)
        text = re.sub(r"#[0-9a-f]{6}\b", lambda colour: _hex_for_dark(colour[0]), text)
        dark.write_text(RASTER.sub(_raster_for_dark, text))
        return
    picture = Image.open(buffer)
    picture.save(path, optimize=True)
    _picture_for_dark(picture).save(dark, optimize=True)


def for_dark(rgb: Colours) -> Colours:
    """Returns colours of the same hue and saturation (HSL), white as 0.08, black as 0.92. rgb: (..., 3), 0 to 1."""
    low, high = rgb.min(axis=-1, keepdims=True), rgb.max(axis=-1, keepdims=True)
    lightness, chroma = (low + high) / 2, high - low
    saturation = chroma / np.maximum(1 - np.abs(2 * lightness - 1), 1e-9)
    dark = 0.92 - 0.84 * lightness
    spread = saturation * (1 - np.abs(2 * dark - 1))
    shares = (rgb - low) / np.maximum(chroma, 1e-9)
    return np.clip(dark - spread / 2 + shares * spread, 0, 1)


def _picture_for_dark(picture: Image.Image) -> Image.Image:
    pixels = np.array(picture.convert("RGBA"))
    pixels[..., :3] = np.rint(255 * for_dark(pixels[..., :3] / 255))
    return Image.fromarray(pixels)


def _raster_for_dark(found: re.Match[str]) -> str:
    buffer = io.BytesIO()
    picture = Image.open(io.BytesIO(base64.b64decode(found["picture"])))
    _picture_for_dark(picture).save(buffer, "png", optimize=True)
    return f"{found['head']}{base64.b64encode(buffer.getvalue()).decode()}"


def _hex_for_dark(colour: str) -> str:
    red, green, blue = np.rint(255 * for_dark(np.array(to_rgb(colour)))).astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"


if __name__ == "__main__":
    matplotlib.use("agg")
    with tempfile.TemporaryDirectory() as elsewhere, contextlib.chdir(elsewhere):  # the page writes files too
        make(DOCS / "pictures")
        for learn in sorted((DOCS / "learn").glob("*.md")):
            make(DOCS / "learn" / "pictures", learn)
