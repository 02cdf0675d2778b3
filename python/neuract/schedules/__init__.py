# SPDX-License-Identifier: BSD-3-Clause
"""Schedules of the learning rate, and of dropout and weight decay.

A schedule gives a share of the base rate (`learning_rate` of `Network`, `learning_rate_init` of the estimators), so you
can choose the two independently. ``Network(schedule=...)`` follows every schedule from step to step,
``Network(regularization_schedule=...)`` does so with dropout and weight decay. The estimators take a schedule as
`learning_rate`, and follow it from epoch to epoch, but `DoublingCycles` and `Fade` from step to step.

Examples
--------
>>> import numpy as np
>>> import neuract as na
>>> layers = [na.Dense(8, dropout=0.2), na.Dense(1)]
>>> fade = na.schedules.Fade(2, 4)  # whole for two epochs, then down to 0 in four
>>> net = na.Network(layers, schedule="cosine", regularization_schedule=fade, epochs=6, random_state=0)
>>> net.schedule, net.regularization_schedule
(Cosine(), Fade(whole=2.0, falling=4.0))
>>> X = np.linspace(-1, 1, 300)[:, None]
>>> len(net.fit(X, X[:, 0] ** 2).history_["loss"])
6
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
