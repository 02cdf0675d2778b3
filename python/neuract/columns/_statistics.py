# SPDX-License-Identifier: BSD-3-Clause
"""Statistics of a column by order and by exact sums: they have the same bits on every machine.

NumPy's own sums depend on the instruction set of the processor.
"""

from __future__ import annotations

from math import floor, frexp, fsum, ldexp, sqrt

import numpy as np

from neuract._typing import Array

SMALLEST, LARGEST = 1e-300, 1e300  # scales


def quantile(ordered: Array, share: float) -> float:
    """Returns a quantile of ascending numbers, linear between neighbours."""
    place = share * (len(ordered) - 1)
    below = floor(place)
    low, high = float(ordered[below]), float(ordered[min(below + 1, len(ordered) - 1)])
    part = place - below
    return low if low == high else low * (1 - part) + high * part  # high - low might overflow


def median(ordered: Array) -> float:
    """Returns the median of ascending numbers."""
    return quantile(ordered, 0.5)


def mean_and_deviation(values: Array) -> tuple[float, float]:
    """Returns the mean and the standard deviation, correctly rounded but for the last bits."""
    unit = ldexp(1.0, frexp(float(np.abs(values).max(initial=0.0)))[1] - 1)  # no square overflows, no division rounds
    shares = values / unit
    center = fsum(shares) / len(values)
    return center * unit, sqrt(fsum((shares - center) ** 2) / len(values)) * unit


def inverse(length: float) -> float:
    """Returns 1 / length, not 0 and not infinite."""
    with np.errstate(divide="ignore", over="ignore"):
        return float(min(max(np.float64(1) / length, SMALLEST), LARGEST))
