# SPDX-License-Identifier: BSD-3-Clause
"""The inputs of a network as C: constants, and the code that writes the numbers of the first layer."""

from __future__ import annotations

import numpy as np

from neuract._typing import Array
from neuract.export._model import ExportedInput
from neuract.export.c._text import array, float_literals

FUNCTIONS = {
    "periodic": """\
/* y: x, then biases + the waves times the weights, n x size. */
static void periodic(float x, int n, int size, const float *frequencies, const float *phases, const float *weights,
                     const float *biases, float *y)
{
    y[0] = x;
    for (int i = 0; i < size; i++) y[i + 1] = biases[i];
    for (int f = 0; f < n; f++) {
        const float wave = cosf(6.28318531f * frequencies[f] * x + phases[f]);
        for (int i = 0; i < size; i++) y[i + 1] += wave * weights[f * size + i];
    }
}
""",
    "piecewise_linear": """\
/* y: how far x is in each of n intervals; lower edges, then 1 / widths. */
static void piecewise_linear(float x, int n, const float *edges, float *y)
{
    for (int t = 0; t < n; t++) {
        const float share = (x - edges[t]) * edges[n + t], low = t == 0 ? -1.0f : 0.0f, high = t == n - 1 ? 2.0f : 1.0f;
        y[t] = share < low ? low : share > high ? high : share;
    }
}
""",
    "embedding": """\
/* The level x, or 0 for a number that is none. */
static int level_of(float x, int n)
{
    return x >= 1 && x <= (float)n ? (int)x : 0;
}
""",
}


def functions(kinds: set[str]) -> str:
    """Returns the functions that inputs of these kinds call."""
    return "".join(text for kind, text in FUNCTIONS.items() if kind in kinds)


class CInputs:
    """The inputs of a network, which write `numbers` numbers; member: the end of its names."""

    def __init__(self, inputs: list[ExportedInput], member: str = "") -> None:
        self.inputs, self.member = inputs, member
        self.numbers = sum(each.numbers for each in inputs)

    @property
    def kinds(self) -> set[str]:
        return {each.kind for each in self.inputs}

    def _name(self, array_name: str, number: int) -> str:
        return f"{array_name}_of_input_{number}{self.member}"

    def arrays(self, number: int) -> dict[str, Array]:
        """Returns the constants of an input by name."""
        each = self.inputs[number]
        if each.kind != "piecewise_linear":
            return each.arrays
        edges = each.arrays["edges"]
        return {"edges": np.concatenate([edges[:-1], 1 / np.diff(edges)])}

    def constants(self) -> str:
        return "".join(
            array(f"static const float {self._name(name, number)}[{part.size}]", float_literals(part))
            for number in range(len(self.inputs))
            for name, part in self.arrays(number).items()
        )

    @property
    def n_constants(self) -> int:
        return sum(part.size for number in range(len(self.inputs)) for part in self.arrays(number).values())

    def lines(self, x: str, y: str) -> list[str]:
        """Returns the statements that write the numbers of a row x to y."""
        lines, at = [], 0
        for number, each in enumerate(self.inputs):
            names = ", ".join(self._name(name, number) for name in self.arrays(number))
            value, to = f"{x}[{each.column}]", f"{y} + {at}"
            code = {
                "numbers": f"{y}[{at}] = {value};",
                "periodic": f"periodic({value}, {each.frequencies}, {each.numbers - 1}, {names}, {to});",
                "piecewise_linear": f"piecewise_linear({value}, {each.numbers}, {names}, {to});",
                "embedding": f"for (int i = 0; i < {each.numbers}; i++) "
                f"{y}[{at} + i] = {names}[level_of({value}, {each.levels}) * {each.numbers} + i];",
                "one_hot": f"for (int i = 0; i < {each.numbers}; i++) {y}[{at} + i] = {value} == (float)(i + 1);",
                "scale": f"for (int i = 0; i < {self.numbers}; i++) {y}[i] *= {names}[i];",
            }
            lines.append(code[each.kind])
            at += each.numbers
        return lines
