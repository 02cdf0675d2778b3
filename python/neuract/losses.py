# SPDX-License-Identifier: BSD-3-Clause
"""Losses: what training makes small. The formulas are in ``csrc/losses.h``.

A network's loss is the mean over rows, weighted by the sample weights, of the sum over outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from neuract._validation import named_classes, numeric, real_number
from neuract.activations import Activation, Exponential, Sigmoid, Softmax

Array = npt.NDArray[Any]
OwnFunction = Callable[[Array, Array], tuple[Array, Array]]


class Loss:
    """What an output costs, given the target."""

    names: ClassVar[tuple[str, ...]]

    @property
    def name(self) -> str:
        """As accepted by `loss`."""
        return self.names[0]

    @property
    def parameters(self) -> tuple[float, ...]:
        """What the C code takes beside output and target: one number for all outputs, or one for each."""
        return (0.0,)

    @property
    def outputs(self) -> int | None:
        """How many outputs it needs for one target; None: one for each target."""
        return None

    @property
    def own(self) -> OwnFunction | None:
        """The function that computes the loss in place of the core."""
        return None

    def core_name(self, output: Activation) -> str:
        """The core's loss for this output activation; ValueError with the reason where the two do not go together."""
        if isinstance(output, Softmax):
            raise ValueError(
                f"softmax with {self.name} is not supported: softmax gives the probabilities of one class of several, "
                "which log_loss measures; for regression use a linear output"
            )
        return self.name

    def targets(self, y: object, rows: int, n_out: int, output: Activation, dtype: str) -> Array:
        """y as the core takes it, (rows, n_out); ValueError where it does not fit."""
        array = numeric(y, "y", dtype)
        given = array.shape
        if array.ndim == 1 and n_out == 1:
            array = array[:, np.newaxis]
        if array.shape != (rows, n_out):
            expected = f"({rows}, {n_out})" + (f" or ({rows},)" if n_out == 1 else "")
            raise ValueError(f"y must have shape {expected} to match X and the output layer; got {given}")
        return array


@dataclass(frozen=True)
class SquaredError(Loss):
    """½ (ŷ - y)²."""

    names = ("squared_error",)


@dataclass(frozen=True)
class AbsoluteError(Loss):
    """abs(ŷ - y), whose gradient is 0 where ŷ = y."""

    names = ("absolute_error",)


@dataclass(frozen=True)
class Huber(Loss):
    """½ r² where abs(r) <= delta, else delta · (abs(r) - ½ delta), with r = ŷ - y.

    Parameters
    ----------
    delta : float, default=1.0
        Where the loss turns from square to straight, > 0, in units of y.
    """

    delta: float = 1.0
    names = ("huber",)

    def __post_init__(self) -> None:
        delta = real_number(self.delta, "delta", low=0, open_low=True, open_high=True)
        object.__setattr__(self, "delta", delta)

    @property
    def parameters(self) -> tuple[float, ...]:
        return (self.delta,)


