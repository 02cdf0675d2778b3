# SPDX-License-Identifier: BSD-3-Clause
"""Piecewise linear activations, and HardSwish: cheap approximations of smooth ones, and shrinkage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuract._checks import real_number
from neuract.activations._base import Activation

__all__ = ["HardShrink", "HardSigmoid", "HardSwish", "HardTanh", "SoftShrink"]


@dataclass(frozen=True, repr=False)
class HardSigmoid(Activation):
    """f(z) = min(max(z + 3, 0), 6) / 6: the sigmoid in three linear pieces, as in PyTorch and Keras 3.

    Examples
    --------
    >>> import neuract as na
    >>> na.HardSigmoid()([-4.0, 0.0, 1.5])
    array([0.  , 0.5 , 0.75])
    """

    names = ("hard_sigmoid",)
    margin = 0.0
    bounds = (0.0, 1.0)


@dataclass(frozen=True, repr=False)
class HardSwish(Activation):
    """f(z) = z · min(max(z + 3, 0), 6) / 6: SiLU with the hard sigmoid. Howard et al. 2019, arXiv:1905.02244.

    Examples
    --------
    >>> import neuract as na
    >>> na.HardSwish()([-1.5, 0.0, 4.0])
    array([-0.375,  0.   ,  4.   ])
    """

    names = ("hard_swish", "hard_silu")
    bounds = (-0.375, np.inf)


@dataclass(frozen=True, repr=False)
class HardTanh(Activation):
    """f(z) = min(max(z, -1), 1).

    Examples
    --------
    >>> import neuract as na
    >>> na.HardTanh()([-3.0, 0.5, 2.0])
    array([-1. ,  0.5,  1. ])
    """

    names = ("hard_tanh",)
    margin = 0.0
    bounds = (-1.0, 1.0)


@dataclass(frozen=True, repr=False)
class HardShrink(Activation):
    """f(z) = z where abs(z) > lambd, else 0.

    Parameters
    ----------
    lambd : float, default=0.5
        λ >= 0, named as in PyTorch, since lambda is a Python keyword.

    Examples
    --------
    >>> import neuract as na
    >>> na.HardShrink()([-2.0, 0.5, 1.0])
    array([-2.,  0.,  1.])
    """

    lambd: float = 0.5
    names = ("hard_shrink",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lambd", real_number(self.lambd, "lambd", low=0, open_high=True))

    @property
    def parameter(self) -> float:
        return self.lambd


@dataclass(frozen=True, repr=False)
class SoftShrink(HardShrink):
    """f(z) = z - lambd where z > lambd, z + lambd where z < -lambd, else 0.

    Parameters
    ----------
    lambd : float, default=0.5
        λ >= 0, the distance by which z moves towards 0.

    Examples
    --------
    >>> import neuract as na
    >>> na.SoftShrink()([-2.0, 0.5, 1.0])
    array([-1.5,  0. ,  0.5])
    """

    names = ("soft_shrink",)


HARD = (HardSigmoid, HardSwish, HardTanh, HardShrink, SoftShrink)
"""The activations of this file."""
