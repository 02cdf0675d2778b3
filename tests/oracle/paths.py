# SPDX-License-Identifier: BSD-3-Clause
"""Where the repository and the data of the tests are."""

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
VECTORS = TESTS / "vectors"
CORPUS = TESTS / "corpus"
