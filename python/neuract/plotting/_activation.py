# SPDX-License-Identifier: BSD-3-Clause
"""ActivationDisplay: activation functions with their derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuract._typing import Array
from neuract.activations._base import Activation
from neuract.activations._named import ActivationName, activation
from neuract.plotting._style import BLUE, INK, MUTED, ORANGE, PALE, PLAIN, SMALL, Place, drawable, legend, panels_at

VANISHING = 0.01  # a smaller slope passes less than this share of the gradient to the weights
COLUMNS = 4
JUMP = 0.1  # least difference between two neighbouring points
LABELS = {"vanishing": f"gradient below {VANISHING:g}: vanishing", "dying": "gradient 0: dying"}
MARKS: dict[str, Any] = {
    "vanishing": {"facecolor": "#e9e9e9", "linewidth": 0},
    "dying": {"facecolor": "#fdeedd", "edgecolor": "#f0b987", "hatch": "////", "linewidth": 0},
}


class ActivationDisplay:
    """Activation functions with their derivatives, and the ranges in which the gradient vanishes or is 0.

    Usually made by `from_activations`.

    Parameters
    ----------
    activations : list of Activation
        One panel for each.
    z : ndarray of shape (points,)
        The points at which they are drawn, ascending.

    Attributes
    ----------
    axes_ : ndarray of Axes
        One for each activation.
    figure_ : Figure

    Examples
    --------
    >>> import neuract as na
    >>> display = na.plotting.ActivationDisplay.from_activations(["relu", "sigmoid", na.LeakyReLU(0.2)])
    >>> [ax.get_title() for ax in display.axes_]
    ['ReLU', 'Sigmoid', 'LeakyReLU(alpha=0.2)']
    """

    axes_: npt.NDArray[Any]
    figure_: Figure

    def __init__(self, activations: Sequence[Activation], z: Array) -> None:
        self.activations = list(activations)
        self.z = z

    @classmethod
    def from_activations(
        cls,
        activations: ActivationName | Activation | Sequence[ActivationName | Activation],
        *,
        limits: tuple[float, float] = (-6.0, 6.0),
        ax: Place = None,
    ) -> ActivationDisplay:
        """Draws f and its derivative for each activation.

        Parameters
        ----------
        activations : str, Activation or list of them
            Names of `neuract.ACTIVATIONS` or objects. Softmax has no curve and raises ValueError.
        limits : pair of floats, default=(-6.0, 6.0)
            Range of z.
        ax : Axes, Figure or None, default=None
            The axes that the panels replace, or an empty figure that pyplot need not know; None: a new figure.

        Returns
        -------
        ActivationDisplay
        """
        given: Sequence[ActivationName | Activation] = (
            [activations] if isinstance(activations, (str, Activation)) else activations
        )
        if len(given) == 0:
            raise ValueError("activations must have at least one name or Activation, got none")
        low, high = map(float, limits)
        if not -np.inf < low < high < np.inf:
            raise ValueError(f"limits must be two finite numbers in ascending order, got {limits!r}")
        return cls([activation(each) for each in given], np.linspace(low, high, 1201)).plot(ax)

    def plot(self, ax: Place = None) -> ActivationDisplay:
        """Draws the panels on a new figure, or in place of `ax`."""
        slopes = [f.derivative(self.z) for f in self.activations]  # before the figure is made, since softmax raises
        columns = min(COLUMNS, len(slopes))
        rows = -(-len(slopes) // columns)
        size = (max(4.6, 2.3 * columns), 0.7 + 2.2 * rows)
        with panels_at(ax, rows, columns, size) as (self.figure_, grid):
            self.axes_ = grid.ravel()[: len(slopes)]
            for panel in grid.ravel()[len(slopes) :]:
                panel.remove()
            for panel, f, slope in zip(self.axes_, self.activations, slopes, strict=True):
                self._draw(panel, f, slope)
            self._legend(own_figure=not isinstance(ax, Axes))
        return self

    def _draw(self, panel: Axes, f: Activation, slope: Array) -> None:
        y = f(self.z)
        for name, where in _lost_gradient(slope).items():
            if where.any():
                _mark(panel, self.z, where, name)
        panel.axhline(0, color=PALE, linewidth=0.8, zorder=1)
        panel.axvline(0, color=PALE, linewidth=0.8, zorder=1)
        panel.plot(self.z, _broken(drawable(y)), color=BLUE, linewidth=2.2, label="f(z)")
        panel.plot(
            self.z, _broken(slope), color=ORANGE, linewidth=1.7, linestyle=(0, (4, 1.5)), label="its derivative f′(z)"
        )
        panel.set_title(str(f), fontsize=SMALL + 2, color=INK, **PLAIN)
        panel.set(xlim=(self.z[0], self.z[-1]), ylim=_limits(y, slope))
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=SMALL, colors=MUTED)
        panel.set_xlabel("z", fontsize=SMALL, color=MUTED, labelpad=1, **PLAIN)

    def _legend(self, own_figure: bool) -> None:
        """Draws one legend for all panels."""
        entries: dict[str, Any] = {}
        for panel in self.axes_:
            handles, labels = panel.get_legend_handles_labels()
            entries = dict(zip(labels, handles, strict=True)) | entries
        order = [label for label in ("f(z)", "its derivative f′(z)", *LABELS.values()) if label in entries]
        handles = [entries[label] for label in order]
        if own_figure:
            columns = 2 if len(self.axes_) < 3 else 4
            legend(
                self.figure_,
                handles,
                loc="outside lower center",
                ncols=columns,
                frameon=False,
                fontsize=SMALL + 0.5,
            )
        else:
            legend(self.axes_[0], handles, loc="upper left", fontsize=SMALL - 1.5, handlelength=1.4)


def _lost_gradient(slope: Array) -> dict[str, npt.NDArray[np.bool_]]:
    """Returns where the slope is nearly 0 ("vanishing") and where it is 0 ("dying").

    A range in which the slope only changes its sign, as at a minimum of f, is neither.
    """
    near = np.abs(slope) < VANISHING
    for start, end in np.flatnonzero(np.diff(near, prepend=False, append=False)).reshape(-1, 2):
        if slope[start] * slope[end - 1] < 0:
            near[start:end] = False
    return {"vanishing": near & (slope != 0), "dying": near & (slope == 0)}


def _mark(panel: Axes, z: Array, where: Array, name: str) -> None:
    panel.fill_between(
        z, 0, 1, where=where, transform=panel.get_xaxis_transform(), label=LABELS[name], zorder=0, **MARKS[name]
    )


def _broken(values: Array) -> Array:
    """Returns the curve with a gap where it jumps, since matplotlib would draw a vertical line."""
    steps = np.abs(np.diff(values, prepend=values[:1]))
    beside = np.maximum(np.roll(steps, 1), np.roll(steps, -1))
    return np.where((steps > JUMP) & (steps > 3 * beside), np.nan, values)


def _limits(y: Array, slope: Array) -> tuple[float, float]:
    """Returns limits that include the derivative and all flat parts of f; an unbounded f leaves the panel."""
    flat = y[np.abs(slope) < VANISHING]
    low = min(max(y.min(), flat.min(initial=-2)), slope.min(), 0)
    high = max(min(y.max(), flat.max(initial=3)), min(slope.max(), 3), 1)
    margin = 0.07 * (high - low)
    return low - margin, high + margin
