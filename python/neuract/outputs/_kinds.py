# SPDX-License-Identifier: BSD-3-Clause
"""The meaning of a network's outputs: classes, labels, numbers or quantiles.

Predictions, served models, ONNX, C, reports and pictures use these objects. They do not need scikit-learn.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuract._typing import Array


@dataclass(frozen=True, eq=False)
class Unit:
    """The unit of y where a network learns (y - centers) / scales; both of shape (outputs,) or, for quantiles, (1,)."""

    centers: Array
    scales: Array

    def standard(self, y: Array) -> Array:
        """Returns y, in any shape that ends with the outputs or has one, as the network learns it."""
        return np.asarray((y - self.centers) / self.scales)

    def back(self, outputs: Array) -> Array:
        """Returns a network's outputs in the unit of y, in float64."""
        return np.asarray(outputs * self.scales + self.centers, np.float64)


class Outputs(ABC):
    """The meaning of a network's outputs.

    Attributes
    ----------
    kind : str
        "classes", "labels", "numbers" or "quantiles".
    unit : Unit or None
        Of numbers that the network learns in another unit.
    """

    kind: str
    unit: Unit | None = None

    @property
    @abstractmethod
    def names(self) -> Sequence[Any]:
        """One name for each column of `columns`; both names for two classes."""

    @property
    def n_columns(self) -> int:
        """The number of columns of `columns`: two for two classes, although the network has one output."""
        return len(self.names)

    @abstractmethod
    def columns(self, y: Array) -> Array:
        """Returns probabilities or numbers, rows × n_columns, from a network's outputs y, rows × outputs."""

    @abstractmethod
    def answers(self, y: Array) -> Array:
        """Returns the result of `predict` for a network's outputs y, rows × outputs."""


@dataclass(eq=False)
class OfClassifier(Outputs):
    """Probabilities of classes or labels."""

    classes: Array

    @property
    def names(self) -> Sequence[Any]:
        return self.classes.tolist()  # type: ignore[no-any-return]


class Classes(OfClassifier):
    """One of several classes per row: one output per class, a single output for two classes."""

    kind = "classes"

    @property
    def one_of_two(self) -> bool:
        """Whether the one output is the probability of the second class."""
        return len(self.classes) == 2

    @property
    def certain(self) -> bool:
        """Whether there is only one class, whose probability is always 1."""
        return len(self.classes) == 1

    def columns(self, y: Array) -> Array:
        if y.shape[1] > 1:
            return y
        if self.certain:
            return np.ones_like(y)
        both = np.empty((len(y), 2), y.dtype)
        np.subtract(1, y[:, 0], out=both[:, 0])
        both[:, 1] = y[:, 0]
        return both

    def chosen(self, y: Array) -> Array:
        """Returns the number of the most probable class of each row."""
        if y.shape[1] > 1:
            return np.asarray(y.argmax(axis=1))
        above: Array = y.ravel() > 0.5
        return np.asarray(np.minimum(above, len(self.classes) - 1), dtype=int)

    def answers(self, y: Array) -> Array:
        labels: Array = self.classes[self.chosen(y)]
        return labels


class Labels(OfClassifier):
    """Several labels per row: each output is the probability of one label."""

    kind = "labels"

    def columns(self, y: Array) -> Array:
        return y

    def chosen(self, y: Array) -> Array:
        """Returns 0 or 1 for each label, rows × labels."""
        return (y > 0.5).astype(int)

    answers = chosen


@dataclass(eq=False)
class Numbers(Outputs):
    """Numbers, one per output.

    For a softmax network, whose classes have no labels, kind is "classes": reports and pictures use it.
    """

    n_outputs: int
    kind: str = "numbers"
    unit: Unit | None = None

    @property
    def names(self) -> Sequence[Any]:
        return range(self.n_outputs)

    def columns(self, y: Array) -> Array:
        return y if self.unit is None else self.unit.back(y)

    def answers(self, y: Array) -> Array:
        numbers = self.columns(y)
        return numbers.ravel() if self.n_outputs == 1 else numbers


@dataclass(eq=False)
class Quantiles(Outputs):
    """Quantiles of one number, sorted: a network learns each independently, so its outputs may be out of order."""

    quantiles: tuple[float, ...]
    unit: Unit | None = None
    kind = "quantiles"

    @property
    def names(self) -> Sequence[Any]:
        return self.quantiles

    def columns(self, y: Array) -> Array:
        ordered: Array = np.sort(y, axis=1)
        return ordered if self.unit is None else self.unit.back(ordered)

    def answers(self, y: Array) -> Array:
        numbers = self.columns(y)
        return numbers.ravel() if y.shape[1] == 1 else numbers


def classes_or_labels(classes: Array, multilabel: bool) -> Classes | Labels:
    """Returns the outputs of a classifier."""
    return Labels(classes) if multilabel else Classes(classes)


def numbers_or_quantiles(n_outputs: int, quantiles: tuple[float, ...], unit: Unit | None = None) -> Numbers | Quantiles:
    """Returns the outputs of a regressor; quantiles: one per output, or empty."""
    return Quantiles(quantiles, unit) if quantiles else Numbers(n_outputs, unit=unit)


class Probabilities:
    """The probability methods of a classifier, for Python classes with `_outputs` and `_meaning`."""

    def predict_proba(self, X: Any) -> Array:
        """Returns the probability of each class, in the order of `classes_`, or of each label.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)

        Returns
        -------
        ndarray of shape (rows, n_classes)
        """
        y = self._outputs(X)
        return self._meaning().columns(y)

    def predict_log_proba(self, X: Any) -> Array:
        """Returns the logarithm of `predict_proba`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)

        Returns
        -------
        ndarray of shape (rows, n_classes)
        """
        with np.errstate(divide="ignore"):  # 0 becomes -inf
            logarithms: Array = np.log(self.predict_proba(X))
        return logarithms

    def _outputs(self, X: Any) -> Array:
        """Returns the network's outputs, rows × outputs."""
        raise NotImplementedError

    def _meaning(self) -> Outputs:
        raise NotImplementedError
