# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of networks and their neurons, drawn by matplotlib in the style of scikit-learn's displays.

A class method makes a display from a model and draws it on a new figure or on your axes (``ax=``). The display keeps
them in ``ax_`` (``axes_`` for several) and ``figure_``.
"""

from __future__ import annotations

try:
    import matplotlib  # noqa: F401
except ImportError as error:
    raise ImportError(
        f"pictures need matplotlib, which could not be imported ({error}): pip install neuract[plot]"
    ) from error

from neuract.plotting._activation import ActivationDisplay
from neuract.plotting._calibration import CalibrationDisplay
from neuract.plotting._diagnosis import DiagnosisDisplay
from neuract.plotting._explanation import ExplanationDisplay
from neuract.plotting._fit import FitDisplay
from neuract.plotting._history import HistoryDisplay
from neuract.plotting._importance import ImportanceDisplay
from neuract.plotting._network import NetworkDisplay
from neuract.plotting._responses import NeuronResponseDisplay
from neuract.plotting._weights import WeightsDisplay

__all__ = [
    "ActivationDisplay",
    "CalibrationDisplay",
    "DiagnosisDisplay",
    "ExplanationDisplay",
    "FitDisplay",
    "HistoryDisplay",
    "ImportanceDisplay",
    "NetworkDisplay",
    "NeuronResponseDisplay",
    "WeightsDisplay",
]
