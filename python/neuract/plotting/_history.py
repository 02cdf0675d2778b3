# SPDX-License-Identifier: BSD-3-Clause
"""HistoryDisplay: learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neuract._typing import Array, AskedModel
from neuract.inspection._members import distinct
from neuract.inspection._pipelines import takes_pipelines
from neuract.plotting._kept import BEST, kept_by
from neuract.plotting._model import network_of
from neuract.plotting._style import (
    BLUE,
    INK,
    LOST,
    MUTED,
    ORANGE,
    PLAIN,
    SMALL,
    Place,
    drawable,
    legend,
    panels_at,
    tidy,
)

# Title of each panel → its curves and their labels.
PANELS: dict[str, dict[str, str]] = {
    "loss": {"loss": "training", "validation_loss": "validation", "oof_loss": "out of fold"},
    "validation score": {"validation_score": "validation"},
    "gradient norm": {"gradient_norm": "training"},
    "share of dead neurons": {"dead_share": "training"},
    "learning rate": {"learning_rate": "training"},
}
HELD_OUT = ("validation_loss", "validation_score", "oof_loss")
WORDS = {
    "loss": "training loss", "validation_loss": "validation loss", "validation_score": "validation score",
    "oof_loss": "out-of-fold loss",
}  # fmt: skip
FROM_ZERO = ("share of dead neurons",)
LOGARITHMIC = ("loss", "gradient norm", "learning rate")  # panels with a logarithmic axis if the curves span DECADES
DECADES = 1.5
COLUMNS = 3
UNNAMED = "_"  # the label of a curve that has no entry in the legend


class HistoryDisplay:
    """Learning curves: the training and validation loss, and other numbers of each epoch.

    Of a model with several networks, the members, the training loss of each is a thin line, and the out-of-fold loss of
    each group of them a dashed one. Usually made by `from_estimator`.

    Parameters
    ----------
    history : dict of lists
        One entry per epoch: "loss", and any of "validation_loss", "oof_loss" (on the rows that each member has left
        out), "validation_score", "gradient_norm", "dead_share" and "learning_rate".
    others : sequence of dict of lists, default=()
        The histories of the other members, of which "loss" and "oof_loss" are drawn.
    kept : {"loss", "validation_loss", "validation_score", "oof_loss"} or None, default=None
        The curve whose best epoch is that of the kept model; a ring marks it. None: the model is that of the last
        epoch, and no ring is drawn.

    Attributes
    ----------
    axes_ : ndarray of Axes
        One for each panel that has curves: loss, validation score, gradient norm, share of dead neurons, learning
        rate.
    figure_ : Figure

    Examples
    --------
    >>> import neuract as na
    >>> history = {"loss": [0.7, 0.4, 0.3], "validation_loss": [0.8, 0.5, 0.6]}
    >>> display = na.plotting.HistoryDisplay(history, kept="validation_loss").plot()
    >>> [line.get_label() for line in display.axes_[0].get_lines()]
    ['training', 'validation', 'kept: epoch 2\\n(by validation loss)']
    """

    axes_: npt.NDArray[Any]
    figure_: Figure

    def __init__(
        self,
        history: Mapping[str, Sequence[float]],
        others: Sequence[Mapping[str, Sequence[float]]] = (),
        kept: str | None = None,
    ) -> None:
        names = [name for curves in PANELS.values() for name in curves]
        given = {name: np.asarray(history[name], dtype=np.float64) for name in names if name in history}
        self.history = {name: curve for name, curve in given.items() if curve.size}
        if not self.history:
            raise ValueError(
                f"history must have at least one epoch of one of {', '.join(names)}; got {dict(history)!r}"
            )
        self.others = list(others)
        if kept is not None and kept not in BEST:
            raise ValueError(f"kept must be one of {', '.join(BEST)} or None, got {kept!r}")
        self.kept = kept

    @classmethod
    @takes_pipelines
    def from_estimator(cls, model: AskedModel, *, ax: Place = None) -> HistoryDisplay:
        """Draws the learning curves of a fitted model.

        Parameters
        ----------
        model : Network, fitted estimator or Pipeline
            The curves are `history_` of the network or of each member, and `loss_curve_`, `validation_loss_curve_` and
            `validation_scores_` of an estimator.
        ax : Axes, Figure or None, default=None
            The axes that the panels replace, or an empty figure that pyplot need not know; None: a new figure.

        Returns
        -------
        HistoryDisplay
        """
        history: dict[str, Any] = dict(network_of(model).history_)
        curves = {
            "loss": "loss_curve_",
            "validation_loss": "validation_loss_curve_",
            "validation_score": "validation_scores_",
        }
        for name, attribute in curves.items():
            curve = getattr(model, attribute, None)
            if curve is not None:
                history[name] = curve
        if not any(map(len, history.values())):
            raise ValueError("the model has no history: its parameters were set, not learned")
        others = [network.history_ for network in model._members().networks[1:]]
        return cls(history, others, kept_by(model, history)).plot(ax)

    def plot(self, ax: Place = None) -> HistoryDisplay:
        """Draws the panels on a new figure, or in place of `ax`."""
        shown = {title: [name for name in curves if name in self.history] for title, curves in PANELS.items()}
        shown = {title: names for title, names in shown.items() if names}
        columns = min(COLUMNS, len(shown))
        rows = -(-len(shown) // columns)
        with panels_at(ax, rows, columns, (max(4.6, 3.0 * columns), 0.4 + 2.4 * rows)) as (self.figure_, grid):
            self.axes_ = grid.ravel()[: len(shown)]
            for panel in grid.ravel()[len(shown) :]:
                panel.remove()
            for panel, (title, names) in zip(self.axes_, shown.items(), strict=True):
                self._draw(panel, title, names)
        return self

    def _draw(self, panel: Axes, title: str, names: Sequence[str]) -> None:
        for name in names:
            self._draw_curves(panel, name, PANELS[title][name])
        if self.kept is not None and self.kept in names:
            self._mark_kept(panel, self.kept)
        for name in names:
            self._mark_lost(panel, name, PANELS[title][name])
        if title in LOGARITHMIC and _spans_decades([curve for name in names for curve in self._curves(name)]):
            panel.set_yscale("log")
        if title == "learning rate":
            _widen_constant(panel, self.history["learning_rate"])
        if title in FROM_ZERO:
            panel.set_ylim(bottom=0)
            for line in panel.get_lines():
                line.set(clip_on=False, zorder=3)  # a curve of zeros lies on the axis and must be visible
        panel.set_title(title, fontsize=SMALL + 2, color=INK, **PLAIN)
        panel.set_xlabel("epoch", fontsize=SMALL, color=MUTED, **PLAIN)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
        panel.tick_params(labelsize=SMALL, colors=MUTED)
        tidy(panel)
        named = [line for line in panel.get_lines() if line.get_label() != UNNAMED]
        if len(named) > 1:
            legend(panel, named, fontsize=SMALL, frameon=False, handlelength=2.4)

    def _curves(self, name: str) -> list[Array]:
        """Returns the curve of that name; with other members also theirs, of a group the one that it shares."""
        if not self.others or name not in ("loss", "oof_loss"):
            return [self.history[name]]
        each: list[Mapping[str, Any]] = [self.history, *self.others]
        found = [history.get(name, ()) for history in each] if name == "loss" else distinct(each, name)
        return [np.asarray(curve, np.float64) for curve in found if len(curve)]

    def _draw_curves(self, panel: Axes, name: str, label: str) -> None:
        held_out, curves = name in HELD_OUT, self._curves(name)
        several = name == "loss" and len(curves) > 1
        for curve in curves:
            panel.plot(
                np.arange(1, len(curve) + 1), drawable(curve), color=ORANGE if held_out else BLUE, label=label,
                linewidth=0.7 if several else 1.8, linestyle=(0, (4, 1.2)) if held_out else "-",
                marker="o" if len(curve) == 1 else None,
            )  # fmt: skip
            label = UNNAMED  # one entry in the legend for all members
        if several:
            panel.get_lines()[-len(curves)].set_label(f"{PANELS['loss']['loss']}, {len(curves)} members")

    def _mark_kept(self, panel: Axes, name: str) -> None:
        found = []
        for curve in map(drawable, self._curves(name)):
            if not np.isnan(curve).all():
                best = int(BEST[name](curve))
                found.append((best + 1, curve[best]))
        if found:
            epochs, values = zip(*found, strict=True)
            which = ", ".join(map(str, dict.fromkeys(epochs)))
            panel.plot(
                epochs, values, color=ORANGE, marker="o", markersize=7, markerfacecolor="white", markeredgewidth=1.8,
                linestyle="", label=f"kept: epoch{'s' * (', ' in which)} {which}\n(by {WORDS[name]})",
            )  # fmt: skip

    def _mark_lost(self, panel: Axes, name: str, curve: str) -> None:
        """Marks the epochs whose number cannot be drawn, at the lower end of the panel."""
        lost = np.flatnonzero(self._lost(name))
        if lost.size:
            label = f"{curve}: not finite in {_epochs(lost + 1)}"
            panel.plot(
                lost + 1, np.full(len(lost), 0.03), color=LOST, marker="x", markersize=4, linestyle="", label=label,
                transform=panel.get_xaxis_transform(),
            )  # fmt: skip

    def _lost(self, name: str) -> npt.NDArray[np.bool_]:
        """Returns which epochs have a number that cannot be drawn.

        NaN also stands for a number that was not measured in an epoch, if the loss is finite there.
        """
        curve = self.history[name]
        lost = np.isnan(drawable(curve))
        loss = self.history.get("loss", np.empty(0))
        if name == "loss" or lost.all():
            return lost
        measured = ~np.isnan(curve)
        return lost & (measured if len(loss) != len(curve) else measured | np.isnan(drawable(loss)))


def _epochs(numbers: Array) -> str:
    """Returns "epoch 3", "epochs 3 to 7", or for several such spans "5 epochs, from epoch 3 on"."""
    first, last = int(numbers[0]), int(numbers[-1])
    if len(numbers) == 1:
        return f"epoch {first}"
    if len(numbers) == last - first + 1:
        return f"epochs {first} to {last}"
    return f"{len(numbers)} epochs, from epoch {first} on"


def _widen_constant(panel: Axes, curve: Array) -> None:
    """Gives a constant curve an axis from 0, with its value in the middle; matplotlib would show rounding errors."""
    values = curve[np.isfinite(drawable(curve))]
    if values.size and values.min() > 0 and np.ptp(values) <= 1e-6 * values.max():
        panel.set_ylim(0, 2 * values.max())


def _spans_decades(curves: Sequence[Array]) -> bool:
    """Whether all values are positive and span DECADES or more."""
    values = np.concatenate(curves)
    values = values[np.isfinite(drawable(values))]
    return bool(values.size and values.min() > 0 and np.log10(values.max()) - np.log10(values.min()) >= DECADES)
