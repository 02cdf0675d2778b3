# SPDX-License-Identifier: BSD-3-Clause
"""Losses: what training minimizes. The formulas are in ``csrc/losses.h``.

A network's loss is the mean over rows, weighted by the sample weights, of the sum over outputs.
"""

from neuract.losses._base import Loss
from neuract.losses._named import LOSSES, default_loss, loss
from neuract.losses._numbers import AbsoluteError, Gamma, Huber, Poisson, Quantile, SquaredError
from neuract.losses._own import OwnLoss
from neuract.losses._probabilities import Focal, LogLoss

__all__ = [
    "LOSSES",
    "AbsoluteError",
    "Focal",
    "Gamma",
    "Huber",
    "LogLoss",
    "Loss",
    "OwnLoss",
    "Poisson",
    "Quantile",
    "SquaredError",
    "default_loss",
    "loss",
]
