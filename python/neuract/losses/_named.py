# SPDX-License-Identifier: BSD-3-Clause
"""The names of losses, and the default loss of an output activation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from neuract._checks import class_named, named_classes
from neuract.activations._base import Activation
from neuract.activations._named import Exponential, Sigmoid, Softmax
from neuract.losses._base import Loss, OwnFunction
from neuract.losses._numbers import NUMBERS, Poisson, SquaredError
from neuract.losses._own import OwnLoss
from neuract.losses._probabilities import PROBABILITIES, LogLoss

LOSSES: Mapping[str, type[Loss]] = named_classes(*NUMBERS, *PROBABILITIES)
"""Every accepted name of a loss, and its class."""


NumbersLossName = Literal["squared_error", "absolute_error", "huber", "quantile", "poisson", "gamma"]
ProbabilitiesLossName = Literal["log_loss", "focal"]
LossName = Literal[NumbersLossName, ProbabilitiesLossName]
"""The names of `LOSSES`, for type checkers."""


def loss(name: LossName | Loss | OwnFunction) -> Loss:
    """Returns the loss of that name with default parameters, the given Loss object itself, or a function as an OwnLoss.

    Examples
    --------
    >>> from neuract.losses import loss
    >>> loss("huber")
    Huber()
    """
    if isinstance(name, Loss):
        return name
    if callable(name) and not isinstance(name, type):
        return OwnLoss(name)
    return class_named(name, "loss", "a Loss object, a function", LOSSES)()


def default_loss(output: Activation) -> Loss:
    """Returns the default loss of an output activation."""
    if isinstance(output, (Sigmoid, Softmax)):
        return LogLoss()
    return Poisson() if isinstance(output, Exponential) else SquaredError()
