# SPDX-License-Identifier: BSD-3-Clause
"""Prediction intervals of an ensemble, from the absolute residuals of its out-of-fold predictions.

Cross-conformal prediction (Vovk 2015) around the ensemble's mean. docs/architecture.md compares it with CV+ (Barber et
al. 2021, arXiv:1905.02928), which is wider: it counts the disagreement of the folds twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.outputs._ranks import Ranks, table

ROWS_PER_BIN, MOST_BINS = 50, 20
LEAST_SCALE = 0.1  # of the mean: a few lucky rows must not promise certainty
COMPARED = 0.9  # the coverage at which scales are compared


@dataclass(frozen=True, eq=False)
class Intervals:
    """Half-widths ratio × scale(prediction) × what averaging the folds leaves of a residual.

    1. Out of fold each row has a residual R = y - prediction. The scale is the mean of |R| among rows with similar
       predictions (at most 20 bins of at least 50 rows, smoothed, linear in between), or the same for all rows where
       that makes the mean out-of-fold width at 90 % smaller. The ratios |R| / scale are kept, sorted.
    2. The ensemble's mean errs less than the predictor of one fold does: (1/F) Σ (y - μ_f)² = (y - μ)² + V, with V the
       variance of the F fold predictions of the row. So the half-width is multiplied by √(max(s² - V, V)) / s, with s²
       the mean of R² among rows with similar predictions. Where the folds disagree by more than s/√2 the half-width
       grows with their disagreement.

    Each row's interval depends on that row alone. The coverage of new rows like the training rows is not proved as that
    of CV+ is (at least 1 - 2 α); it is measured (benchmarks/intervals.py).

    Attributes
    ----------
    ratios : Ranks
        A column for each output.
    predictions : ndarray of shape (outputs, bins)
        The mean prediction of each bin, rising.
    scales, deviations : ndarray of shape (outputs, bins)
        The mean of |R|, and the root of the mean of R²; positive, in the unit of y.
    """

    ratios: Ranks
    predictions: Array
    scales: Array
    deviations: Array

    @classmethod
    def learned(cls, oof: Array, y: Array, weights: Array | None = None) -> Intervals:
        """Returns the intervals of an ensemble.

        Parameters
        ----------
        oof, y : ndarray of shape (rows,) or (rows, outputs)
            Out-of-fold predictions, and the truth. Rows with NaN are left out, and so are rows of weight 0.
        weights : ndarray of shape (rows,), optional

        Raises
        ------
        ValueError
            If no row is left.

        Examples
        --------
        >>> import numpy as np
        >>> from neuract.outputs._intervals import Intervals
        >>> intervals = Intervals.learned(np.zeros(9), np.arange(9) - 4.0)
        >>> intervals.interval(np.full((1, 1, 1), 10.0), coverage=0.9)
        array([[ 6., 14.]])
        """
        oof = np.asarray(oof, np.float64).reshape(len(oof), -1)
        y = np.asarray(y, np.float64).reshape(oof.shape)
        weights = np.ones(len(oof)) if weights is None else np.asarray(weights, np.float64)
        known = ~np.isnan(oof).any(axis=1) & (weights > 0)
        if not known.any():
            raise ValueError("intervals need at least one row with an out-of-fold prediction and a weight")
        oof, weights = oof[known], weights[known]
        residuals = np.abs(y[known] - oof)
        columns = [_scale(*column, weights) for column in zip(oof.T, residuals.T, strict=True)]
        predictions, scales, deviations = (np.stack(part) for part in zip(*columns, strict=True))
        divisors = _along(oof, predictions, scales)
        return cls(Ranks.learned(residuals / divisors, weights), predictions, scales, deviations)

    def interval(self, fold_predictions: Array, coverage: float) -> Array:
        """Returns the lower and the upper bound of each row, in float64.

        Fewer training rows than coverage / (1 - coverage), such as 19 for 0.95, are too few for the coverage: then the
        bounds are as far as the largest ratio, and n / (n + 1) of new rows lie between them.

        Parameters
        ----------
        fold_predictions : ndarray of shape (folds, rows, outputs)
            Of each fold predictor, in the unit of y.
        coverage : float
            The share of new rows whose y lies within, between 0 and 1.

        Returns
        -------
        ndarray of shape (rows, 2) for one output, otherwise (rows, outputs, 2)
        """
        folds = np.asarray(fold_predictions, np.float64)
        middle, disagreement = folds.mean(axis=0), folds.std(axis=0)
        shares = (disagreement / _along(middle, self.predictions, self.deviations)) ** 2
        left = np.sqrt(np.maximum(1 - shares, shares))
        half = self.ratios.covering(coverage) * _along(middle, self.predictions, self.scales) * left
        bounds = np.stack([middle - half, middle + half], axis=-1)
        return bounds[:, 0] if bounds.shape[1] == 1 else bounds

    def state(self) -> dict[str, Any]:
        """Returns arrays and numbers from which `from_state` makes the same intervals."""
        own = {"predictions": self.predictions, "scales": self.scales, "deviations": self.deviations}
        return self.ratios.state() | own

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Intervals:
        """Returns the intervals; ValueError if the state cannot be one of intervals, whoever wrote the file."""
        ratios = Ranks.from_state(state)
        predictions, scales, deviations = (table(state, name) for name in ("predictions", "scales", "deviations"))
        if not predictions.shape == scales.shape == deviations.shape or predictions.shape[1] > MOST_BINS:
            raise ValueError(f"predictions, scales and deviations must have one shape, with at most {MOST_BINS} bins")
        if len(predictions) != len(ratios.values):
            raise ValueError(f"there are scales for {len(predictions)} outputs and values for {len(ratios.values)}")
        if (np.diff(predictions) < 0).any() or not (scales > 0).all() or not (deviations > 0).all():
            raise ValueError("predictions must be sorted, scales and deviations positive")
        if (ratios.values < 0).any():
            raise ValueError("values must not be negative")
        return cls(ratios, predictions, scales, deviations)


def _scale(predictions: Array, residuals: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Returns the bins' mean predictions, scales and deviations for one output; residuals: absolute."""
    bins = int(np.clip(len(predictions) // ROWS_PER_BIN, 1, MOST_BINS))
    places = np.array_split(np.argsort(predictions, kind="stable"), bins)
    centers = np.maximum.accumulate(_means(predictions, weights, places))
    mean = float(np.average(residuals, weights=weights)) or 1.0  # exact predictions have the ratio 0 in any unit
    local = np.maximum(_smooth(_means(residuals, weights, places)), LEAST_SCALE * mean)
    same = np.full(bins, mean)
    widths = [_width(residuals, np.interp(predictions, centers, scales), weights) for scales in (same, local)]
    if widths[1] < widths[0]:
        squares = _smooth(_means(residuals**2, weights, places))
        return centers, local, np.maximum(np.sqrt(squares), LEAST_SCALE * mean)
    deviation = np.sqrt(np.average(residuals**2, weights=weights))
    return centers, same, np.full(bins, deviation or 1.0)


def _means(values: Array, weights: Array, places: list[Array]) -> Array:
    return np.array([np.average(values[rows], weights=weights[rows]) for rows in places])


def _smooth(values: Array) -> Array:
    """Returns each value averaged with its neighbours, by 1/4, 1/2, 1/4."""
    wide = np.pad(values, 1, mode="edge")
    return np.asarray(0.25 * wide[:-2] + 0.5 * wide[1:-1] + 0.25 * wide[2:])


def _width(residuals: Array, scales: Array, weights: Array) -> float:
    """Returns the mean half-width of the out-of-fold rows."""
    ranks = Ranks.learned((residuals / scales)[:, np.newaxis], weights)
    return float(ranks.covering(COMPARED)[0] * np.average(scales, weights=weights))


def _along(predictions: Array, centers: Array, values: Array) -> Array:
    """Returns the values at the predictions, (rows, outputs): linear between the bins, constant beyond them."""
    columns = zip(predictions.T, centers, values, strict=True)
    return np.stack([np.interp(*column) for column in columns], axis=1)
