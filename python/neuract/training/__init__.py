# SPDX-License-Identifier: BSD-3-Clause
"""Training: the session with the core's trainer, the epoch loop, its stopping rules, and L-BFGS."""

from neuract.training._guard import DivergedError
from neuract.training._session import Gradients

Diverged = DivergedError  # its name in 0.1.0, which pickles of that version hold

__all__ = ["DivergedError", "Gradients"]
