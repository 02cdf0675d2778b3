# SPDX-License-Identifier: BSD-3-Clause
"""Colours, text and figures of all pictures.

Colour-blind readers can distinguish orange and blue: blue is positive, orange is negative or a finding. Text stays as
it is given. What is not finite is purple or left out, and the picture says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.legend import Legend
from matplotlib.patches import Patch

from neuract._typing import Array

BLUE = "#0f69b4"
ORANGE = "#e06c00"
INK = "#222222"
MUTED = "#666666"
PALE = "#c9c9c9"
LOST = "#c2007a"  # what is not finite
HOLLOW = (0, (1.6, 1.1))  # outline of a neuron that does not fire
ABOVE_HEADINGS = 36.0  # distance in points of a title from axes with headings of columns
SMALL = 8.0  # font size in points of text next to neurons
LARGEST = 1e100  # numbers that can be drawn; the margins of matplotlib's axes overflow soon after

# Properties of all text: matplotlib would read names such as "$5 to $10" as mathematics, and all signs as LaTeX where
# the user's rcParams ask for it.
PLAIN: dict[str, Any] = {"usetex": False, "parse_math": False}

# Okabe & Ito 2008, "Color universal design", without its yellow (too light on white); the first two are ours.
CLASSES = (BLUE, ORANGE, "#009e73", "#b0528c", "#56b4e9", "#222222", "#a6761d", "#8c8c8c", "#66a61e", "#7570b3")

SIGNED = LinearSegmentedColormap.from_list(
    "neuract_signed", ["#a34700", ORANGE, "#f8c089", "#fbfbfb", "#9fcbea", BLUE, "#08406f"]
).with_extremes(bad=LOST)
ABOVE = LinearSegmentedColormap.from_list("neuract_above", SIGNED(np.linspace(0.5, 1, 9)[1:])).with_extremes(bad=LOST)
BELOW = LinearSegmentedColormap.from_list("neuract_below", SIGNED(np.linspace(0, 0.5, 9)[:-1])).with_extremes(bad=LOST)
SHARES = LinearSegmentedColormap.from_list("neuract_shares", ["#e3e6ea", "#8d97a3", "#1f2933"]).with_extremes(bad=LOST)

Place = Axes | Figure | None
"""Where to draw: on the user's axes, on an empty figure that pyplot need not know, or on a new figure of pyplot."""


@contextmanager
def axes_at(place: Place, width: float, height: float) -> Iterator[Axes]:
    """Gives the user's axes, or the axes of a figure of that size in inches."""
    if isinstance(place, Axes):
        yield place
    else:
        with _figure(place, (width, height)) as figure:
            yield figure.subplots()


@contextmanager
def _figure(given: Figure | None, size: tuple[float, float]) -> Iterator[Figure]:
    """Gives the empty figure in that size, or a new one of pyplot, which is closed again if the drawing fails."""
    if given is not None:
        given.set_size_inches(size)
        given.set_layout_engine(_layout())
        yield given
        return
    import matplotlib.pyplot as plt  # here, since it chooses a backend for the whole process

    figure = plt.figure(figsize=size, layout=_layout())
    try:
        yield figure
    except BaseException:
        plt.close(figure)
        raise


def _layout() -> ConstrainedLayoutEngine:
    return ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)


def figure_of(ax: Axes) -> Figure:
    """Returns the whole figure, also for axes in a subfigure."""
    figure: Any = ax.figure
    whole: Figure = figure if isinstance(figure, Figure) else figure.figure
    return whole


@contextmanager
def panels_at(
    place: Place, rows: int, columns: int, size: tuple[float, float], **settings: Any
) -> Iterator[tuple[Figure, npt.NDArray[Any]]]:
    """Gives (figure, axes): a grid of axes on a figure of that size in inches, or in place of the user's axes."""
    if isinstance(place, Axes):
        yield figure_of(place), _in_place_of(place, rows, columns, settings)
    else:
        with _figure(place, size) as figure:
            yield figure, figure.subplots(rows, columns, squeeze=False, **settings)


