# SPDX-License-Identifier: BSD-3-Clause
"""Schedules: how the learning rate goes from epoch to epoch.

A schedule gives shares of the rate that it is used with (`learning_rate_init` of the estimators), so the two can be
chosen one by one. The rate moves once an epoch, not within it.
"""

from neuract.schedules._shares import SCHEDULES, Cosine, OneCycle, Schedule, WarmUp, schedule

__all__ = [
    "SCHEDULES",
    "Cosine",
    "OneCycle",
    "Schedule",
    "WarmUp",
    "schedule",
]
