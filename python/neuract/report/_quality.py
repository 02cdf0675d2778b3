# SPDX-License-Identifier: BSD-3-Clause
"""The predictions for the rows of X, and how well they agree with y: the numbers that the page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neuract._typing import Array, FittedModel
from neuract.outputs._kinds import Classes, Labels, OfClassifier, Outputs, Quantiles
from neuract.report._words import Words, meaning_shown

SAME = 1e-6
LARGEST = 1e100
BINS = 10  # of the calibration curve


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions for the rows of X.

    Attributes
    ----------
    meaning : Outputs
    words : Words
    values : ndarray of shape (rows, columns)
        Probabilities of classes or labels, or numbers in the unit of y.
    truth : ndarray or None
        Of the same rows: numbers of classes, shape (rows,); 0 or 1 for each label; numbers for each output, or one for
        all quantiles, in the unit of y. None without y.
    """

    meaning: Outputs
    words: Words
    values: Array
    truth: Array | None

    @property
    def chosen(self) -> Array:
        """The number of the most probable class of each row."""
        return np.asarray(self.values.argmax(axis=1))

    @property
    def are_same(self) -> bool:
        """Whether all rows, at least two, have one prediction, to a millionth of its size or of the spread of y."""
        if len(self.values) < 2 or (isinstance(self.meaning, Classes) and self.values.shape[1] == 1):
            return False
        of_numbers = not isinstance(self.meaning, OfClassifier)
        scale = np.abs(self.values).max(axis=0) if of_numbers else 1.0
        if of_numbers and self.truth is not None and (spread := np.ptp(self.truth, axis=0)).all():
            scale = spread
        return bool((np.ptp(self.values, axis=0) <= SAME * scale).all())


def predictions(model: FittedModel, X: Any, y: Any, words: Words) -> Predictions:
    """Returns the predictions of a fitted model, and y in their form."""
    data = None if y is None else model._data(X, y)
    rows = model._rows(X) if data is None else data.x
    outputs = model._members().predict(rows, model._fitted_network().n_threads)
    meaning = meaning_shown(model)
    truth = None if data is None else _truth(meaning, data.targets, outputs.shape[1])
    return Predictions(meaning, words, np.asarray(meaning.columns(outputs), np.float64), truth)


def _truth(meaning: Outputs, targets: Array, units: int) -> Array:
    if isinstance(meaning, Labels):
        return targets > 0.5
    if isinstance(meaning, Classes):
        if targets.ndim > 1 and targets.shape[1] > 1:
            return np.asarray(targets.argmax(axis=1))
        return (targets.ravel() if units > 1 else targets.ravel() > 0.5).astype(np.intp)
    return np.asarray(targets if meaning.unit is None else meaning.unit.back(targets), np.float64)


def confusion(told: Predictions) -> Array:
    """Returns how many rows of each class, by rows, have been given each class, by columns."""
    assert told.truth is not None
    n = len(told.words.outputs)
    return np.bincount(n * told.truth + told.chosen, minlength=n * n).reshape(n, n)


def calibration(told: Predictions) -> Array:
    """Returns the mean stated probability, the share that is right, and the number of rows, for each bin that has some.

    Of two classes the probability is that of the second class; of more it is that of the chosen one. The bins divide
    the probabilities from 0 to 1 evenly.
    """
    assert told.truth is not None
    if told.values.shape[1] == 2:
        stated, right = told.values[:, 1], told.truth == 1
    else:
        stated, right = told.values.max(axis=1), told.truth == told.chosen
    bins = np.minimum((stated * BINS).astype(np.intp), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    some = counts > 0
    sums = [np.bincount(bins, each, BINS)[some] / counts[some] for each in (stated, right)]
    return np.column_stack([*sums, counts[some]])


def comparable(told: Predictions) -> bool:
    """Returns whether all predictions are numbers whose squares are finite: only then are they compared with y."""
    return bool((np.abs(told.values) < LARGEST).all())


def coverage(told: Predictions) -> list[tuple[float, float]]:
    """Returns for each quantile the share of rows whose y is not above it."""
    assert isinstance(told.meaning, Quantiles)
    assert told.truth is not None
    shares = (told.truth[:, :1] <= told.values).mean(axis=0)
    return list(zip(told.meaning.quantiles, map(float, shares), strict=True))
