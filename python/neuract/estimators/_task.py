# SPDX-License-Identifier: BSD-3-Clause
"""The task of an estimator's network: the loss, and the matching output layer."""

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
    """A loss and an output layer; core_loss: the core's name for the pair."""

    loss: Loss
    core_loss: str
    output: Activation
    n_outputs: int

    def targets(self, y: Array, dtype: str) -> Array:
        """Returns y, which scikit-learn has found finite, in the core's form."""
        known = y.dtype == dtype and y.flags.c_contiguous and y.flags.aligned
        y = y if known else numeric(y, "y", dtype)  # numbers may be too large for a smaller dtype
        return np.require(self.loss.arranged(y, len(y), self.n_outputs, self.output), requirements=["C", "A"])


def task(loss: Loss, output: Activation, n_outputs: int, given: Any = None) -> Task:
    """Returns the task; given: the user's activation, which replaces `output`, or None."""
    if given is not None:
        chosen = activation_named(given)
        if isinstance(chosen, Softmax) != isinstance(output, Softmax):
            raise ValueError(
                f"output_activation={given!r} does not match y: softmax is for one of several classes, and only for "
                f"them; use {output!r} or one like it"
            )
        output = chosen
    return Task(loss, loss.core_name(output), output, n_outputs)  # refuses pairs that do not match
