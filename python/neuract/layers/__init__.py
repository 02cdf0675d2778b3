# SPDX-License-Identifier: BSD-3-Clause
"""Layers: how a network is described, its initial weights, the shapes of its parameters and their table."""

from neuract.layers._dense import Dense

__all__ = [
    "Dense",
]
