# SPDX-License-Identifier: BSD-3-Clause
"""The oracle: the whole network in NumPy, written to be read. It defines the mathematics.

A layer computes z = x @ weights + biases, one row of x a row of data, then y = f(z), and passes
on y where it fires. Everything keeps the dtype of its inputs; nothing here imports neuract.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import numpy as np
from scipy.special import erfcx, factorial

Array = np.ndarray
Parameter = Any  # float, Array or None, as the activation takes it


# Activations: y = f(z, a) and dy/dz; a is the one parameter: slope, max_value, alpha, b, lambd, or None.


def sigmoid(z: Array) -> Array:
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def softplus(z: Array) -> Array:
    """log(1 + exp(z)) without overflow."""
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def logsumexp(z: Array) -> Array:
    top = z.max(axis=-1, keepdims=True)
    return top + np.log(np.exp(z - top).sum(axis=-1, keepdims=True))


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


class Activation(NamedTuple):
    f: Callable[[Array, Parameter], Array]
    slope: Callable[[Array, Parameter], Array] | None  # None: softmax, whose slope belongs to its losses
    parameter: float | None = None  # its default
    kinks: Callable[[Parameter], list] = lambda _: []  # where a derivative jumps


def leaky(z: Array, a: float | Array) -> Array:
    return np.where(z > 0, z, a * z)


def elu(z: Array, a: float) -> Array:
    return np.where(z > 0, z, a * np.expm1(np.minimum(z, 0)))


def elu_slope(z: Array, a: float) -> Array:
    return np.where(z > 0, 1, a * np.exp(np.minimum(z, 0)))


SELU_SCALE, SELU_ALPHA = 1.0507009873554804934, 1.6732632423543772848


def times(z: Array, g: Array) -> Array:
    """z·g where inf·0 is 0."""
    return np.where(g == 0, 0, z * g)


def gaussian(z: Array) -> Array:
    """exp(-z²/2), z in two parts, so that the square of the first is exact."""
    z = np.minimum(np.abs(z), 50)
    high = np.round(z * 2**20) / 2**20
    return np.exp(-high * high / 2) * np.exp((high - z) * (high + z) / 2)


def normal(z: Array) -> Array:
    """The cumulative normal distribution, exact in its lower tail."""
    tail = erfcx(np.abs(z) / np.sqrt(2)) / 2 * gaussian(z)
    return np.where(z > 0, 1 - tail, tail)


def tanh_argument(z: Array) -> Array:
    """1 + tanh of half of this is twice gelu_tanh / z."""
    return np.sqrt(8 / np.pi) * (z + 0.044715 * z**3)


def logistic_slope(z: Array, g: Array, rest: Array, dx: Array) -> Array:
    """The slope of z·g with g = sigmoid(x), rest = 1 - g."""
    return times(1 + times(z * dx, rest), g)


def mish_slope(z: Array) -> Array:
    g = np.tanh(softplus(z))
    return g + times(z, (1 - g * g) * sigmoid(z))


def squareplus(z: Array, b: float) -> Array:
    y = np.abs(z) / 2 + np.hypot(z, np.sqrt(b)) / 2
    return np.where(z < 0, b / 4 / y, y)


def squareplus_slope(z: Array, b: float) -> Array:
    root = np.hypot(z, np.sqrt(b))
    below = b / 2 / (root * (root + np.abs(z)))
    return np.where(z < 0, below, 1 - below)


def softsign(z: Array) -> Array:
    size = np.minimum(np.abs(z), 2**60)
    return np.copysign(size / (1 + size), z)


def tanh_shrink(z: Array) -> Array:
    """Near 0 computed as (z cosh z - sinh z) / cosh z, with the numerator's series, which does not cancel."""
    near, k = np.where(np.abs(z) < 1, z, 0), np.arange(1, 12)
    series = (2 * k * near[..., None] ** (2 * k + 1) / factorial(2 * k + 1)).sum(axis=-1)
    return np.where(near == z, series / np.cosh(near), z - np.tanh(z))


def soft_shrink(z: Array, a: float) -> Array:
    return np.sign(z) * np.maximum(np.abs(z) - a, 0)


