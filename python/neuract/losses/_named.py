# SPDX-License-Identifier: BSD-3-Clause
"""The names of losses, and the loss that belongs to an output activation."""

from __future__ import annotations

from collections.abc import Mapping

from neuract._checks import named_classes
from neuract.activations._base import Activation
from neuract.activations._named import Exponential, Sigmoid, Softmax
from neuract.losses._base import Loss, OwnFunction
from neuract.losses._numbers import NUMBERS, Poisson, SquaredError
from neuract.losses._own import OwnLoss
from neuract.losses._probabilities import PROBABILITIES, LogLoss

LOSSES: Mapping[str, type[Loss]] = named_classes(*NUMBERS, *PROBABILITIES)
"""Every name that is accepted for a loss, and its class."""


def loss(name: str | Loss | OwnFunction) -> Loss:
    """The loss of that name with its default parameters; a Loss object is returned as it is, a function as one.

    Examples
    --------
    >>> from neuract.losses import loss
    >>> loss("huber")
    Huber(delta=1.0)
    """
    if isinstance(name, Loss):
        return name
    accepted = ", ".join(LOSSES)
    if not isinstance(name, str):
        if callable(name) and not isinstance(name, type):
            return OwnLoss(name)
        raise TypeError(f"loss must be a Loss object, a function or one of {accepted}; got {name!r}")
    if name not in LOSSES:
        raise ValueError(f"unknown loss {name!r}; there are: {accepted}")
    return LOSSES[name]()


def default_loss(output: Activation) -> Loss:
    """The loss that belongs to an output activation."""
    if isinstance(output, (Sigmoid, Softmax)):
        return LogLoss()
    return Poisson() if isinstance(output, Exponential) else SquaredError()
