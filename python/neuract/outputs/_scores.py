# SPDX-License-Identifier: BSD-3-Clause
"""The scores of early stopping, for checked arrays: scikit-learn's numbers, without its checks.

The checks take longer than an epoch of small data.
"""

from __future__ import annotations

import numpy as np

from neuract._typing import Array


def accuracy(truth: Array, chosen: Array, sample_weight: Array | None) -> float:
    """Returns the share of correct rows (with all labels correct), as `sklearn.metrics.accuracy_score`."""
    right = truth == chosen
    if right.ndim == 2:
        right = right.all(axis=1)
    return float(right.mean() if sample_weight is None else np.average(right, weights=sample_weight))


def r2(truth: Array, predicted: Array, sample_weight: Array | None) -> float:
    """Returns the mean over outputs of 1 - Σ (y - ŷ)² / Σ (y - mean y)², as `sklearn.metrics.r2_score`.

    A constant output scores 1 if it is predicted exactly, else 0. truth, predicted: rows × outputs, at least two rows.
    """
    truth = truth.astype(np.float64, copy=False)
    weights = None if sample_weight is None else sample_weight[:, np.newaxis]
    left = _sum_of_squares(truth - predicted, weights)
    spread = _sum_of_squares(truth - np.average(truth, axis=0, weights=sample_weight), weights)
    constant = spread == 0
    shares = 1 - left / np.where(constant, 1, spread)
    return float(np.where(constant, np.where(left == 0, 1.0, 0.0), shares).mean())


def _sum_of_squares(differences: Array, weights: Array | None) -> Array:
    squares = differences**2
    return np.asarray((squares if weights is None else weights * squares).sum(axis=0))