ACTIVATIONS = {
    "linear": Activation(lambda z, a: a * z, lambda z, a: np.full_like(z, a), 1.0),
    "sigmoid": Activation(lambda z, _: sigmoid(z), lambda z, _: sigmoid(z) * sigmoid(-z)),
    "tanh": Activation(lambda z, _: np.tanh(z), lambda z, _: 1 - np.tanh(z) ** 2),
    "relu": Activation(
        lambda z, top: np.clip(z, 0, top),
        lambda z, top: (z > 0) & (z < (np.inf if top is None else top)),
        kinks=lambda top: [0] if top is None else [0, top],
    ),
    "leaky_relu": Activation(leaky, lambda z, a: np.where(z > 0, 1, a), 0.01, lambda _: [0]),
    "prelu": Activation(leaky, lambda z, a: np.where(z > 0, 1, a), 0.25, lambda _: [0]),
    "exponential": Activation(lambda z, _: np.exp(z), lambda z, _: np.exp(z)),
    "elu": Activation(elu, elu_slope, 1.0, lambda _: [0]),
    "selu": Activation(
        lambda z, _: SELU_SCALE * elu(z, SELU_ALPHA),
        lambda z, _: SELU_SCALE * elu_slope(z, SELU_ALPHA),
        kinks=lambda _: [0],
    ),
    "celu": Activation(
        lambda z, a: np.where(z > 0, z, a * elu(z / a, 1)), lambda z, a: elu_slope(z / a, 1), 1.0, lambda _: [0]
    ),
    "gelu": Activation(
        lambda z, _: times(z, normal(z)),
        lambda z, _: normal(z) + times(z, gaussian(z) / np.sqrt(2 * np.pi)),
    ),
    "gelu_tanh": Activation(
        lambda z, _: times(z, sigmoid(tanh_argument(z))),
        lambda z, _: logistic_slope(
            z, sigmoid(tanh_argument(z)), sigmoid(-tanh_argument(z)), np.sqrt(8 / np.pi) * (1 + 3 * 0.044715 * z**2)
        ),
    ),
    "silu": Activation(
        lambda z, _: times(z, sigmoid(z)),
        lambda z, _: logistic_slope(z, sigmoid(z), sigmoid(-z), np.ones_like(z)),
    ),
    "mish": Activation(lambda z, _: times(z, np.tanh(softplus(z))), lambda z, _: mish_slope(z)),
    "softplus": Activation(lambda z, _: softplus(z), lambda z, _: sigmoid(z)),
    "log_sigmoid": Activation(lambda z, _: -softplus(-z), lambda z, _: sigmoid(-z)),
    "squareplus": Activation(squareplus, squareplus_slope, 4.0),
    "softsign": Activation(lambda z, _: softsign(z), lambda z, _: (1 + np.abs(z)) ** -2.0),
    "tanh_shrink": Activation(lambda z, _: tanh_shrink(z), lambda z, _: np.tanh(z) ** 2),
    "sin": Activation(lambda z, _: np.sin(z), lambda z, _: np.cos(z)),
    "hard_sigmoid": Activation(
        lambda z, _: np.clip(z + 3, 0, 6) / 6, lambda z, _: (np.abs(z) < 3) / 6, kinks=lambda _: [-3, 3]
    ),
    "hard_swish": Activation(
        lambda z, _: np.maximum(z, -3) * (np.clip(z + 3, 0, 6) / 6),
        lambda z, _: np.where(np.abs(z) < 3, (2 * z + 3) / 6, z > 0),
        kinks=lambda _: [-3, 3],
    ),
    "hard_tanh": Activation(lambda z, _: np.clip(z, -1, 1), lambda z, _: np.abs(z) < 1, kinks=lambda _: [-1, 1]),
    "hard_shrink": Activation(
        lambda z, a: np.where(np.abs(z) <= a, 0, z), lambda z, a: np.abs(z) > a, 0.5, lambda a: [-a, a]
    ),
    "soft_shrink": Activation(soft_shrink, lambda z, a: np.abs(z) > a, 0.5, lambda a: [-a, a]),
    "softmax": Activation(lambda z, _: softmax(z), None),
}


