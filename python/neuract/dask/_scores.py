# SPDX-License-Identifier: BSD-3-Clause
"""Scores of distributed rows: sums of each partition, merged in their order."""

from __future__ import annotations

from typing import Any

import dask
import numpy as np
from distributed import Client
from sklearn.base import is_classifier

from neuract._typing import Array
from neuract.dask._collections import checked, partitions
from neuract.inputs._targets import target_errors

Moments = tuple[float, Array, Array, Array]
"""The weight of some rows; for each output the mean of y, and the sums of (y - mean)² and of the squared errors."""


def score(client: Client, model: Any, X: Any, y: Any, sample_weight: Any) -> float:
    """Returns the accuracy or R² of a fitted local model."""
    classifies = is_classifier(model)
    if not classifies and model.network_.loss_function.quantiles:
        raise ValueError("the score of several quantiles needs all rows at once: use to_local().score on a sample")
    measure = dask.delayed(_hits if classifies else _moments, pure=False)
    shared = dask.delayed(model, pure=False)
    parts = [measure(shared, *partition) for partition in partitions(checked(X), y, sample_weight)]
    found = [part for part in client.gather(client.compute(parts)) if part is not None]
    if not found:
        raise ValueError("X has no rows")
    return _accuracy(found) if classifies else _r2(found)


def _hits(model: Any, x: Any, y: Any, sample_weight: Any) -> tuple[float, float] | None:
    """Returns the weight of the rows, and of those with the right answer; None without rows."""
    if len(x) == 0:
        return None
    weight = float(len(x) if sample_weight is None else np.sum(np.asarray(sample_weight)))
    return weight, weight * model.score(x, np.asarray(y), sample_weight) if weight else 0.0


def _accuracy(found: list[tuple[float, float]]) -> float:
    return sum(hits for _, hits in found) / sum(weight for weight, _ in found)


def _moments(model: Any, x: Any, y: Any, sample_weight: Any) -> Moments | None:
    if len(x) == 0:
        return None
    truth = np.asarray(y)
    with target_errors(truth, numbers=True):
        truth = np.asarray(truth, np.float64).reshape(len(x), -1)
    weights = np.ones(len(x)) if sample_weight is None else np.asarray(sample_weight, np.float64).ravel()
    total = float(weights.sum())
    if total == 0:
        return None
    center = weights @ truth / total
    errors = truth - model.predict(x).reshape(truth.shape)
    return total, center, weights @ (truth - center) ** 2, weights @ errors**2


def _r2(found: list[Moments]) -> float:
    """Returns R², the mean over outputs. Chan, Golub & LeVeque 1983 merge the sums."""
    total, center, squares, errors = found[0]
    for weight, other, more, wrong in found[1:]:
        step, both = other - center, total + weight
        squares = squares + more + step**2 * (total * weight / both)
        center, errors, total = center + step * (weight / both), errors + wrong, both
    known = squares > 0
    each = np.where(known, 1 - errors / np.where(known, squares, 1), np.where(errors > 0, 0.0, 1.0))
    return float(each.mean())
