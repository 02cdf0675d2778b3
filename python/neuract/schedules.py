# SPDX-License-Identifier: BSD-3-Clause
"""Schedules: how the learning rate goes from epoch to epoch.

A schedule gives shares of the rate that it is used with (`learning_rate_init` of the estimators), so the two can be
chosen one by one. The rate moves once an epoch, not within it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, pi
from typing import ClassVar

from neuract._validation import named_classes, real_number, whole_number


class Schedule:
    """How the learning rate goes from epoch to epoch."""

    names: ClassVar[tuple[str, ...]]

    def share(self, epoch: int, epochs: int) -> float:
        """Which share of the rate an epoch has, of `epochs` that are counted from 0; later ones as the last."""
        raise NotImplementedError


def _from_to(start: float, end: float, way: float) -> float:
    """From start, where `way` is 0, to end, where it is 1, along half a cosine."""
    return end + (start - end) * (1 + cos(pi * min(way, 1.0))) / 2


@dataclass(frozen=True)
class Cosine(Schedule):
    """From the whole rate down along half a cosine: final + (1 - final) · ½ (1 + cos(π · epoch / epochs)).

    Loshchilov & Hutter 2016, arXiv:1608.03983, without restarts.

    Parameters
    ----------
    final : float, default=0.0
        Share of the rate at the end of the last epoch, in [0, 1].

    Examples
    --------
    >>> import neuract as na
    >>> [round(na.schedules.Cosine().share(epoch, 4), 3) for epoch in range(4)]
    [1.0, 0.854, 0.5, 0.146]
    """

    final: float = 0.0
    names = ("cosine",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "final", real_number(self.final, "final", low=0, high=1))

    def share(self, epoch: int, epochs: int) -> float:
        return _from_to(1.0, self.final, epoch / epochs)


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up to the whole rate and down to nearly none, both along half a cosine.

    Smith & Topin 2017, arXiv:1708.07120; the defaults are those of PyTorch's OneCycleLR.

    Parameters
    ----------
    rise : float, default=0.3
        Share of the epochs that go up, in (0, 1).
    start, final : float, default=0.04, 4e-6
        Shares of the rate in the first and the last epoch, in [0, 1].
    """

    rise: float = 0.3
    start: float = 0.04
    final: float = 4e-6
    names = ("one_cycle",)

    def __post_init__(self) -> None:
        rise = real_number(self.rise, "rise", low=0, high=1, open_low=True, open_high=True)
        object.__setattr__(self, "rise", rise)
        for name in ("start", "final"):
            object.__setattr__(self, name, real_number(getattr(self, name), name, low=0, high=1))

    def share(self, epoch: int, epochs: int) -> float:
        way = epoch / max(epochs - 1, 1)
        if way < self.rise:
            return _from_to(self.start, 1.0, way / self.rise)
        return _from_to(1.0, self.final, (way - self.rise) / (1 - self.rise))


@dataclass(frozen=True)
class WarmUp(Schedule):
    """In equal steps up to the whole rate, (epoch + 1) / (epochs + 1), and then another schedule.

    Parameters
    ----------
    epochs : int, default=5
        Those before the first one with the whole rate.
    then : None, str or Schedule, default=None
        For the epochs that are left; None: the whole rate.

    Examples
    --------
    >>> import neuract as na
    >>> warm_up = na.schedules.WarmUp(3, then="cosine")
    >>> [round(warm_up.share(epoch, 7), 3) for epoch in range(7)]
    [0.25, 0.5, 0.75, 1.0, 0.854, 0.5, 0.146]
    """

    epochs: int = 5
    then: str | Schedule | None = None
    names = ("warm_up",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "epochs", whole_number(self.epochs, "epochs", low=1))
        object.__setattr__(self, "then", None if self.then is None else schedule(self.then))

    def share(self, epoch: int, epochs: int) -> float:
        if epoch < self.epochs:
            return (epoch + 1) / (self.epochs + 1)
        if self.then is None:
            return 1.0
        return schedule(self.then).share(epoch - self.epochs, max(epochs - self.epochs, 1))


SCHEDULES: Mapping[str, type[Schedule]] = named_classes(Cosine, OneCycle, WarmUp)
"""Every name that is accepted for a schedule, and its class."""


def schedule(name: str | Schedule) -> Schedule:
    """The schedule of that name with its default parameters; a Schedule object is returned as it is.

    Examples
    --------
    >>> from neuract.schedules import schedule
    >>> schedule("cosine")
    Cosine(final=0.0)
    """
    if isinstance(name, Schedule):
        return name
    accepted = ", ".join(SCHEDULES)
    if not isinstance(name, str):
        raise TypeError(f"a schedule must be a Schedule object or one of {accepted}; got {name!r}")
    if name not in SCHEDULES:
        raise ValueError(f"unknown schedule {name!r}; there are: {accepted}")
    return SCHEDULES[name]()