@dataclass
class Layer:
    weights: Array  # (n_in, units)
    biases: Array  # (units,)
    activation: str = "relu"
    parameter: Parameter = None  # PReLU's slopes: (units,), or (1,) if shared
    threshold: float | Array | None = None
    rates: tuple[float, float, float] = (1, 1, 1)  # factors of the learning rate of weights, biases and slopes

    @property
    def slopes(self) -> Array | None:
        return self.parameter if self.activation == "prelu" else None

    def z(self, x: Array) -> Array:
        return x @ self.weights + self.biases

    def f(self, z: Array) -> Array:
        return ACTIVATIONS[self.activation].f(z, self.parameter).astype(z.dtype)

    def slope(self, z: Array) -> Array:
        slope = ACTIVATIONS[self.activation].slope
        assert slope is not None, self.activation
        return slope(z, self.parameter).astype(z.dtype)

    def passes(self, y: Array) -> Array:
        """Whether y is not below the threshold. NaN passes, so that it is never hidden."""
        return ~(y < (-np.inf if self.threshold is None else self.threshold))

    def __call__(self, x: Array) -> Array:
        y = self.f(self.z(x))
        return np.where(self.passes(y), y, y.dtype.type(0))


# Inputs: what makes numbers for the first layer of a column of X.


@dataclass
class Input:
    kind: str
    column: int = 0
    levels: int = 0
    edges: Array | None = None
    rate: float = 1.0
    learned: dict[str, Array] = field(default_factory=dict)

    def waves(self, x: Array) -> Array:
        """Angles, (rows, frequencies)."""
        return 2 * np.pi * np.outer(x, self.learned["frequencies"]) + self.learned["phases"]

    def __call__(self, x: Array) -> Array:
        """The numbers, (rows, numbers), of a column (rows,)."""
        if self.kind == "periodic":
            waves = np.cos(self.waves(x)) @ self.learned["weights"] + self.learned["biases"]
            return np.column_stack([x, waves])
        if self.kind == "piecewise_linear":
            assert self.edges is not None
            low, high = np.zeros(len(self.edges) - 1), np.ones(len(self.edges) - 1)
            low[0], high[-1] = -1, 2
            return np.clip((x[:, None] - self.edges[:-1]) / np.diff(self.edges), low, high)
        if self.kind == "embedding":
            return self.learned["vectors"][x.astype(int)]
        if self.kind == "one_hot":
            return np.eye(self.levels + 1, dtype=x.dtype)[x.astype(int)][:, 1:]
        assert self.kind == "numbers", f"the oracle has no input {self.kind}"
        return x[:, None]

    def gradients(self, x: Array, dy: Array) -> dict[str, Array]:
        """Gradients of what it learns, from those with respect to its numbers."""
        if self.kind == "periodic":
            angles = self.waves(x)
            dangles = -(dy[:, 1:] @ self.learned["weights"].T) * np.sin(angles)
            return {
                "frequencies": 2 * np.pi * x @ dangles,
                "phases": dangles.sum(axis=0),
                "weights": np.cos(angles).T @ dy[:, 1:],
                "biases": dy[:, 1:].sum(axis=0),
            }
        if self.kind == "embedding":
            dvectors = np.zeros_like(self.learned["vectors"])
            np.add.at(dvectors, x.astype(int), dy)
            return {"vectors": dvectors}
        return {}


def encoded(inputs: list[Input], x: Array) -> tuple[Array, Array]:
    """The numbers before and after they are scaled; without inputs x itself."""
    numbers = np.column_stack([each(x[:, each.column]) for each in inputs if each.kind != "scale"]) if inputs else x
    return numbers, numbers * inputs[-1].learned["factors"] if inputs and inputs[-1].kind == "scale" else numbers


def input_gradients(inputs: list[Input], x: Array, dy: Array) -> list[dict[str, Array]]:
    """Gradients of what inputs learn, from those with respect to the numbers of the first layer."""
    numbers, _ = encoded(inputs, x)
    scale = inputs[-1] if inputs and inputs[-1].kind == "scale" else None
    own = dy if scale is None else dy * scale.learned["factors"]
    result, at = [], 0
    for each in inputs:
        if each is scale:
            result.append({"factors": (dy * numbers).sum(axis=0)})
            continue
        width = each(x[:, each.column]).shape[1]
        result.append(each.gradients(x[:, each.column], own[:, at : at + width]))
        at += width
    return result


def forward(layers: list[Layer], x: Array) -> list[Array]:
    """The output of each layer, after its threshold."""
    return [x := layer(x) for layer in layers]


def fired(layers: list[Layer], x: Array) -> list[Array]:
    inputs = [x, *forward(layers, x)]
    return [
        y != 0 if layer.threshold is None else layer.passes(layer.f(layer.z(x)))
        for layer, x, y in zip(layers, inputs, inputs[1:], strict=False)
    ]


