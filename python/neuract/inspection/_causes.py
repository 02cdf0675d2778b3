# SPDX-License-Identifier: BSD-3-Clause
"""A finding of a diagnosis, and which findings are consequences of which: a diagnosis has one finding per cause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neuract.inspection._diagnosis import Diagnosis

SEVERITIES = ("warn", "serious", "critical")

LEARNED = {"dying_relu", "vanishing_gradient", "exploding_gradient", "saturation", "constant_output", "wild_output"}


@dataclass(frozen=True)
class Finding:
    """A warning of a diagnosis, with advice.

    Attributes
    ----------
    rule : str
        The name of the rule, such as "dying_relu".
    severity : {"warn", "serious", "critical"}
    layer : int or None
        Index into the diagnosis's layers, of the layer with most of the fault; None: the whole network, or X.
    neurons : tuple of int
        The neurons of that layer; for a finding about X, its columns.
    message, advice : str
        The finding with its consequences, and what you can do about it.
    fatal : bool
        Whether it leaves no doubt that the network is of little use, so that `fit` warns of it.
    """

    rule: str
    severity: str
    layer: int | None
    neurons: tuple[int, ...]
    message: str
    advice: str
    fatal: bool = False


Condition = Callable[[Finding], bool]


def by_cause(found: list[Finding], diagnosis: Diagnosis) -> list[Finding]:
    """Adds each finding that is a consequence of another to that one."""
    if any(finding.rule == "not_finite" for finding in found):
        return [finding for finding in found if finding.rule not in LEARNED]  # nothing else can be told
    for is_cause, is_effect in _causes(diagnosis):
        for cause in filter(is_cause, tuple(found)):
            effects = [finding for finding in found if is_effect(finding) and finding is not cause]
            found = [_joined(cause, effects) if each is cause else each for each in found if each not in effects]
    return found


def _causes(diagnosis: Diagnosis) -> list[tuple[Condition, Condition]]:
    """Returns which findings cause which others, the last causes first: an effect brings its own effects along."""
    last = len(diagnosis.layers) - 1

    def is_dead_layer(finding: Finding) -> bool:
        return finding.layer is not None and bool(diagnosis.layers[finding.layer].dead.all())

    return [
        (lambda f: f.rule == "dying_relu" and is_dead_layer(f), _one_of("vanishing_gradient", "constant_output")),
        (
            lambda f: f.rule == "saturation" and f.severity == "critical",
            _one_of("vanishing_gradient", "constant_output"),
        ),
        (lambda f: f.rule == "vanishing_gradient" and f.severity != "warn", _one_of("constant_output")),
        (_one_of("wild_output"), _one_of("exploding_gradient", "vanishing_gradient", "saturation")),
        (
            lambda f: f.rule == "unreachable_targets" and f.severity != "warn",
            lambda f: f.layer == last and f.rule in LEARNED,
        ),
        (
            lambda f: f.rule == "unscaled_inputs" and f.severity != "warn",
            _one_of("dying_relu", "exploding_gradient", "saturation", "constant_output", "wild_output"),
        ),
    ]


def _one_of(*rules: str) -> Condition:
    return lambda finding: finding.rule in rules


def _joined(cause: Finding, effects: list[Finding]) -> Finding:
    if not effects:
        return cause
    grade = max((each.severity for each in (cause, *effects)), key=SEVERITIES.index)
    message = f"{cause.message}; as a result, {' and '.join(effect.message for effect in effects)}"
    return replace(cause, severity=grade, message=message, fatal=any(each.fatal for each in (cause, *effects)))
