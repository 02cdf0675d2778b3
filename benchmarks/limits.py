# SPDX-License-Identifier: BSD-3-Clause
"""The processor's limits, measured in turns with the candidates of a case; empty without a compiler."""

from __future__ import annotations

import subprocess
from functools import lru_cache

import neuract as na
from benchmarks.cases import Case
from benchmarks.machine import Limits
from benchmarks.measure import Work

PEAK, READ = "peak", "read"
CACHED_BYTES = 1 << 20


class Measured:
    """Work for the rounds, and the limits that follow from its seconds."""

    def __init__(self, case: Case, limits: Limits | None) -> None:
        self.case, self.limits = case, limits

    def work(self) -> dict[str, Work]:
        return {PEAK: self.limits.multiply_add} if self.limits else {}

    def reading(self) -> dict[str, Work]:
        """Reads as many bytes as the weights have, if they exceed a core's own cache."""
        if self.limits is None or self.case.weight_bytes < CACHED_BYTES:
            return {}
        return {READ: self.limits.reading(self.case.weight_bytes)}

    def flops(self, seconds: dict[str, float]) -> float | None:
        """The peak in floating-point operations per second."""
        return self.limits.multiply_add_flops / seconds[PEAK] if self.limits else None

    def read_seconds(self, seconds: dict[str, float]) -> float | None:
        """The seconds to read the weights once."""
        return seconds[READ] / self.limits.reads if self.limits and READ in seconds else None


def start(case: Case, threads: int, notes: list[str]) -> Measured:
    try:
        return Measured(case, _limits(case.dtype, str(na.simd_info()["chosen"]), threads))
    except (OSError, subprocess.SubprocessError) as error:
        notes.append(f"no share of peak: no working C compiler ({error})")
        return Measured(case, None)


@lru_cache
def _limits(dtype: str, simd: str, threads: int) -> Limits:
    return Limits(dtype, simd, threads)
