# SPDX-License-Identifier: BSD-3-Clause
"""The candidates: one file per framework, each at its best, behind one small interface.

    candidate = Candidate(case, data, threads)   # starts from data's weights
    candidate.train_epoch()                      # one pass over data in a new order; complete on return
    candidate.predict(x)                         # NumPy rows × n_in -> NumPy rows × n_out

A framework is imported with its file, on first use. One that is missing or fails gives a note, not an error.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

import numpy as np

from benchmarks.cases import Case
from benchmarks.data import Data

OURS = "neuract"
TRAINERS = {
    OURS: "neuract_network.Neuract",
    "torch": "pytorch.Eager",
    "torch-compile": "pytorch.Compiled",
    "jax": "jax_scan.Scan",
    "jax-inside": "jax_scan.ShuffledInside",
    "scikit-learn": "scikit_learn.Perceptron",
}
PREDICTORS = {
    OURS: "neuract_network.Neuract",
    "onnxruntime": "onnx_runtime.Session",
    "torchscript": "pytorch.Script",
    "torch": "pytorch.Eager",
    "jax": "jax_scan.Scan",
    "scikit-learn": "scikit_learn.Perceptron",
}


class Candidate(Protocol):
    """A candidate: trains and predicts the same network as the others."""

    def __init__(self, case: Case, data: Data, threads: int) -> None: ...
    def train_epoch(self) -> None: ...
    def predict(self, x: np.ndarray) -> np.ndarray: ...


def start(
    places: dict[str, str], names: list[str], case: Case, data: Data, threads: int, notes: list[str]
) -> dict[str, Candidate]:
    """Starts the candidates, neuract first. A note says why one is missing."""
    started: dict[str, Candidate] = {}
    for name in (OURS, *names):
        file, kind = places[name].split(".")
        try:
            started[name] = getattr(import_module(f"benchmarks.peers.{file}"), kind)(case, data, threads)
        except ImportError as error:
            notes.append(f"{name}: missing ({error})")
        except Exception as error:  # measure the others, whatever a peer raises
            notes.append(failure(name, case, error))
        if OURS not in started:
            raise SystemExit(notes[-1])
    return started


def failure(name: str, case: Case, error: Exception | str) -> str:
    """Formats one line that says why this candidate is not in the table."""
    text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    return f"{name}: not in {case.name}: {' '.join(text.split())[:160]}"


def best_peer(seconds: dict[str, float]) -> str | None:
    """Returns the fastest candidate other than neuract and the limits of the machine."""
    return min(seconds.keys() & (TRAINERS.keys() | PREDICTORS.keys()) - {OURS}, key=seconds.__getitem__, default=None)
