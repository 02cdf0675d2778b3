# SPDX-License-Identifier: BSD-3-Clause
"""The base class of losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

import numpy as np

from neuract._reprs import Described
from neuract._typing import Array
from neuract.activations._base import Activation
from neuract.activations._named import Linear, Softmax
from neuract.inputs._arrays import numeric

OwnFunction = Callable[[Array, Array], tuple[Array, Array]]


class Loss(Described):
    """The cost of an output, given the target.

    Attributes
    ----------
    of : {"numbers", "probabilities", "any"}
        The kind of the outputs: an estimator accepts the losses of its own kind and of "any".
    default_output : Activation
        The output activation of a regressor that uses this loss.
    positive_targets : bool
        Whether the loss refuses a y below 0.
    summed : bool
        Whether scikit-learn, too, reports the sum over several outputs, not their mean.
    """

    names: ClassVar[tuple[str, ...]]
    of: ClassVar[Literal["numbers", "probabilities", "any"]] = "numbers"
    default_output: ClassVar[Activation] = Linear()
    positive_targets: ClassVar[bool] = False
    summed: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """The name that `loss` accepts."""
        return self.names[0]

    @property
    def parameters(self) -> tuple[float, ...]:
        """The parameters that the C code takes next to output and target: one for all outputs, or one for each."""
        return (0.0,)

    @property
    def outputs(self) -> int | None:
        """How many outputs the loss needs for one target; None: one for each target."""
        return len(self.quantiles) or None

    @property
    def quantiles(self) -> tuple[float, ...]:
        """The quantiles of one target with an output each; empty for most losses."""
        return ()

    @property
    def own(self) -> OwnFunction | None:
        """The function that computes the loss instead of the core."""
        return None

    def core_name(self, output: Activation) -> str:
        """Returns the core's loss for this output activation; ValueError with the reason if they do not match."""
        if isinstance(output, Softmax):
            raise ValueError(
                f"softmax with {self.name} is not supported: softmax gives probabilities of classes, which need "
                "log_loss; for regression use a linear output"
            )
        return self.name

    def targets(self, y: object, rows: int, n_out: int, output: Activation, dtype: str) -> Array:
        """Returns y in the form that the core takes, (rows, n_out); ValueError if it does not fit."""
        return self.arranged(numeric(y, "y", dtype), rows, n_out, output)

    def arranged(self, y: Array, rows: int, n_out: int, output: Activation) -> Array:
        """Returns `targets` for a y of finite numbers in the network's dtype."""
        array, given = y, y.shape
        if array.ndim == 1 and n_out == 1:
            array = array[:, np.newaxis]
        if array.shape != (rows, n_out):
            expected = f"({rows}, {n_out})" + (f" or ({rows},)" if n_out == 1 else "")
            raise ValueError(f"y must have shape {expected} to match X and the output layer; got {given}")
        return array
