# SPDX-License-Identifier: BSD-3-Clause
"""The progress of a training, on a terminal: tqdm's bar if it is installed, else a line."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from neuract._typing import FittedNetwork
from neuract.callbacks._ready import ProgressBar

WIDTH = 30


def progress() -> list[Any]:
    """Returns the callbacks that show the epochs on stderr."""
    try:
        import tqdm  # noqa: F401
    except ImportError:
        return [ProgressLine()]
    return [ProgressBar()]


class ProgressLine:
    """Draws a bar in place, and removes it in the end."""

    def on_epoch_end(self, network: FittedNetwork, epoch: int, logs: Mapping[str, float]) -> None:
        done = (epoch + 1) / network.epochs
        bar = "#" * round(WIDTH * done)
        line = f"[{bar:{WIDTH}}] epoch {epoch + 1}/{network.epochs}  loss {logs['loss']:.4g}"
        print(f"\r{line:79}", end="", file=sys.stderr, flush=True)

    def on_fit_end(self, network: FittedNetwork) -> None:
        print(f"\r{'':79}\r", end="", file=sys.stderr, flush=True)
