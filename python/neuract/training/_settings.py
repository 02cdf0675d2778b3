# SPDX-License-Identifier: BSD-3-Clause
"""The settings of a network: the accepted values of each, and the pairs that do not match."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from numbers import Integral
from operator import itemgetter
from typing import Any, Literal

import numpy as np

from neuract._checks import boolean, dtype_name, random_state, real_number, whole_number
from neuract.layers._dense import Dense
from neuract.layers._initial import checked as checked_init
from neuract.losses._base import Loss
from neuract.optimizers import LBFGS, optimizer
from neuract.schedules._shares import Schedule, schedule
from neuract.training._session import Settings

DTYPES = ("float32", "float64")
DtypeName = Literal["float32", "float64"]
"""The names of `DTYPES`, for type checkers."""
Dtype = DtypeName | type[np.floating[Any]] | np.dtype[np.floating[Any]]
"""What `dtype` accepts."""


def _positive_or_none(value: Any, name: str) -> float | None:
    return None if value is None else real_number(value, name, low=0, open_low=True, open_high=True)


def _count_or_none(value: Any, name: str) -> int | None:
    return None if value is None else whole_number(value, name, low=1)


def _switch(value: Any, name: str) -> bool:
    """Returns True or False, from a bool or a whole number."""
    return bool(value) if isinstance(value, Integral) else boolean(value, name)


def _rate(value: Any, **bounds: Any) -> float:
    if isinstance(value, str):
        raise TypeError(
            f"learning_rate must be a number, got {value!r}; "
            "schedule= changes the rate step by step, callbacks=LearningRateSchedule(…) epoch by epoch"
        )
    return real_number(value, "learning_rate", low=0, open_high=True, **bounds)


def _schedule_or_none(value: Any, name: str) -> Schedule | None:
    return None if value is None else schedule(value, name)


Check = Callable[[Any], Any]
FIXED: dict[str, Check] = {
    "optimizer": optimizer,
    "alpha": partial(real_number, name="alpha", low=0, open_high=True),
    "l1": partial(real_number, name="l1", low=0, open_high=True),
    "max_grad_norm": partial(_positive_or_none, name="max_grad_norm"),
    "batch_size": partial(whole_number, name="batch_size", low=1),
    "dtype": partial(dtype_name, name="dtype", accepted=DTYPES),
    "n_threads": partial(_count_or_none, name="n_threads"),
}
"""The settings that never change, next to layers and loss; each with the function that checks its value."""

FREE: dict[str, Check] = {
    "learning_rate": _rate,
    "schedule": partial(_schedule_or_none, name="schedule"),
    "regularization_schedule": partial(_schedule_or_none, name="regularization_schedule"),
    "epochs": partial(whole_number, name="epochs", low=0),
    "shuffle": partial(_switch, name="shuffle"),
    "init": checked_init,
    "random_state": random_state,
    "verbose": partial(_switch, name="verbose"),
}
"""The settings that you may change between calls."""

WANTED: dict[str, Check] = {
    "learning_rate": partial(_rate, open_low=True),
    "epochs": partial(whole_number, name="epochs", low=1),
}
"""Narrower ranges for a new network. Later a schedule may end at a rate of 0."""

TAKEN = itemgetter("optimizer", "alpha", "l1", "max_grad_norm", "n_threads")  # by a session
CHECKS = {**FIXED, **FREE, **WANTED}


def check_wanted(given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the given settings of a new network, each checked."""
    return {name: check(given[name]) for name, check in CHECKS.items()}


def settings_of(layers: Sequence[Dense], loss: Loss, core_loss: str, checked: Mapping[str, Any]) -> Settings:
    """Returns the settings of a session from checked settings; ValueError if they do not match."""
    output = layers[-1]
    if loss.outputs not in (None, output.units):
        raise ValueError(
            f"{loss!r} needs an output layer of {loss.outputs} neurons, one for each quantile; it has {output.units}"
        )
    if isinstance(checked["optimizer"], LBFGS):
        _refuse_what_lbfgs_cannot(layers, checked["l1"], checked["max_grad_norm"])
        refuse_schedules(checked.get("schedule"), checked.get("regularization_schedule"))
    return Settings(loss, core_loss, *TAKEN(checked))


def _refuse_what_lbfgs_cannot(layers: Sequence[Dense], l1: float, max_grad_norm: float | None) -> None:
    if any(layer.dropout for layer in layers):
        raise ValueError("lbfgs does not support dropout, which makes the loss random; use adam or sgd")
    if any(layer.rate != 1 for layer in layers):
        raise ValueError("lbfgs has no learning rate, so that no layer can have a rate of its own; use adam or sgd")
    if l1:
        raise ValueError(f"lbfgs does not support l1={l1:g}, whose penalty is not smooth at 0; use adam or sgd")
    if max_grad_norm:
        raise ValueError(f"lbfgs does not support max_grad_norm={max_grad_norm:g}; use adam or sgd")


def refuse_schedules(rate: Schedule | None, regularization: Schedule | None) -> None:
    """Raises the ValueError of lbfgs for a schedule."""
    for name, given in {"schedule": rate, "regularization_schedule": regularization}.items():
        if given is not None:
            raise ValueError(f"lbfgs does not support {name}={given!r}, since it has no steps; use adam or sgd")