# Losses: elementwise, from the output y = f(z) and the target t.


class Loss(NamedTuple):
    name: str
    parameter: float | tuple[float, ...] | None = None  # huber's delta, quantile's q (or one per output), and so on


REGRESSION = [
    Loss("squared_error"),
    Loss("absolute_error"),
    Loss("huber", 0.75),
    Loss("quantile", 0.3),
    Loss("quantile", (0.1, 0.5, 0.9)),
]
"""Each loss that accepts any elementwise output, with the tests' parameters for it."""

LIKELIHOOD = [
    (Loss("poisson"), "exponential"),
    (Loss("poisson"), "sigmoid"),
    (Loss("gamma"), "exponential"),
    (Loss("log_loss"), "sigmoid"),
    (Loss("log_loss"), "softmax"),
    (Loss("log_loss", 0.2), "sigmoid"),
    (Loss("log_loss", 0.2), "softmax"),
    (Loss("focal", 2.0), "sigmoid"),
    (Loss("focal", 0.5), "softmax"),
]
"""The other losses, each with an output that it accepts."""

TARGETS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Array]] = {
    "poisson": lambda rng, shape: rng.poisson(1, shape).astype(float),
    "gamma": lambda rng, shape: rng.exponential(size=shape),
    "log_loss": lambda rng, shape: rng.choice([rng.integers(0, 2, shape), rng.uniform(0, 1, shape)]),
    "focal": lambda rng, shape: rng.integers(0, 2, shape).astype(float),
}
"""Draws targets for losses that do not accept all numbers; not for softmax."""


def smoothed(t: Array, share: float | None, n_classes: int) -> Array:
    """Label smoothing: all classes get an equal part of this share of the target."""
    return t if share is None else (1 - share) * t + share / n_classes


def focal(log_p: Array, gamma: float) -> tuple[Array, Array]:
    """-(1 - p)^gamma log p and its derivative by log p."""
    p, rest = np.exp(log_p), -np.expm1(log_p)
    return -(rest**gamma) * log_p, gamma * rest ** (gamma - 1) * p * log_p - rest**gamma


def loss_of(loss: Loss, layer: Layer, z: Array, t: Array) -> tuple[Array, Array | None, Array]:
    """Value, dloss/dy (of the regression losses) and dloss/dz, elementwise."""
    y, a = layer.f(z), cast(Any, None if loss.parameter is None else np.asarray(loss.parameter))
    r, constant = y - t, t * np.log(np.where(t > 0, t, 1)) - t
    match loss.name, layer.activation:
        case "squared_error", _:
            value, dy = r * r / 2, r
        case "absolute_error", _:
            value, dy = np.abs(r), np.sign(r)
        case "huber", _:
            near = np.abs(r) <= a
            value, dy = np.where(near, r * r / 2, a * (np.abs(r) - a / 2)), np.clip(r, -a, a)
        case "quantile", _:
            value, dy = np.maximum(-a * r, (1 - a) * r), np.clip(np.sign(r), -a, 1 - a)
        case "poisson", "exponential":
            return y - t * z + constant, None, r
        case "poisson", "sigmoid":
            return y + t * softplus(-z) + constant, None, r * sigmoid(-z)
        case "gamma", "exponential":
            return t / y - np.log(t / y) - 1, None, 1 - t / y
        case "log_loss", "sigmoid":
            t = smoothed(t, a, 2)
            return softplus(z) - z * t, None, y - t
        case "log_loss", "softmax":
            t = smoothed(t, a, t.shape[1])
            return t * (logsumexp(z) - z), None, y - t
        case "focal", "sigmoid":
            sign = 2 * t - 1
            value, by_log_p = focal(-softplus(-sign * z), a)
            return value, None, by_log_p * sign * sigmoid(-sign * z)
        case "focal", "softmax":
            others = np.logaddexp.reduce(np.where(t > 0, -np.inf, z), axis=1, keepdims=True)
            value, by_log_p = focal(-softplus(others - (t * z).sum(axis=1, keepdims=True)), a)
            return t * value, None, by_log_p * (t - y)
        case _:
            raise KeyError(loss.name, layer.activation)
    return value, dy, dy * layer.slope(z)


