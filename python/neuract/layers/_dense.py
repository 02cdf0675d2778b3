# SPDX-License-Identifier: BSD-3-Clause
"""A layer of neurons: the part from which a network is described."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from inspect import signature
from numbers import Integral
from typing import Any, ParamSpec

import numpy as np
import numpy.typing as npt

from neuract._checks import real_number, suggestion, whole_number
from neuract.activations._base import Activation
from neuract.activations._named import ActivationName, Linear, PReLU, ReLU, Softmax
from neuract.activations._named import activation as activation_named
from neuract.inputs._arrays import numeric

PARTS = ("weights", "biases", "slopes")  # of a layer's parameters, in the order of the core

Given = ParamSpec("Given")


class Dense:
    """A layer of neurons, each connected to every neuron of the previous layer.

    Neuron j sums its inputs, z = Σ_k x_k · weights[k, j] + biases[j], and computes y = f(z). It passes y on, or 0 if
    y is below its threshold; then no gradient flows through it.

    Parameters
    ----------
    units : int
        Number of neurons, >= 1.
    activation : str, Activation or None, default=None
        The function f. None: ReLU in a hidden layer, linear in the last layer; `Network.layers` shows which. Softmax is
        only for the last layer.
    threshold : None, float or array of shape (units,), default=None
        None: the neuron passes every y on. Not for the last layer of a network.
    dropout : float, default=0.0
        Share of the neurons, in [0, 1), that each training step leaves out at random; it scales the others by
        1 / (1 - dropout). A multiple of 2**-16 (others are rounded to one). Not for the last layer of a network.
    rate : float or dict, default=1.0
        Factor of the network's learning rate for this layer, >= 0; 0 keeps the layer as it is. A dict gives a factor to
        each of its parts, such as ``{"weights": 0.5, "biases": 0.1}``; parts are "weights", "biases" and "slopes", and
        those that it lacks have 1. Weight decay keeps the network's rate, and acts on a layer of rate 0 too. Not for
        lbfgs.

    Notes
    -----
    The attributes are the parameters and cannot be changed. Two Dense with the same values are equal.

    Examples
    --------
    >>> import neuract as na
    >>> na.Dense(3, "tanh", threshold=0.1)
    Dense(3, activation=Tanh(), threshold=0.1)
    """

    units: int
    activation: Activation  # None until the layer is in a network
    threshold: float | tuple[float, ...] | None
    dropout: float
    rates: tuple[float, float, float]  # of PARTS

    def __init__(
        self,
        units: int,
        activation: ActivationName | Activation | None = None,
        *,
        threshold: float | npt.ArrayLike | None = None,
        dropout: float = 0.0,
        rate: float | Mapping[str, float] = 1.0,
    ) -> None:
        units = whole_number(units, "units", low=1)
        self.__dict__.update(
            units=units,
            activation=None if activation is None else activation_named(activation),
            threshold=_threshold(threshold, units),
            dropout=real_number(dropout, "dropout", low=0, high=1, open_high=True),
            rates=_rates(rate),
        )

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Dense cannot be changed (to {name}={value!r}); make a new Dense")

    @property
    def thresholds(self) -> npt.NDArray[np.float64] | None:
        """One threshold for each neuron, or None."""
        if self.threshold is None:
            return None
        return np.ascontiguousarray(np.broadcast_to(self.threshold, (self.units,)), dtype=np.float64)

    @property
    def rate(self) -> float | dict[str, float]:
        """The factor of the learning rate, or those of the parts that are not 1."""
        if len(set(self.rates)) == 1:
            return self.rates[0]
        return {part: factor for part, factor in zip(PARTS, self.rates, strict=True) if factor != 1}

    def __repr__(self) -> str:
        shown = [str(self.units)]
        shown += [f"activation={self.activation!r}"] if self.activation is not None else []
        shown += [f"threshold={self.threshold!r}"] if self.threshold is not None else []
        shown += [f"dropout={self.dropout!r}"] if self.dropout else []
        shown += [f"rate={self.rate!r}"] if self.rate != 1 else []
        return f"Dense({', '.join(shown)})"

    def placed(self, *, last: bool) -> Dense:
        """Returns the layer; one without an activation gets the default of its place."""
        if self.activation is not None:
            return self
        f = Linear() if last else ReLU()
        return Dense(self.units, f, threshold=self.threshold, dropout=self.dropout, rate=self.rate)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({"rates": _rates(1.0), **state})  # a pickle of 0.1.0 has none

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dense) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__.values()))


def n_slopes(layer: Dense) -> int:
    """Returns the number of slopes that a layer learns."""
    if not isinstance(layer.activation, PReLU):
        return 0
    return 1 if layer.activation.shared else layer.units


def layer_names(n_layers: int) -> list[str]:
    """Returns the names of a network's layers: "hidden 1", "hidden 2", ..., "output"."""
    return [f"hidden {number}" for number in range(1, n_layers)] + ["output"]


