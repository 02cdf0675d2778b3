# SPDX-License-Identifier: BSD-3-Clause
"""The common activations, and the names of all activations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

import neuract._neuract_core as core
from neuract._checks import boolean, class_named, named_classes, real_number
from neuract._typing import Array
from neuract.activations._base import Activation, float_array
from neuract.activations._hard import HARD
from neuract.activations._smooth import SMOOTH

__all__ = [
    "ACTIVATIONS",
    "Exponential",
    "LeakyReLU",
    "Linear",
    "PReLU",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "activation",
]


@dataclass(frozen=True, repr=False)
class Linear(Activation):
    """f(z) = slope · z: the identity when the slope is 1.

    Parameters
    ----------
    slope : float, default=1.0
        The slope, a finite number.

    Examples
    --------
    >>> import neuract as na
    >>> na.Linear(slope=2.0)([1.0, -3.0])
    array([ 2., -6.])
    """

    slope: float = 1.0
    names = ("linear", "identity")

    def __post_init__(self) -> None:
        object.__setattr__(self, "slope", real_number(self.slope, "slope", open_low=True, open_high=True))

    @property
    def parameter(self) -> float:
        return self.slope


@dataclass(frozen=True, repr=False)
class Sigmoid(Activation):
    """f(z) = 1 / (1 + exp(-z)), between 0 and 1; also called logistic.

    Its slope is at most 1/4, so gradients vanish through many sigmoid layers.

    Examples
    --------
    >>> import neuract as na
    >>> na.Sigmoid()(0.0)
    array(0.5)
    """

    names = ("sigmoid", "logistic")
    margin = 0.01
    bounds = (0.0, 1.0)


@dataclass(frozen=True, repr=False)
class Tanh(Activation):
    """f(z) = tanh(z), between -1 and 1.

    Examples
    --------
    >>> import neuract as na
    >>> na.Tanh().derivative(0.0)
    array(1.)
    """

    names = ("tanh",)
    margin = 0.01
    bounds = (-1.0, 1.0)


@dataclass(frozen=True, repr=False)
class ReLU(Activation):
    """f(z) = min(max(z, 0), max_value), the rectified linear unit.

    Parameters
    ----------
    max_value : float or None, default=None
        The upper bound, > 0. None: no bound; "relu6": 6.

    Examples
    --------
    >>> import neuract as na
    >>> na.ReLU(max_value=1)([-1.0, 0.25, 3.0])
    array([0.  , 0.25, 1.  ])
    """

    max_value: float | None = None
    names = ("relu",)
    margin = 0.0
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"relu6": {"max_value": 6.0}}

    def __post_init__(self) -> None:
        if self.max_value is not None:
            bound = real_number(self.max_value, "max_value", low=0, open_low=True, open_high=True)
            object.__setattr__(self, "max_value", bound)

    @property
    def parameter(self) -> float:
        return np.inf if self.max_value is None else self.max_value

    @property
    def bounds(self) -> tuple[float, float]:
        return 0.0, self.parameter


@dataclass(frozen=True, repr=False)
class LeakyReLU(Activation):
    """f(z) = z where z > 0, else alpha · z: a ReLU that cannot die.

    Parameters
    ----------
    alpha : float, default=0.01
        The slope for negative z.

    Examples
    --------
    >>> import neuract as na
    >>> na.LeakyReLU()([-1.0, 2.0])
    array([-0.01,  2.  ])
    """

    alpha: float = 0.01
    names = ("leaky_relu",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", real_number(self.alpha, "alpha", open_low=True, open_high=True))

    @property
    def parameter(self) -> float:
        return self.alpha

    @property
    def bounds(self) -> tuple[float, float]:
        return -np.inf if self.alpha > 0 else 0.0, np.inf


@dataclass(frozen=True, repr=False)
class PReLU(LeakyReLU):
    """f(z) = z where z > 0, else alpha · z, where training learns alpha next to the weights.

    He et al. 2015, arXiv:1502.01852. The object, called on an array, uses its initial alpha; `Network.slopes` has the
    alphas that a network has learned.

    Parameters
    ----------
    alpha : float, default=0.25
        The initial alpha. Learning may make it negative.
    shared : bool, default=False
        One alpha for the layer, not one for each neuron.

    Examples
    --------
    >>> import neuract as na
    >>> na.PReLU()([-1.0, 2.0])
    array([-0.25,  2.  ])
    """

    alpha: float = 0.25
    shared: bool = False
    names = ("prelu",)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "shared", boolean(self.shared, "shared"))

    bounds = (-np.inf, np.inf)  # alpha may change


@dataclass(frozen=True, repr=False)
class Exponential(Activation):
    """f(z) = exp(z), positive: the output activation for the poisson loss.

    Examples
    --------
    >>> import neuract as na
    >>> na.Exponential()(0.0)
    array(1.)
    """

    names = ("exponential", "exp")
    bounds = (0.0, np.inf)


@dataclass(frozen=True, repr=False)
class Softmax(Activation):
    """y_j = exp(z_j) / Σ_i exp(z_i) over the last axis: the probabilities of one of k classes. Output layer only.

    Examples
    --------
    >>> import neuract as na
    >>> na.Softmax()([[0.0, 0.0]])
    array([[0.5, 0.5]])
    """

    names = ("softmax",)
    bounds = (0.0, 1.0)

    def __call__(self, z: npt.ArrayLike) -> Array:
        """Computes y = softmax(z) over the last axis."""
        source = float_array(z)
        if source.ndim == 0:
            raise ValueError("softmax needs an array with at least one axis, got a single number")
        y = np.empty_like(source)
        if source.size:
            n = source.shape[-1]
            core.apply_softmax(source.dtype.name, source.size // n, n, source, y)
        return y

    def derivative(self, z: npt.ArrayLike) -> Array:
        """Raises ValueError, since every output depends on every z."""
        raise ValueError(
            "softmax has no elementwise derivative: each output depends on every z of the row. Its Jacobian times "
            "a vector v is y * (v - (y * v).sum(-1, keepdims=True)) with y = softmax(z)"
        )


ACTIVATIONS: Mapping[str, type[Activation]] = named_classes(
    Linear, Sigmoid, Tanh, ReLU, LeakyReLU, PReLU, Exponential, Softmax, *SMOOTH, *HARD
)
"""Every accepted name of an activation, and its class."""


ActivationName = Literal[
    "linear",
    "identity",
    "sigmoid",
    "logistic",
    "tanh",
    "relu",
    "relu6",
    "leaky_relu",
    "prelu",
    "exponential",
    "exp",
    "softmax",
    "elu",
    "selu",
    "celu",
    "gelu",
    "gelu_tanh",
    "silu",
    "swish",
    "mish",
    "softplus",
    "log_sigmoid",
    "squareplus",
    "softsign",
    "tanh_shrink",
    "sin",
    "hard_sigmoid",
    "hard_swish",
    "hard_silu",
    "hard_tanh",
    "hard_shrink",
    "soft_shrink",
]
"""The names of `ACTIVATIONS`, for type checkers."""


def activation(name: ActivationName | Activation) -> Activation:
    """Returns the activation of that name with default parameters, or the given Activation object itself.

    Parameters
    ----------
    name : str or Activation
        One of `ACTIVATIONS`.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists the names.

    Examples
    --------
    >>> import neuract as na
    >>> na.activation("relu")
    ReLU()
    """
    if isinstance(name, Activation):
        return name
    kind = class_named(name, "activation", "an Activation object", ACTIVATIONS)
    return kind(**kind.presets.get(name, {}))
