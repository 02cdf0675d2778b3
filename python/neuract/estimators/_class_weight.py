# SPDX-License-Identifier: BSD-3-Clause
"""Class weights: settled by the training rows, they weigh training and validation rows alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_class_weight

from neuract._typing import Array

ClassWeight = dict[Any, float] | str | list[dict[Any, float]]


def weigher_of_classes(class_weight: ClassWeight, classes: Array, y: Array) -> Callable[[Array], Array]:
    """Returns a function that gives the weight of each row, for one label per row. y: the training rows'."""
    weights: Array = _not_negative(compute_class_weight(class_weight, classes=classes, y=column_or_1d(y)), class_weight)
    return lambda y: weights[np.searchsorted(classes, column_or_1d(y))]


def weigher_of_labels(class_weight: ClassWeight, y: Any) -> Callable[[Any], Array]:
    """Returns the same for several labels per row, where the weights of a row's labels are multiplied."""
    columns = _dense(y).T
    given = [class_weight] * len(columns) if class_weight == "balanced" else class_weight
    if not isinstance(given, list) or len(given) != len(columns):
        raise ValueError(
            f'class_weight for {len(columns)} labels per row must be "balanced" or a list of {len(columns)} dicts, one '
            f"per label; got {class_weight!r}"
        )
    weights = [_weights_of(each, column) for each, column in zip(given, columns, strict=True)]
    _not_negative(np.array(weights), class_weight)
    return lambda y: np.prod([w[column] for w, column in zip(weights, _dense(y).T, strict=True)], axis=0)


def _weights_of(class_weight: Any, column: Array) -> Array:
    """Returns the weights of 0 and 1 in a column; "balanced" gives 1 to one that the column does not have."""
    found, weights = np.unique(column) if class_weight == "balanced" else np.arange(2), np.ones(2)
    weights[found] = compute_class_weight(class_weight, classes=found, y=column)
    return weights


def _dense(y: Any) -> Array:
    return np.asarray(y.toarray() if issparse(y) else y).astype(np.intp)


def _not_negative(weights: Array, class_weight: ClassWeight) -> Array:
    if (weights < 0).any():
        raise ValueError(f"class_weight must be >= 0, got {class_weight!r}")
    return weights
