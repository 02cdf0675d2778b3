# SPDX-License-Identifier: BSD-3-Clause
"""ExplanationDisplay: one row as bars, many rows as a summary of all columns."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from neuract._typing import Array, AskedModel
from neuract.inspection._explain import explain
from neuract.inspection._explanation import Explanation
from neuract.inspection._pipelines import takes_pipelines
from neuract.inspection._reasons import amounts, heading, labels_of, mean_sizes
from neuract.plotting._model import network_of
from neuract.plotting._style import BLUE, MUTED, ORANGE, PLAIN, SMALL, Place, axes_at, drawable, figure_of, shortened

HEIGHT = 0.62  # of a bar or a strip of points; rows are 1 high
MOST_POINTS = 2000  # of a strip
BINS = 60  # of a strip, in which points are spread
WRAP = 78  # characters of a line of the title
LOW_TO_HIGH = LinearSegmentedColormap.from_list("neuract_low_to_high", ["#7cc0e8", BLUE, "#5b2a86", "#8c1750"])
NO_ORDER = "#8d97a3"  # columns of levels


class ExplanationDisplay:
    """An explanation as a picture: bars for one row, a strip of points for each column for several rows.

    A bar is what a column contributes to the answer: blue raises it, orange lowers it. In a strip each point is a row,
    as far from 0 as the column moves the row's answer, in the colour of the row's value in that column; the number at
    the right is the mean size.

    Parameters
    ----------
    explanation : Explanation
        The result of `neuract.explain`.
    output : name or number of an output, or None, default=None
        None: for one row the most probable class, for several rows the second of two classes; else the first output.
    max_display : int, default=12
        The most columns that are drawn, those with the largest contributions.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure

    Examples
    --------
    >>> import neuract as na
    >>> net = na.Network([na.Dense(1, "linear")]).set_parameters([[[2.0], [-1.0]]])
    >>> display = na.plotting.ExplanationDisplay.from_estimator(net, [[3.0, 1.0]], [1.0, 0.0])
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['x0 = 3', 'x1 = 1']
    """

    ax_: Axes
    figure_: Figure

    def __init__(self, explanation: Explanation, *, output: Any = None, max_display: int = 12) -> None:
        if not isinstance(explanation, Explanation):
            raise TypeError(f"explanation must be the result of neuract.explain, got {type(explanation).__name__}")
        if not len(explanation):
            raise ValueError("the explanation has no rows")
        self.explanation = explanation if output is None else explanation.of_output(output)
        self.max_display = max_display

    @classmethod
    def from_explanation(
        cls, explanation: Explanation, *, output: Any = None, max_display: int = 12, ax: Place = None
    ) -> ExplanationDisplay:
        """Draws an explanation.

        Parameters
        ----------
        explanation : Explanation
        output, max_display : as for the class
        ax : Axes, Figure or None, default=None
            The axes to draw on, or an empty figure that pyplot need not know; None: a new figure.

        Returns
        -------
        ExplanationDisplay
        """
        return cls(explanation, output=output, max_display=max_display).plot(ax)

    @classmethod
    @takes_pipelines
    def from_estimator(
        cls, model: AskedModel, X: Any, baseline: Any = None, *, output: Any = None, max_display: int = 12,
        feature_names: Any = None, ax: Place = None,
    ) -> ExplanationDisplay:  # fmt: skip
        """Explains the answers of a fitted model and draws the explanation.

        Parameters
        ----------
        model : Network, fitted estimator or Pipeline
        X : array-like or frame
            The rows to explain.
        baseline : row, rows or None, default=None
            As for `neuract.explain`, and so is `feature_names`.
        output, max_display : as for the class
        ax : Axes, Figure or None, default=None

        Returns
        -------
        ExplanationDisplay
        """
        network_of(model)  # refuses other objects
        explanation = explain(model, X, baseline, feature_names=feature_names)
        return cls.from_explanation(explanation, output=output, max_display=max_display, ax=ax)

    def plot(self, ax: Place = None) -> ExplanationDisplay:
        """Draws on a new figure, or on `ax`."""
        shown = min(self.max_display, len(self.explanation.names))
        with axes_at(ax, 7.2, 1.5 + 0.36 * shown) as self.ax_:
            self.figure_ = figure_of(self.ax_)
            self._draw_bars() if len(self.explanation) == 1 else self._draw_strips()
            self._tidy(shown)
        return self

    # ---- one row -----------------------------------------------------------------------------------

    def _draw_bars(self) -> None:
        explanation = self.explanation
        values = explanation.values[0, :, explanation.answer]
        order, lengths, write = _largest(values, self.max_display), drawable(values), amounts(values)
        colours = [BLUE if values[k] > 0 else ORANGE for k in order]
        self.ax_.barh(range(len(order)), lengths[order], HEIGHT, color=colours)
        for row, k in enumerate(order):
            at, right = (0.0 if np.isnan(lengths[k]) else lengths[k]), not values[k] < 0
            self.ax_.annotate(
                write(values[k]), (at, row), (3 if right else -3, 0), textcoords="offset points",
                ha="left" if right else "right", va="center", fontsize=SMALL, color=_ink(), **PLAIN,
            )  # fmt: skip
        self._name(order, labels_of(explanation))
        self.ax_.margins(x=0.16)

    # ---- several rows ------------------------------------------------------------------------------

    def _draw_strips(self) -> None:
        explanation = self.explanation
        sizes = mean_sizes(explanation, explanation.answer)
        order, write = _largest(sizes, self.max_display), amounts(sizes)
        rows = _some(len(explanation))
        for row, k in enumerate(order):
            values = drawable(explanation.values[rows, k, explanation.answer])
            self._draw_strip(row, values, np.asarray(explanation.data[rows, k], np.float64), explanation.shown[rows, k])
            place = self.ax_.get_yaxis_transform()
            self.ax_.text(
                1.01, row, write(sizes[k], signed=False), transform=place, ha="left", va="center", fontsize=SMALL,
                color=MUTED, **PLAIN,
            )  # fmt: skip
        self._name(order, list(explanation.names))
        self._add_scale()

    def _draw_strip(self, row: int, values: Array, data: Array, shown: Array) -> None:
        levels = any(isinstance(value, str) for value in shown)
        shares = _ranks(data)
        colours: Any = NO_ORDER if levels else LOW_TO_HIGH(np.nan_to_num(shares, nan=0.5))
        if not levels and np.isnan(shares).any():
            colours[np.isnan(shares)] = mpl.colors.to_rgba(NO_ORDER)
        self.ax_.scatter(
            values, row + _spread(values), s=9, c=colours, alpha=0.75, linewidths=0, rasterized=len(values) > 200
        )

    def _add_scale(self) -> None:
        bar = self.figure_.colorbar(
            ScalarMappable(Normalize(0, 1), LOW_TO_HIGH),
            ax=self.ax_,
            location="bottom",
            shrink=0.4,
            aspect=30,
            pad=0.02,
        )
        bar.set_ticks([0, 1], labels=["low value of the column", "high"])
        bar.ax.tick_params(labelsize=SMALL - 1, colors=MUTED, length=0)
        bar.outline.set_visible(False)

    # ---- both --------------------------------------------------------------------------------------

    def _name(self, order: npt.NDArray[np.intp], labels: list[str]) -> None:
        names = [shortened(labels[k], 34) for k in order]
        self.ax_.set_yticks(range(len(order)), names, fontsize=SMALL + 1, color=_ink(), **PLAIN)

    def _tidy(self, shown: int) -> None:
        self.ax_.axvline(0, color=MUTED, linewidth=0.8, zorder=0)
        self.ax_.set_ylim(shown - 0.4, -0.6)
        self.ax_.tick_params(axis="y", length=0)
        self.ax_.tick_params(axis="x", labelsize=SMALL, colors=MUTED)
        self.ax_.spines[["top", "right", "left"]].set_visible(False)
        self.ax_.spines["bottom"].set_color(MUTED)
        self.ax_.xaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "\N{MINUS SIGN}"))
        )
        self.ax_.set_title(
            _wrapped(heading(self.explanation)), loc="left", fontsize=SMALL + 1, color=_ink(), x=0.0, **PLAIN
        )


def _ink() -> str:
    """Returns the colour of text in the style that is in use, which may be dark."""
    colour: str = mpl.rcParams["text.color"]
    return colour


def _largest(values: Array, most: int) -> npt.NDArray[np.intp]:
    """Returns the places of the largest values, in descending order of their size."""
    size = np.nan_to_num(np.abs(values), nan=np.inf)
    return np.argsort(-size, kind="stable")[:most]


def _some(rows: int) -> npt.NDArray[np.intp]:
    """Returns the numbers of at most MOST_POINTS rows, evenly spaced."""
    return np.unique(np.linspace(0, rows - 1, min(rows, MOST_POINTS)).round().astype(np.intp))


def _ranks(data: Array) -> Array:
    """Returns each value's place among the others, from 0 to 1; the same value has the same place; NaN stays NaN."""
    known = np.sort(data[~np.isnan(data)])
    middle = (np.searchsorted(known, data, "left") + np.searchsorted(known, data, "right") - 1) / 2
    shares: Array = np.where(np.isnan(data), np.nan, middle / max(known.size - 1, 1))
    return shares


def _spread(values: Array) -> Array:
    """Returns how far each point moves up or down, so that those at nearly the same place lie beside each other."""
    known = np.nan_to_num(values)
    width = float(np.ptp(known)) or 1.0
    bins = np.minimum((known - known.min()) / width * BINS, BINS - 1).astype(np.intp)
    counts = np.bincount(bins, minlength=BINS)
    order = np.argsort(bins, kind="stable")
    place = np.empty(len(values))
    place[order] = np.arange(len(values)) - np.repeat(np.cumsum(counts) - counts, counts)
    side = np.where(place % 2 == 0, 1.0, -1.0) * np.ceil(place / 2)
    moved: Array = side / max(float(counts.max()), 8.0) * HEIGHT
    return moved


def _wrapped(text: str) -> str:
    """Returns the text in lines; names and values stay together."""
    text = text.replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")
    return "\n".join(fill(line, WRAP) for line in text.splitlines())
