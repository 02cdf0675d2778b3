# SPDX-License-Identifier: BSD-3-Clause
"""What every loss is."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from neuract._typing import Array
from neuract.activations._base import Activation
from neuract.activations._named import Softmax
from neuract.inputs._arrays import numeric

OwnFunction = Callable[[Array, Array], tuple[Array, Array]]


class Loss:
    """What an output costs, given the target."""

    names: ClassVar[tuple[str, ...]]

    @property
    def name(self) -> str:
        """As accepted by `loss`."""
        return self.names[0]

    @property
    def parameters(self) -> tuple[float, ...]:
        """What the C code takes beside output and target: one number for all outputs, or one for each."""
        return (0.0,)

    @property
    def outputs(self) -> int | None:
        """How many outputs it needs for one target; None: one for each target."""
        return None

    @property
    def own(self) -> OwnFunction | None:
        """The function that computes the loss in place of the core."""
        return None

    def core_name(self, output: Activation) -> str:
        """The core's loss for this output activation; ValueError with the reason where the two do not go together."""
        if isinstance(output, Softmax):
            raise ValueError(
                f"softmax with {self.name} is not supported: softmax gives the probabilities of one class of several, "
                "which log_loss measures; for regression use a linear output"
            )
        return self.name

    def targets(self, y: object, rows: int, n_out: int, output: Activation, dtype: str) -> Array:
        """y as the core takes it, (rows, n_out); ValueError where it does not fit."""
        array = numeric(y, "y", dtype)
        given = array.shape
        if array.ndim == 1 and n_out == 1:
            array = array[:, np.newaxis]
        if array.shape != (rows, n_out):
            expected = f"({rows}, {n_out})" + (f" or ({rows},)" if n_out == 1 else "")
            raise ValueError(f"y must have shape {expected} to match X and the output layer; got {given}")
        return array
