# SPDX-License-Identifier: BSD-3-Clause
"""Layers: the description of a network, its initial weights, the shapes of its parameters and their table."""

from neuract.layers._dense import Dense

__all__ = [
    "Dense",
]
