# SPDX-License-Identifier: BSD-3-Clause
"""Losses of probabilities, for sigmoid and softmax outputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuract._checks import real_number
from neuract._typing import Array
from neuract.activations._base import Activation
from neuract.activations._named import Sigmoid, Softmax
from neuract.losses._base import Loss

__all__ = ["Focal", "LogLoss"]


class OfProbabilities(Loss):
    """A loss for outputs of sigmoid (two classes, or several labels) or softmax (one of several classes)."""

    of = "probabilities"

    def core_name(self, output: Activation) -> str:
        if isinstance(output, (Sigmoid, Softmax)):
            return f"{self.name}_{output.names[0]}"
        raise ValueError(
            f"{self.name} with {output!r} is not supported: the loss needs probabilities; use 'sigmoid' (two classes, "
            "or several labels) or 'softmax' (one of several classes)"
        )

    def arranged(self, y: Array, rows: int, n_out: int, output: Activation) -> Array:
        if isinstance(output, Softmax):
            return class_numbers(y, rows, n_out)
        array = super().arranged(y, rows, n_out, output)
        self._check_labels(array)
        return array

    def _check_labels(self, y: Array) -> None:
        """Raises ValueError if y does not fit sigmoid outputs."""
        raise NotImplementedError


@dataclass(frozen=True, repr=False)
class LogLoss(OfProbabilities):
    """-log of the probability that the network gave to the true class, also called cross-entropy.

    Sigmoid outputs: -y · log ŷ - (1 - y) · log(1 - ŷ), summed over the outputs; y in [0, 1], one column per
    label. Softmax outputs: -log ŷ[class]; y the number of the class, or one column per class with a single 1 in each
    row.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        In [0, 1): the share of the target that is spread evenly over the classes, so that the network does not become
        too certain. Sigmoid: the target becomes (1 - label_smoothing) · y + label_smoothing / 2. Softmax:
        label_smoothing / n_classes for every class, plus 1 - label_smoothing for the row's class. Szegedy et al. 2016,
        arXiv:1512.00567.

    Examples
    --------
    >>> import neuract as na
    >>> X, y = np.zeros((4, 1)), [1, 1, 1, 1]
    >>> loss = na.LogLoss(label_smoothing=0.2)
    >>> net = na.Network([na.Dense(1, "sigmoid")], loss=loss, learning_rate=0.1, epochs=200, random_state=0)
    >>> net.fit(X, y).predict(X[:1]).round(2)
    array([[0.9]], dtype=float32)
    """

    label_smoothing: float = 0.0
    names = ("log_loss",)

    def __post_init__(self) -> None:
        share = real_number(self.label_smoothing, "label_smoothing", low=0, high=1, open_high=True)
        object.__setattr__(self, "label_smoothing", share)

    @property
    def parameters(self) -> tuple[float, ...]:
        return (self.label_smoothing,)

    def _check_labels(self, y: Array) -> None:
        if ((y < 0) | (y > 1)).any():
            outside = y[(y < 0) | (y > 1)][0]
            raise ValueError(f"log_loss with sigmoid outputs needs y between 0 and 1, got {_number(outside)}")


@dataclass(frozen=True, repr=False)
class Focal(OfProbabilities):
    """-(1 - p)^gamma · log p, with p the probability of the true class: a log loss that counts easy rows less.

    Use it for classes of very different sizes, where the many easy rows of a large class would dominate. The
    probabilities that it learns are closer together than the true ones. Outputs and y are as for `LogLoss`, but y is
    0 or 1 with sigmoid outputs. Lin et al. 2017, arXiv:1708.02002, without the paper's alpha, which weights the
    classes.

    Parameters
    ----------
    gamma : float, default=2.0
        >= 0; 0 is the log loss.

    Examples
    --------
    >>> import neuract as na
    >>> X, y = [[-2.0], [0.0], [2.0]], [1, 1, 1]
    >>> net = na.Network([na.Dense(1, "sigmoid")], loss=na.Focal(gamma=2)).set_parameters([[[1.0]]])
    >>> [round(net.loss([x], [1]), 3) for x in X]
    [1.65, 0.173, 0.002]
    """

    gamma: float = 2.0
    names = ("focal",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "gamma", real_number(self.gamma, "gamma", low=0, open_high=True))

    @property
    def parameters(self) -> tuple[float, ...]:
        return (self.gamma,)

    def _check_labels(self, y: Array) -> None:
        if ((y != 0) & (y != 1)).any():
            other = y[(y != 0) & (y != 1)][0]
            raise ValueError(f"focal with sigmoid outputs needs y to be 0 or 1, got {_number(other)}")


PROBABILITIES: tuple[type[Loss], ...] = (LogLoss, Focal)
"""The losses in this file."""


def class_numbers(y: Array, rows: int, n_classes: int) -> Array:
    """Returns class numbers as one column, from class numbers or one column per class."""
    if y.shape == (rows, n_classes) and n_classes > 1:
        if not (np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all()):
            raise ValueError(f"y with {n_classes} columns must have a single 1 in each row and 0 elsewhere")
        classes: Array = y.argmax(axis=1).astype(y.dtype)
        return classes[:, np.newaxis]
    if y.shape not in ((rows,), (rows, 1)):
        raise ValueError(
            f"y must hold one class number per row, shape ({rows},), or one column per class, shape ({rows}, "
            f"{n_classes}); got {y.shape}"
        )
    if ((y < 0) | (y >= n_classes) | (y != np.floor(y))).any():
        wrong = y[(y < 0) | (y >= n_classes) | (y != np.floor(y))].flat[0]
        raise ValueError(f"y must hold class numbers 0 to {n_classes - 1}, one for each output; got {_number(wrong)}")
    return np.ascontiguousarray(y.reshape(rows, 1))


def _number(value: float) -> int | float:
    """Returns the number as the user gave it: 3, not 3.0."""
    return int(value) if value == int(value) else float(value)
