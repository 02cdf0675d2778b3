# SPDX-License-Identifier: BSD-3-Clause
"""NetworkDisplay: a network as a picture, with neurons shaded by their activity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from neuract._typing import Array, FittedModel, FittedNetwork
from neuract.inputs._sparse import SparseRows
from neuract.inspection._activities import of_numbers
from neuract.inspection._pipelines import takes_pipelines
from neuract.plotting._columns import Column, columns_of, describe, draw_edges, edge_legend, mean_squares, strengths
from neuract.plotting._model import (
    checked_rows,
    classes_of,
    measured_rows,
    names_of_numbers,
    network_of,
    output_names,
    rows_of,
)
from neuract.plotting._style import (
    ABOVE_HEADINGS,
    HOLLOW,
    INK,
    MUTED,
    PLAIN,
    SHARES,
    SIGNED,
    SMALL,
    Place,
    axes_at,
    figure_of,
    largest_of,
    legend,
    not_finite,
    readable_on,
    shortened,
)
from neuract.plotting._title import collapse, lines, set_title

MOST_SHOWN = 16  # neurons of a layer, unless the user wants more


@dataclass(frozen=True)
class Shading:
    """The shades of the neurons of each column.

    Attributes
    ----------
    values : list of arrays
        For the inputs and each layer, one number per neuron: share of rows on which it fires, or its output. NaN if
        its output is not finite on a row.
    fires : list of bool arrays
        Neurons that do not fire are hollow.
    of_row : bool
        Whether the values are those of one row.
    """

    values: list[Array]
    fires: list[npt.NDArray[np.bool_]]
    of_row: bool


class NetworkDisplay:
    """A network as a picture: neurons in columns, from the inputs to the output layer, and the weights between them.

    Edges are blue if the weight is positive and orange if it is negative; their width is relative to the largest weight
    between the same columns. Neurons are shaded, and hollow if they do not fire. Weights and outputs that are not
    finite are purple. A large layer shows its strongest neurons. The first column has the numbers that the first layer
    gets: the columns of X, or with `Network(inputs=...)` what is made of them, with a line at those of the same column.
    Usually made by `from_estimator`.

    Parameters
    ----------
    weights : list of arrays of shape (n_in, units)
        As `Network.weights`.
    columns : list of Column
        The neurons to show and their positions, for the inputs and each layer.
    shading : Shading
    names : pair of lists of str
        Names of all inputs and all outputs.
    title : str, default=""

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    neurons_ : list of PathCollection
        One per column.
    edges_ : list of LineCollection
        One for each pair of neighbouring columns.

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> net = na.Network([na.Dense(3), na.Dense(1, "linear")]).set_parameters([np.ones((2, 3)), -np.ones((3, 1))])
    >>> display = na.plotting.NetworkDisplay.from_estimator(net, [[0.0, 1.0], [2.0, 3.0]])
    >>> [len(neurons.get_offsets()) for neurons in display.neurons_]
    [2, 3, 1]
    """

    ax_: Axes
    figure_: Figure
    neurons_: list[PathCollection]
    edges_: list[LineCollection]

    def __init__(
        self,
        weights: Sequence[Array],
        columns: Sequence[Column],
        shading: Shading,
        names: tuple[Sequence[str], Sequence[str]],
        title: str = "",
    ) -> None:
        self.weights = list(weights)
        self.columns = list(columns)
        self.shading = shading
        self.names = names
        self.title = title

    @classmethod
    @takes_pipelines
    def from_estimator(
        cls,
        model: FittedModel,
        X: Any,
        *,
        row: int | None = None,
        feature_names: Sequence[str] | None = None,
        class_names: Sequence[str] | None = None,
        max_neurons: int = MOST_SHOWN,
        member: int = 0,
        ax: Place = None,
    ) -> NetworkDisplay:
        """Draws a fitted model and its activity on X.

        Parameters
        ----------
        model : Network, fitted estimator or Pipeline
        X : array-like, sparse matrix or frame, as `fit` takes it
        row : int or None, default=None
            Index of a row of X: neurons are shaded by their outputs for it, and edges from neurons that do not fire are
            faint. None: neurons are shaded by the share of the rows on which they fire.
        feature_names, class_names : list of str or None, default=None
            Names of the columns of X and the outputs. None: those of the model or of X.
        max_neurons : int, default=16
            Most neurons to show per layer, and most inputs: those with the largest effect on the next layer (root mean
            square of the output × norm of the outgoing weights), on X or on the row.
        member : int, default=0
            Of a model with several networks, the one to draw, in the order of `networks_`.
        ax : Axes, Figure or None, default=None
            The axes to draw on, or an empty figure that pyplot need not know; None: a new figure.

        Returns
        -------
        NetworkDisplay
        """
        network = network_of(model, member)
        names = names_of_numbers(model, X, feature_names, member), output_names(model, class_names)
        rows = checked_rows(model, X)
        of_member = f"; member {member}" if len(model._members()) > 1 else ""
        if row is None:
            title = _title(network, rows, classes_of(model, names[1]), of_member)
            shading, squares = _over_rows(*measured_rows(network, rows))
        else:
            title = f"what each neuron passes on for row {row}{of_member}"
            shading, squares = _at_row(network, rows_of(model, X), row)
        strength = strengths(network.weights, squares)
        return cls(network.weights, columns_of(network, strength, max_neurons), shading, names, title).plot(ax)

    @classmethod
    def _of_rows(
        cls, network: FittedNetwork, rows: Array, names: tuple[Sequence[str], Sequence[str]], ax: Place
    ) -> NetworkDisplay:
        """Draws a network and its activity on checked rows; names: of all numbers and outputs."""
        shading, squares = _over_rows(*measured_rows(network, rows))
        columns = columns_of(network, strengths(network.weights, squares), MOST_SHOWN)
        title = _title(network, rows, names[1] if len(names[1]) > 1 else ())
        return cls(network.weights, columns, shading, names, title).plot(ax)

    def plot(self, ax: Place = None) -> NetworkDisplay:
        """Draws the network on a new figure or on `ax`."""
        slots = max(each.slots for each in self.columns)
        width, height = np.clip(1.6 * len(self.columns) + 1.4, 5, 15), np.clip(0.29 * slots + 1.6, 2.7, 8)
        with axes_at(ax, float(width), float(height)) as self.ax_:
            self.figure_ = figure_of(self.ax_)
            self.ax_.set_axis_off()
            self.ax_.set(xlim=(-0.25, len(self.columns) - 0.75), ylim=(-(slots - 1) / 2 - 0.7, (slots - 1) / 2 + 0.7))
            self._draw_edges()
            self._draw_neurons(slots)
            describe(self.ax_, self.columns)
            self._name_ends()
            self._explain()
            set_title(self.ax_, self.title, ABOVE_HEADINGS)
        return self

    def _draw_edges(self) -> None:
        self.edges_ = [
            draw_edges(
                self.ax_,
                self.columns[n],
                self.columns[n + 1],
                weights,
                passing=self.shading.fires[n] if self.shading.of_row else None,
            )
            for n, weights in enumerate(self.weights)
        ]

    def _draw_neurons(self, slots: int) -> None:
        row = self.ax_.get_window_extent().height / self.figure_.dpi * 72 / slots
        diameter = float(np.clip(0.72 * row, 4, 19))
        self.neurons_ = []
        for number, each in enumerate(self.columns):
            colours, fires = self._colours(number), self.shading.fires[number][each.shown]
            marker, size = ("s", (0.6 if self.shading.of_row else 0.35) * diameter) if number == 0 else ("o", diameter)
            self.neurons_.append(
                self.ax_.scatter(
                    np.full(len(each.y), each.x), each.y, size**2, colours, marker=marker,
                    edgecolors=[INK if each else MUTED for each in fires],
                    linestyles=["-" if each else HOLLOW for each in fires],
                    linewidths=0.9, zorder=3, clip_on=False,
                )
            )  # fmt: skip
            if 0 < number < len(self.columns) - 1 and diameter > 11:
                self._number(each, colours)

    def _colours(self, number: int) -> Array:
        """Returns the colours (n, 4) of the shown neurons of a column; hollow ones are white."""
        shown = self.columns[number].shown
        values, fires = self.shading.values[number][shown], self.shading.fires[number][shown]
        if self.shading.of_row:
            shares = np.where(np.isfinite(values), values, np.nan) / largest_of(self.shading.values[number])
            colours = SIGNED((shares + 1) / 2)
        else:
            colours = SHARES(values)
        return np.where(fires[:, np.newaxis], colours, 1.0)

    def _number(self, each: Column, colours: Array) -> None:
        for y, neuron, colour in zip(each.y, each.shown, readable_on(colours), strict=True):
            size = SMALL - 1.5 if neuron < 1000 else SMALL - 3
            self.ax_.text(
                each.x,
                y,
                str(neuron),
                ha="center",
                va="center_baseline",
                fontsize=size,
                color=colour,
                zorder=4,
                **PLAIN,
            )

    def _name_ends(self) -> None:
        """Writes the names of the inputs to the left and of the outputs to the right, with their values for a row."""
        self._mark_groups()
        for number, side, shift in ((0, "right", -11), (-1, "left", 13)):
            each, names = self.columns[number], self.names[number]
            for y, neuron in zip(each.y, each.shown, strict=True):
                text = shortened(names[neuron])
                if self.shading.of_row:
                    equals = ": " if " = " in text else " = "  # a number of OneHot is named "x2 = 1"
                    text += equals + _number(self.shading.values[number][neuron])
                self.ax_.annotate(
                    text,
                    (each.x, y),
                    (shift, 0),
                    textcoords="offset points",
                    ha=side,
                    va="center",
                    fontsize=SMALL,
                    color=INK,
                    **PLAIN,
                )

    def _mark_groups(self) -> None:
        """Draws a line at the left of the inputs that come from one column of X."""
        each = self.columns[0]
        groups = np.empty(0) if each.groups is None else each.groups
        place = self.ax_.transData + ScaledTranslation(-8 / 72, 0, self.figure_.dpi_scale_trans)
        for group in np.unique(groups):
            y = each.y[groups == group]
            if len(y) > 1:
                ends = [y[0] + 0.3, y[-1] - 0.3]
                self.ax_.plot([each.x, each.x], ends, color=MUTED, linewidth=1, transform=place, clip_on=False)

    def _explain(self) -> None:
        """Draws the legend below, and the scale of the shades at the right."""
        silent = "does not fire" if self.shading.of_row else "fires on no row"
        hollow = self.ax_.scatter([], [], 70, "white", edgecolors=MUTED, linestyles=[HOLLOW], label=silent)
        unknown = [] if all(np.isfinite(each).all() for each in self.shading.values) else [not_finite("output")]
        legend(
            self.ax_, [*edge_legend(self.weights), hollow, *unknown], loc="upper center", bbox_to_anchor=(0.5, 0.0),
            ncols=3, frameon=False, fontsize=SMALL, handlelength=1.6, columnspacing=1.6,
        )  # fmt: skip
        of_row = self.shading.of_row
        shades = ScalarMappable(Normalize(-1 if of_row else 0, 1), SIGNED if of_row else SHARES)
        bar = self.figure_.colorbar(shades, ax=self.ax_, shrink=0.6, aspect=22, pad=0.03)
        label = "output\n(1: the largest of its layer)" if of_row else "fires on this share of the rows"
        bar.set_label(label, fontsize=SMALL, color=MUTED, **PLAIN)
        bar.ax.tick_params(labelsize=SMALL - 1, colors=MUTED)
        bar.outline.set_visible(False)


def _title(network: FittedNetwork, rows: Array | SparseRows, classes: Sequence[str], of_member: str = "") -> str:
    """Returns the title of a picture over rows, with a sentence if the network predicts the same for all of them."""
    outputs = network._known().predict(rows, network.n_threads)
    return lines(f"how often each neuron fires on {len(rows):,} rows{of_member}", collapse(network, outputs, classes))


def _over_rows(rows: int, activities: Sequence[Array]) -> tuple[Shading, list[Array]]:
    """Returns shading by share of the rows, and the mean squares of the inputs and of each neuron's output."""
    numbers, *layers = activities
    moving = (numbers["minimum"] != 0) | (numbers["maximum"] != 0)
    shares = [moving.astype(np.float64), *(layer["fired"] / rows for layer in layers)]
    values = [np.where(np.isfinite(a["mean"]), share, np.nan) for share, a in zip(shares, activities, strict=True)]
    return Shading(values, [share > 0 for share in shares], of_row=False), mean_squares(rows, activities)


def _at_row(network: FittedNetwork, rows: Array, row: int) -> tuple[Shading, list[Array]]:
    """Returns shading by the outputs for one row, and their squares."""
    if not -len(rows) <= row < len(rows):
        raise ValueError(f"row must be the index of one of X's {len(rows)} rows, got {row}")
    one = rows[[row]]
    inputs = one[0].astype(np.float64)
    if network.inputs:
        inputs = of_numbers(network, one)[0]["mean"]
    values = [inputs, *(y[0].astype(np.float64) for y in network.forward(one))]
    fires = [inputs != 0, *(each[0] for each in network.fired(one))]
    with np.errstate(over="ignore"):
        return Shading(values, fires, of_row=True), [each**2 for each in values]


def _number(value: float) -> str:
    """Returns a number with 3 decimals if it is below 1, else 4 digits; with the minus sign of the axes."""
    text = f"{value:.3f}" if abs(value) < 1 else f"{value:.4g}"
    return text.replace("-", "\N{MINUS SIGN}")
