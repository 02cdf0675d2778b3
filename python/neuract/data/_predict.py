# SPDX-License-Identifier: BSD-3-Clause
"""Predictions of a source, piece by piece."""

from __future__ import annotations

from typing import Any


def predict(model: Any, source: Any, *, out: Any) -> int:
    """Is written next."""
    raise NotImplementedError
