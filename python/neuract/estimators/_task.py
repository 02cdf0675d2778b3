# SPDX-License-Identifier: BSD-3-Clause
"""What an estimator's network learns: the loss, and the output layer that goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.activations._base import Activation
from neuract.activations._named import Softmax
from neuract.activations._named import activation as activation_named
from neuract.inputs._arrays import numeric
from neuract.losses._base import Loss


@dataclass(frozen=True)
class Task:
    """A loss of an output layer; core_loss: the core's name for the two."""

    loss: Loss
    core_loss: str
    output: Activation
    n_outputs: int

    def targets(self, y: Array, dtype: str) -> Array:
        """Returns y, which scikit-learn has found finite, as the core takes it."""
        known = y.dtype == dtype and y.flags.c_contiguous and y.flags.aligned
        y = y if known else numeric(y, "y", dtype)  # a smaller dtype may not hold every number
        return np.require(self.loss.arranged(y, len(y), self.n_outputs, self.output), requirements=["C", "A"])


def task(loss: Loss, output: Activation, n_outputs: int, given: Any = None) -> Task:
    """Returns the task; given: the user's activation in place of `output`, where there is one."""
    if given is not None:
        chosen = activation_named(given)
        if isinstance(chosen, Softmax) != isinstance(output, Softmax):
            raise ValueError(
                f"output_activation={given!r} does not go with this target: softmax is for one of several classes, and "
                f"for it alone; here it must be like {output!r}"
            )
        output = chosen
    return Task(loss, loss.core_name(output), output, n_outputs)  # refuses pairs that make no sense
