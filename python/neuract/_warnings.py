# SPDX-License-Identifier: BSD-3-Clause
"""The warning about trainings, and warnings that point to the line of the user's code that called neuract."""

from __future__ import annotations

import re
import sys
import warnings
from types import FrameType


class TrainingWarning(UserWarning):
    """Warns of a problem in a training that goes on; the message names the problem and what to do."""


# The modules whose frames are passed over. scikit-learn's callbacks wrap our fit, so their frames lie between ours.
OURS = re.compile(r"neuract(\.|$)|sklearn\.callback(\.|$)")


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warns at the nearest frame outside the package."""
    frame: FrameType | None = sys._getframe(1)
    level = 2
    while frame is not None and OURS.match(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
