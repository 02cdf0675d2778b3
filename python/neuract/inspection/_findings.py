# SPDX-License-Identifier: BSD-3-Clause
"""The rules of a diagnosis: one function per rule, which finds a symptom, with its advice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuract._typing import Array, FittedNetwork
from neuract.activations._named import LeakyReLU, Linear, PReLU, Softmax
from neuract.inspection._advice import (
    OTHER_ROWS,
    after_scaling,
    alternatives,
    and_scale,
    gentler,
    has_no_rate,
    how_to_scale,
    inputs_of_network,
    of_constant,
    reaches,
    revival,
    sentence,
    tamer,
)
from neuract.inspection._causes import SEVERITIES, Finding, by_cause
from neuract.inspection._signs import (
    GRADIENT_RATIOS,
    INPUT_REACHES,
    LOST_VARIANCE,
    NEURON_SHARES,
    SATURATED_ROWS,
    UPDATE_RATIOS,
    WILD_SPREAD,
    WILD_WEIGHT,
    is_constant,
    lost_variance,
    severity,
    spread_ratio,
    wild_loss,
)
from neuract.layers._dense import Dense

if TYPE_CHECKING:
    from neuract.inspection._diagnosis import Diagnosis, LayerDiagnosis

MOST_NAMED = 10  # neurons in a message

UNLIMITED = ("relu", "silu", "leaky_relu")  # activations without an upper limit


@dataclass(frozen=True)
class Evidence:
    """Input of the rules.

    targets: rows × outputs, None without y. columns: the names of X's columns, if it has any. of_frame: whether a
    tabular model has made X of the columns of a frame; its parameters are others than those of MLPs.
    """

    diagnosis: Diagnosis
    network: FittedNetwork
    targets: Array | None
    columns: Sequence[str] | None = None
    of_frame: bool = False


def find(evidence: Evidence) -> tuple[Finding, ...]:
    """Returns one finding per cause, the worst first."""
    with np.errstate(all="ignore"):  # a network that diverged has infinities and NaN
        found = by_cause([finding for rule in RULES for finding in rule(evidence)], evidence.diagnosis)
    return tuple(sorted(found, key=lambda finding: -SEVERITIES.index(finding.severity)))


# ---- rules ---------------------------------------------------------------------------------------


def not_finite(evidence: Evidence) -> Iterator[Finding]:
    """Finds outputs, a loss or gradients that are NaN or infinite, and names the first of these; weights never are."""
    diagnosis = evidence.diagnosis
    advice = (
        f"Look for extreme values in X and y{and_scale(evidence)}; or the training has diverged: {tamer(evidence)}, "
        "and fit again"
    )
    for number, layer in enumerate(diagnosis.layers):
        neurons = _numbers(~np.isfinite(layer.mean))
        if neurons:
            message = f"{layer.name}: the outputs overflow on these {diagnosis.rows:,} rows: {named(neurons)}"
            yield Finding("not_finite", "critical", number, neurons, message, advice, fatal=True)
            return
    norms = [layer.gradient_norm for layer in diagnosis.layers if layer.gradient_norm is not None]
    for what, numbers in (("loss", [diagnosis.loss or 0.0]), ("gradient", norms)):
        if not np.isfinite(numbers).all():
            message = f"the {what} is not finite, though weights and outputs are"
            yield Finding("not_finite", "critical", None, (), message, advice, fatal=True)
            return


def dying_relu(evidence: Evidence) -> Iterator[Finding]:
    """Finds neurons that fire on no row."""
    diagnosis = evidence.diagnosis
    dead = {number: layer.dead for number, layer in _reached(diagnosis)}
    message = f"fire on none of the {diagnosis.rows:,} rows"
    for worst, grade, parts in _of_layers(evidence, dead, message):
        advice = "Dead neurons output 0 and learn nothing from these rows. " + revival(evidence, worst)
        fatal = bool(dead[worst].all()) and worst < len(diagnosis.layers) - 1
        yield Finding("dying_relu", grade, worst, _numbers(dead[worst]), parts, advice, fatal)


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
    flat = [layer.activation for layer in evidence.diagnosis.layers[:-1] if np.isfinite(layer.activation.bounds).all()]
    use = "or use" if evidence.of_frame else "use"
    better = f"Use {alternatives(UNLIMITED[:2], flat)} instead of {flat[0].names[0]!r}, {use}" if flat else "Use"
    wider = "" if evidence.of_frame else ", or larger initial weights (init='he_normal')"
    yield Finding(
        "vanishing_gradient",
        grade,
        0,
        (),
        f"{shrinks} {first.name} ({first.gradient_norm:.2g}) from {last.name} ({last.gradient_norm:.2g})",
        f"The first layers hardly learn. {better} fewer layers{wider}",
    )


def exploding_gradient(evidence: Evidence) -> Iterator[Finding]:
    """Finds a gradient that grows on its way to the first layer, or is large relative to the weights."""
    diagnosis, gentle = evidence.diagnosis, tamer(evidence)
    advice = after_scaling(evidence, gentle) if evidence.of_frame else f"Scale X and y, {gentle}"
    if diagnosis.gradient_ratio:
        growth = 1 / diagnosis.gradient_ratio
        grade = severity(growth, GRADIENT_RATIOS)
        if grade is not None:
            first = diagnosis.layers[0]
            message = f"the gradient grows by a factor of {growth:.3g} on its way to {first.name}"
            message += f" ({first.gradient_norm:.2g})"
            yield Finding("exploding_gradient", grade, 0, (), message, advice)
            return
    if has_no_rate(evidence):
        return
    ratios = [layer.update_ratio or 0.0 for layer in diagnosis.layers]
    ratios = [ratio if np.isfinite(ratio) else 0.0 for ratio in ratios]  # infinite only for weights of 0
    worst = int(np.argmax(ratios))
    grade = severity(ratios[worst], UPDATE_RATIOS)
    if grade is not None:
        name = diagnosis.layers[worst].name
        message = f"learning rate · gradient is up to {ratios[worst]:.3g} times as long as the weights ({name})"
        yield Finding("exploding_gradient", grade, worst, (), message, advice)


def saturation(evidence: Evidence) -> Iterator[Finding]:
    """Finds neurons near a limit of their activation on nearly all rows, where hardly any gradient flows."""
    last = len(evidence.diagnosis.layers) - 1
    stuck = {
        number: (layer.saturated_share >= SATURATED_ROWS) & ~layer.dead
        for number, layer in _reached(evidence.diagnosis)
        if number < last or not _undoes_saturation(evidence.network)
    }
    message = f"are at a limit of their activation on {SATURATED_ROWS:.0%} of the rows or more"
    for worst, grade, parts in _of_layers(evidence, stuck, message):
        activation = evidence.diagnosis.layers[worst].activation
        names = alternatives(("identity",) if worst == last else UNLIMITED, [activation])
        better = f"an activation without limits ({names}) instead of {activation}"
        remedy = after_scaling(evidence, f"{gentler(evidence)}, or use {better}")
        advice = f"Hardly any gradient passes through them. {remedy}"
        yield Finding("saturation", grade, worst, _numbers(stuck[worst]), parts, advice)


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


def constant_output(evidence: Evidence) -> Iterator[Finding]:
    """Finds a prediction that is the same for all rows, though X and y differ."""
    diagnosis, targets = evidence.diagnosis, evidence.targets
    if targets is None or (diagnosis.input_minimum == diagnosis.input_maximum).all():
        return
    if is_constant(diagnosis.layers[-1].std, targets.std(axis=0, dtype=np.float64), evidence.network):
        message = f"the prediction is the same for all {diagnosis.rows:,} rows, though y differs"
        advice = of_constant(evidence)
        yield Finding("constant_output", "critical", len(diagnosis.layers) - 1, (), message, advice, fatal=True)


def wild_output(evidence: Evidence) -> Iterator[Finding]:
    """Finds predictions that are much worse than a constant because the weights have grown without limit."""
    diagnosis, network = evidence.diagnosis, evidence.network
    if evidence.targets is None or max(float(np.abs(w).max()) for w in network.weights) <= WILD_WEIGHT:
        return
    ratio = spread_ratio(diagnosis.layers[-1].std, evidence.targets.std(axis=0, dtype=np.float64))
    if network.loss_function.of == "numbers" and ratio > WILD_SPREAD:
        message = f"the predictions spread {ratio:.3g} times as widely as y"
    elif diagnosis.loss is not None and diagnosis.loss > wild_loss(network):
        message = f"the predicted probabilities are sure of wrong answers (loss {diagnosis.loss:.3g})"
    else:
        return
    advice = f"The training has diverged, though its numbers are finite. {sentence(tamer(evidence))}"
    yield Finding("wild_output", "critical", len(diagnosis.layers) - 1, (), message, advice, fatal=True)


def unscaled_inputs(evidence: Evidence) -> Iterator[Finding]:
    """Finds columns that reach far beyond [-5, 5], and columns that are constant and not 0."""
    diagnosis = evidence.diagnosis
    low, high = diagnosis.input_minimum, diagnosis.input_maximum
    constant, reach = (low == high) & (diagnosis.rows > 1), reaches(diagnosis)
    far = _numbers(reach > INPUT_REACHES[0])
    if far:
        worst = int(reach.argmax())
        columns = f"{named([worst], 'column', evidence.columns)} from {low[worst]:.4g} to {high[worst]:.4g}"
        columns += f"; all: {named(far, 'column', evidence.columns)}" if len(far) > 1 else ""
        yield Finding(
            "unscaled_inputs",
            severity(float(reach.max()), INPUT_REACHES) or "warn",
            None,
            far,
            f"{len(far)} of {len(reach)} {inputs_of_network(evidence)} reach beyond [-5, 5]: {columns}",
            f"{how_to_scale(evidence)}: large inputs saturate neurons and make training unstable",
            fatal=bool(reach.max() > INPUT_REACHES[2]),
        )
    useless = _numbers(constant & (low != 0))
    if useless:
        message = f"{len(useless)} of {len(low)} {inputs_of_network(evidence)} are constant: "
        message += named(useless, "column", evidence.columns)
        advice = "They hold no information and only shift the first layer's biases. "
        advice += OTHER_ROWS if evidence.of_frame else "Remove them, or set them to 0"
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
            f"y ranges from {targets.min():.4g} to {targets.max():.4g}, but {output.activation} of the output layer "
            f"only gives {low:.4g} to {high:.4g}: {named(outputs, 'output')}",
            "Use an output activation that can reach them ('identity'), or scale y into that range",
            fatal=lost_variance(targets, evidence.network) > LOST_VARIANCE,
        )


Rule = Callable[[Evidence], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    not_finite,
    dying_relu,
    vanishing_gradient,
    exploding_gradient,
    saturation,
    all_linear,
    constant_output,
    wild_output,
    unscaled_inputs,
    unreachable_targets,
)

# ---- parts of the rules ---------------------------------------------------------------------------


def _reached(diagnosis: Diagnosis) -> Iterator[tuple[int, LayerDiagnosis]]:
    """Yields the layers up to the first that is dead as a whole; those above get the same input from every row."""
    for number, layer in enumerate(diagnosis.layers):
        yield number, layer
        if layer.dead.all():
            return


def _of_layers(evidence: Evidence, marked: dict[int, Array], what: str) -> Iterator[tuple[int, str, str]]:
    """Yields, if any layer has enough marked neurons, the worst layer, its severity, and a message about all such."""
    layers = evidence.diagnosis.layers
    shares = {number: float(mask.mean()) for number, mask in marked.items()}
    graded = [number for number, share in shares.items() if severity(share, NEURON_SHARES)]
    if graded:
        worst = max(graded, key=shares.__getitem__)
        parts = [f"{layers[n].name}: {_share_of(marked[n])} {what}{_which(marked[n])}" for n in graded]
        yield worst, severity(shares[worst], NEURON_SHARES) or "warn", "; ".join(parts)


def _undoes_saturation(network: FittedNetwork) -> bool:
    """Whether the gradient with respect to z does not vanish with the output activation's slope: cross entropies."""
    return network.loss_function.of == "probabilities"


def _is_linear(seen: LayerDiagnosis, layer: Dense) -> bool:
    f = seen.activation
    if layer.threshold is not None:
        return False
    if isinstance(f, PReLU):
        return seen.slopes is not None and bool((seen.slopes == 1).all())
    return isinstance(f, Linear) or (isinstance(f, LeakyReLU) and f.alpha == 1)


def _numbers(mask: Array) -> tuple[int, ...]:
    return tuple(np.flatnonzero(mask).tolist())


def _which(mask: Array) -> str:
    return "" if mask.all() else f": {named(_numbers(mask))}"


def _share_of(mask: Array) -> str:
    return f"{mask.sum():,} of {len(mask):,} neurons ({mask.mean():.0%})"


def named(numbers: Sequence[int], what: str = "neuron", names: Sequence[str] | None = None) -> str:
    """Returns "neurons 0, 3, 7", and how many more there are; names: instead of the numbers."""
    shown = [str(number) if names is None else repr(str(names[number])) for number in numbers[:MOST_NAMED]]
    more = f" and {len(numbers) - MOST_NAMED:,} more" if len(numbers) > MOST_NAMED else ""
    return f"{what}{'s' if len(numbers) > 1 else ''} {', '.join(shown)}{more}"
