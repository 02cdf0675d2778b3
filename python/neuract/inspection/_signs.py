# SPDX-License-Identifier: BSD-3-Clause
"""The numbers that tell a healthy network from a sick one, and their thresholds with their sources."""

from __future__ import annotations

import numpy as np

from neuract._typing import Array, FittedNetwork
from neuract.activations._named import Softmax

Bands = tuple[float, float, float]

NEURON_SHARES: Bands = (0.05, 0.20, 0.50)  # share of a layer: https://ttsugriy.github.io
GRADIENT_RATIOS: Bands = (1e2, 1e4, 1e6)  # ours; a healthy network stays within a factor of 10 or so
UPDATE_RATIOS: Bands = (1, 10, 100)  # ours: 1, a step as long as the weights; usual is 1e-3 (CS231n)
SATURATED_ROWS = 0.95  # ours: at this share of the rows, a neuron is as good as constant
INPUT_REACHES: Bands = (5, 50, 500)
CONSTANT_SPREAD = 1e-6  # ours: outputs that spread by at most this share of y's spread are constant
LOST_VARIANCE = 0.05  # ours: targets beyond the output's bounds with less than this share of y's variance do no harm
WILD_SPREAD = 10  # ours: a network that spreads more than this times as widely as y has diverged
WILD_LOSS = 10  # ours: so has one whose log loss is this many times that of equal probabilities
WILD_WEIGHT = 10  # ours: if a weight is larger, too, where initial weights are at most about 1


def severity(value: float, bands: Bands) -> str | None:
    """Returns "warn" from the first number, "serious" from the second, "critical" above the third; None below."""
    if not value >= bands[0]:
        return None
    return "warn" if value < bands[1] else "serious" if value <= bands[2] else "critical"


def input_reach(low: Array, high: Array, mean: Array, std: Array) -> Array:
    """Returns how far from 0 each column reaches; a few outliers of a scaled column do no harm and do not count.

    0 for columns whose scale does not matter, which have NaN.
    """
    reach: Array = np.minimum(np.maximum(np.abs(low), np.abs(high)), np.abs(mean) + 2 * std)
    return np.where(np.isnan(reach), 0, reach)


def is_constant(of_output: Array, of_targets: Array, network: FittedNetwork) -> bool:
    """Whether outputs with these standard deviations are constant although the targets, with theirs, are not."""
    share = 0.0 if network.loss_function.of == "any" else CONSTANT_SPREAD  # own outputs may have a scale of their own
    widest = float(of_targets.max())
    return widest > 0 and bool((of_output <= share * widest).all())


def spread_ratio(of_output: Array, of_targets: Array) -> float:
    """Returns how many times as widely as its target each output spreads, at least; takes standard deviations."""
    targets = np.broadcast_to(of_targets, of_output.shape)  # several quantiles have one target
    differ = targets > 0
    return float((of_output[differ] / targets[differ]).min()) if differ.any() else 0.0


def lost_variance(targets: Array, network: FittedNetwork) -> float:
    """Returns the share of the targets' variance that the output layer cannot explain, because of its bounds."""
    activation = network.layers[-1].activation
    if isinstance(activation, Softmax) or not np.isfinite(activation.bounds).any():
        return 0.0
    missed = targets - np.clip(targets, *activation.bounds)
    spread = float(targets.var(axis=0, dtype=np.float64).sum())
    return float(np.square(missed, dtype=np.float64).mean(axis=0).sum()) / spread if spread else 0.0


def wild_loss(network: FittedNetwork) -> float:
    """Returns the loss above which predicted probabilities are wild; infinite for other outputs."""
    if network.loss_function.of != "probabilities":
        return np.inf
    output = network.layers[-1]
    equal = np.log(output.units) if isinstance(output.activation, Softmax) else output.units * np.log(2)
    return WILD_LOSS * float(equal)
