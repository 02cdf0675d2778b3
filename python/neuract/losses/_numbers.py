# SPDX-License-Identifier: BSD-3-Clause
"""Losses of numbers: regression, quantiles, counts and amounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuract._checks import real_number
from neuract._typing import Array
from neuract.activations._base import Activation
from neuract.activations._named import Exponential, Sigmoid
from neuract.losses._base import Loss

__all__ = [
    "AbsoluteError",
    "Gamma",
    "Huber",
    "Poisson",
    "Quantile",
    "SquaredError",
]


@dataclass(frozen=True, repr=False)
class SquaredError(Loss):
    """½ (ŷ - y)²."""

    names = ("squared_error",)


@dataclass(frozen=True, repr=False)
class AbsoluteError(Loss):
    """abs(ŷ - y), whose gradient is 0 where ŷ = y."""

    names = ("absolute_error",)


@dataclass(frozen=True, repr=False)
class Huber(Loss):
    """½ r² where abs(r) <= delta, else delta · (abs(r) - ½ delta), with r = ŷ - y.

    Parameters
    ----------
    delta : float, default=1.0
        The abs(r) where the loss changes from square to linear, > 0, in units of y.
    """

    delta: float = 1.0
    names = ("huber",)

    def __post_init__(self) -> None:
        delta = real_number(self.delta, "delta", low=0, open_low=True, open_high=True)
        object.__setattr__(self, "delta", delta)

    @property
    def parameters(self) -> tuple[float, ...]:
        return (self.delta,)


@dataclass(frozen=True, repr=False)
class Quantile(Loss):
    """The pinball loss max(q · (y - ŷ), (q - 1) · (y - ŷ)), least where ŷ is the q-quantile of y.

    Koenker & Bassett 1978.

    Parameters
    ----------
    q : float or sequence of float, default=0.5
        In (0, 1); 0.5 is the median. Several, in increasing order: quantiles of one target, with one output each. A
        network learns each independently, so its outputs may be out of order; `MLPRegressor` sorts them.

    Examples
    --------
    >>> import neuract as na
    >>> X, y = np.zeros((101, 1)), np.linspace(0, 1, 101)
    >>> loss = na.Quantile((0.1, 0.5, 0.9))
    >>> net = na.Network([na.Dense(3, "linear")], loss=loss, learning_rate=0.01, epochs=300, random_state=0)
    >>> net.fit(X, y).predict(X[:1]).round(1)
    array([[0.1, 0.5, 0.9]], dtype=float32)
    """

    q: float | Sequence[float] = 0.5
    names = ("quantile",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "q", _quantiles(self.q))

    @property
    def parameters(self) -> tuple[float, ...]:
        return tuple(np.atleast_1d(self.q).tolist())

    @property
    def quantiles(self) -> tuple[float, ...]:
        return self.q if isinstance(self.q, tuple) else ()

    def arranged(self, y: Array, rows: int, n_out: int, output: Activation) -> Array:
        if self.outputs is None:
            return super().arranged(y, rows, n_out, output)
        target = super().arranged(y, rows, 1, output)
        return np.repeat(target, self.outputs, axis=1)


def _quantiles(q: Any) -> float | tuple[float, ...]:
    if not np.iterable(q) or isinstance(q, str):
        return real_number(q, "q", low=0, high=1, open_low=True, open_high=True)
    several = tuple(real_number(each, "each q", low=0, high=1, open_low=True, open_high=True) for each in q)
    if not several or list(several) != sorted(set(several)):
        raise ValueError(f"q must be a number, or several numbers in increasing order; got {q!r}")
    return several


@dataclass(frozen=True, repr=False)
class Poisson(Loss):
    """Half the Poisson deviance, ŷ - y · log ŷ + y · log y - y: for counts and rates, y >= 0."""

    names = ("poisson",)
    default_output = Exponential()
    positive_targets = True
    summed = True

    def core_name(self, output: Activation) -> str:
        if isinstance(output, Exponential):
            return "poisson_exponential"
        if isinstance(output, Sigmoid):
            return "poisson_sigmoid"
        raise ValueError(
            f"poisson with {output!r} is not supported: the loss needs outputs > 0; use 'exponential' (or 'sigmoid')"
        )

    def arranged(self, y: Array, rows: int, n_out: int, output: Activation) -> Array:
        array = super().arranged(y, rows, n_out, output)
        if (array < 0).any():
            raise ValueError(f"the poisson loss needs y >= 0, got {float(array.min())}")
        return array


@dataclass(frozen=True, repr=False)
class Gamma(Loss):
    """Half the gamma deviance, y / ŷ - log(y / ŷ) - 1: for amounts, y > 0, whose spread grows with their mean.

    scikit-learn's ``mean_gamma_deviance`` is twice this loss; its ``HalfGammaLoss``, log ŷ + y / ŷ, differs by terms
    without ŷ. McCullagh & Nelder 1989, chapter 8.

    Examples
    --------
    >>> import neuract as na
    >>> net = na.Network([na.Dense(1, "exponential")], loss=na.Gamma()).set_parameters([[[0.0]]], [[np.log(2.0)]])
    >>> [round(net.loss([[0.0]], [y]), 3) for y in (1.0, 2.0, 4.0)]
    [0.193, 0.0, 0.307]
    """

    names = ("gamma",)
    default_output = Exponential()
    positive_targets = True
    summed = True

    def core_name(self, output: Activation) -> str:
        if isinstance(output, Exponential):
            return "gamma_exponential"
        raise ValueError(
            f"gamma with {output!r} is not supported: the loss needs outputs > 0 without an upper bound; use "
            "'exponential'"
        )

    def arranged(self, y: Array, rows: int, n_out: int, output: Activation) -> Array:
        array = super().arranged(y, rows, n_out, output)
        if (array < np.finfo(array.dtype).tiny).any():  # the core rounds smaller numbers to 0
            raise ValueError(
                f"the gamma loss needs y > 0, got {float(array.min())}; leave out rows with 0, or use 'poisson'"
            )
        return array


NUMBERS: tuple[type[Loss], ...] = (
    SquaredError,
    AbsoluteError,
    Huber,
    Quantile,
    Poisson,
    Gamma,
)
"""The losses in this file."""
