# SPDX-License-Identifier: BSD-3-Clause
"""DiagnosisDisplay: per layer, a strip of how often its neurons fire, and the norm of its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from neuract._typing import FittedModel
from neuract.inspection._diagnose import diagnose
from neuract.inspection._diagnosis import Diagnosis, LayerDiagnosis
from neuract.inspection._pipelines import takes_pipelines
from neuract.plotting._model import network_of
from neuract.plotting._style import (
    BLUE,
    INK,
    MUTED,
    ORANGE,
    PLAIN,
    SHARES,
    SMALL,
    Place,
    drawable,
    panels_at,
    tidy,
    whole_decades,
)

HEIGHT = 0.56  # of a strip; rows are 1 high
APART = 80  # most neurons of a strip with gaps between them
NARROWEST = 0.006  # least width of all dead neurons together, as a share of the strip
MANY_SATURATED = 0.05  # share of a layer's values from which saturation is mentioned
FOUND = "#b35600"  # the orange of text


class DiagnosisDisplay:
    """A diagnosis as a picture: how often each neuron fires, which neurons are dead, and the gradient of each layer.

    Parameters
    ----------
    diagnosis : Diagnosis
        The result of `neuract.diagnose`.

    Attributes
    ----------
    axes_ : ndarray of Axes
        The strips, and next to them the gradient norms if the diagnosis was made with y.
    figure_ : Figure

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> net = na.Network([na.Dense(3), na.Dense(1, "linear")]).set_parameters([np.ones((2, 3)), -np.ones((3, 1))])
    >>> display = na.plotting.DiagnosisDisplay.from_estimator(net, [[0.0, 1.0], [2.0, 3.0]])
    >>> [label.get_text().splitlines() for label in display.axes_[0].get_yticklabels()]
    [['hidden 1', '3 × relu'], ['output', '1 × linear']]
    """

    axes_: npt.NDArray[Any]
    figure_: Figure

    def __init__(self, diagnosis: Diagnosis) -> None:
        self.diagnosis = diagnosis

    @classmethod
    @takes_pipelines
    def from_estimator(
        cls, model: FittedModel, X: Any, y: npt.ArrayLike | None = None, *, member: int = 0, ax: Place = None
    ) -> DiagnosisDisplay:
        """Diagnoses a fitted model and draws the diagnosis.

        Parameters
        ----------
        model : Network, fitted estimator or Pipeline
        X : array-like or sparse matrix of shape (rows, features)
        y : array-like or None, default=None
            Targets, for the gradients.
        member : int, default=0
            Of a model with several networks, the one to draw, in the order of `networks_`.
        ax : Axes, Figure or None, default=None
            The axes that the panels replace, or an empty figure that pyplot need not know; None: a new figure.

        Returns
        -------
        DiagnosisDisplay
        """
        network_of(model)  # refuses other objects
        return cls(diagnose(model, X, y, member=member)).plot(ax)

    def plot(self, ax: Place = None) -> DiagnosisDisplay:
        """Draws the panels on a new figure, or in place of `ax`."""
        layers = self.diagnosis.layers
        gradients = layers[0].gradient_norm is not None
        size = (9.0 if gradients else 6.6, 1.4 + 0.52 * len(layers))
        ratios = {"width_ratios": [2.4, 1]} if gradients else {}
        with panels_at(ax, 1, 1 + gradients, size, sharey=True, **ratios) as (self.figure_, grid):
            self.axes_ = grid.ravel()
            self._draw_strips(self.axes_[0])
            if gradients:
                self._draw_gradients(self.axes_[1])
            self.axes_[0].set_ylim(len(layers) - 0.6, -0.45)
        return self

    def _draw_strips(self, panel: Axes) -> None:
        layers = self.diagnosis.layers
        for row, layer in enumerate(layers):
            _draw_strip(panel, row, layer)
        names = [f"{layer.name}\n{len(layer.dead):,} × {layer.activation.core_name}" for layer in layers]
        panel.set_yticks(range(len(layers)), names, fontsize=SMALL, color=INK, **PLAIN)
        panel.set_xticks([])
        panel.set_xlim(0, 1.17)
        panel.tick_params(length=0)
        panel.spines[:].set_visible(False)
        title, members = f"neurons by how often they fire, on {self.diagnosis.rows:,} rows", self.diagnosis.members
        title += "" if members is None else f", member {members.shown} of {len(members)}"
        panel.set_title(title, fontsize=SMALL + 2, color=INK, **PLAIN)
        self._explain(panel)

    def _explain(self, panel: Axes) -> None:
        bar = self.figure_.colorbar(
            ScalarMappable(Normalize(0, 1), SHARES), ax=panel, location="bottom", shrink=0.55, aspect=30, pad=0.03
        )
        bar.set_label("fires on this share of the rows", fontsize=SMALL, color=MUTED, **PLAIN)
        bar.ax.tick_params(labelsize=SMALL - 1, colors=MUTED)
        bar.outline.set_visible(False)

    def _draw_gradients(self, panel: Axes) -> None:
        given = np.array([layer.gradient_norm for layer in self.diagnosis.layers], dtype=np.float64)
        norms = drawable(given)
        known = norms[np.isfinite(norms)]
        panel.plot(norms, np.arange(len(norms)), color=BLUE, marker="o", markersize=6, linewidth=1.5)
        if known.size and (known > 0).all():
            panel.set(xscale="log", xlim=whole_decades(known))
            panel.xaxis.set_minor_formatter(NullFormatter())
        if not known.size:
            panel.set_xticks([])
        for row in np.flatnonzero(np.isnan(norms)).tolist():
            text, place = _beyond(given[row]), panel.get_yaxis_transform()
            panel.text(0.5, row, text, transform=place, ha="center", va="center", fontsize=SMALL, color=FOUND, **PLAIN)
        panel.set_title("gradient norm", fontsize=SMALL + 2, color=INK, **PLAIN)
        panel.tick_params(labelsize=SMALL, colors=MUTED)
        panel.tick_params(axis="y", length=0)
        tidy(panel)


def _beyond(norm: float) -> str:
    """Returns the text in place of a point that cannot be drawn."""
    return f"{norm:.0e}" if np.isfinite(norm) else "not finite"


def _draw_strip(panel: Axes, row: int, layer: LayerDiagnosis) -> None:
    """Draws a cell per neuron, in ascending order of firing; dead ones are orange and wide enough to be seen."""
    units, dead = len(layer.dead), int(layer.dead.sum())
    low, gap = row - HEIGHT / 2, 1.0 if len(layer.dead) <= APART else 0.0
    panel.pcolormesh(
        np.linspace(0, 1, units + 1), [low, low + HEIGHT], np.sort(layer.firing_share)[np.newaxis, :], cmap=SHARES,
        vmin=0, vmax=1, edgecolors="white" if gap else "none", linewidth=gap, rasterized=not gap,
    )  # fmt: skip
    if dead:
        width = max(1 / units, NARROWEST / dead)
        cells = [(each * width, width) for each in range(dead)]
        panel.broken_barh(cells, (low, HEIGHT), facecolor=ORANGE, edgecolor="white", linewidth=gap)
    text, colour = _remarks(layer)
    panel.text(1.015, row, text, ha="left", va="center", fontsize=SMALL, color=colour, linespacing=1.2, **PLAIN)


def _remarks(layer: LayerDiagnosis) -> tuple[str, str]:
    """Returns the text next to a strip, and its colour."""
    dead, constant = int(layer.dead.sum()), int((layer.constant & ~layer.dead).sum())
    saturated = float(layer.saturated_share.mean())
    lost = int((~np.isfinite(layer.mean)).sum())
    found = [f"{lost:,} not finite"] if lost else []
    found += [f"{dead:,} dead"] if dead else []
    found += [f"{constant:,} constant"] if constant else []
    found += [f"{saturated:.0%} saturated"] if saturated >= MANY_SATURATED else []
    return ("\n".join(found), FOUND) if found else ("none dead", MUTED)
