# SPDX-License-Identifier: BSD-3-Clause
"""The weights with which groups of members are averaged: by the loss on held-out rows, drawn towards equal ones."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np

from neuract._typing import Array

PARTS = 20  # a weight is a multiple of 1 / 20
TO_EQUAL = 0.1


def blend_weights(groups: Array, loss: Callable[[Array], float]) -> Array:
    """Returns one weight for each group; they sum to 1.

    w* on the grid of multiples of 0.05 is found by moving 0.05 from one group to another as long as the loss of
    Σ w_g · groups[g] falls: the minimum for losses that are convex in the blend, as squared error and log loss are.
    The result is drawn a tenth of the way to equal weights, since the held-out rows that choose w* flatter it.

    Parameters
    ----------
    groups : ndarray of shape (n_groups, rows, n_out)
        Each group's predictions of held-out rows.
    loss : callable
        Takes predictions of shape (rows, n_out) and returns a number. A loss of NaN is never better.

    Returns
    -------
    ndarray of shape (n_groups,)

    Examples
    --------
    >>> import numpy as np
    >>> from neuract.outputs._blend import blend_weights
    >>> groups = np.array([[[1.0], [3.0]], [[2.0], [7.0]]])
    >>> blend_weights(groups, lambda blend: ((blend - [[1.25], [4.0]]) ** 2).mean())
    array([0.725, 0.275])
    """
    n_groups = len(groups)

    def of(parts: Array) -> float:
        return loss(np.tensordot(parts / PARTS, groups, axes=1))

    best = np.array([PARTS // n_groups + (g < PARTS % n_groups) for g in range(n_groups)])
    least, moved = of(best), True
    while moved:
        moved = False
        for giver, taker in permutations(range(n_groups), 2):
            while best[giver] > 0 and (now := of(tried := _moved(best, giver, taker))) < least:
                best, least, moved = tried, now, True
    return np.asarray((1 - TO_EQUAL) * best / PARTS + TO_EQUAL / n_groups)


def _moved(parts: Array, giver: int, taker: int) -> Array:
    parts = parts.copy()
    parts[giver] -= 1
    parts[taker] += 1
    return parts
