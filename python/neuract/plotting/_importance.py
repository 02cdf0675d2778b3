# SPDX-License-Identifier: BSD-3-Clause
"""ImportanceDisplay: the importance of columns as bars, the most important on top."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuract._typing import FittedModel
from neuract.inspection._importance import importance
from neuract.inspection._importances import Importance
from neuract.inspection._shuffled_scores import Scoring
from neuract.plotting._style import (
    BLUE,
    INK,
    MUTED,
    ORANGE,
    PLAIN,
    SMALL,
    Place,
    axes_at,
    drawable,
    figure_of,
    shortened,
    tidy,
)

BAR = 0.62  # height; rows are 1 high
WORDS = {"accuracy": "accuracy", "r2": "R²", "d2": "D²"}  # of the models' own metrics


class ImportanceDisplay:
    """Importances as a picture: a bar per column, its spread as a line, and each repeat as a dot.

    A bar is blue where the score is lost, orange where it is gained.

    Parameters
    ----------
    importance : Importance
        The result of `neuract.importance`.
    max_columns : int, default=20
        The most columns to draw, at least 1.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> net = na.Network([na.Dense(1, "linear")]).set_parameters([[[0.0], [1.0]]])
    >>> display = na.plotting.ImportanceDisplay.from_estimator(net, X, X[:, 1], random_state=0)
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['x1', 'x0']
    """

    ax_: Axes
    figure_: Figure

    def __init__(self, importance: Importance, *, max_columns: int = 20) -> None:
        if max_columns < 1:
            raise ValueError(f"max_columns must be at least 1, got {max_columns}")
        self.importance, self.max_columns = importance, max_columns

    @classmethod
    def from_estimator(
        cls,
        model: FittedModel,
        X: Any,
        y: npt.ArrayLike,
        *,
        repeats: int = 5,
        scoring: Scoring = None,
        random_state: int | np.random.RandomState | None = None,
        max_columns: int = 20,
        ax: Place = None,
    ) -> ImportanceDisplay:
        """Measures the importances of a fitted model and draws them.

        Parameters
        ----------
        model, X, y, repeats, scoring, random_state
            As for `neuract.importance`.
        max_columns : int, default=20
            The most columns to draw.
        ax : Axes, Figure or None, default=None
            Where to draw: axes, or an empty figure that pyplot need not know; None: a new figure.

        Returns
        -------
        ImportanceDisplay
        """
        found = importance(model, X, y, repeats=repeats, scoring=scoring, random_state=random_state)
        return cls.from_importance(found, max_columns=max_columns, ax=ax)

    @classmethod
    def from_importance(cls, importance: Importance, *, max_columns: int = 20, ax: Place = None) -> ImportanceDisplay:
        """Draws importances that `neuract.importance` has measured; parameters as for `from_estimator`."""
        return cls(importance, max_columns=max_columns).plot(ax)

    def plot(self, ax: Place = None) -> ImportanceDisplay:
        """Draws the bars on a new figure, or on `ax`."""
        shown = self.importance.order[: self.max_columns]
        with axes_at(ax, 6.4, 1.3 + 0.28 * max(2, len(shown))) as self.ax_:
            self.figure_ = figure_of(self.ax_)
            self._draw(self.ax_, shown)
        return self

    def _draw(self, ax: Axes, shown: npt.NDArray[np.intp]) -> None:
        of, places = self.importance, np.arange(len(shown))
        means, spreads, values = drawable(of.mean[shown]), drawable(of.std[shown]), drawable(of.values[shown])
        colours = [ORANGE if mean < 0 else BLUE for mean in means]
        ax.barh(places, means, height=BAR, color=colours, alpha=0.75)
        for column, place in zip(values, places, strict=True):
            ax.plot(column, np.full(len(column), place), "o", color=INK, markersize=2.4, alpha=0.55)
        if values.shape[1] > 1:
            ax.errorbar(means, places, xerr=spreads, fmt="none", ecolor=INK, elinewidth=1.1, capsize=2.5)
        ax.axvline(0, color=MUTED, linewidth=0.8)
        names = [shortened(of.names[k], 32) for k in shown.tolist()]
        ax.set_yticks(places, names, fontsize=SMALL, color=INK, **PLAIN)
        ax.set_ylim(len(shown) - 0.4, -0.6)
        self._explain(ax, len(shown))
        tidy(ax)
        ax.grid(False, axis="y")
        ax.tick_params(axis="y", length=0)

    def _explain(self, ax: Axes, n_shown: int) -> None:
        of = self.importance
        metric, left_out = WORDS.get(of.scoring, of.scoring), len(of.names) - n_shown
        title = f"{metric} {of.base_score:.3g} on {of.rows:,} rows" + (
            f", the first {n_shown} of {len(of.names):,} columns" if left_out else ""
        )
        ax.set_title(title, fontsize=SMALL + 2, color=INK, **PLAIN)
        ax.set_xlabel(f"{metric} lost where the column is shuffled", fontsize=SMALL, color=MUTED, **PLAIN)
        ax.tick_params(axis="x", labelsize=SMALL, colors=MUTED)
