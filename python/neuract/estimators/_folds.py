# SPDX-License-Identifier: BSD-3-Clause
"""The folds of an ensemble: which rows each member leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import check_cv

from neuract._typing import Array


@dataclass(frozen=True, eq=False)
class Fold:
    """The numbers of the rows that members train on, and of those that they leave out."""

    trained: Array
    held_out: Array


def dealt(y: Array, classes: bool, folds: int, random: np.random.RandomState) -> list[Fold]:
    """Deals rows to folds so that each has the same share of every class, or of every range of a number y (rows,).

    Sorted by y with random ties, each run of `folds` rows goes to the folds in random order. The only row of a class is
    never left out, and no fold has all rows of a class.
    """
    rows = len(y)
    if rows == 1:
        return [Fold(np.arange(1), np.arange(0))]
    order = np.lexsort((random.random_sample(rows), y))
    ranks = np.argsort(random.random_sample((-(-rows // folds), folds)), axis=1).ravel()[:rows]
    fold_of = np.empty(rows, int)
    fold_of[order] = ranks
    if classes:
        _spread_rare(fold_of, y, folds)
    return [Fold(np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)) for fold in range(folds)]


def _spread_rare(fold_of: Array, y: Array, folds: int) -> None:
    """Moves rows of classes that a single fold has whole; the only row of a class to no fold."""
    found, counts = np.unique(y, return_counts=True)
    for label in found[counts <= folds]:
        rows = np.flatnonzero(y == label)
        if len(rows) == 1:
            fold_of[rows] = -1
        elif len(set(fold_of[rows].tolist())) == 1:
            fold_of[rows[0]] = (fold_of[rows[0]] + 1) % folds


def given_folds(folds: Any, X: Any, y: Any, groups: Any, classes: bool) -> list[Fold]:
    """Returns the folds of a number, a splitter of scikit-learn or pairs of row numbers; groups: of rows, or None."""
    if isinstance(folds, Integral) and groups is not None:
        from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

        kind, n_groups = StratifiedGroupKFold if classes else GroupKFold, len(np.unique(groups))
        if n_groups < 2:
            raise ValueError("groups has one group for all rows; members leave groups out, so that they need two")
        folds = kind(min(int(folds), n_groups))
    elif isinstance(folds, Iterable) and not hasattr(folds, "split"):
        folds = list(folds)
    splitter = check_cv(folds, y, classifier=classes)
    rows = len(y)
    found = [_checked(trained, held_out, rows) for trained, held_out in splitter.split(X, y, groups)]
    if not found:
        raise ValueError("folds must give at least one pair of row numbers")
    return found


def _checked(trained: Any, held_out: Any, rows: int) -> Fold:
    given = (np.asarray(part) for part in (trained, held_out))
    fold = Fold(*(np.flatnonzero(part) if part.dtype == bool else part for part in given))
    for numbers, what in ((fold.trained, "train"), (fold.held_out, "leave out")):
        if numbers.dtype.kind not in "iu" or numbers.ndim != 1 or not numbers.size:
            raise ValueError(f"folds must give the numbers of the rows to {what}, at least one; got {numbers!r}")
        if numbers.min() < 0 or numbers.max() >= rows:
            raise ValueError(f"folds gives row {numbers.max()} of {rows} rows to {what}")
    if np.intersect1d(fold.trained, fold.held_out).size:
        raise ValueError("a fold trains on rows that it leaves out")
    return fold
