# SPDX-License-Identifier: BSD-3-Clause
"""How an ensemble judges itself on rows that members have not seen: loss, temperature, weights of the groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from neuract._typing import Array
from neuract.inputs._data import Data
from neuract.losses._base import Loss
from neuract.losses._numbers import SquaredError
from neuract.losses._probabilities import LogLoss
from neuract.outputs._blend import blend_weights
from neuract.outputs._calibration import log_loss, temperature
from neuract.training._members import Members
from neuract.training._together import Member

AFTER_AVERAGING = 2 / 3  # power of the temperature: the mean of members softens too


@dataclass(frozen=True, eq=False)
class Scoring:
    """Judges outputs for the rows of `data`.

    kind: "classes" or "labels" where the loss is the log loss, "squares" where it is the squared error, else "other".
    bounds: (2, outputs), the lowest and highest output that counts, or None.
    """

    data: Data
    kind: str
    bounds: Array | None

    def held(self, outputs: Array) -> Array:
        return outputs if self.bounds is None else np.clip(outputs, *self.bounds)

    def loss(self, outputs: Array, members: Sequence[Member], rows: Sequence[Array]) -> float:
        """Returns the mean loss of outputs, rows × outputs with NaN; members and their rows: for other losses."""
        data = self.data
        if self.kind in ("classes", "labels"):
            beta = temperature(outputs, data.targets, data.sample_weight, self.kind)
            return log_loss(outputs, data.targets, data.sample_weight, self.kind, beta)
        if self.kind == "squares":
            return self._squares(outputs)
        taken = [data.take(numbers) for numbers in rows]
        totals = np.array([each.total_weight for each in taken])
        losses = [member.session.loss(each) for member, each in zip(members, taken, strict=True)]
        return float(np.average(losses, weights=totals)) if totals.any() else nan

    def of_members(self, members: Members, sessions: Sequence[Member], n_threads: int | None) -> float:
        """Returns the mean loss of the members' mean; for other losses the mean of their losses."""
        if self.kind == "other":
            return float(np.mean([each.session.loss(self.data) for each in sessions]))
        return self.loss(np.asarray(members.predict(self.data.x, n_threads), np.float64), (), ())

    def _squares(self, outputs: Array) -> float:
        errors = ((outputs - self.data.targets) ** 2).sum(axis=1)
        weights = np.ones(len(errors)) if self.data.sample_weight is None else self.data.sample_weight
        known = ~np.isnan(errors) & (weights > 0)
        return float(np.average(errors[known], weights=weights[known])) if known.any() else nan

    def temperature(self, outputs: Array) -> Array | None:
        """Returns the inverse temperature of outputs, one number or one for each label; None for numbers."""
        if self.kind not in ("classes", "labels"):
            return None
        return temperature(outputs, self.data.targets, self.data.sample_weight, self.kind)

    def weights(self, groups: Sequence[Array]) -> Array:
        """Returns the weights of the groups, by the loss of their blend where it is known."""
        if len(groups) == 1 or self.kind == "other":
            return np.full(len(groups), 1 / len(groups))
        return blend_weights(np.array(groups), self._blended)

    def _blended(self, outputs: Array) -> float:
        if self.kind == "squares":
            return self._squares(outputs)
        return log_loss(outputs, self.data.targets, self.data.sample_weight, self.kind)


def scoring_of(data: Data, loss: Loss, meaning: str, bounded: bool, seen: Array | None = None) -> Scoring:
    """Returns the scoring of a loss; meaning: "classes", "labels" or "numbers"; bounded: hold squares in y's range.

    seen: targets of other rows, which count for this range.
    """
    if isinstance(loss, LogLoss) and not loss.label_smoothing and meaning in ("classes", "labels"):
        return Scoring(data, meaning, None)
    if not isinstance(loss, SquaredError):
        return Scoring(data, "other", None)
    targets = data.targets if seen is None else np.concatenate([data.targets, seen])
    bounds = np.array([targets.min(axis=0), targets.max(axis=0)]) if bounded else None
    return Scoring(data, "squares", bounds)
