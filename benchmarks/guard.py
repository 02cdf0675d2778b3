# SPDX-License-Identifier: BSD-3-Clause
"""Checks before the timing: a candidate that does not do the same work as neuract is dropped, with a note."""

from __future__ import annotations

import numpy as np

from benchmarks.cases import Case
from benchmarks.data import Data, mean_loss
from benchmarks.peers import OURS, Candidate, failure

ROWS = 256
OUTPUT_TOLERANCE = 1e-3
LOSS_TOLERANCE = 0.2


def keep_same_outputs(case: Case, data: Data, candidates: dict[str, Candidate], notes: list[str]) -> None:
    """Drops candidates whose forward pass differs from neuract's by more than a thousandth of the largest output."""
    ours = candidates[OURS].predict(data.x[:ROWS])
    for name in list(candidates):
        try:
            theirs = candidates[name].predict(data.x[:ROWS]).reshape(ours.shape)
            difference = float(np.abs(theirs - ours).max() / np.abs(ours).max())
            wrong = "" if difference <= OUTPUT_TOLERANCE else f"outputs differ by {difference:.1e}"
            wrong = wrong or ("" if theirs.dtype == ours.dtype else f"outputs are {theirs.dtype}")
        except Exception as error:  # see peers.start
            wrong = f"{type(error).__name__}: {error}"
        _drop(case, candidates, name, wrong, notes)


def keep_same_losses(case: Case, data: Data, candidates: dict[str, Candidate], notes: list[str]) -> None:
    """Trains each for one epoch; drops those whose loss is far from neuract's (the orders of rows differ)."""
    losses: dict[str, float] = {}
    for name in list(candidates):
        try:
            candidates[name].train_epoch()
            losses[name] = mean_loss(case, _outputs(candidates[name], data), data.targets[:ROWS])
            ratio = losses[name] / losses[OURS]
            wrong = "" if abs(ratio - 1) <= LOSS_TOLERANCE else f"loss is {ratio:.2f} of neuract's"
        except Exception as error:  # see peers.start
            wrong = f"{type(error).__name__}: {error}"
        _drop(case, candidates, name, wrong, notes)


def _outputs(candidate: Candidate, data: Data) -> np.ndarray:
    return candidate.predict(data.x[:ROWS])


def _drop(case: Case, candidates: dict[str, Candidate], name: str, wrong: str, notes: list[str]) -> None:
    if not wrong:
        return
    notes.append(failure(name, case, wrong))
    if name == OURS:
        raise SystemExit(notes[-1])
    del candidates[name]
