# SPDX-License-Identifier: BSD-3-Clause
"""The rules of a diagnosis: one function per rule, with its thresholds, their sources, and its advice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neuract._typing import Array, FittedNetwork
from neuract.activations._named import LeakyReLU, Linear, PReLU, Softmax

if TYPE_CHECKING:
    from neuract.inspection._diagnosis import Diagnosis, LayerDiagnosis

Bands = tuple[float, float, float]

SEVERITIES = ("warn", "serious", "critical")

NEURON_SHARES: Bands = (0.05, 0.20, 0.50)  # share of a layer: https://ttsugriy.github.io
GRADIENT_RATIOS: Bands = (1e2, 1e4, 1e6)  # ours; a healthy network stays within a factor of 10 or so
UPDATE_RATIOS: Bands = (1, 10, 100)  # ours: 1, a step as long as the weights; usual is 1e-3 (CS231n)
SATURATED_ROWS = 0.95  # ours: at this share of the rows, a neuron is as good as constant
INPUT_REACHES: Bands = (5, 50, 500)
MOST_NAMED = 10  # neurons in a message


@dataclass(frozen=True)
class Finding:
    """A warning of a diagnosis, with advice.

    Attributes
    ----------
    rule : str
        The name of the rule, such as "dying_relu".
    severity : {"warn", "serious", "critical"}
    layer : int or None
        Index into the diagnosis's layers; None: the whole network, or X.
    neurons : tuple of int
        The neurons of that layer; for a finding about X, its columns.
    message, advice : str
        The finding, and what you can do about it.
    """

    rule: str
    severity: str
    layer: int | None
    neurons: tuple[int, ...]
    message: str
    advice: str


@dataclass(frozen=True)
class Evidence:
    """Input of the rules; targets: rows × outputs, None without y."""

    diagnosis: Diagnosis
    network: FittedNetwork
    targets: Array | None


def find(evidence: Evidence) -> tuple[Finding, ...]:
    """Returns the findings of all rules, the worst first."""
    found = [finding for rule in RULES for finding in rule(evidence)]
    return tuple(sorted(found, key=lambda finding: -SEVERITIES.index(finding.severity)))


def severity(value: float, bands: Bands) -> str | None:
    """Returns "warn" from the first number, "serious" from the second, "critical" above the third; None below."""
    if not value >= bands[0]:
        return None
    return "warn" if value < bands[1] else "serious" if value <= bands[2] else "critical"


# ---- rules ---------------------------------------------------------------------------------------


def dying_relu(evidence: Evidence) -> Iterator[Finding]:
    """Finds neurons that fire on no row, per layer and in all hidden layers together."""
    diagnosis = evidence.diagnosis
    advice = (
        "They output 0 and learn nothing from these rows. Center and scale X (StandardScaler), lower the learning "
        "rate, or use an activation that cannot die ('leaky_relu', 'elu', 'prelu')"
    )
    for number, layer in enumerate(diagnosis.layers):
        grade = severity(float(layer.dead.mean()), NEURON_SHARES)
        if grade is not None:
            dead = _numbers(layer.dead)
            message = f"{layer.name}: {_share_of(layer.dead)} fire on none of the {diagnosis.rows:,} rows"
            thresholds = ", or lower the threshold" if evidence.network.layers[number].threshold is not None else ""
            yield Finding("dying_relu", grade, number, dead, f"{message}: {_named(dead)}", advice + thresholds)
    hidden = diagnosis.layers[:-1]
    if len(hidden) > 1:
        every = np.concatenate([layer.dead for layer in hidden])
        grade = severity(float(every.mean()), NEURON_SHARES)
        if grade is not None:
            message = f"all hidden layers: {_share_of(every)} fire on none of the {diagnosis.rows:,} rows"
            yield Finding("dying_relu", grade, None, (), message, advice)


def vanishing_gradient(evidence: Evidence) -> Iterator[Finding]:
    """Finds a gradient of the first layer that is much smaller than that of the last layer."""
    ratio = evidence.diagnosis.gradient_ratio
    grade = None if ratio is None else severity(ratio, GRADIENT_RATIOS)
    if ratio is None or grade is None:
        return
    first, last = evidence.diagnosis.layers[0], evidence.diagnosis.layers[-1]
    shrinks = (
        "no gradient reaches" if np.isinf(ratio) else f"the gradient shrinks by a factor of {ratio:.3g} on its way to"
    )
    yield Finding(
        "vanishing_gradient",
        grade,
        0,
        (),
        f"{shrinks} {first.name} ({first.gradient_norm:.2g}) from {last.name} ({last.gradient_norm:.2g})",
        "The first layers hardly learn. Use 'relu' or 'silu' instead of activations that flatten on both sides, use "
        "fewer layers, or use larger initial weights (init='he_normal')",
    )


def exploding_gradient(evidence: Evidence) -> Iterator[Finding]:
    """Finds a gradient that grows on its way to the first layer, is not finite, or is large relative to the weights."""
    diagnosis, advice = evidence.diagnosis, "Scale X and y, lower the learning rate, or set max_grad_norm=1"
    norms = [layer.gradient_norm for layer in diagnosis.layers if layer.gradient_norm is not None]
    if not np.isfinite([diagnosis.loss or 0.0, *norms]).all():
        message = "the loss or a gradient is not finite"
        yield Finding("exploding_gradient", "critical", None, (), message, advice)
        return
    if diagnosis.gradient_ratio:
        growth = 1 / diagnosis.gradient_ratio
        grade = severity(growth, GRADIENT_RATIOS)
        if grade is not None:
            name = diagnosis.layers[0].name
            message = f"the gradient grows by a factor of {growth:.3g} on its way to {name} ({norms[0]:.2g})"
            yield Finding("exploding_gradient", grade, 0, (), message, advice)
    ratios = [layer.update_ratio or 0.0 for layer in diagnosis.layers]
    worst = int(np.argmax(ratios))
    grade = severity(ratios[worst], UPDATE_RATIOS)
    if grade is not None:
        name = diagnosis.layers[worst].name
        message = f"learning rate · gradient is up to {ratios[worst]:.3g} times as long as the weights ({name})"
        yield Finding("exploding_gradient", grade, worst, (), message, advice)


def saturation(evidence: Evidence) -> Iterator[Finding]:
    """Finds neurons near a limit of their activation on nearly all rows, where hardly any gradient flows."""
    for number, layer in enumerate(evidence.diagnosis.layers):
        if number == len(evidence.diagnosis.layers) - 1 and _undoes_saturation(evidence.network):
            continue
        stuck = (layer.saturated_share >= SATURATED_ROWS) & ~layer.dead
        grade = severity(float(stuck.mean()), NEURON_SHARES)
        if grade is not None:
            neurons = _numbers(stuck)
            yield Finding(
                "saturation",
                grade,
                number,
                neurons,
                f"{layer.name}: {_share_of(stuck)} are at a limit of {layer.activation!r} on "
                f"{SATURATED_ROWS:.0%} of the rows or more: {_named(neurons)}",
                "Hardly any gradient passes through them. Scale X (StandardScaler), lower the learning rate, or use an "
                "activation without an upper limit ('relu', 'silu')",
            )


def all_linear(evidence: Evidence) -> Iterator[Finding]:
    """Finds hidden layers that are all linear."""
    hidden = evidence.diagnosis.layers[:-1]
    if hidden and all(map(_is_linear, hidden, evidence.network.layers)):
        yield Finding(
            "all_linear",
            "serious",
            None,
            (),
            "all hidden layers are linear, so the network is a single linear map",
            "It can learn no more than a linear model. Give the hidden layers an activation such as 'relu'",
        )


def unscaled_inputs(evidence: Evidence) -> Iterator[Finding]:
    """Finds columns that reach far beyond [-5, 5], and columns that are constant and not 0."""
    diagnosis = evidence.diagnosis
    low, high = diagnosis.input_minimum, diagnosis.input_maximum
    constant = (low == high) & (diagnosis.rows > 1)
    bulk = np.abs(diagnosis.input_mean) + 2 * diagnosis.input_std  # a few outliers of a scaled column do no harm
    reach = np.where(constant, 0, np.minimum(np.maximum(np.abs(low), np.abs(high)), bulk))
    far = _numbers(reach > INPUT_REACHES[0])
    if far:
        worst = int(reach.argmax())
        yield Finding(
            "unscaled_inputs",
            severity(float(reach.max()), INPUT_REACHES) or "warn",
            None,
            far,
            f"{len(far)} of {len(reach)} columns of X reach beyond [-5, 5], column {worst} from {low[worst]:.4g} to "
            f"{high[worst]:.4g}: {_named(far, 'column')}",
            "Scale X, for example with StandardScaler: large inputs saturate neurons and make training unstable",
        )
    useless = _numbers(constant & (low != 0))
    if useless:
        message = f"{len(useless)} of {len(low)} columns of X are constant: {_named(useless, 'column')}"
        advice = "They hold no information and only shift the first layer's biases. Remove them, or set them to 0"
        yield Finding("unscaled_inputs", "warn", None, useless, message, advice)


def unreachable_targets(evidence: Evidence) -> Iterator[Finding]:
    """Finds targets outside the range of the output layer's activation."""
    output, number = evidence.diagnosis.layers[-1], len(evidence.diagnosis.layers) - 1
    if evidence.targets is None or isinstance(output.activation, Softmax):
        return
    low, high = output.activation.bounds
    targets = evidence.targets.reshape(evidence.diagnosis.rows, -1)
    beyond: Array = (targets < low) | (targets > high)
    outputs = _numbers(np.any(beyond, axis=0))
    if outputs:
        yield Finding(
            "unreachable_targets",
            severity(float(beyond.mean()), NEURON_SHARES) or "warn",
            number,
            outputs,
            f"y ranges from {targets.min():.4g} to {targets.max():.4g}, but {output.activation!r} of the output layer "
            f"only gives {low:.4g} to {high:.4g}: {_named(outputs, 'output')}",
            "Use an output activation that can reach them ('identity'), or scale y into that range",
        )


