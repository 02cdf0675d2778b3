# SPDX-License-Identifier: BSD-3-Clause
"""Every activation as ONNX operators that runtimes have for float and double alike, from opset 13 on.

The formulas are those of csrc/activations.h, in ONNX's operators. In a tail where exp would overflow or digits would
cancel, they take the form of the other side. Only GELU has no such form: 1 + erf(z / √2) has absolute accuracy only.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import Any

from neuract.export.onnx._graph import Graph

SELU_SCALE, SELU_SCALE_ALPHA = 1.0507009873554804934, 1.7580993408473768599

Nodes = Callable[[Graph, str, Any], str]  # graph, name of z, parameter (PReLU: slopes) -> name of y


def where_negative(g: Graph, z: str, then: str, otherwise: str) -> str:
    return g.add("Where", g.add("Less", z, 0), then, otherwise)


def bounded(g: Graph, z: str, low: float, high: float) -> str:
    return g.add("Min", g.add("Max", z, low), high)


def expm1_below_0(g: Graph, z: str) -> str:
    """Adds exp(z) - 1 for z <= 0, else 0: 2t / (1 - t), t = tanh(z/2), which does not cancel near 0."""
    t = g.add("Tanh", g.add("Mul", g.add("Min", z, 0), 0.5))
    return g.add("Div", g.add("Add", t, t), g.add("Sub", 1, t))


def softplus(g: Graph, z: str) -> str:
    if g.dtype == "float32":
        return g.add("Softplus", z)
    # ONNX Runtime has no Softplus in double, where log(1 + e) is accurate to 1e-16.
    e = g.add("Exp", g.add("Neg", g.add("Abs", z)))
    return g.add("Add", g.add("Max", z, 0), g.add("Log", g.add("Add", e, 1)))


def leaky_relu(g: Graph, z: str, a: Any) -> str:
    return where_negative(g, z, g.add("Mul", z, a), z)


def selu(g: Graph, z: str, _: Any) -> str:
    return where_negative(g, z, g.add("Mul", expm1_below_0(g, z), SELU_SCALE_ALPHA), g.add("Mul", z, SELU_SCALE))


def gelu(g: Graph, z: str, _: Any) -> str:
    twice = g.add("Add", g.add("Erf", g.add("Mul", z, sqrt(0.5))), 1)
    return g.add("Mul", g.add("Mul", z, 0.5), twice)


def gelu_tanh(g: Graph, z: str, _: Any) -> str:
    """Adds z · sigmoid(z (α + β z²)), which equals the usual formula with tanh."""
    alpha = sqrt(8 / pi)
    factor = g.add("Add", g.add("Mul", g.add("Mul", z, z), 0.044715 * alpha), alpha)
    return g.add("Mul", z, g.add("Sigmoid", g.add("Mul", z, factor)))


def mish(g: Graph, z: str, _: Any) -> str:
    """Adds z · n / (n + 2), n = e (e + 2), e = exp(z); for z > 0: z (1 - 2e² / (1 + 2e + 2e²)), e = exp(-z)."""
    e = g.add("Exp", g.add("Neg", g.add("Abs", z)))
    n = g.add("Mul", e, g.add("Add", e, 2))
    lacking = g.add("Mul", g.add("Mul", e, e), 2)
    below = g.add("Div", n, g.add("Add", n, 2))
    above = g.add("Sub", 1, g.add("Div", lacking, g.add("Add", g.add("Add", lacking, g.add("Add", e, e)), 1)))
    return g.add("Mul", z, where_negative(g, z, below, above))


def squareplus(g: Graph, z: str, b: Any) -> str:
    size = g.add("Abs", z)
    root = g.add("Sqrt", g.add("Add", g.add("Mul", size, size), b))
    root = g.add("Where", g.add("Less", size, 2.0**60), root, size)  # above 2⁶⁰ b is lost, and z² may overflow
    mean = g.add("Mul", g.add("Add", size, root), 0.5)
    return where_negative(g, z, g.add("Div", 0.25 * b, mean), mean)


def hard_sigmoid(g: Graph, z: str) -> str:
    return g.add("Mul", bounded(g, g.add("Add", z, 3), 0, 6), 1 / 6)


def hard_shrink(g: Graph, z: str, a: Any) -> str:
    return g.add("Where", g.add("LessOrEqual", g.add("Abs", z), a), 0, z)


NODES: dict[str, Nodes] = {
    "linear": lambda g, z, a: z if a == 1 else g.add("Mul", z, a),
    "sigmoid": lambda g, z, _: g.add("Sigmoid", z),
    "tanh": lambda g, z, _: g.add("Tanh", z),
    "relu": lambda g, z, a: g.add("Relu", z) if a == float("inf") else bounded(g, z, 0, a),
    "leaky_relu": leaky_relu,
    "prelu": leaky_relu,
    "exponential": lambda g, z, _: g.add("Exp", z),
    "elu": lambda g, z, a: where_negative(g, z, g.add("Mul", expm1_below_0(g, z), a), z),
    "selu": selu,
    "celu": lambda g, z, a: where_negative(g, z, g.add("Mul", expm1_below_0(g, g.add("Div", z, a)), a), z),
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "silu": lambda g, z, _: g.add("Mul", z, g.add("Sigmoid", z)),
    "mish": mish,
    "softplus": lambda g, z, _: softplus(g, z),
    "log_sigmoid": lambda g, z, _: g.add("Neg", softplus(g, g.add("Neg", z))),
    "squareplus": squareplus,
    "softsign": lambda g, z, _: g.add("Div", z, g.add("Add", g.add("Abs", z), 1)),
    "tanh_shrink": lambda g, z, _: g.add("Sub", z, g.add("Tanh", z)),
    "sin": lambda g, z, _: g.add("Sin", z),
    "hard_sigmoid": lambda g, z, _: hard_sigmoid(g, z),
    "hard_swish": lambda g, z, _: g.add("Mul", g.add("Max", z, -3), hard_sigmoid(g, z)),
    "hard_tanh": lambda g, z, _: bounded(g, z, -1, 1),
    "hard_shrink": hard_shrink,
    "soft_shrink": lambda g, z, a: g.add("Sub", z, bounded(g, z, -a, a)),
    "softmax": lambda g, z, _: g.add("Softmax", z, axis=1),
}
"""Name in C → function that adds the nodes."""
