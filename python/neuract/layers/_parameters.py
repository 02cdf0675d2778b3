# SPDX-License-Identifier: BSD-3-Clause
"""The parts of a network's parameters: weights, biases and slopes."""

from __future__ import annotations

PARTS = ("weights", "biases", "slopes")