Rule = Callable[[Evidence], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    dying_relu,
    vanishing_gradient,
    exploding_gradient,
    saturation,
    all_linear,
    unscaled_inputs,
    unreachable_targets,
)

# ---- parts of the rules ---------------------------------------------------------------------------


def _undoes_saturation(network: FittedNetwork) -> bool:
    """Whether the gradient with respect to z does not vanish with the output activation's slope: cross entropies."""
    return network.loss_function.of == "probabilities"


def _is_linear(seen: LayerDiagnosis, layer: Any) -> bool:
    f = seen.activation
    if layer.threshold is not None:
        return False
    if isinstance(f, PReLU):
        return seen.slopes is not None and bool((seen.slopes == 1).all())
    return isinstance(f, Linear) or (isinstance(f, LeakyReLU) and f.alpha == 1)


def _numbers(mask: Array) -> tuple[int, ...]:
    return tuple(np.flatnonzero(mask).tolist())


def _share_of(mask: Array) -> str:
    return f"{mask.sum():,} of {len(mask):,} neurons ({mask.mean():.0%})"


def _named(numbers: Sequence[int], what: str = "neuron") -> str:
    """Returns "neurons 0, 3, 7", and how many more there are."""
    names = ", ".join(map(str, numbers[:MOST_NAMED]))
    more = f" and {len(numbers) - MOST_NAMED:,} more" if len(numbers) > MOST_NAMED else ""
    return f"{what}{'s' if len(numbers) > 1 else ''} {names}{more}"
