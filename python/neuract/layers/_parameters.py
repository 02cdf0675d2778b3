# SPDX-License-Identifier: BSD-3-Clause
"""The parts of a network's parameters: weights, biases and slopes."""

from __future__ import annotations

import neuract._neuract_core as core

PARTS = ("weights", "biases", "slopes")


class Parameters:
    """The parameters of layers, in the core (preliminary)."""

    def __init__(self, core: core.Network) -> None:
        self.core = core
        self.n_inputs: int = core.n_inputs
