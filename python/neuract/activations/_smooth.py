# SPDX-License-Identifier: BSD-3-Clause
"""Smooth activations: rectifiers without a corner, gates z·g(z), and others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from neuract._checks import one_of, real_number
from neuract.activations._base import Activation

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "SELU",
    "LogSigmoid",
    "Mish",
    "SiLU",
    "Sin",
    "Softplus",
    "Softsign",
    "Squareplus",
    "TanhShrink",
]


@dataclass(frozen=True, repr=False)
class ELU(Activation):
    """f(z) = z where z > 0, else alpha · (exp(z) - 1): the exponential linear unit.

    Its mean output is nearer to 0 than ReLU's. Clevert et al. 2015, arXiv:1511.07289.

    Parameters
    ----------
    alpha : float, default=1.0
        Minus the limit for large negative z, > 0. The slope jumps at 0 unless alpha is 1.

    Examples
    --------
    >>> import neuract as na
    >>> na.ELU()([-1.0, 2.0]).round(4)
    array([-0.6321,  2.    ])
    """

    alpha: float = 1.0
    names = ("elu",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", real_number(self.alpha, "alpha", low=0, open_low=True, open_high=True))

    @property
    def parameter(self) -> float:
        return self.alpha

    @property
    def bounds(self) -> tuple[float, float]:
        return -self.alpha, np.inf


@dataclass(frozen=True, repr=False)
class SELU(Activation):
    """f(z) = 1.0507 z where z > 0, else 1.7581 (exp(z) - 1): ELU scaled so that layers keep mean 0 and variance 1.

    They do so for weights of mean 0 and variance 1 / n_in: make the network with init="lecun_normal", since the default
    draws Glorot's weights. Klambauer et al. 2017, arXiv:1706.02515, with all digits of the constants.

    Examples
    --------
    >>> import neuract as na
    >>> na.SELU()([-1.0, 2.0]).round(4)
    array([-1.1113,  2.1014])
    """

    names = ("selu",)
    bounds = (-1.7580993408473769, np.inf)


@dataclass(frozen=True, repr=False)
class CELU(Activation):
    """f(z) = z where z > 0, else alpha · (exp(z / alpha) - 1): ELU whose slope has no jump at 0 for any alpha.

    Barron 2017, arXiv:1704.07483.

    Parameters
    ----------
    alpha : float, default=1.0
        Minus the limit for large negative z, from 1e-30 to 1e30.

    Examples
    --------
    >>> import neuract as na
    >>> na.CELU(alpha=0.5).derivative([-1.0, 0.0, 2.0]).round(4)
    array([0.1353, 1.    , 1.    ])
    """

    alpha: float = 1.0
    names = ("celu",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", real_number(self.alpha, "alpha", low=1e-30, high=1e30))

    @property
    def parameter(self) -> float:
        return self.alpha

    @property
    def bounds(self) -> tuple[float, float]:
        return -self.alpha, np.inf


@dataclass(frozen=True, repr=False)
class GELU(Activation):
    """f(z) = z · Φ(z), Φ the cumulative normal distribution: the Gaussian error linear unit.

    Accurate to a few units in the last place also for large negative z, where 1 + erf(z / √2) loses all digits.
    Hendrycks & Gimpel 2016, arXiv:1606.08415.

    Parameters
    ----------
    approximate : {"none", "tanh"}, default="none"
        "tanh": the formula z / 2 · (1 + tanh(√(2/π) · (z + 0.044715 z³))), which differs from z · Φ(z) by up to
        0.0005. Use it for networks that were trained with it.

    Examples
    --------
    >>> import neuract as na
    >>> na.GELU()([-1.0, 2.0]).round(4)
    array([-0.1587,  1.9545])
    >>> na.GELU(approximate="tanh")([-1.0, 2.0]).round(4)
    array([-0.1588,  1.9546])
    """

    approximate: str = "none"
    names = ("gelu",)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"gelu_tanh": {"approximate": "tanh"}}

    def __post_init__(self) -> None:
        one_of(self.approximate, "approximate", ("none", "tanh"))

    @property
    def core_name(self) -> str:
        return "gelu" if self.approximate == "none" else "gelu_tanh"

    @property
    def bounds(self) -> tuple[float, float]:
        return -0.16997120747990364 if self.approximate == "none" else -0.17004075057125406, np.inf


@dataclass(frozen=True, repr=False)
class SiLU(Activation):
    """f(z) = z · sigmoid(z), the sigmoid-weighted linear unit; also called swish.

    Elfwing et al. 2017, arXiv:1702.03118.

    Examples
    --------
    >>> import neuract as na
    >>> na.SiLU()([-1.0, 2.0]).round(4)
    array([-0.2689,  1.7616])
    """

    names = ("silu", "swish")
    bounds = (-0.2784645427610738, np.inf)


@dataclass(frozen=True, repr=False)
class Mish(Activation):
    """f(z) = z · tanh(log(1 + exp(z))). Misra 2019, arXiv:1908.08681.

    Examples
    --------
    >>> import neuract as na
    >>> na.Mish()([-1.0, 2.0]).round(4)
    array([-0.3034,  1.944 ])
    """

    names = ("mish",)
    bounds = (-0.3088434130172505, np.inf)


@dataclass(frozen=True, repr=False)
class Softplus(Activation):
    """f(z) = log(1 + exp(z)): a ReLU without a corner, positive. Its derivative is the sigmoid.

    Examples
    --------
    >>> import neuract as na
    >>> na.Softplus()([-1.0, 2.0]).round(4)
    array([0.3133, 2.1269])
    """

    names = ("softplus",)
    bounds = (0.0, np.inf)


@dataclass(frozen=True, repr=False)
class LogSigmoid(Activation):
    """f(z) = log(sigmoid(z)) = -log(1 + exp(-z)), negative.

    Examples
    --------
    >>> import neuract as na
    >>> na.LogSigmoid()([-1.0, 2.0]).round(4)
    array([-1.3133, -0.1269])
    """

    names = ("log_sigmoid",)
    bounds = (-np.inf, 0.0)


@dataclass(frozen=True, repr=False)
class Squareplus(Activation):
    """f(z) = (z + √(z² + b)) / 2: near softplus, without an exponential. Barron 2021, arXiv:2112.11687.

    Parameters
    ----------
    b : float, default=4.0
        Width of the bend around 0, from 1e-30 to 1e30; f(0) = √b / 2.

    Examples
    --------
    >>> import neuract as na
    >>> na.Squareplus()([-1.0, 0.0, 2.0]).round(4)
    array([0.618 , 1.    , 2.4142])
    """

    b: float = 4.0
    names = ("squareplus",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "b", real_number(self.b, "b", low=1e-30, high=1e30))

    @property
    def parameter(self) -> float:
        return self.b

    bounds = (0.0, np.inf)


@dataclass(frozen=True, repr=False)
class Softsign(Activation):
    """f(z) = z / (1 + abs(z)), between -1 and 1; it approaches its limits more slowly than tanh.

    Examples
    --------
    >>> import neuract as na
    >>> na.Softsign()([-1.0, 4.0])
    array([-0.5,  0.8])
    """

    names = ("softsign",)
    margin = 0.01
    bounds = (-1.0, 1.0)


@dataclass(frozen=True, repr=False)
class TanhShrink(Activation):
    """f(z) = z - tanh(z): about z³ / 3 near 0.

    Examples
    --------
    >>> import neuract as na
    >>> na.TanhShrink()([-1.0, 0.001]).round(12)
    array([-2.38405844e-01,  3.33000000e-10])
    """

    names = ("tanh_shrink",)


@dataclass(frozen=True, repr=False)
class Sin(Activation):
    """f(z) = sin(z), for functions that oscillate. Sitzmann et al. 2020, arXiv:2006.09661.

    The paper scales the inputs of the first layer by 30. f is 0 for abs(z) beyond 2¹⁶ in float32 and 2⁴⁵ in float64,
    where neighbouring numbers are 1/128 apart.

    Examples
    --------
    >>> import neuract as na
    >>> na.Sin()([0.0, 0.5]).round(4)
    array([0.    , 0.4794])
    """

    names = ("sin",)
    bounds = (-1.0, 1.0)


SMOOTH = (ELU, SELU, CELU, GELU, SiLU, Mish, Softplus, LogSigmoid, Squareplus, Softsign, TanhShrink, Sin)
"""The activations of this file."""
