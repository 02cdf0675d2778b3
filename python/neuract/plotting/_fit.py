# SPDX-License-Identifier: BSD-3-Clause
"""FitDisplay: data with one or two inputs, and the predictions of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neuract._typing import Array, AskedModel, FittedNetwork
from neuract.activations._named import Sigmoid, Softmax
from neuract.columns._category import Category
from neuract.columns._columns import Columns
from neuract.columns._date import Date
from neuract.inspection._pipelines import takes_pipelines
from neuract.layers._numbers import levels_of
from neuract.plotting._frame import NetworkOfFrame, columns_held
from neuract.plotting._model import class_names, input_names, named, network_of, output_names, rows_of, targets_of
from neuract.plotting._style import (
    BLUE,
    INK,
    LOST,
    MUTED,
    ORANGE,
    PLAIN,
    SIGNED,
    SMALL,
    Place,
    axes_at,
    class_colours,
    drawable,
    figure_of,
    legend,
    not_finite,
    scale_of,
    shortened,
    tidy,
)
from neuract.plotting._title import collapse, lines, quality, r2, set_title

POINTS = 1500  # most points of the data
RESOLUTION = 250  # grid points in each direction
LEVELS = 16  # most bands of a surface of numbers
Names = Sequence[str] | None


class FitDisplay:
    """Data with one or two inputs, and the predictions of a network.

    For one input it shows the data, the best straight line and the network's curve, so that you see the gain by
    non-linearity. Of a model with several networks the curve is their mean, in a band as wide as they spread. For two
    inputs it shows the regions of the predicted classes, by scikit-learn's `DecisionBoundaryDisplay`, or the predicted
    numbers. Usually made by `from_estimator`.

    Parameters
    ----------
    network : Network
        With one or two inputs.
    X : ndarray of shape (rows, 1 or 2)
    targets : ndarray of shape (rows,)
        Numbers, or numbers of classes, counted from 0.
    names : pair of lists of str
        Names of the inputs, and of the output or the classes.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    band_ : matplotlib.collections.PolyCollection or None
        For one input: the mean of the members ± their standard deviation, if there are several.
    boundary_ : sklearn.inspection.DecisionBoundaryDisplay
        For two inputs.

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> X = np.linspace(-2, 2, 50).reshape(-1, 1)
    >>> net = na.Network([na.Dense(8, "tanh"), na.Dense(1, "linear")], optimizer="lbfgs", epochs=99, random_state=0)
    >>> display = na.plotting.FitDisplay.from_estimator(net.fit(X, X[:, 0] ** 2), X, X[:, 0] ** 2)
    >>> [text.get_text() for text in display.ax_.get_legend().get_texts()]
    ['data', 'straight line: R² = 0.00', 'network: R² = 1.00']
    """

    ax_: Axes
    figure_: Figure
    boundary_: Any
    band_: PolyCollection | None = None
    dates: tuple[bool, ...] = ()  # which columns of X are days since 1970-01-01

    def __init__(
        self,
        network: FittedNetwork | NetworkOfFrame,
        X: Array,
        targets: Array,
        names: tuple[Sequence[str], Sequence[str]],
    ) -> None:
        self.network = network
        self.X = X
        self.targets = targets
        self.names = names

    @classmethod
    @takes_pipelines
    def from_estimator(
        cls,
        model: AskedModel,
        X: Any,
        y: npt.ArrayLike,
        *,
        feature_names: Sequence[str] | None = None,
        class_names: Sequence[str] | None = None,
        ax: Place = None,
    ) -> FitDisplay:
        """Draws a fitted model with one or two inputs and its data.

        Parameters
        ----------
        model : Network, fitted estimator or Pipeline
            With one or two inputs, and one output or one of several classes; with one input, of at most two classes.
        X : array-like or sparse matrix of shape (rows, 1) or (rows, 2), or a frame
            Of a frame the model must use one or two columns, of numbers or dates. They are drawn in the frame's unit,
            without rows that have missing values.
        y : array-like of shape (rows,)
            Targets, in the form that `fit` takes.
        feature_names, class_names : list of str or None, default=None
            Names of the inputs, and of the output or the classes. None: those of the model or of X.
        ax : Axes, Figure or None, default=None
            The axes to draw on, or an empty figure that pyplot need not know; None: a new figure.

        Returns
        -------
        FitDisplay
        """
        network, frame = network_of(model), model._frame_columns()
        if frame is not None:
            return cls._of_frame(model, frame, X, y, (feature_names, class_names)).plot(ax)
        _check_drawable(network, network._known().n_inputs, [f"column {k} of X" for k in levels_of(network.inputs)])
        rows = rows_of(model, X)
        names = input_names(model, X, feature_names), _names(model, class_names)
        return cls(network, rows, _numbers_of(network, targets_of(model, y, len(rows))), names).plot(ax)

    @classmethod
    def _of_frame(
        cls, model: AskedModel, frame: Columns, X: Any, y: npt.ArrayLike, given: tuple[Names, Names]
    ) -> FitDisplay:
        """Makes the display over the columns of a frame, of the rows without missing values."""
        network, kinds = NetworkOfFrame(model, frame, network_of(model)), frame.kinds_
        _check_drawable(network, len(kinds), [f"column {kind.name!r}" for kind in kinds if isinstance(kind, Category)])
        rows = np.column_stack(columns_held(frame, X))
        targets = _numbers_of(network, targets_of(model, y, len(rows)))
        known = ~np.isnan(rows).any(axis=1)
        if not known.any():
            raise ValueError("FitDisplay draws rows without missing values; X has none")
        names = named("feature_names", given[0], len(kinds), [kind.name for kind in kinds]), _names(model, given[1])
        display = cls(network, rows[known], targets[known], names)
        display.dates = tuple(isinstance(kind, Date) for kind in kinds)
        return display

    def plot(self, ax: Place = None) -> FitDisplay:
        """Draws the fit on a new figure or on `ax`."""
        one = self.X.shape[1] == 1
        with axes_at(ax, 5.6, 3.8 if one else 4.3) as self.ax_:
            self.figure_ = figure_of(self.ax_)
            if one:
                self._draw_curve()
            elif _has_classes(self.network):
                self._draw_regions()
            else:
                self._draw_surface()
            self.ax_.tick_params(labelsize=SMALL, colors=MUTED)
            for is_date, axis in zip(self.dates, (self.ax_.xaxis, self.ax_.yaxis), strict=False):
                if is_date:
                    axis.axis_date()
            self.ax_.set_xlabel(self.names[0][0], fontsize=SMALL + 1, color=INK, **PLAIN)
            name = self._target() if one else self.names[0][1]
            self.ax_.set_ylabel(name, fontsize=SMALL + 1, color=INK, **PLAIN)
            self._title()
        return self

    def _title(self) -> None:
        """Writes what is shown, accuracy or R² on the rows, and a sentence if all predictions are the same."""
        outputs = np.asarray(self.network.predict(self.X), np.float64)
        shown = "predicted class" if outputs.shape[1] > 1 and _has_classes(self.network) else self._target()
        text = f"{shortened(shown, 34)}: {quality(self.network, outputs, self.targets)}"
        set_title(self.ax_, lines(text, collapse(self.network, outputs, self.names[1], self.targets)))

    def _target(self) -> str:
        """Returns the name of the quantity that a single output gives."""
        return f"probability of {self.names[1][1]}" if _has_classes(self.network) else self.names[1][0]

    def _draw_curve(self) -> None:
        x, y = self.X[:, 0].astype(np.float64), self.targets.astype(np.float64)
        margin = 0.04 * (np.ptp(x) or 1.0)
        grid = np.linspace(x.min() - margin, x.max() + margin, 500)
        line = np.polynomial.Polynomial.fit(x, y, 1) if np.ptp(x) else np.polynomial.Polynomial([y.mean()])
        curves = self.network.predict(grid[:, np.newaxis])
        at_data = self.network.predict(self.X)
        network = "network" + _r2(y, at_data[:, 0]) if at_data.shape[1] == 1 else "network: its quantiles"
        few = slice(None, None, -(-len(x) // POINTS))
        data = self.ax_.scatter(x[few], y[few], 14, MUTED, alpha=0.45, linewidths=0, label="data")
        straight = self.ax_.plot(
            grid, line(grid), color=ORANGE, linewidth=2, linestyle=(0, (5, 2)), label="straight line" + _r2(y, line(x))
        )
        drawn = [self.ax_.plot(grid, curve, color=BLUE, linewidth=2.4, label="_")[0] for curve in drawable(curves.T)]
        drawn[0].set_label(network)  # one entry in the legend for all quantiles
        self._draw_band(grid, drawable(curves))
        tidy(self.ax_)
        self._legend([data, *straight, drawn[0], *([] if self.band_ is None else [self.band_])])

    def _draw_band(self, grid: Array, curves: Array) -> None:
        """Draws how far the members of a model with one output disagree."""
        spread = self.network.spread(grid[:, np.newaxis]) if isinstance(self.network, NetworkOfFrame) else None
        if spread is None or curves.shape[1] > 1:
            return
        low, high = curves[:, 0] - spread[:, 0], curves[:, 0] + spread[:, 0]
        label = "± standard deviation of the members"
        self.band_ = self.ax_.fill_between(grid, low, high, color=BLUE, alpha=0.18, linewidth=0, label=label)

    def _draw_regions(self) -> None:
        from sklearn.inspection import DecisionBoundaryDisplay

        from neuract.plotting._adapters import NetworkClassifier

        classifier = NetworkClassifier(self.network)
        n_classes = len(classifier.classes_)
        settings: dict[str, Any] = {"ax": self.ax_, "eps": self._margin(), "grid_resolution": RESOLUTION}
        if n_classes == 2:
            colours: Sequence[Any] = (ORANGE, BLUE)
            settings |= {"response_method": "predict_proba", "levels": np.linspace(0, 1, 11), "cmap": SIGNED}
            self.boundary_ = DecisionBoundaryDisplay.from_estimator(classifier, self.X, alpha=0.6, **settings)
            grid = self.boundary_
            if grid.response.min() < 0.5 < grid.response.max():
                self.ax_.contour(grid.xx0, grid.xx1, grid.response, [0.5], colors=INK, linewidths=1.2)
            self._scale(self.boundary_.surface_, self._target())
        else:
            colours = class_colours(n_classes)
            settings |= {"response_method": "predict", "plot_method": "pcolormesh"}
            self.boundary_ = DecisionBoundaryDisplay.from_estimator(
                classifier, self.X, alpha=0.35, rasterized=True, **settings
            )
            self.boundary_.surface_.set(cmap=ListedColormap(colours), clim=(-0.5, n_classes - 0.5))
        self._draw_classes(colours)

    def _draw_classes(self, colours: Sequence[Any]) -> None:
        lost = self._draw_lost()
        few = slice(None, None, -(-len(self.X) // POINTS))
        classes: list[Artist] = []
        for number, colour in enumerate(colours):
            points = self.X[few][self.targets[few] == number]
            name = self.names[1][number]
            classes.append(
                self.ax_.scatter(
                    points[:, 0], points[:, 1], 22, [colour], edgecolors="white", linewidths=0.6, label=name
                )
            )
        self._legend([*classes, *lost])

    def _draw_surface(self) -> None:
        from sklearn.inspection import DecisionBoundaryDisplay

        from neuract.plotting._adapters import NetworkRegressor

        colours, norm, ends = scale_of(self.targets, self.network.predict(self.X), self._over_plane())
        levels = MaxNLocator(LEVELS).tick_values(*ends)
        self.boundary_ = DecisionBoundaryDisplay.from_estimator(
            NetworkRegressor(self.network), self.X, ax=self.ax_, eps=self._margin(), grid_resolution=RESOLUTION,
            response_method="predict", levels=levels, cmap=colours, norm=norm,
        )  # fmt: skip
        surface = self.boundary_.surface_
        lost = self._draw_lost()
        if lost:
            self._legend(lost)
        few = slice(None, None, -(-len(self.X) // POINTS))
        points = self.X[few]
        self.ax_.scatter(
            points[:, 0], points[:, 1], 22, self.targets[few], cmap=colours, norm=norm, edgecolors=INK, linewidths=0.5
        )
        self._scale(surface, f"{self.names[1][0]}: predictions, and the data as points")

    def _over_plane(self) -> Array:
        """Returns the predictions that DecisionBoundaryDisplay draws."""
        x, margin = self.X.astype(np.float64), self._margin()
        ends = zip(x.min(axis=0) - margin, x.max(axis=0) + margin, strict=True)
        across, up = np.meshgrid(*(np.linspace(low, high, RESOLUTION) for low, high in ends))
        return self.network.predict(np.column_stack([across.ravel(), up.ravel()]))

    def _draw_lost(self) -> list[Artist]:
        """Covers the part of the plane where the outputs cannot be drawn; returns its legend entry."""
        across, up = self.boundary_.xx0, self.boundary_.xx1
        outputs = drawable(self.network.predict(np.column_stack([across.ravel(), up.ravel()])))
        drawn = np.isfinite(outputs).all(axis=1).reshape(across.shape)
        if drawn.all():
            return []
        extent = (across.min(), across.max(), up.min(), up.max())
        cells = np.ma.MaskedArray(np.zeros(drawn.shape), drawn)
        self.ax_.imshow(cells, ListedColormap([LOST]), extent=extent, origin="lower", aspect="auto", zorder=1)
        return [not_finite("output")]

    def _margin(self) -> float:
        """Returns the margin around the data; DecisionBoundaryDisplay takes one for both inputs."""
        return 0.08 * float(np.ptp(self.X.astype(np.float64), axis=0).min() or 1.0)

    def _scale(self, surface: Any, label: str) -> None:
        bar = self.figure_.colorbar(surface, ax=self.ax_, aspect=28, pad=0.02)
        bar.set_label(label, fontsize=SMALL, color=MUTED, **PLAIN)
        bar.ax.tick_params(labelsize=SMALL - 1, colors=MUTED)

    def _legend(self, handles: Sequence[Artist]) -> None:
        """Draws a legend of these, and of what else has a label on the user's axes."""
        others = [each for each in self.ax_.get_legend_handles_labels()[0] if each not in handles]
        # With a loc, matplotlib does not warn that many points take time.
        legend(self.ax_, handles, others, loc="best", fontsize=SMALL, framealpha=0.85, edgecolor="none")


