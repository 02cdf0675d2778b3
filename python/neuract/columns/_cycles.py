# SPDX-License-Identifier: BSD-3-Clause
"""Sine and cosine of a share of a whole turn, by sums and products alone: they have the same bits on every machine.

NumPy's own functions depend on the instruction set of the processor.
"""

from __future__ import annotations

from math import factorial

import numpy as np

from neuract._typing import Array

TERMS = 9  # of a Taylor series on [-π/4, π/4]: the rest is below 1e-18
SINES = [(-1) ** k / factorial(2 * k + 1) for k in range(TERMS)]
COSINES = [(-1) ** k / factorial(2 * k) for k in range(TERMS)]


def sine_and_cosine(turns: Array) -> tuple[Array, Array]:
    """Returns sin(2π · turns) and cos(2π · turns), to about 1e-15; turns: float64, any number of whole turns."""
    quarters = 4 * (turns - np.floor(turns))
    nearest = np.floor(quarters + 0.5)
    angle = (quarters - nearest) * (np.pi / 2)
    squares = angle * angle
    sine, cosine = angle * _polynomial(SINES, squares), _polynomial(COSINES, squares)
    quadrant = nearest % 4  # NaN in none of them
    odd = quadrant % 2 == 1
    sines, cosines = np.where(odd, cosine, sine), np.where(odd, sine, cosine)
    return np.where(quadrant >= 2, -sines, sines), np.where((quadrant == 1) | (quadrant == 2), -cosines, cosines)


def _polynomial(coefficients: list[float], x: Array) -> Array:
    result = np.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        result = result * x + coefficient
    return result
