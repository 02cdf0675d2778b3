# SPDX-License-Identifier: BSD-3-Clause
"""Timing in turns: a slow minute of the machine slows all candidates."""

from __future__ import annotations

import gc
from collections.abc import Callable
from itertools import repeat
from math import ceil
from statistics import median
from time import perf_counter

Work = Callable[[], object]

SHORTEST_SAMPLE = 0.02


def interleaved(work: dict[str, Work], rounds: int) -> dict[str, float]:
    """Returns the median seconds of one call of each; takes one sample of each per round."""
    repeats = {name: _repeats(call) for name, call in work.items()}
    samples: dict[str, list[float]] = {name: [] for name in work}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, call in work.items():
                samples[name].append(_seconds(call, repeats[name]) / repeats[name])
    finally:
        gc.enable()
    return {name: median(taken) for name, taken in samples.items()}


def _repeats(call: Work) -> int:
    """Returns the number of calls that make a sample long enough for the clock; warms up."""
    times = 1
    while (taken := _seconds(call, times)) < SHORTEST_SAMPLE / 4:
        times *= 4
    return max(1, ceil(times * SHORTEST_SAMPLE / taken)) if taken < SHORTEST_SAMPLE else times


def _seconds(call: Work, times: int) -> float:
    start = perf_counter()
    for _ in repeat(None, times):
        call()
    return perf_counter() - start