@dataclass(frozen=True)
class Quantile(Loss):
    """The pinball loss max(q · (y - ŷ), (q - 1) · (y - ŷ)), least where ŷ is the q-quantile of y.

    Koenker & Bassett 1978.

    Parameters
    ----------
    q : float or sequence of float, default=0.5
        In (0, 1); 0.5 is the median. Several, in increasing order: quantiles of one target, each by an output of its
        own. A network may then give outputs that are not in order, as each is learned by itself; `MLPRegressor` puts
        them in order.

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
    def outputs(self) -> int | None:
        return len(self.q) if isinstance(self.q, tuple) else None

    def targets(self, y: object, rows: int, n_out: int, output: Activation, dtype: str) -> Array:
        if self.outputs is None:
            return super().targets(y, rows, n_out, output, dtype)
        target = super().targets(y, rows, 1, output, dtype)
        return np.repeat(target, self.outputs, axis=1)


def _quantiles(q: Any) -> float | tuple[float, ...]:
    if not np.iterable(q) or isinstance(q, str):
        return real_number(q, "q", low=0, high=1, open_low=True, open_high=True)
    several = tuple(real_number(each, "each q", low=0, high=1, open_low=True, open_high=True) for each in q)
    if not several or list(several) != sorted(set(several)):
        raise ValueError(f"q must be a number, or several in increasing order; got {q!r}")
    return several


@dataclass(frozen=True)
class Poisson(Loss):
    """Half the Poisson deviance, ŷ - y · log ŷ + y · log y - y: for counts and rates, y >= 0."""

    names = ("poisson",)

    def core_name(self, output: Activation) -> str:
        if isinstance(output, Exponential):
            return "poisson_exponential"
        if isinstance(output, Sigmoid):
            return "poisson_sigmoid"
        raise ValueError(
            f"poisson with {output!r} is not supported: the loss needs outputs > 0; use 'exponential' (or 'sigmoid')"
        )

    def targets(self, y: object, rows: int, n_out: int, output: Activation, dtype: str) -> Array:
        array = super().targets(y, rows, n_out, output, dtype)
        if (array < 0).any():
            raise ValueError(f"the poisson loss needs y >= 0, got {float(array.min())}")
        return array


@dataclass(frozen=True)
class Gamma(Loss):
    """Half the gamma deviance, y / ŷ - log(y / ŷ) - 1: for amounts, y > 0, whose spread grows with their mean.

    Twice it is scikit-learn's ``mean_gamma_deviance``, and it differs from ``HalfGammaLoss``, log ŷ + y / ŷ, by what
    does not depend on ŷ. McCullagh & Nelder 1989, chapter 8.

    Examples
    --------
    >>> import neuract as na
    >>> net = na.Network([na.Dense(1, "exponential")], loss=na.Gamma()).set_parameters([[[0.0]]], [[np.log(2.0)]])
    >>> [round(net.loss([[0.0]], [y]), 3) for y in (1.0, 2.0, 4.0)]
    [0.193, 0.0, 0.307]
    """

    names = ("gamma",)

    def core_name(self, output: Activation) -> str:
        if isinstance(output, Exponential):
            return "gamma_exponential"
        raise ValueError(
            f"gamma with {output!r} is not supported: the loss needs outputs that are > 0 and have no bound; use "
            "'exponential'"
        )

    def targets(self, y: object, rows: int, n_out: int, output: Activation, dtype: str) -> Array:
        array = super().targets(y, rows, n_out, output, dtype)
        if (array < np.finfo(dtype).tiny).any():  # the core takes what is smaller for 0
            raise ValueError(
                f"the gamma loss needs y > 0, got {float(array.min())}; leave rows with 0 out, or use 'poisson'"
            )
        return array


class _OfProbabilities(Loss):
    """A loss of what stands on sigmoid (two classes, or several labels) or softmax (one of several classes)."""

    def core_name(self, output: Activation) -> str:
        if isinstance(output, (Sigmoid, Softmax)):
            return f"{self.name}_{output.names[0]}"
        raise ValueError(
            f"{self.name} with {output!r} is not supported: the loss needs probabilities; use 'sigmoid' (two classes, "
            "or several labels) or 'softmax' (one of several classes)"
        )

    def targets(self, y: object, rows: int, n_out: int, output: Activation, dtype: str) -> Array:
        if isinstance(output, Softmax):
            return _classes(numeric(y, "y", dtype), rows, n_out)
        array = super().targets(y, rows, n_out, output, dtype)
        self._check_labels(array)
        return array

    def _check_labels(self, y: Array) -> None:
        """ValueError where y does not fit sigmoid outputs."""
        raise NotImplementedError


@dataclass(frozen=True)
class LogLoss(_OfProbabilities):
    """-log of the probability that the network gave to what happened, also called cross-entropy.

    Sigmoid outputs: -y · log ŷ - (1 - y) · log(1 - ŷ), summed over the outputs; y in [0, 1], one column a label.
    Softmax outputs: -log ŷ[class]; y the number of the class, or one column a class with a single 1 in each row.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        In [0, 1): the share of y that all classes get alike, which keeps the network from being too sure. Sigmoid: the
        target becomes (1 - label_smoothing) · y + label_smoothing / 2. Softmax: label_smoothing / n_classes for every
        class, and 1 - label_smoothing more for that of the row. Szegedy et al. 2016, arXiv:1512.00567.

    Examples
    --------
    >>> import neuract as na
    >>> X, y = np.zeros((4, 1)), [1, 1, 1, 1]
    >>> loss = na.LogLoss(label_smoothing=0.2)
    >>> net = na.Network([na.Dense(1, "sigmoid")], loss=loss, learning_rate=0.1, epochs=200, random_state=0)
    >>> net.fit(X, y).predict(X[:1]).round(2)
    array([[0.9]], dtype=float32)
    """

    label_smoothing: float = 0.0
    names = ("log_loss",)

    def __post_init__(self) -> None:
        share = real_number(self.label_smoothing, "label_smoothing", low=0, high=1, open_high=True)
        object.__setattr__(self, "label_smoothing", share)

    @property
    def parameters(self) -> tuple[float, ...]:
        return (self.label_smoothing,)

    def _check_labels(self, y: Array) -> None:
        if ((y < 0) | (y > 1)).any():
            outside = y[(y < 0) | (y > 1)][0]
            raise ValueError(f"log_loss with sigmoid outputs needs y between 0 and 1, got {float(outside)}")


@dataclass(frozen=True)
class Focal(_OfProbabilities):
    """-(1 - p)^gamma · log p, p the probability given to what happened: a log loss that counts easy rows less.

    For classes of very different sizes, where the many easy rows of the large one would drown the others. The
    probabilities that it learns lie nearer to each other than the true ones. Outputs and y as for `LogLoss`; with
    sigmoid outputs y is 0 or 1. Lin et al. 2017, arXiv:1708.02002, without their alpha, which is a weight of the
    classes.

    Parameters
    ----------
    gamma : float, default=2.0
        >= 0; 0 is the log loss.

    Examples
    --------
    >>> import neuract as na
    >>> X, y = [[-2.0], [0.0], [2.0]], [1, 1, 1]
    >>> net = na.Network([na.Dense(1, "sigmoid")], loss=na.Focal(gamma=2)).set_parameters([[[1.0]]])
    >>> [round(net.loss([x], [1]), 3) for x in X]
    [1.65, 0.173, 0.002]
    """

    gamma: float = 2.0
    names = ("focal",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "gamma", real_number(self.gamma, "gamma", low=0, open_high=True))

    @property
    def parameters(self) -> tuple[float, ...]:
        return (self.gamma,)

    def _check_labels(self, y: Array) -> None:
        if ((y != 0) & (y != 1)).any():
            other = y[(y != 0) & (y != 1)][0]
            raise ValueError(f"focal with sigmoid outputs needs y 0 or 1, got {float(other)}")


def _classes(y: Array, rows: int, n_classes: int) -> Array:
    """Class numbers as one column, from class numbers or one column a class."""
    if y.shape == (rows, n_classes) and n_classes > 1:
        if not (np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all()):
            raise ValueError(f"y with {n_classes} columns must have a single 1 in each row and 0 elsewhere")
        classes: Array = y.argmax(axis=1).astype(y.dtype)
        return classes[:, np.newaxis]
    if y.shape not in ((rows,), (rows, 1)):
        raise ValueError(
            f"y must hold one class number a row, shape ({rows},), or one column a class, shape ({rows}, {n_classes}); "
            f"got {y.shape}"
        )
    if ((y < 0) | (y >= n_classes) | (y != np.floor(y))).any():
        wrong = y[(y < 0) | (y >= n_classes) | (y != np.floor(y))].flat[0]
        raise ValueError(f"y must hold class numbers 0 to {n_classes - 1}, one for each output; got {float(wrong)}")
    return np.ascontiguousarray(y.reshape(rows, 1))


LOSSES: Mapping[str, type[Loss]] = named_classes(
    SquaredError,
    AbsoluteError,
    Huber,
    Quantile,
    Poisson,
    Gamma,
    LogLoss,
    Focal,
)
"""Every name that is accepted for a loss, and its class."""


@dataclass(frozen=True)
class OwnLoss(Loss):
    """A loss that you write yourself, as a function of NumPy arrays; `loss=function` makes one of it.

    It works on one thread, and as fast as the function does. The derivative of the output activation is added to the
    gradient.

    Parameters
    ----------
    function : callable
        ``function(y_true, y_pred) -> (values, gradient)``: for some rows (those of a batch, at most 1,024) what each
        costs, shape (rows,), and the derivative by y_pred, shape (rows, n_out). y_true and y_pred have the shape
        (rows, n_out) and the network's dtype; with softmax y_true is 1 for the row's class and 0 for the others. Rows
        are weighted after it; none may depend on another.

    Examples
    --------
    >>> import neuract as na
    >>> def log_cosh(y_true, y_pred):
    ...     r = y_pred - y_true
    ...     return np.log(np.cosh(r)).sum(axis=1), np.tanh(r)
    >>> X, y = np.zeros((3, 1)), [1.0, 2.0, 3.0]
    >>> net = na.Network([na.Dense(1, "linear")], loss=log_cosh, optimizer="lbfgs", random_state=0)
    >>> net.fit(X, y).predict(X[:1]).round(3)
    array([[2.]], dtype=float32)
    """

    function: OwnFunction
    names = ()

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise TypeError(f"function must be callable, got {self.function!r}")

    @property
    def name(self) -> str:
        return getattr(self.function, "__name__", repr(self.function))

    @property
    def own(self) -> OwnFunction:
        return self._checked

    def core_name(self, output: Activation) -> str:
        return "own_softmax" if isinstance(output, Softmax) else "own"

    def targets(self, y: object, rows: int, n_out: int, output: Activation, dtype: str) -> Array:
        if isinstance(output, Softmax):
            return _classes(numeric(y, "y", dtype), rows, n_out)
        return super().targets(y, rows, n_out, output, dtype)

    def _checked(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        """What the function returns, in the dtype and the shapes that the core takes."""
        result = self.function(y_true, y_pred)
        if not isinstance(result, tuple) or len(result) != 2:
            raise TypeError(f"the loss {self.name} must return a tuple (values, gradient), got {result!r}")
        values, gradient = (np.require(part, y_pred.dtype, ["C", "A"]) for part in result)
        if values.shape != y_pred.shape[:1] or gradient.shape != y_pred.shape:
            raise ValueError(
                f"the loss {self.name} must return values of shape {y_pred.shape[:1]} and a gradient of shape "
                f"{y_pred.shape}, got {values.shape} and {gradient.shape}"
            )
        return values, gradient


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
