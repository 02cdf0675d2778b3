# SPDX-License-Identifier: BSD-3-Clause
"""NeuronResponseDisplay: the output of each neuron over the plane of two columns of X."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from neuract._typing import Array, FittedModel, FittedNetwork
from neuract.activations._named import Sigmoid, Softmax
from neuract.inspection._pipelines import takes_pipelines
from neuract.layers._numbers import numbers_at
from neuract.plotting._columns import Column, columns_of, describe, draw_edges, edge_legend, mean_squares, strengths
from neuract.plotting._frame import FramePlane, plane_of_frame
from neuract.plotting._model import (
    classes_of,
    measured,
    names_of_numbers,
    network_of,
    output_names,
    rows_of,
    targets_of,
)
from neuract.plotting._plane import Limits, Plane, plane_of
from neuract.plotting._style import (
    ABOVE_HEADINGS,
    HOLLOW,
    INK,
    MUTED,
    PLAIN,
    SIGNED,
    SMALL,
    Place,
    axes_at,
    drawable,
    figure_of,
    largest_of,
    legend,
    not_finite,
    shortened,
)
from neuract.plotting._title import collapse, lines, quality, set_title

Extent = Limits

SHOWN = "what each neuron passes on"
APART = 2.0  # distance of columns; neurons of a column are 1 apart
SIDE, LARGE = 0.86, 1.9  # side of a tile, and of the tile of a single output
POINTS = 300  # most points of the data on an output's tile


@dataclass(frozen=True)
class Responses:
    """Outputs of neurons on a grid in the plane of two columns of X.

    Attributes
    ----------
    limits : tuple of floats
        Range of the plane: low and high of the first column, low and high of the second.
    values : list of arrays of shape (neurons, resolution, resolution)
        Outputs of the shown neurons, for the inputs and each layer; the second column grows along axis 1.
    fires : list of arrays of bool of the same shapes
    probabilities : bool
        Whether the outputs are probabilities; their colours are then centred at 0.5 instead of 0.
    steps : bool, default=False
        Whether a column of the plane holds levels.
    told : str or None, default=None
        What is from left to right and from bottom to top, for the legend.
    """

    limits: Limits
    values: list[Array]
    fires: list[npt.NDArray[np.bool_]]
    probabilities: bool
    steps: bool = False
    told: str | None = None


class NeuronResponseDisplay:
    """The output of each neuron over a plane of one or two columns of X: a tile per neuron, a column per layer.

    Blue is positive, orange negative (for probabilities: above and below one half), white 0; the line is the border of
    the region in which the neuron fires. Outputs that are not finite are purple. It is best made by `from_estimator`.

    Parameters
    ----------
    weights : list of arrays of shape (n_in, units)
        As `Network.weights` gives them.
    columns : list of Column
        Which neurons are shown and where, of the inputs and of each layer.
    responses : Responses
    names : pair of lists of str
        Of the inputs and of all outputs.
    points : pair of arrays of shape (rows, 2) and (rows, n_out), or None, default=None
        Data, and what the outputs should be, drawn on the tiles of the outputs.
    title : str, default="what each neuron passes on"

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    tiles_ : list of lists of AxesImage
        One per neuron, column by column.
    edges_ : list of LineCollection
        One for each pair of neighbouring columns.

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> net = na.Network([na.Dense(3), na.Dense(1, "linear")]).set_parameters([np.ones((2, 3)), -np.ones((3, 1))])
    >>> display = na.plotting.NeuronResponseDisplay.from_estimator(net, [[-1.0, 1.0], [1.0, -1.0]])
    >>> [len(tiles) for tiles in display.tiles_]
    [2, 3, 1]
    """

    ax_: Axes
    figure_: Figure
    tiles_: list[list[AxesImage]]
    edges_: list[LineCollection]

    def __init__(
        self,
        weights: Sequence[Array],
        columns: Sequence[Column],
        responses: Responses,
        names: tuple[Sequence[str], Sequence[str]],
        points: tuple[Array, Array] | None = None,
        title: str = SHOWN,
    ) -> None:
        self.weights = list(weights)
        self.columns = list(columns)
        self.responses = responses
        self.names = names
        self.points = points
        self.title = title

    @classmethod
    @takes_pipelines
    def from_estimator(
        cls,
        model: FittedModel,
        X: Any,
        y: npt.ArrayLike | None = None,
        *,
        feature_names: Sequence[str] | None = None,
        class_names: Sequence[str] | None = None,
        columns: Sequence[int | str] | None = None,
        max_neurons: int = 8,
        resolution: int = 120,
        member: int = 0,
        ax: Place = None,
    ) -> NeuronResponseDisplay:
        """Draws a fitted model over a plane of one or two columns of X. Levels are steps.

        Parameters
        ----------
        model : Network, fitted estimator or Pipeline
        X : array-like, sparse matrix or frame, as `fit` takes it
        y : array-like or None, default=None
            Targets, to draw the data on the tiles of the outputs.
        feature_names, class_names : list of str or None, default=None
            Names of the columns of X and the outputs. None: those of the model or of X.
        columns : sequence of one or two int or str, or None, default=None
            The columns of X that vary, counted from 0, the first from left to right; the others stay at their means,
            levels at the most frequent one. For a tabular model they may be names, numbers stay at their medians, and
            the legend says what is where. None: all columns that the model takes, which must be one or two.
        max_neurons : int, default=8
            Most neurons to show per layer: those with the largest effect on the next layer.
        resolution : int, default=120
            Grid points in each direction, >= 2.
        member : int, default=0
            Of a model with several networks, the one to draw, in the order of `networks_`; the tiles of the outputs are
            its own, too.
        ax : Axes, Figure or None, default=None
            The axes to draw on, or an empty figure that pyplot need not know; None: a new figure.

        Returns
        -------
        NeuronResponseDisplay
        """
        network, rows = network_of(model, member), rows_of(model, X)
        plane = _plane(model, network, X, rows, columns)
        strength = strengths(network.weights, mean_squares(*measured(model, X, member)))
        shown = columns_of(network, strength, max_neurons, APART)
        responses = _responses(network, shown, plane, resolution)
        names = names_of_numbers(model, X, feature_names, member), output_names(model, class_names)
        targets = None if y is None else _standard(model, targets_of(model, y, len(rows)))
        points = None if targets is None else (plane.points(rows), targets)
        outputs = np.asarray(network.predict(rows), np.float64)
        told = [SHOWN, *([] if targets is None else [quality(network, outputs, targets)])]
        told += [f"member {member}"] * (len(model._members()) > 1)
        title = lines("; ".join(told), collapse(network, outputs, classes_of(model, names[1]), targets))
        return cls(network.weights, shown, responses, names, points, title).plot(ax)

    def plot(self, ax: Place = None) -> NeuronResponseDisplay:
        """Draws the tiles on a new figure or on `ax`."""
        slots = max(LARGE, *(each.slots for each in self.columns))
        last = self.columns[-1].x
        unit = min(0.75, 11.5 / (last + 1))  # inches
        with axes_at(ax, unit * last + 3.4, unit * slots + 1.4) as self.ax_:
            self.figure_ = figure_of(self.ax_)
            self.ax_.set_axis_off()
            self._draw_edges()
            self.tiles_ = [self._draw_column(number) for number in range(len(self.columns))]
            half = slots / 2
            self.ax_.set(xlim=(-0.5, last + self._side(-1) / 2 + 0.1), ylim=(-half - 0.1, half + 0.1), aspect="equal")
            describe(self.ax_, self.columns, gap=half - (max(each.slots for each in self.columns) - 1) / 2 + 0.1)
            self._name_ends()
            self._explain()
            set_title(self.ax_, self.title, ABOVE_HEADINGS)
        return self

    def _side(self, number: int) -> float:
        single = self.columns[number] is self.columns[-1] and len(self.columns[number].shown) == 1
        return LARGE if single else SIDE

    def _draw_edges(self) -> None:
        self.edges_ = [
            draw_edges(
                self.ax_, self.columns[n], self.columns[n + 1], weights, margins=(SIDE / 2, self._side(n + 1) / 2)
            )
            for n, weights in enumerate(self.weights)
        ]

    def _draw_column(self, number: int) -> list[AxesImage]:
        each, fires = self.columns[number], self.responses.fires[number]
        values = drawable(self.responses.values[number])
        output = number == len(self.columns) - 1
        largest = largest_of(values)
        norm = Normalize(0, 1) if output and self.responses.probabilities else Normalize(-largest, largest)
        tiles = []
        for k, y in enumerate(each.y):
            half = self._side(number) / 2
            extent = (each.x - half, each.x + half, y - half, y + half)
            tiles.append(self._draw_tile(values[k], fires[k], extent, norm))
            if output and self.points is not None:
                tiles[-1].set_alpha(0.7)  # to make the points visible
                self._draw_points(each.shown[k], extent, norm)
            elif number > 0 and not output:
                self._number(each.shown[k], extent)
        return tiles

    def _draw_tile(self, values: Array, fires: Array, extent: Extent, norm: Normalize) -> AxesImage:
        between = "nearest" if self.responses.steps else "bilinear"
        tile = self.ax_.imshow(
            values, extent=extent, cmap=SIGNED, norm=norm, origin="lower", interpolation=between, zorder=2
        )
        dead = not fires.any()
        self.ax_.add_patch(
            Rectangle(
                (extent[0], extent[2]), extent[1] - extent[0], extent[3] - extent[2], fill=False, zorder=3,
                edgecolor=MUTED if dead else INK, linewidth=0.9, linestyle=HOLLOW if dead else "-",
            )
        )  # fmt: skip
        if _has_border(fires):
            across, up = (np.linspace(extent[i], extent[i + 1], len(fires)) for i in (0, 2))
            self.ax_.contour(across, up, fires.astype(np.float64), [0.5], colors=INK, linewidths=0.9, zorder=3)
        return tile

    def _draw_points(self, output: int, extent: Extent, norm: Normalize) -> None:
        assert self.points is not None
        rows, targets = self.points
        step = -(-len(rows) // POINTS)
        low0, high0, low1, high1 = self.responses.limits
        across = extent[0] + (rows[::step, 0] - low0) / (high0 - low0) * (extent[1] - extent[0])
        up = extent[2] + (rows[::step, 1] - low1) / (high1 - low1) * (extent[3] - extent[2])
        size = 13 if extent[1] - extent[0] > 1 else 6
        colours = SIGNED(norm(targets[::step, output].astype(np.float64)))
        self.ax_.scatter(across, up, size, colours, edgecolors="white", linewidths=0.5, zorder=4)

    def _number(self, neuron: int, extent: Extent) -> None:
        self.ax_.text(
            extent[0] + 0.05, extent[3] - 0.06, str(neuron), fontsize=SMALL - 1.5, color=INK, ha="left", va="top",
            zorder=5, **PLAIN, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.0},
        )  # fmt: skip

    def _name_ends(self) -> None:
        """Writes the names of the inputs to the left and of the outputs to the right."""
        for number, side, sign in ((0, "right", -1), (-1, "left", 1)):
            each, names = self.columns[number], self.names[number]
            x = each.x + sign * (self._side(number) / 2 + 0.08)
            for y, neuron in zip(each.y, each.shown, strict=True):
                self.ax_.text(x, y, shortened(names[neuron]), ha=side, va="center", fontsize=SMALL, color=INK, **PLAIN)

    def _explain(self) -> None:
        """Draws the legend below, and the scale of the colours at the right."""
        entries: list[Artist] = [*edge_legend(self.weights)]
        if any(map(_has_border, chain.from_iterable(self.responses.fires))):
            entries.append(Line2D([], [], color=INK, linewidth=0.9, label="border of the region where it fires"))
        if not all(np.isfinite(drawable(values)).all() for values in self.responses.values):
            entries.append(not_finite("output"))
        drawn = legend(
            self.ax_, entries, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=3, frameon=False, fontsize=SMALL,
            handlelength=1.6, columnspacing=1.6,
        )  # fmt: skip
        if self.responses.told is not None:
            drawn.set_title("-")
            drawn.get_title().set(text=self.responses.told, fontsize=SMALL, color=INK, **PLAIN)
        bar = self.figure_.colorbar(
            ScalarMappable(Normalize(-1, 1), SIGNED), ax=self.ax_, shrink=0.6, aspect=22, pad=0.03, ticks=[-1, 0, 1]
        )
        bar.ax.set_yticklabels(_ends(self.responses.probabilities), **PLAIN)
        bar.ax.tick_params(labelsize=SMALL - 1, colors=MUTED)
        bar.outline.set_visible(False)


def _has_border(fires: Array) -> bool:
    return bool(fires.any() and not fires.all())


def _ends(probabilities: bool) -> list[str]:
    """Returns the labels of the lowest, the middle and the highest colour."""
    if not probabilities:
        return ["− largest\nof its layer", "0", "largest\nof its layer"]
    return ["− largest\n(output: 0)", "0\n(output: ½)", "largest\nof its layer\n(output: 1)"]


def _plane(
    model: FittedModel, network: FittedNetwork, X: Any, rows: Array, chosen: Sequence[int | str] | None
) -> Plane | FramePlane:
    frame = model._frame_columns()
    return plane_of(network, rows, chosen) if frame is None else plane_of_frame(frame, X, chosen, network.dtype)


def _standard(model: FittedModel, targets: Array) -> Array:
    """Returns targets in the unit of the network's outputs."""
    unit = model._meaning().unit
    return targets if unit is None else unit.standard(targets)


def _responses(
    network: FittedNetwork, columns: Sequence[Column], plane: Plane | FramePlane, resolution: int
) -> Responses:
    grid = rows_of(network, plane.grid(resolution))
    layers = [(y[:, each.shown], f[:, each.shown]) for y, f, each in _passed(network, grid, columns[1:])]
    numbers = numbers_at(network._known(), grid, columns[0].shown, network.n_threads)
    values, fires = zip((numbers, np.ones_like(numbers, dtype=bool)), *layers, strict=True)
    tiles = [[array.T.reshape(-1, resolution, resolution) for array in arrays] for arrays in (values, fires)]
    probabilities = isinstance(network.layers[-1].activation, (Sigmoid, Softmax))
    told = plane.told() if isinstance(plane, FramePlane) else None
    return Responses(plane.limits, tiles[0], tiles[1], probabilities, plane.has_steps, told)


def _passed(network: FittedNetwork, grid: Array, columns: Sequence[Column]) -> Iterator[tuple[Array, Array, Column]]:
    """Yields the outputs of each layer, whether they fire, and the layer's column."""
    return zip(network.forward(grid), network.fired(grid), columns, strict=True)