def targets(layer: Layer, t: Array) -> Array:
    """Targets as (rows, n_out). For softmax, class indices become one-hot rows; else outputs share a single target."""
    if layer.activation == "softmax" and t.size == len(t):
        t = np.eye(layer.biases.size)[t.ravel().astype(int)]
    t = t.reshape(len(t), -1)
    return np.broadcast_to(t, (len(t), layer.biases.size)).astype(layer.weights.dtype)


class Gradients(NamedTuple):
    loss: float
    weights: list[Array]
    biases: list[Array]
    slopes: list[Array | None]
    inputs: list[dict[str, Array]]


def branches(layers: list[Layer], loss: Loss, x: Array, t: Array) -> list[Array]:
    """Numbers whose signs choose pieces of a function: slopes or values jump where one of them is 0."""
    chosen = []
    for layer, below in zip(layers, [x, *forward(layers, x)], strict=False):
        z = layer.z(below)
        chosen += [z - kink for kink in ACTIVATIONS[layer.activation].kinks(layer.parameter)]
        if layer.threshold is not None:
            chosen.append(layer.f(z) - layer.threshold)
    if loss.name in ("absolute_error", "huber", "quantile"):
        r = layer.f(z) - targets(layer, t)
        chosen.append(np.abs(r) - loss.parameter if loss.name == "huber" else r)
    return chosen


def shares(sample_weight: Array) -> Array:
    """The share of each row in the sum; zeros if the batch has no weight."""
    total = sample_weight.sum()
    return sample_weight / total if total > 0 else np.zeros_like(sample_weight)


def slope_gradient(layer: Layer, z: Array, dy: Array | None) -> Array | None:
    """dy/dalpha is 0 where z > 0, else z; summed over the rows, and over the neurons that share."""
    if layer.slopes is None or dy is None:
        return None
    dslopes = (dy * np.minimum(z, 0)).sum(axis=0)
    return dslopes if layer.slopes.shape == dslopes.shape else dslopes.sum(keepdims=True)


def gradients(
    layers: list[Layer], loss: Loss, x: Array, t: Array, sample_weight=None, inputs: Sequence[Input] = ()
) -> Gradients:
    """Gradients of the loss, which is the weighted mean over rows of the sum over outputs, without the penalty."""
    columns, (_, x) = x, encoded(list(inputs), x)
    share = shares(np.ones(len(x)) if sample_weight is None else sample_weight).astype(x.dtype)[:, None]
    below, output = [x, *forward(layers, x)][:-1], layers[-1]
    value, dy, dz = loss_of(loss, output, output.z(below[-1]), targets(output, t))
    dy, dz = None if dy is None else share * dy, share * dz
    by_layer: list[tuple[Array, Array, Array | None]] = []
    for layer, x in zip(reversed(layers), reversed(below), strict=True):
        z = layer.z(x)
        if layer is not output:
            dy = dy * layer.passes(layer.f(z))
            dz = dy * layer.slope(z)
        by_layer.insert(0, (x.T @ dz, dz.sum(axis=0), slope_gradient(layer, z, dy)))
        dy = dz @ layer.weights.T
    of_inputs = input_gradients(list(inputs), columns, dz @ layers[0].weights.T)
    weights, biases, slopes = map(list, zip(*by_layer, strict=True))
    return Gradients(float((share * value).sum()), weights, biases, slopes, of_inputs)


# Training.


