# SPDX-License-Identifier: BSD-3-Clause
"""A layer of neurons, as a network is described by it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neuract._validation import numeric, real_number, whole_number
from neuract.activations import Activation, Softmax
from neuract.activations import activation as activation_named


class Dense:
    """A layer of neurons, each connected to every neuron of the layer before.

    Neuron j sums its inputs, z = Σ_k x_k · weights[k, j] + biases[j], and computes y = f(z). It passes y on unless
    y is below its threshold; then it passes 0, and no gradient flows through it.

    Parameters
    ----------
    units : int
        Number of neurons, >= 1.
    activation : str or Activation, default="relu"
        f. Softmax is for the last layer of a network only.
    threshold : None, float or array of shape (units,), default=None
        None: whatever y is, it is passed on. Not for the last layer of a network.
    dropout : float, default=0.0
        Share of the neurons, in [0, 1), that each training step leaves out at random; the others are scaled by
        1 / (1 - dropout). Not for the last layer of a network.

    Examples
    --------
    >>> import neuract as na
    >>> na.Dense(3, "tanh", threshold=0.1)
    Dense(3, activation=Tanh(), threshold=0.1)
    """

    def __init__(
        self,
        units: int,
        activation: str | Activation = "relu",
        *,
        threshold: float | npt.ArrayLike | None = None,
        dropout: float = 0.0,
    ) -> None:
        self.units = whole_number(units, "units", low=1)
        self.activation = activation_named(activation)
        self.threshold = _threshold(threshold, self.units)
        self.dropout = real_number(dropout, "dropout", low=0, high=1, open_high=True)
        if self.threshold is not None and isinstance(self.activation, Softmax):
            raise ValueError("a softmax layer is an output layer, and output neurons have no threshold")

    @property
    def thresholds(self) -> npt.NDArray[np.float64] | None:
        """One threshold for each neuron, or None."""
        if self.threshold is None:
            return None
        return np.ascontiguousarray(np.broadcast_to(self.threshold, (self.units,)), dtype=np.float64)

    def __repr__(self) -> str:
        threshold = None if self.threshold is None else np.asarray(self.threshold).tolist()
        given = [f"activation={self.activation!r}"]
        given += [f"threshold={threshold!r}"] if threshold is not None else []
        given += [f"dropout={self.dropout!r}"] if self.dropout else []
        return f"Dense({self.units}, {', '.join(given)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dense) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))


def _threshold(threshold: Any, units: int) -> float | npt.NDArray[np.float64] | None:
    if threshold is None:
        return None
    array = numeric(threshold, "threshold", "float64")
    if array.ndim == 0:
        return float(array)
    if array.shape != (units,):
        raise ValueError(
            f"threshold must be None, a number, or one number for each of the {units} neurons; got shape {array.shape}"
        )
    return array.copy()