def _r2(y: Array, predictions: Array) -> str:
    """Returns R² as text; nothing if the targets have no variance; how many predictions are not finite, if any."""
    lost = int(np.isnan(drawable(predictions)).sum())
    if lost:
        return f": not finite on {lost:,} of {len(y):,} rows"
    spread = ((y - y.mean()) ** 2).sum()
    return f": {r2(1 - ((y - predictions) ** 2).sum() / spread)}" if spread else ""


def _numbers_of(network: FittedNetwork | NetworkOfFrame, targets: Array) -> Array:
    return targets.argmax(axis=1) if isinstance(network.layers[-1].activation, Softmax) else targets[:, 0]


def _has_classes(network: FittedNetwork | NetworkOfFrame) -> bool:
    return isinstance(network.layers[-1].activation, (Sigmoid, Softmax))


def _check_drawable(network: FittedNetwork | NetworkOfFrame, n_inputs: int, levels: Sequence[str]) -> None:
    """Raises ValueError if the network cannot be drawn; levels: the columns that hold them."""
    output = network.layers[-1]
    if n_inputs > 2:
        raise ValueError(f"FitDisplay draws models with 1 or 2 inputs; this one has {n_inputs}. Use NetworkDisplay")
    if levels:
        raise ValueError(f"FitDisplay draws columns of numbers; {levels[0]} holds levels. Use NeuronResponseDisplay")
    softmax = isinstance(output.activation, Softmax)
    quantiles = n_inputs == 1 and not _has_classes(network) and network.loss_function.outputs is not None
    if output.units > 1 and not quantiles and not (softmax and n_inputs == 2):
        what = "one output or two classes" if n_inputs == 1 else "one output, or one of several classes"
        raise ValueError(
            f"for {n_inputs} input{'s' * (n_inputs > 1)} FitDisplay draws {what}; this model has {output.units} outputs"
        )


def _names(model: AskedModel, given: Sequence[str] | None) -> list[str]:
    """Returns the names of all classes, also of the one without an output of its own; or the name of the output."""
    network = network_of(model)
    if network.layers[-1].units > 1 or not _has_classes(network):
        return output_names(model, given) if network.loss_function.outputs is None else ["y"]
    names = given if given is not None else class_names(model)
    names = (0, 1) if names is None else names
    if len(names) == 1 and given is None:
        raise ValueError(
            f"FitDisplay draws the border between classes, and this model knows only the class {names[0]!r}; fit it to "
            "rows of two or more classes"
        )
    if len(names) != 2:
        raise ValueError(f"class_names must have 2 names, one for each class, got {len(names)}")
    return [str(name) for name in names]
