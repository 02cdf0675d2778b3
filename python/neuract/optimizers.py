# SPDX-License-Identifier: BSD-3-Clause
"""Optimizers: the steps of the parameters along their gradients. ``csrc/optimizers.h`` has scikit-learn's formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from neuract._checks import boolean, class_named, named_classes, real_number, whole_number
from neuract._reprs import Described

__all__ = [
    "LBFGS",
    "SGD",
    "Adam",
    "AdamW",
]


class Optimizer(Described):
    """The rule by which parameters follow their gradients, at the learning rate of the network."""

    names: ClassVar[tuple[str, ...]]
    core_name: ClassVar[str]  # csrc/optimizers.h

    @property
    def core_parameters(self) -> tuple[float, ...]:
        """The parameters of the optimizer `core_name`, in the order of ``csrc/optimizers.h``."""
        raise NotImplementedError


def _share(optimizer: Optimizer, *fields: str) -> None:
    """Checks fields that lie in [0, 1)."""
    for field in fields:
        value = real_number(getattr(optimizer, field), field, low=0, high=1, open_high=True)
        object.__setattr__(optimizer, field, value)


@dataclass(frozen=True, repr=False)
class SGD(Optimizer):
    """Stochastic gradient descent: velocity ← momentum · velocity - rate · gradient.

    Parameters
    ----------
    momentum : float, default=0.9
        In [0, 1]; 0 is plain gradient descent.
    nesterov : bool, default=True
        Step by momentum · velocity - rate · gradient (Nesterov's look-ahead), not by the velocity.

    Examples
    --------
    >>> import neuract as na
    >>> na.SGD(momentum=0.8)
    SGD(momentum=0.8)
    """

    momentum: float = 0.9
    nesterov: bool = True
    names = ("sgd",)
    core_name = "sgd"

    def __post_init__(self) -> None:
        object.__setattr__(self, "momentum", real_number(self.momentum, "momentum", low=0, high=1))
        object.__setattr__(self, "nesterov", boolean(self.nesterov, "nesterov"))

    @property
    def core_parameters(self) -> tuple[float, ...]:
        return self.momentum, float(self.nesterov)


@dataclass(frozen=True, repr=False)
class Adam(Optimizer):
    """Adam: steps of about the learning rate, by running means of the gradient and its square.

    Kingma & Ba 2014, arXiv:1412.6980; as in scikit-learn, epsilon is added to the uncorrected root.

    Parameters
    ----------
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay rates of the two means, in [0, 1).
    epsilon : float, default=1e-8
        Keeps the division finite; > 0.
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    names = ("adam",)
    core_name = "adam"

    def __post_init__(self) -> None:
        _share(self, "beta_1", "beta_2")
        epsilon = real_number(self.epsilon, "epsilon", low=0, open_low=True, open_high=True)
        object.__setattr__(self, "epsilon", epsilon)

    @property
    def core_parameters(self) -> tuple[float, ...]:
        return self.beta_1, self.beta_2, self.epsilon, 0.0  # the last: weight_decay


@dataclass(frozen=True, repr=False)
class AdamW(Adam):
    """Adam with decoupled weight decay: weights also shrink by rate · weight_decay a step; biases and slopes do not.

    Loshchilov & Hutter 2017, arXiv:1711.05101.

    Parameters
    ----------
    beta_1, beta_2, epsilon : float
        As for `Adam`.
    weight_decay : float, default=0.01
        >= 0.
    """

    weight_decay: float = 0.01
    names = ("adamw",)

    def __post_init__(self) -> None:
        super().__post_init__()
        decay = real_number(self.weight_decay, "weight_decay", low=0, open_high=True)
        object.__setattr__(self, "weight_decay", decay)

    @property
    def core_parameters(self) -> tuple[float, ...]:
        return self.beta_1, self.beta_2, self.epsilon, self.weight_decay


@dataclass(frozen=True, repr=False)
class LBFGS(Optimizer):
    """SciPy's L-BFGS-B on all rows at once, for small data. It ignores the learning rate and the batch size.

    Parameters
    ----------
    tol : float, default=1e-4
        Stop when no component of the gradient is larger; >= 0.
    max_evaluations : int, default=15000
        Limit on evaluations of the loss in one fit. The network's `epochs` limits the iterations.
    """

    tol: float = 1e-4
    max_evaluations: int = 15000
    names = ("lbfgs",)
    core_name = "sgd"  # for the gradients; SciPy makes the steps

    def __post_init__(self) -> None:
        object.__setattr__(self, "tol", real_number(self.tol, "tol", low=0, open_high=True))
        evaluations = whole_number(self.max_evaluations, "max_evaluations", low=1)
        object.__setattr__(self, "max_evaluations", evaluations)

    @property
    def core_parameters(self) -> tuple[float, ...]:
        return SGD(momentum=0, nesterov=False).core_parameters


OPTIMIZERS: Mapping[str, type[Optimizer]] = named_classes(
    SGD,
    Adam,
    AdamW,
    LBFGS,
)
"""Every accepted name of an optimizer, and its class."""


OptimizerName = Literal["sgd", "adam", "adamw", "lbfgs"]
"""The names of `OPTIMIZERS`, for type checkers."""


def optimizer(name: OptimizerName | Optimizer) -> Optimizer:
    """Returns the optimizer of that name with default parameters, or the given Optimizer object itself.

    Examples
    --------
    >>> from neuract.optimizers import optimizer
    >>> optimizer("adam")
    Adam()
    """
    if isinstance(name, Optimizer):
        return name
    return class_named(name, "optimizer", "an Optimizer object", OPTIMIZERS)()
