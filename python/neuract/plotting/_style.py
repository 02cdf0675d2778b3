# SPDX-License-Identifier: BSD-3-Clause
"""Colours and figures of all pictures.

Colour-blind readers can distinguish orange and blue: blue is positive, orange is negative or a finding.
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from neuract._typing import Array

BLUE = "#0f69b4"
ORANGE = "#e06c00"
INK = "#222222"
MUTED = "#666666"
PALE = "#c9c9c9"
HOLLOW = (0, (1.6, 1.1))  # outline of a neuron that does not fire
SMALL = 8.0  # font size in points of text next to neurons

# Okabe & Ito 2008, "Color universal design", without its yellow (too light on white); the first two are ours.
CLASSES = (BLUE, ORANGE, "#009e73", "#b0528c", "#56b4e9", "#222222", "#a6761d", "#8c8c8c", "#66a61e", "#7570b3")

SIGNED = LinearSegmentedColormap.from_list(
    "neuract_signed", ["#a34700", ORANGE, "#f8c089", "#fbfbfb", "#9fcbea", BLUE, "#08406f"]
)
SHARES = LinearSegmentedColormap.from_list("neuract_shares", ["#e3e6ea", "#8d97a3", "#1f2933"])


def axes_or_new(ax: Axes | None, width: float, height: float) -> Axes:
    """Returns the user's axes, or the axes of a new figure of that size in inches."""
    return ax if ax is not None else plt.subplots(figsize=(width, height), layout=_layout())[1]


def _layout() -> ConstrainedLayoutEngine:
    return ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)


def figure_of(ax: Axes) -> Figure:
    """Returns the whole figure, also for axes in a subfigure."""
    figure: Any = ax.figure
    whole: Figure = figure if isinstance(figure, Figure) else figure.figure
    return whole


def panels(
    ax: Axes | None, rows: int, columns: int, size: tuple[float, float], **settings: Any
) -> tuple[Figure, npt.NDArray[Any]]:
    """Returns (figure, axes): a grid of axes on a new figure of that size in inches, or in place of the user's axes."""
    if ax is None:
        return plt.subplots(rows, columns, figsize=size, layout=_layout(), squeeze=False, **settings)
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(
            "ax must come from plt.subplots or figure.add_subplot, since several panels are drawn in its place"
        )
    ax.set_axis_off()
    return figure_of(ax), place.subgridspec(rows, columns, **_of_grid(settings)).subplots(
        squeeze=False, **_of_axes(settings)
    )


def _of_grid(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: settings[name] for name in ("width_ratios", "height_ratios") if name in settings}


def _of_axes(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: settings[name] for name in ("sharex", "sharey") if name in settings}


def tidy(ax: Axes) -> None:
    """Removes the frame except the two axes, and draws a faint grid."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(True, color=PALE, linewidth=0.5, alpha=0.6)
    ax.set_axisbelow(True)


def shortened(name: object, most: int = 24) -> str:
    """Returns the name; a longer name loses its middle, since names often differ at the end."""
    text, half = str(name), (most - 1) // 2
    return text if len(text) <= most else f"{text[:half].rstrip()}…{text[-half:].lstrip()}"


def readable_on(colours: Array) -> list[str]:
    """Returns white or ink for text on each of these colours (n, 4), by their luminance (ITU-R BT.709)."""
    luminance = np.asarray(colours)[:, :3] @ (0.2126, 0.7152, 0.0722)
    return ["white" if bright < 0.5 else INK for bright in luminance]


def whole_decades(values: Array) -> tuple[float, float]:
    """Returns limits of a logarithmic axis for positive values, which are powers of 10."""
    low, high = np.floor(np.log10(values.min())), np.ceil(np.log10(values.max()))
    return 10.0**low, 10.0 ** max(high, low + 1)
