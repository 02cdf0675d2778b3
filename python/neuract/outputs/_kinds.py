# SPDX-License-Identifier: BSD-3-Clause
"""From what a network's outputs are to what an estimator answers; without scikit-learn, which serving does without."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.losses._base import Loss
from neuract.losses._numbers import Quantile


def probabilities(outputs: Array, n_classes: int) -> Array:
    """Of each class or label, rows × classes; outputs: rows × outputs, of which two classes have one."""
    if outputs.shape[1] > 1:
        return outputs
    if n_classes == 1:
        return np.ones_like(outputs)
    both = np.empty((len(outputs), 2), outputs.dtype)
    np.subtract(1, outputs[:, 0], out=both[:, 0])
    both[:, 1] = outputs[:, 0]
    return both


def logarithm(numbers: Array) -> Array:
    """log, -inf for 0 without a warning."""
    with np.errstate(divide="ignore"):
        logarithms: Array = np.log(numbers)
    return logarithms


def chosen(outputs: Array, n_classes: int, multilabel: bool) -> Array:
    """Numbers of the most probable classes, or 0 and 1 for several labels a row."""
    if multilabel:
        return (outputs > 0.5).astype(int)
    if outputs.shape[1] > 1:
        return np.asarray(outputs.argmax(axis=1))
    above: Array = outputs.ravel() > 0.5
    return np.asarray(np.minimum(above, n_classes - 1), dtype=int)


def quantiles(loss: Loss) -> tuple[float, ...]:
    """The quantiles that have an output each; of a loss that has none, none."""
    return loss.parameters if isinstance(loss, Quantile) and loss.outputs else ()


def numbers(outputs: Array, loss: Loss) -> Array:
    """What a regressor predicts: one output as a row of numbers, several quantiles in order."""
    if outputs.shape[1] == 1:
        return outputs.ravel()
    return np.sort(outputs, axis=1) if quantiles(loss) else outputs


class Probabilities:
    """The probabilities of a classifier. A base class after the one that has `_outputs`."""

    classes_: Array

    def predict_proba(self, X: Any) -> Array:
        """Probability of each class, in the order of `classes_`; or of each label.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)

        Returns
        -------
        ndarray of shape (rows, n_classes)
        """
        return probabilities(self._outputs(X), len(self.classes_))

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithm of `predict_proba`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)

        Returns
        -------
        ndarray of shape (rows, n_classes)
        """
        return logarithm(self.predict_proba(X))

    def _outputs(self, X: Any) -> Array:
        """The network's outputs, rows × outputs."""
        raise NotImplementedError
