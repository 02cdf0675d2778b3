# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of networks and of what their neurons do, drawn by matplotlib in the style of scikit-learn's displays.

Each display is made from a model by a class method, draws itself on a new figure or on the user's axes (``ax=``), and
keeps them in ``ax_`` (``axes_`` where there are several) and ``figure_``.
"""

from __future__ import annotations

try:
    import matplotlib  # noqa: F401
except ImportError as error:
    raise ImportError(f"pictures need matplotlib, which is not here ({error}): pip install neuract[plot]") from error

from neuract.plotting._activation import ActivationDisplay
from neuract.plotting._diagnosis import DiagnosisDisplay
from neuract.plotting._fit import FitDisplay
from neuract.plotting._history import HistoryDisplay
from neuract.plotting._network import NetworkDisplay
from neuract.plotting._responses import NeuronResponseDisplay

__all__ = [
    "ActivationDisplay",
    "DiagnosisDisplay",
    "FitDisplay",
    "HistoryDisplay",
    "NetworkDisplay",
    "NeuronResponseDisplay",
]
