# SPDX-License-Identifier: BSD-3-Clause
"""Schedules of the learning rate, epoch by epoch.

A schedule gives a share of the base rate (`learning_rate_init` of the estimators), so you can choose the two
independently. The rate changes once per epoch, not within an epoch.
"""

from neuract.schedules._shares import SCHEDULES, Cosine, DoublingCycles, Fade, OneCycle, Schedule, WarmUp, schedule

__all__ = [
    "SCHEDULES",
    "Cosine",
    "DoublingCycles",
    "Fade",
    "OneCycle",
    "Schedule",
    "WarmUp",
    "schedule",
]
