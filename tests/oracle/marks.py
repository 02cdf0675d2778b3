# SPDX-License-Identifier: BSD-3-Clause
"""Marks and names of tests."""

import os
import re

import pytest

SANITIZED = "libasan" in os.environ.get("LD_PRELOAD", "")  # as by `nox -s sanitize`


def not_sanitized(why):
    """A mark that leaves tests out under AddressSanitizer; the reason is shown."""
    return pytest.mark.skipif(SANITIZED, reason=f"under AddressSanitizer {why}")


def shown(value):
    """A test's name for the value, the same in every process, so that pytest-xdist can divide the tests."""
    return re.sub(r" at 0x\w+", "", str(value))


# A case among very many, or a test that builds the package: `pytest` leaves it out, `nox -s exhaustive` runs it.
exhaustive = pytest.mark.exhaustive

# The optimizers of the golden vectors, and after how many steps.
golden_steps = pytest.mark.parametrize(
    ("name", "steps"),
    [("sgd", 1), ("momentum", 3), *((n, k) for n in ("nesterov", "adam", "adamw") for k in (1, 3))],
)
