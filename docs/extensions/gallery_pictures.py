# SPDX-License-Identifier: BSD-3-Clause
"""Saves the figures of the gallery's examples for light and dark pages; sphinx-gallery imports it by its name."""

import os
import runpy
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

MAKE = runpy.run_path(str(Path(__file__).parents[1] / "pictures" / "make.py"))
MANY = 1500  # points, from which a PNG is smaller than an SVG
FIGURE = ".. figure:: /{file}\n   :alt: {alt}\n   :width: {width}px\n   :figclass: picture only-{theme}\n\n"


def set_colours_of_text(gallery_conf: dict[str, Any], example: str | None) -> None:
    """Gives each example the settings of the other pictures of these pages, after sphinx-gallery's own reset."""
    mpl.rcParams.update(MAKE["SETTINGS"])


def save_for_both_themes(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Saves each open figure, and returns two figures in reStructuredText, of which the theme shows one."""
    return "".join(_saved(plt.figure(number), block_vars, gallery_conf) for number in plt.get_fignums())


def _saved(figure: Figure, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    png = Path(block_vars["image_path_iterator"].next())
    svg = png.with_suffix(".svg")
    for old in (png, svg):
        old.unlink(missing_ok=True)  # of an earlier build, in the other format
    light = png if _has_many_points(figure) else svg
    width = round(figure.get_figwidth() * 96)  # CSS has 96 pixels per inch
    MAKE["save"](figure, light)
    files = {"light": light, "dark": light.with_stem(f"{light.stem}_dark")}
    alt = _alt(Path(block_vars["src_file"]))
    return "\n" + "".join(
        FIGURE.format(file=_in_docs(file, gallery_conf), alt=alt, width=width, theme=theme)
        for theme, file in files.items()
    )


def _has_many_points(figure: Figure) -> bool:
    """Tells whether a figure has images, or more points than an SVG should hold."""
    axes = [each for each in figure.axes if each.get_label() != "<colorbar>"]
    if any(isinstance(artist, (AxesImage, ContourSet, QuadMesh)) for each in axes for artist in each.get_children()):
        return True
    return sum(len(points.get_offsets()) for points in figure.findobj(PathCollection)) > MANY


def _alt(example: Path) -> str:
    """Returns the title of the example, the first line of its docstring."""
    return next(line for line in example.read_text().split('"""')[1].splitlines() if line)


def _in_docs(file: Path, gallery_conf: dict[str, Any]) -> str:
    return Path(os.path.relpath(file, gallery_conf["src_dir"])).as_posix()