OPTIMIZERS: dict[str, dict[str, Any]] = {
    "sgd": {"name": "sgd", "momentum": 0.0, "nesterov": False},
    "momentum": {"name": "sgd", "momentum": 0.9, "nesterov": False},
    "nesterov": {"name": "sgd", "momentum": 0.9, "nesterov": True},
    "adam": {"name": "adam", "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-6},
    "adamw": {"name": "adamw", "weight_decay": 0.1},
}
"""Each optimizer with the tests' numbers for it: arguments of `Optimizer`."""


@dataclass
class Optimizer:
    """Steps as in scikit-learn: sgd, adam, adamw."""

    name: str = "adam"
    learning_rate: float = 1e-3
    momentum: float = 0.9
    nesterov: bool = True
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.01  # weights only
    t: int = 0
    moments: list[tuple[Array, Array]] | None = None

    def step(self, pairs: list[tuple[Array, Array]], factors: list[float] | None = None) -> None:
        """Change each parameter in place by its gradient; factors: of the learning rate, one per parameter."""
        self.t += 1
        self.moments = self.moments or [(np.zeros_like(p), np.zeros_like(p)) for p, _ in pairs]
        for (p, g), (m, v), factor in zip(pairs, self.moments, factors or [1] * len(pairs), strict=True):
            rate = self.learning_rate * factor
            if self.name == "sgd":
                m[:] = self.momentum * m - rate * g
                p += self.momentum * m - rate * g if self.nesterov else m
                continue
            if self.name == "adamw" and p.ndim == 2:
                p *= 1 - self.learning_rate * self.weight_decay
            m[:] = self.beta_1 * m + (1 - self.beta_1) * g
            v[:] = self.beta_2 * v + (1 - self.beta_2) * g * g
            unbias = (1 - self.beta_2**self.t) ** 0.5 / (1 - self.beta_1**self.t)
            p -= rate * unbias * m / (np.sqrt(v) + self.epsilon)


def clipped(gradients: list[Array], max_norm: float | None) -> list[Array]:
    """The whole gradient, scaled to a Euclidean norm of max_norm if it is longer."""
    norm = np.sqrt(sum((g**2).sum() for g in gradients))
    return gradients if max_norm is None or norm <= max_norm else [g * (max_norm / norm) for g in gradients]


def train_step(layers, loss, optimizer, x, t, sample_weight, alpha=0.0, l1=0.0, max_grad_norm=None, inputs=()) -> float:
    """One mini-batch -> the objective: loss and penalties (0.5·alpha·‖W‖² + l1·Σ|W|)/Σw."""
    g = gradients(layers, loss, x, t, sample_weight, inputs)
    total = sample_weight.sum()
    decay, pull = (alpha / total, l1 / total) if total > 0 else (0, 0)
    objective = g.loss + sum(0.5 * decay * (k.weights**2).sum() + pull * np.abs(k.weights).sum() for k in layers)
    dweights = [
        dw + decay * layer.weights + pull * np.sign(layer.weights) for dw, layer in zip(g.weights, layers, strict=True)
    ]
    parts = ("weights", "biases", "slopes")
    parameters = [(getattr(k, part), k.rates[i]) for i, part in enumerate(parts) for k in layers]
    steps = [
        (p, dp, r) for (p, r), dp in zip(parameters, [*dweights, *g.biases, *g.slopes], strict=True) if p is not None
    ]
    for each, arrays in zip(inputs, g.inputs, strict=True):  # as vectors, which have no weight decay
        steps += [(each.learned[name].reshape(-1), dp.reshape(-1), each.rate) for name, dp in arrays.items()]
    gradient = clipped([dp for _, dp, _ in steps], max_grad_norm)
    optimizer.step([(p, dp) for (p, _, _), dp in zip(steps, gradient, strict=True)], [r for _, _, r in steps])
    return objective


def epoch(
    layers, loss, optimizer, x, t, order, batch_size, sample_weight=None, alpha=0.0, schedule=None, **terms
) -> float:
    """One pass over the rows in this order; the last batch may be shorter -> the objective's mean over the order.

    schedule: for each step its shares of the learning rate and of weight decay.
    """
    weight, total = np.ones(len(x)) if sample_weight is None else sample_weight, 0.0
    rate, weight_decay = optimizer.learning_rate, optimizer.weight_decay
    for step, rows in enumerate(np.split(order, range(batch_size, len(order), batch_size))):
        w, (of_rate, of_decay) = weight[rows], (1, 1) if schedule is None else schedule[step]
        optimizer.learning_rate, optimizer.weight_decay = rate * of_rate, weight_decay * of_decay
        total += len(w) * train_step(layers, loss, optimizer, x[rows], t[rows], w, alpha, **terms)
    optimizer.learning_rate, optimizer.weight_decay = rate, weight_decay
    return total / len(order)


def glorot(n_in: int, units: list[int], activations: list[str], rng) -> list[Layer]:
    """Layer by layer weights, then biases, uniform in ± sqrt(factor / (n_in + units))."""
    layers, factor = [], 6  # 2 for a hidden sigmoid; the output layer takes its predecessor's
    for depth, (width, name) in enumerate(zip(units, activations, strict=True), start=1):
        factor = factor if depth == len(units) else 2 if name == "sigmoid" else 6
        bound = np.sqrt(factor / (n_in + width))
        weights, biases = (rng.uniform(-bound, bound, size) for size in ((n_in, width), width))
        layers.append(Layer(weights, biases, name, ACTIVATIONS[name].parameter))
        n_in = width
    return layers
