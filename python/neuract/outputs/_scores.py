# SPDX-License-Identifier: BSD-3-Clause
"""The scores of early stopping, for checked arrays: scikit-learn's numbers, without its checks.

The checks take longer than an epoch of small data.
"""

from __future__ import annotations

from collections.abc import Sequence

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


def d2(truth: Array, predicted: Array, quantiles: Sequence[float], sample_weight: Array | None) -> float:
    """Returns the mean over quantiles of 1 - pinball loss / pinball loss of the best constant.

    A constant that is exact scores 1 if it is predicted, else 0. truth: rows. predicted: rows × quantiles.
    """
    truth = truth.astype(np.float64, copy=False)
    scores = []
    for quantile, column in zip(quantiles, predicted.T, strict=True):
        left = _pinball(truth - column, quantile, sample_weight)
        spread = _pinball(truth - _quantile(truth, quantile, sample_weight), quantile, sample_weight)
        scores.append(1 - left / spread if spread else float(left == 0))
    return float(np.mean(scores))


def _pinball(differences: Array, quantile: float, weights: Array | None) -> float:
    losses = np.maximum(quantile * differences, (quantile - 1) * differences)
    return float(np.average(losses, weights=weights))


def _quantile(values: Array, quantile: float, weights: Array | None) -> float:
    """Returns the smallest value at or below which lies this share of the weight."""
    order = np.argsort(values)
    below = np.cumsum(np.ones(len(values)) if weights is None else weights[order], dtype=np.float64)
    return float(values[order[np.searchsorted(below, quantile * below[-1])]])
