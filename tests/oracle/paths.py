# SPDX-License-Identifier: BSD-3-Clause
"""Paths of the repository and of the tests' data."""

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
VECTORS = TESTS / "vectors"
CORPUS = TESTS / "corpus"
DATA = ROOT.parent / "shared" / "data"
"""Real data sets, which need not be there."""
