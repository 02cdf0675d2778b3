# SPDX-License-Identifier: BSD-3-Clause
"""The members of a model in diagnosis and pictures: the one that is shown, and what all of them have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuract._checks import whole_number
from neuract._typing import Array, AskedModel, FittedNetwork

if TYPE_CHECKING:
    from neuract.inspection._diagnosis import Diagnosis


@dataclass(frozen=True)
class MembersDiagnosis:
    """What a diagnosis has found in all members of a model.

    Attributes
    ----------
    shown : int
        The member that the rest of the diagnosis is of.
    losses : array of shape (members,) or None
        The mean loss of each over the rows, without penalties; None without y.
    dead : array of int of shape (members,)
        How many neurons of each fire on no row.
    findings : dict of int
        For each rule that has found something, in how many members.
    """

    shown: int
    losses: Array | None
    dead: Array
    findings: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.dead)

    @classmethod
    def of(cls, each: Sequence[Diagnosis], shown: int) -> MembersDiagnosis:
        """Summarizes the diagnoses of the members."""
        losses = [one.loss for one in each if one.loss is not None]
        rules = [rule for one in each for rule in {finding.rule: None for finding in one.warnings}]
        dead = [sum(int(layer.dead.sum()) for layer in one.layers) for one in each]
        counts = {rule: rules.count(rule) for rule in sorted(set(rules), key=lambda rule: -rules.count(rule))}
        return cls(shown, np.array(losses) if losses else None, np.array(dead), counts)


def member_of(model: AskedModel, number: int) -> FittedNetwork:
    """Returns a member of a model, counted from 0.

    Raises
    ------
    TypeError
        If the number is not a whole one.
    ValueError
        If the model has no such member.
    """
    networks, number = model._members().networks, whole_number(number, "member", low=0)
    if number >= len(networks):
        last = len(networks) - 1
        raise ValueError(f"member must be {f'from 0 to {last}' if last else '0'} for this model, got {number}")
    return networks[number]


def distinct(histories: Iterable[Mapping[str, Sequence[float]]], name: str) -> list[Sequence[float]]:
    """Returns the curves of that name; members of a group share theirs, which counts once."""
    found: list[Sequence[float]] = []
    for history in histories:
        curve = history.get(name, ())
        if len(curve) and not any(np.array_equal(curve, other, equal_nan=True) for other in found):
            found.append(curve)
    return found
