# SPDX-License-Identifier: BSD-3-Clause
"""The base class of activation functions: an object that calls the C code of networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

import neuract._neuract_core as core
from neuract._reprs import Described
from neuract._typing import Array


def float_array(z: npt.ArrayLike) -> Array:
    """Returns float32 and float64 unchanged, other types as float64; contiguous, in the machine's byte order."""
    array = np.asarray(z)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"an activation takes real numbers, got {array.dtype} data")
    dtype = np.float32 if array.dtype.newbyteorder("=") == np.float32 else np.float64
    return np.require(array, dtype=dtype, requirements=["C", "A"])


class Activation(Described):
    """The function that a neuron applies to its weighted sum z: y = f(z).

    Every activation is an immutable object. ``f(z)`` takes an array of any shape and returns y of the same shape;
    float32 and float64 are kept, other types become float64. NaN stays NaN.
    """

    names: ClassVar[tuple[str, ...]]  # accepted by `activation`; the first is the name in C
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}  # names with other parameters than the defaults

    margin: ClassVar[float | None] = None  # the margin of `saturates_at`; 0 for piecewise linear, None for unbounded f

    def __str__(self) -> str:
        """Returns the repr, without brackets if all parameters have their defaults: for tables and sentences."""
        return repr(self).removesuffix("()")

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest y, or their limits; infinite where there is no bound."""
        return -np.inf, np.inf

    @property
    def saturates_at(self) -> tuple[float, float]:
        """The bounds of saturation: f is nearly flat where y is at or below the first, or at or above the second.

        They lie 1 % of the range of y inside its bounds; for piecewise linear functions at the bounds. Infinite for
        functions that are not flat on both sides.
        """
        low, high = self.bounds
        if self.margin is None or not np.isfinite(high - low):
            return -np.inf, np.inf
        return low + self.margin * (high - low), high - self.margin * (high - low)

    @property
    def core_name(self) -> str:
        """The function's name in the C code."""
        return self.names[0]

    @property
    def parameter(self) -> float:
        """The parameter that the C code takes next to z."""
        return 0.0

    def __call__(self, z: npt.ArrayLike) -> Array:
        """Computes y = f(z), elementwise."""
        return self._apply(z, derivative=False)

    def derivative(self, z: npt.ArrayLike) -> Array:
        """Computes df/dz at z, elementwise. At a kink it is the slope of one side: 0 if one side has slope 0.

        Examples
        --------
        >>> import neuract as na
        >>> na.ReLU().derivative([-1.0, 0.0, 2.0])
        array([0., 0., 1.])
        """
        return self._apply(z, derivative=True)

    def _apply(self, z: npt.ArrayLike, derivative: bool) -> Array:
        source = float_array(z)
        y = np.empty_like(source)
        core.apply_activation(self.core_name, self.parameter, derivative, source.dtype.name, source, y)
        return y
