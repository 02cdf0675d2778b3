# SPDX-License-Identifier: BSD-3-Clause
"""A loss that the user gives as a function."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuract._typing import Array
from neuract.activations._base import Activation
from neuract.activations._named import Softmax
from neuract.losses._base import Loss, OwnFunction
from neuract.losses._probabilities import class_numbers


@dataclass(frozen=True, repr=False)
class OwnLoss(Loss):
    """A loss that you write yourself, as a function of NumPy arrays; `loss=function` makes an OwnLoss.

    It runs on one thread, as fast as the function. The core continues the gradient through the output activation.

    Parameters
    ----------
    function : callable
        ``function(y_true, y_pred)`` returns ``(values, gradient)``: the loss of each row, shape (rows,), and its
        derivative with respect to y_pred, shape (rows, n_out), for at most 1,024 rows of a batch. y_true and y_pred
        have shape (rows, n_out) and the network's dtype; with softmax y_true is 1 for the row's class and 0 for the
        others. The core applies sample weights afterwards. A row must not depend on other rows.

    Examples
    --------
    >>> import neuract as na
    >>> def log_cosh(y_true, y_pred):
    ...     r = y_pred - y_true
    ...     return np.log(np.cosh(r)).sum(axis=1), np.tanh(r)
    >>> X, y = np.zeros((3, 1)), [1.0, 2.0, 3.0]
    >>> net = na.Network([na.Dense(1, "linear")], loss=log_cosh, optimizer="lbfgs", random_state=0)
    >>> net.fit(X, y).predict(X[:1]).round(3)
    array([[2.]], dtype=float32)
    """

    function: OwnFunction
    names = ()
    of = "any"
    summed = True

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise TypeError(f"function must be callable, got {self.function!r}")

    @property
    def name(self) -> str:
        return getattr(self.function, "__name__", repr(self.function))

    @property
    def own(self) -> OwnFunction:
        return self._checked

    def core_name(self, output: Activation) -> str:
        return "own_softmax" if isinstance(output, Softmax) else "own"

    def arranged(self, y: Array, rows: int, n_out: int, output: Activation) -> Array:
        if isinstance(output, Softmax):
            return class_numbers(y, rows, n_out)
        return super().arranged(y, rows, n_out, output)

    def _checked(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        """Returns the function's result, checked, in the dtype and the shapes that the core takes."""
        result = self.function(y_true, y_pred)
        if not isinstance(result, tuple) or len(result) != 2:
            raise TypeError(f"the loss {self.name} must return a tuple (values, gradient), got {result!r}")
        values, gradient = (np.require(part, y_pred.dtype, ["C", "A"]) for part in result)
        if values.shape != y_pred.shape[:1] or gradient.shape != y_pred.shape:
            raise ValueError(
                f"the loss {self.name} must return values of shape {y_pred.shape[:1]} and a gradient of shape "
                f"{y_pred.shape}, got {values.shape} and {gradient.shape}"
            )
        return values, gradient