def checked_layers(layers: Sequence[Dense]) -> tuple[Dense, ...]:
    """Returns the layers as a tuple; raises if they cannot form a network."""
    if not isinstance(layers, (list, tuple)) or not layers or not all(isinstance(layer, Dense) for layer in layers):
        raise TypeError(
            f"layers must be a list of one or more Dense, the output layer last; got {layers!r}{_as_dense(layers)}"
        )
    for number, layer in enumerate(layers[:-1]):
        if isinstance(layer.activation, Softmax):
            raise ValueError(
                f"layers[{number}] has softmax, which is for the output layer only; use for example 'relu' or 'tanh'"
            )
    if isinstance(layers[-1].activation, Softmax) and layers[-1].units == 1:
        raise ValueError(
            "the output layer has softmax of one neuron, which is always 1; use Dense(1, 'sigmoid') for two classes"
        )
    if layers[-1].threshold is not None:
        raise ValueError(
            f"the output layer has threshold={layers[-1].threshold!r}, but only hidden layers can have a threshold"
        )
    if layers[-1].dropout:
        raise ValueError(f"the output layer has dropout={layers[-1].dropout!r}, but only hidden layers may have it")
    return tuple(layer.placed(last=number == len(layers)) for number, layer in enumerate(layers, 1))


def _as_dense(layers: object) -> str:
    """Returns a sentence with the list of Dense that was probably meant, or nothing."""
    given = layers if isinstance(layers, (list, tuple)) else [layers]
    if not given or not all(isinstance(each, (Integral, Dense)) and not isinstance(each, bool) for each in given):
        return ""
    written = (repr(each) if isinstance(each, Dense) else f"Dense({each})" for each in given)
    return f"; write Network([{', '.join(written)}])"


def takes_one_list(init: Callable[Given, None]) -> Callable[Given, None]:
    """Makes a Network's __init__ say what to write instead of several layers without a list, or of another keyword."""
    names = list(signature(init).parameters)[1:]

    @wraps(init)
    def checked(*args: Given.args, **settings: Given.kwargs) -> None:
        if len(args) > 2:  # the network and the layers
            layers = args[1:]
            raise TypeError(
                f"Network takes its layers as one list, got {len(layers)} positional arguments{_as_dense(layers)}"
            )
        for name in settings:
            if name not in names:
                expected = f"expected one of {', '.join(names)}{suggestion(name, names)}"
                raise TypeError(f"Network has no parameter {name!r}; {expected}")
        init(*args, **settings)

    return checked


def _rates(rate: Any) -> tuple[float, float, float]:
    if not isinstance(rate, Mapping):
        factor = real_number(rate, "rate", low=0, open_high=True)
        return factor, factor, factor
    if not set(rate) <= set(PARTS):
        raise ValueError(f"rate must be a number or a dict with some of the keys {', '.join(PARTS)}; got {rate!r}")
    weights, biases, slopes = (
        real_number(rate.get(part, 1.0), f"rate[{part!r}]", low=0, open_high=True) for part in PARTS
    )
    return weights, biases, slopes


def _threshold(threshold: Any, units: int) -> float | tuple[float, ...] | None:
    if threshold is None:
        return None
    array = numeric(threshold, "threshold", "float64")
    if array.ndim == 0:
        return float(array)
    if array.shape != (units,):
        raise ValueError(
            f"threshold must be None, a number, or one number for each of the {units} neurons; got shape {array.shape}"
        )
    return tuple(array.tolist())
