# SPDX-License-Identifier: BSD-3-Clause
"""CalibrationDisplay: predicted probabilities, and how often they are right, by scikit-learn's display."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from neuract._typing import Array, AskedModel
from neuract.activations._named import Sigmoid, Softmax
from neuract.inspection._pipelines import takes_pipelines
from neuract.plotting._model import checked_rows, network_of, output_names, targets_of
from neuract.plotting._style import (
    BLUE,
    INK,
    MUTED,
    PLAIN,
    SMALL,
    Place,
    axes_at,
    class_colours,
    figure_of,
    legend,
    shortened,
    tidy,
)
from neuract.plotting._title import set_title

Strategy = Literal["uniform", "quantile"]
STRATEGIES = ("uniform", "quantile")
MARKERS = "os^Dv<>pP*"  # shapes distinguish the curves for readers who do not see the colours
FEW = 4  # curves, whose legend fits in the picture


class CalibrationDisplay:
    """Calibration curves of a classifier: how often a class is right, next to the probability predicted for it.

    Rows are put into bins by their predicted probability; a point is a bin's mean probability and the share of its rows
    that have the class. On the dotted line the two are equal. Below it the model is too sure. There is a curve for each
    class or label, and for two classes one for the second; each is drawn by scikit-learn's `CalibrationDisplay`. The
    legend has the expected calibration error, the mean distance of the points from the line, weighted by their rows
    (Naeini, Cooper and Hauskrecht 2015, AAAI). Usually made by `from_estimator`.

    Parameters
    ----------
    probabilities : ndarray of shape (rows, curves)
    targets : ndarray of shape (rows, curves)
        Whether a row has the class.
    names : list of str
        One for each curve.
    n_bins : int, default=10
    strategy : {"uniform", "quantile"}, default="uniform"

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    curves_ : list of sklearn.calibration.CalibrationDisplay
    errors_ : list of float
        The expected calibration error of each curve.

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> X = np.linspace(-3, 3, 40).reshape(-1, 1)
    >>> net = na.Network([na.Dense(1, "sigmoid")]).set_parameters([[[1.0]]], [[0.0]])
    >>> display = na.plotting.CalibrationDisplay.from_estimator(net, X, X[:, 0] > 0, n_bins=2)
    >>> round(display.errors_[0], 2)
    0.21
    """

    ax_: Axes
    figure_: Figure
    curves_: list[Any]
    errors_: list[float]

    def __init__(
        self,
        probabilities: Array,
        targets: Array,
        names: Sequence[str],
        n_bins: int = 10,
        strategy: Strategy = "uniform",
    ) -> None:
        self.probabilities = np.asarray(probabilities, np.float64)
        self.targets = np.asarray(targets, bool)
        self.names = list(names)
        if n_bins < 1:
            raise ValueError(f"n_bins must be at least 1, got {n_bins}")
        self.n_bins = n_bins
        if strategy not in STRATEGIES:
            raise ValueError(f"strategy must be 'uniform' or 'quantile', got {strategy!r}")
        self.strategy: Strategy = strategy

    @classmethod
    @takes_pipelines
    def from_estimator(
        cls,
        model: AskedModel,
        X: Any,
        y: npt.ArrayLike,
        *,
        n_bins: int = 10,
        strategy: Strategy = "uniform",
        class_names: Sequence[str] | None = None,
        ax: Place = None,
    ) -> CalibrationDisplay:
        """Draws the calibration curves of a fitted classifier on rows that it was not fitted to.

        Parameters
        ----------
        model : fitted classifier, Pipeline, or Network with a sigmoid or softmax output
            Of a model with several networks, their mean is drawn.
        X : array-like, sparse matrix or frame, as `fit` takes it
        y : array-like
            Targets, in the form that `fit` takes.
        n_bins : int, default=10
            Bins of the probabilities, >= 1. Empty ones have no point.
        strategy : {"uniform", "quantile"}, default="uniform"
            Bins of equal width, or of equally many rows.
        class_names : list of str or None, default=None
            One name for each output; None: those of the model.
        ax : Axes, Figure or None, default=None
            The axes to draw on, or an empty figure that pyplot need not know; None: a new figure.

        Returns
        -------
        CalibrationDisplay

        Raises
        ------
        ValueError
            If the model predicts numbers.
        """
        network = network_of(model)
        output = network.layers[-1].activation
        if not isinstance(output, (Sigmoid, Softmax)):
            raise ValueError(
                f"CalibrationDisplay draws classifiers and networks with a sigmoid or softmax output; the output of "
                f"this model is {type(output).__name__}. Use FitDisplay"
            )
        rows = checked_rows(model, X)
        probabilities = model._members().predict(rows, network.n_threads)
        names = output_names(model, class_names)
        return cls(probabilities, targets_of(model, y, len(rows)) > 0.5, names, n_bins, strategy).plot(ax)

    def plot(self, ax: Place = None) -> CalibrationDisplay:
        """Draws the curves on a new figure or on `ax`."""
        with axes_at(ax, 4.8 if len(self.names) <= FEW else 6.4, 4.6) as self.ax_:
            self.figure_ = figure_of(self.ax_)
            colours = [BLUE] if len(self.names) == 1 else class_colours(len(self.names))
            known = np.asarray(np.isfinite(self.probabilities).all(axis=1))
            self.curves_, self.errors_ = [], []
            (straight,) = self.ax_.plot([0, 1], [0, 1], color=MUTED, linestyle=":", label="calibrated")
            for number, colour in enumerate(colours):
                self._draw(number, known, colour)
            self.ax_.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
            self._describe(known, straight)
        return self

    def _draw(self, number: int, known: Array, colour: Any) -> None:
        from sklearn.calibration import CalibrationDisplay as OfSklearn

        p, y = np.clip(self.probabilities[known, number], 0, 1), self.targets[known, number]
        if not len(p):
            return
        curve = OfSklearn.from_predictions(
            y, p, n_bins=self.n_bins, strategy=self.strategy, pos_label=True, ax=self.ax_, ref_line=False,
            color=colour, marker=MARKERS[number % len(MARKERS)], markersize=5, linewidth=1.6,
        )  # fmt: skip
        self.curves_.append(curve)
        self.errors_.append(_error(p, y, self.n_bins, self.strategy))

    def _describe(self, known: Array, straight: Line2D) -> None:
        rows = f"{known.sum():,} of {len(known):,} rows; the others are not finite" * (not known.all())
        set_title(self.ax_, f"predicted probability, and how often it is right, on {rows or f'{len(known):,} rows'}")
        what = f" of {self.names[0]}" if len(self.names) == 1 else ""
        self.ax_.set_xlabel(f"predicted probability{what}", fontsize=SMALL + 1, color=INK, **PLAIN)
        self.ax_.set_ylabel("share of the rows that have the class", fontsize=SMALL + 1, color=INK, **PLAIN)
        self.ax_.tick_params(labelsize=SMALL, colors=MUTED)
        tidy(self.ax_)
        lines = [curve.line_ for curve in self.curves_]
        for line, name, error in zip(lines, self.names, self.errors_, strict=False):
            line.set_label(f"{shortened(name)}: error {error:.3f}")
        lines.append(straight)
        place = {"loc": "upper left"} if len(lines) <= FEW + 1 else {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0)}
        others = [each for each in self.ax_.get_legend_handles_labels()[0] if each not in lines]
        legend(self.ax_, lines, others, fontsize=SMALL, frameon=False, **place)


def _error(p: Array, y: Array, n_bins: int, strategy: Strategy) -> float:
    """Returns the expected calibration error, over the bins of scikit-learn's `calibration_curve`."""
    shares = np.linspace(0, 1, n_bins + 1)
    edges = shares if strategy == "uniform" else np.percentile(p, 100 * shares)
    bins = np.searchsorted(edges[1:-1], p)
    apart = np.bincount(bins, weights=p, minlength=n_bins) - np.bincount(bins, weights=y, minlength=n_bins)
    return float(np.abs(apart).sum() / len(p))
