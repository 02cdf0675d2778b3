# SPDX-License-Identifier: BSD-3-Clause
"""Layers as columns: the neurons to show, their positions, and the edges between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D

from neuract._typing import Array, FittedNetwork
from neuract.layers._dense import layer_names
from neuract.layers._numbers import number_columns
from neuract.plotting._style import BLUE, INK, LOST, MUTED, ORANGE, PLAIN, SMALL, largest_of

WIDEST = 3.2, 2.0  # width in points of the edge with a layer's largest weight: for few edges, for many
MANY = 100
NOT_FINITE = 0.4  # relative size of an edge whose weight is not finite
FAINT = 0.15  # relative opacity of edges from neurons that do not fire


@dataclass(frozen=True)
class Column:
    """The neurons of one layer, or the inputs, to show.

    Attributes
    ----------
    heading : str
    shown : array of int
        Numbers of the neurons in the layer, ascending; of the inputs, by their columns of X.
    left_out : int
        Number of neurons not shown.
    x : float
        Position of the column.
    y : array of shape (len(shown),)
        Position of each neuron, from top to bottom, 1 apart, centred at 0.
    groups : array of shape (len(shown),) or None, default=None
        Of inputs: the column of X of each.
    """

    heading: str
    shown: npt.NDArray[np.intp]
    left_out: int
    x: float
    y: Array
    groups: npt.NDArray[np.intp] | None = None

    @property
    def slots(self) -> int:
        """Number of positions, including that of "... 240 more"."""
        return len(self.shown) + (self.left_out > 0)


def columns_of(network: FittedNetwork, strength: Sequence[Array], max_neurons: int, apart: float = 1.0) -> list[Column]:
    """Returns a column for the inputs and for each layer; strength: one number per neuron, the largest are shown."""
    if max_neurons < 1:
        raise ValueError(f"max_neurons must be at least 1, got {max_neurons}")
    each = zip(_headings(network), strength, strict=True)
    columns = [_column(heading, numbers, max_neurons, number * apart) for number, (heading, numbers) in enumerate(each)]
    return [_grouped(columns[0], number_columns(network.inputs, len(strength[0]))), *columns[1:]]


def _grouped(column: Column, groups: npt.NDArray[np.intp]) -> Column:
    """Returns the column with the inputs that come from one column of X next to each other."""
    shown = column.shown[np.argsort(groups[column.shown], kind="stable")]
    return replace(column, shown=shown, groups=groups[shown])


def _headings(network: FittedNetwork) -> list[str]:
    """Returns headings for the inputs and each layer: name, number of neurons, activation."""
    names = layer_names(len(network.layers))
    kinds = [f"{layer.units:,} × {layer.activation.core_name}" for layer in network.layers]
    layers = (f"{name}\n{kind}" for name, kind in zip(names, kinds, strict=True))
    return [f"inputs\n{len(network.weights[0]):,}", *layers]


def _column(heading: str, strength: Array, most: int, x: float) -> Column:
    shown = np.sort(np.argsort(-strength, kind="stable")[:most])
    slots = len(shown) + (len(strength) > most)
    return Column(heading, shown, len(strength) - len(shown), x, (slots - 1) / 2 - np.arange(len(shown)))


def strengths(weights: Sequence[Array], squares: Sequence[Array]) -> list[Array]:
    """Returns each neuron's effect on the next layer: root mean square of its output × norm of its outgoing weights.

    An effect that is not a number is infinite, so that such neurons are shown.

    squares: the mean squares, one array for the inputs, then one per layer. Outputs have no outgoing weights.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        outgoing = [*(np.linalg.norm(array.astype(np.float64), axis=1) for array in weights), 1.0]
        found = [np.sqrt(square) * norm for square, norm in zip(squares, outgoing, strict=True)]
    return [np.where(np.isnan(each), np.inf, each) for each in found]


def mean_squares(rows: int, activities: Sequence[Array]) -> list[Array]:
    """Returns the mean squares of the inputs and of the outputs of each layer, from arrays of ACTIVITY."""
    with np.errstate(over="ignore", invalid="ignore"):
        return [each["mean"] ** 2 + each["squares"] / rows for each in activities]


def describe(ax: Axes, columns: Sequence[Column], gap: float = 0.75) -> None:
    """Draws the headings `gap` above all columns, and below each the number of neurons not shown."""
    top = max((each.slots - 1) / 2 for each in columns) + gap
    for each in columns:
        ax.text(
            each.x, top, each.heading, ha="center", va="baseline", fontsize=SMALL, color=INK, linespacing=1.3, **PLAIN
        )
        if each.left_out:
            more = f"… {each.left_out:,} more"
            ax.text(each.x, each.y[-1] - 1, more, ha="center", va="center", fontsize=SMALL, color=MUTED, **PLAIN)


def draw_edges(
    ax: Axes,
    left: Column,
    right: Column,
    weights: Array,
    *,
    passing: Array | None = None,
    margins: tuple[float, float] = (0.0, 0.0),
) -> LineCollection:
    """Draws a line for each weight between shown neurons: blue positive, orange negative, wider for larger weights.

    Weights that are not finite are purple. weights: n_in × units, of the whole layer. passing: whether each neuron of
    the left layer fires; edges of the others are faint. margins: distance of the lines' ends from the middles of the
    neurons.
    """
    part = weights[np.ix_(left.shown, right.shown)].astype(np.float64)
    size = np.where(np.isfinite(part), np.abs(part) / largest_of(part), NOT_FINITE).ravel()
    order = np.argsort(size)  # the strongest on top
    colours = _edge_colours(part, size)
    if passing is not None:
        colours[:, 3] *= np.where(np.repeat(passing[left.shown], len(right.shown)), 1.0, FAINT)
    starts, ends = (grid.ravel() for grid in np.meshgrid(left.y, right.y, indexing="ij"))
    points = np.empty((len(size), 2, 2))
    points[:, 0, 0], points[:, 1, 0] = left.x + margins[0], right.x - margins[1]
    points[:, 0, 1], points[:, 1, 1] = starts, ends
    widths = WIDEST[size.size >= MANY] * size
    lines = LineCollection(points[order], colors=colours[order], linewidths=widths[order], zorder=1)  # type: ignore[arg-type]
    ax.add_collection(lines)
    return lines


def _edge_colours(weights: Array, size: Array) -> Array:
    """Returns colours (n, 4) by sign; smaller weights are fainter, more so if there are many."""
    colours = np.empty((size.size, 4))
    colours[:, :3] = np.where(weights.reshape(-1, 1) < 0, to_rgb(ORANGE), to_rgb(BLUE))
    colours[~np.isfinite(weights.ravel()), :3] = to_rgb(LOST)
    colours[:, 3] = 0.06 + 0.84 * size ** (1.0 if size.size < MANY else 1.6)
    return colours


def edge_legend(weights: Sequence[Array]) -> list[Line2D]:
    """Returns the legend entries of edges with these weights."""
    entries = {"weight > 0": BLUE, "weight < 0": ORANGE}
    if not all(np.isfinite(array).all() for array in weights):
        entries["weight not finite"] = LOST
    return [Line2D([], [], color=colour, linewidth=2.2, label=label) for label, colour in entries.items()]
