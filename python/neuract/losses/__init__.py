# SPDX-License-Identifier: BSD-3-Clause
"""Losses, which training minimizes. The formulas are in ``csrc/losses.h``.

A network's loss is the mean over rows, weighted by the sample weights, of the sum over outputs.
"""

from neuract.losses import _numbers, _probabilities
from neuract.losses._base import Loss
from neuract.losses._named import LOSSES, default_loss, loss
from neuract.losses._numbers import *  # noqa: F403
from neuract.losses._own import OwnLoss
from neuract.losses._probabilities import *  # noqa: F403

__all__ = ["LOSSES", "Loss", "OwnLoss", "default_loss", "loss"]
__all__ += _numbers.__all__
__all__ += _probabilities.__all__
