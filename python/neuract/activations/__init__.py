# SPDX-License-Identifier: BSD-3-Clause
"""Activation functions as objects: callable, differentiable, equal by value, with a repr that can be pasted back.

The formulas are in ``csrc/activations.h``; an object calls the C code that networks run.
"""

from neuract.activations import _hard, _named, _smooth
from neuract.activations._base import Activation
from neuract.activations._hard import *  # noqa: F403
from neuract.activations._named import *  # noqa: F403
from neuract.activations._smooth import *  # noqa: F403

__all__ = ["Activation"]
__all__ += _named.__all__
__all__ += _smooth.__all__
__all__ += _hard.__all__
