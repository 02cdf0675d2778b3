# SPDX-License-Identifier: BSD-3-Clause
"""Every activation as a C99 function of floats: the formulas of csrc/activations.h with the functions of math.h.

In a tail where exp would overflow or digits would cancel, they take the form of the other side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neuract.activations._base import Activation


class Function(NamedTuple):
    """The body of ``float activation_<name>(float z)``, with a parameter of ``(float z, float a)``."""

    body: str
    has_parameter: bool = False
    needs: str | None = None  # a function that it calls


def below_0(then: str) -> Function:
    return Function(f"return z < 0 ? {then} : z;", has_parameter=True)


FUNCTIONS: dict[str, Function] = {
    "linear": Function("return a * z;", True),
    "sigmoid": Function("return 1 / (1 + expf(-z));"),
    "tanh": Function("return tanhf(z);"),
    "relu": Function("return z < 0 ? 0 : z;"),
    "bounded_relu": Function("return z < 0 ? 0 : z > a ? a : z;", True),
    "leaky_relu": below_0("a * z"),
    "prelu": below_0("a * z"),
    "exponential": Function("return expf(z);"),
    "elu": below_0("a * expm1f(z)"),
    "selu": Function("return z < 0 ? 1.7580993f * expm1f(z) : 1.050701f * z;"),
    "celu": below_0("a * expm1f(z / a)"),
    "gelu": Function("return 0.5f * z * erfcf(-0.70710677f * z);"),
    "gelu_tanh": Function("return z / (1 + expf(-z * (1.5957692f + 0.071354814f * z * z)));"),
    "silu": Function("return z / (1 + expf(-z));"),
    "mish": Function("return z * tanhf(activation_softplus(z));", needs="softplus"),
    "softplus": Function("return (z < 0 ? 0 : z) + log1pf(expf(-fabsf(z)));"),
    "log_sigmoid": Function("return -activation_softplus(-z);", needs="softplus"),
    "squareplus": Function(
        """float size = fabsf(z);
    float root = size < 1e18f ? sqrtf(size * size + a) : size; /* above 1e18 a is lost, and the square may overflow */
    float mean = 0.5f * (size + root);
    return z < 0 ? 0.25f * a / mean : mean;""",
        True,
    ),
    "softsign": Function("return z / (1 + fabsf(z));"),
    "tanh_shrink": Function(
        """float s = z * z; /* near 0 the difference cancels: four terms of its series */
    float series = z * s * (0.33333334f - s * (0.13333334f - s * (0.053968254f - s * 0.021869488f)));
    return s < 0.09f ? series : z - tanhf(z);"""
    ),
    "sin": Function("return sinf(z);"),
    "hard_sigmoid": Function("return (z < -3 ? 0 : z > 3 ? 6 : z + 3) * 0.16666667f;"),
    "hard_swish": Function("return z < -3 ? 0 : z * activation_hard_sigmoid(z);", needs="hard_sigmoid"),
    "hard_tanh": Function("return z < -1 ? -1 : z > 1 ? 1 : z;"),
    "hard_shrink": Function("return fabsf(z) <= a ? 0 : z;", True),
    "soft_shrink": Function("return z < -a ? z + a : z > a ? z - a : 0 * z;", True),
}
"""Name in the core → function; a bounded ReLU has its own name. Softmax is not a function of a single z."""


def function_name(f: Activation) -> str | None:
    """Returns the name in FUNCTIONS of an activation; None for identity and softmax."""
    if f.core_name == "linear" and f.parameter == 1:
        return None
    if f.core_name == "relu" and np.isfinite(f.parameter):
        return "bounded_relu"
    return f.core_name if f.core_name in FUNCTIONS else None


def definitions(names: set[str]) -> str:
    """Returns the C text of these functions and of the functions that they call."""
    wanted = names | {needed for name in names if (needed := FUNCTIONS[name].needs)}
    first = sorted(wanted, key=lambda name: (FUNCTIONS[name].needs is not None, name))
    return "\n".join(definition(name) for name in first)


def definition(name: str) -> str:
    function = FUNCTIONS[name]
    parameters = "float z, float a" if function.has_parameter else "float z"
    return f"static float activation_{name}({parameters})\n{{\n    {function.body}\n}}\n"
