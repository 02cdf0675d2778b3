# SPDX-License-Identifier: BSD-3-Clause
"""Marks and names of tests."""

import os
import re

import pytest

SANITIZED = "libasan" in os.environ.get("LD_PRELOAD", "")  # as by `nox -s sanitize`


def not_sanitized(why):
    """A mark that skips tests under AddressSanitizer, with this reason."""
    return pytest.mark.skipif(SANITIZED, reason=f"under AddressSanitizer {why}")


def shown(value):
    """A name of the value for tests, the same in every process, as pytest-xdist needs."""
    return re.sub(r" at 0x\w+", "", str(value))


# A case among very many, or a test that builds the package: `pytest` leaves it out, `nox -s exhaustive` runs it.
exhaustive = pytest.mark.exhaustive

# The optimizers of the golden vectors, and the numbers of steps.
golden_steps = pytest.mark.parametrize(
    ("name", "steps"),
    [("sgd", 1), ("momentum", 3), *((n, k) for n in ("nesterov", "adam", "adamw") for k in (1, 3))],
)
