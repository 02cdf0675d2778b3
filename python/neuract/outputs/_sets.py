# SPDX-License-Identifier: BSD-3-Clause
"""Prediction sets of a classifier, from the probabilities of its out-of-fold predictions.

Adaptive prediction sets (Romano, Sesia & Candès 2020, arXiv:2006.02544), with the expected value of the random number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.outputs._ranks import Ranks


@dataclass(frozen=True, eq=False)
class Sets:
    """The classes whose score is at most that of a share of the out-of-fold rows' true classes.

    The score of class c is the probability of all classes that are more probable, plus half of its own: the expected
    value of the paper's randomised score. (The whole of its own makes sets several times larger, none of it covers rare
    classes less often.)

    Attributes
    ----------
    scores : Ranks
        One column.
    """

    scores: Ranks

    @classmethod
    def learned(cls, oof: Array, y: Array, weights: Array | None = None) -> Sets:
        """Returns the sets of a classifier.

        Parameters
        ----------
        oof : ndarray of shape (rows, n_classes)
            Out-of-fold probabilities. Rows with NaN are left out, and so are rows of weight 0.
        y : ndarray of shape (rows,)
            The number of each row's class.
        weights : ndarray of shape (rows,), optional

        Raises
        ------
        ValueError
            If no row is left.

        Examples
        --------
        >>> import numpy as np
        >>> from neuract.outputs._sets import Sets
        >>> oof = np.array([[0.8, 0.2], [0.7, 0.3], [0.6, 0.4], [0.4, 0.6]])
        >>> sets = Sets.learned(oof, np.array([0, 0, 0, 0]))
        >>> sets.sets(np.array([[0.9, 0.1], [0.5, 0.5]]), coverage=0.8)
        array([[ True, False],
               [ True,  True]])
        """
        weights = np.ones(len(oof)) if weights is None else np.asarray(weights, np.float64)
        known = ~np.isnan(oof).any(axis=1) & (weights > 0)
        if not known.any():
            raise ValueError("sets need at least one row with an out-of-fold prediction and a weight")
        classes = np.asarray(y)[known].reshape(-1, 1).astype(np.intp)
        own = np.take_along_axis(_scores(oof[known]), classes, axis=1)
        return cls(Ranks.learned(own, weights[known]))

    def sets(self, probabilities: Array, coverage: float) -> Array:
        """Returns for each row which classes are in its set; the most probable one always is.

        New rows' classes are in their sets as often as `coverage` says, or more often: at least as often as the most
        probable class is right. Fewer than coverage / (1 - coverage) training rows are too few: then the largest score
        is the limit, and n / (n + 1) of new rows are covered.

        Parameters
        ----------
        probabilities : ndarray of shape (rows, n_classes)
        coverage : float
            Between 0 and 1.

        Returns
        -------
        ndarray of bool of shape (rows, n_classes)
        """
        inside: Array = _scores(probabilities) <= self.scores.covering(coverage)
        inside[np.arange(len(inside)), np.argmax(probabilities, axis=1)] = True
        return inside

    def state(self) -> dict[str, Any]:
        """Returns arrays and numbers from which `from_state` makes the same sets."""
        return self.scores.state()

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Sets:
        """Returns the sets; ValueError if the state cannot be one of sets, whoever wrote the file."""
        scores = Ranks.from_state(state)
        if len(scores.values) != 1 or scores.values[0, 0] < 0:
            raise ValueError("values must be one row of scores, none negative")
        return cls(scores)


def _scores(probabilities: Array) -> Array:
    """Returns Σ of the p that are larger + p / 2 for each class; of equal ones the first counts as larger."""
    p = np.asarray(probabilities, np.float64)
    order = np.argsort(-p, axis=1, kind="stable")
    descending = np.take_along_axis(p, order, axis=1)
    scores = np.empty_like(p)
    np.put_along_axis(scores, order, np.cumsum(descending, axis=1) - descending / 2, axis=1)
    return scores