def _in_place_of(ax: Axes, rows: int, columns: int, settings: dict[str, Any]) -> npt.NDArray[Any]:
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(
            "ax must come from plt.subplots or figure.add_subplot, since several panels are drawn in its place"
        )
    ax.set_axis_off()
    grid = place.subgridspec(rows, columns, **_of_grid(settings))
    return grid.subplots(squeeze=False, **_of_axes(settings))


def _of_grid(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: settings[name] for name in ("width_ratios", "height_ratios") if name in settings}


def _of_axes(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: settings[name] for name in ("sharex", "sharey") if name in settings}


def tidy(ax: Axes) -> None:
    """Removes the frame except the two axes, and draws a faint grid."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(True, color=PALE, linewidth=0.5, alpha=0.6)
    ax.set_axisbelow(True)


def legend(where: Axes | Figure, handles: Sequence[Artist], others: Sequence[Artist] = (), **settings: Any) -> Legend:
    """Draws a legend of `others`, as matplotlib reads their labels, and of `handles` with their labels as given.

    A label is given to matplotlib once the legend is there, which would leave out names that begin with "_".
    """
    labels = [*(str(each.get_label()) for each in others), *("" for _ in handles)]
    drawn = where.legend(handles=[*others, *handles], labels=labels, **settings)
    for text, handle in zip(drawn.get_texts()[len(others) :], handles, strict=True):
        text.set(text=str(handle.get_label()), **PLAIN)
    return drawn


def not_finite(what: str) -> Patch:
    """Returns the legend entry of what is not finite."""
    return Patch(facecolor=LOST, label=f"{what} not finite")


def drawable(values: npt.ArrayLike) -> Array:
    """Returns the values in float64; NaN for those that are not finite or beyond what an axis can show."""
    array = np.asarray(values, dtype=np.float64)
    return np.where(np.abs(array) <= LARGEST, array, np.nan)  # a comparison with NaN is false


def largest_of(values: npt.ArrayLike) -> float:
    """Returns the largest absolute value that is finite; 1 if there is none above 0."""
    size = np.abs(np.asarray(values, dtype=np.float64))
    return float(size.max(initial=0.0, where=np.isfinite(size))) or 1.0


def scale_of(*values: npt.ArrayLike) -> tuple[Colormap, Normalize, tuple[float, float]]:
    """Returns the colours of numbers, and the lowest and the highest number, which differ.

    White is 0 if they have both signs, else there is one hue from the lowest to the highest. Blue is positive and
    orange negative in both cases. What is not finite has no say.
    """
    known = np.concatenate([drawable(each).ravel() for each in values])
    known = known[np.isfinite(known)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    if low == high:
        low, high = min(low, -low) or -1.0, max(low, -low) or 1.0
    if low < 0 < high:
        largest = max(-low, high)
        return SIGNED, Normalize(-largest, largest), (low, high)
    return (ABOVE if low >= 0 else BELOW), Normalize(low, high), (low, high)


def shortened(name: object, most: int = 24) -> str:
    """Returns the name; a longer name loses its middle, since names often differ at the end."""
    text, half = str(name), (most - 1) // 2
    return text if len(text) <= most else f"{text[:half].rstrip()}…{text[-half:].lstrip()}"


def readable_on(colours: Array) -> list[str]:
    """Returns white or ink for text on each of these colours (n, 4), by their luminance (ITU-R BT.709)."""
    luminance = np.asarray(colours)[:, :3] @ (0.2126, 0.7152, 0.0722)
    return ["white" if bright < 0.5 else INK for bright in luminance]


def class_colours(n_classes: int) -> list[Any]:
    """Returns a colour for each class."""
    if n_classes <= len(CLASSES):
        return list(CLASSES[:n_classes])
    return list(matplotlib.colormaps["turbo"](np.linspace(0.05, 0.95, n_classes)))


def whole_decades(values: Array) -> tuple[float, float]:
    """Returns limits of a logarithmic axis for positive values, which are powers of 10."""
    low, high = np.floor(np.log10(values.min())), np.ceil(np.log10(values.max()))
    return 10.0**low, 10.0 ** max(high, low + 1)
