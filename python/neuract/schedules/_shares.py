# SPDX-License-Identifier: BSD-3-Clause
"""The schedules: shares of the base learning rate, epoch by epoch or step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, log2, pi
from typing import ClassVar, Literal

import numpy as np

from neuract._checks import class_named, named_classes, real_number, whole_number
from neuract._reprs import Described
from neuract._typing import Array


class Schedule(Described):
    """The share of a number, such as the learning rate, in each epoch and in each step within it."""

    names: ClassVar[tuple[str, ...]]

    @property
    def by_step(self) -> bool:
        """Whether the estimators follow it step by step; otherwise they take its share at the start of each epoch."""
        return False

    def share(self, epoch: float, epochs: int) -> float:
        """Returns the share of the rate in an epoch, counted from 0, of `epochs`; later epochs have the last share.

        A fraction of an epoch is a step within it.
        """
        raise NotImplementedError


def _from_to(start: float, end: float, way: float) -> float:
    """Interpolates along half a cosine from start, at `way` = 0, to end, at `way` = 1."""
    return end + (start - end) * (1 + cos(pi * min(way, 1.0))) / 2


@dataclass(frozen=True, repr=False)
class Cosine(Schedule):
    """Falls from the whole rate along half a cosine: final + (1 - final) · ½ (1 + cos(π · epoch / epochs)).

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

    def share(self, epoch: float, epochs: int) -> float:
        return _from_to(1.0, self.final, epoch / epochs)


@dataclass(frozen=True, repr=False)
class OneCycle(Schedule):
    """Rises to the whole rate and falls to nearly 0, both along half a cosine.

    Smith & Topin 2017, arXiv:1708.07120; the defaults are those of PyTorch's OneCycleLR.

    Parameters
    ----------
    rise : float, default=0.3
        Share of the epochs in which the rate rises, in (0, 1).
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

    def share(self, epoch: float, epochs: int) -> float:
        way = epoch / max(epochs - 1, 1)
        if way < self.rise:
            return _from_to(self.start, 1.0, way / self.rise)
        return _from_to(1.0, self.final, (way - self.rise) / (1 - self.rise))


@dataclass(frozen=True, repr=False)
class DoublingCycles(Schedule):
    """Rises and falls in cycles, each twice as long as the one before: ½ (1 - cos(2π · log₂(1 + epoch / first))).

    The rate is 0 after `first` epochs, 3 · `first`, 7 · `first` and so on: good moments to stop, without a horizon. The
    short early cycles explore, the long ones settle. Holzmüller et al. 2024, arXiv:2407.04491, without their horizon.

    Parameters
    ----------
    first : float, default=64/15
        Length of the first cycle in epochs, > 0.

    Examples
    --------
    >>> import neuract as na
    >>> [round(na.schedules.DoublingCycles(1).share(epoch, 10), 3) for epoch in (0, 0.5, 1, 2, 3)]
    [0.0, 0.93, 0.0, 0.93, 0.0]
    """

    first: float = 64 / 15
    names = ("doubling_cycles",)
    by_step = True

    def __post_init__(self) -> None:
        first = real_number(self.first, "first", low=0, open_low=True, open_high=True)
        object.__setattr__(self, "first", first)

    def share(self, epoch: float, epochs: int) -> float:
        return (1 - cos(2 * pi * log2(1 + epoch / self.first))) / 2

    def ends_cycle(self, epochs: int) -> bool:
        """Returns whether a cycle ends in the last of that many epochs."""
        return int(log2(1 + epochs / self.first)) > int(log2(1 + (epochs - 1) / self.first))


@dataclass(frozen=True, repr=False)
class Fade(Schedule):
    """Stays whole for some epochs, and then falls to 0 along half a cosine.

    Parameters
    ----------
    whole : float, default=32
        Epochs with the whole share, >= 0.
    falling : float, default=32
        Epochs in which it falls, > 0.

    Examples
    --------
    >>> import neuract as na
    >>> [round(na.schedules.Fade(2, 2).share(epoch, 10), 3) for epoch in range(6)]
    [1.0, 1.0, 1.0, 0.5, 0.0, 0.0]
    """

    whole: float = 32
    falling: float = 32
    names = ("fade",)
    by_step = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "whole", real_number(self.whole, "whole", low=0, open_high=True))
        falling = real_number(self.falling, "falling", low=0, open_low=True, open_high=True)
        object.__setattr__(self, "falling", falling)

    def share(self, epoch: float, epochs: int) -> float:
        return _from_to(1.0, 0.0, max(0.0, epoch - self.whole) / self.falling)


@dataclass(frozen=True, repr=False)
class WarmUp(Schedule):
    """Rises in equal steps to the whole rate, (epoch + 1) / (epochs + 1), and then follows another schedule.

    Parameters
    ----------
    epochs : int, default=5
        Number of epochs before the first one with the whole rate.
    then : None, str or Schedule, default=None
        The schedule of the remaining epochs; None: the whole rate.

    Examples
    --------
    >>> import neuract as na
    >>> warm_up = na.schedules.WarmUp(3, then="cosine")
    >>> [round(warm_up.share(epoch, 7), 3) for epoch in range(7)]
    [0.25, 0.5, 0.75, 1.0, 0.854, 0.5, 0.146]
    """

    epochs: int = 5
    then: ScheduleName | Schedule | None = None
    names = ("warm_up",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "epochs", whole_number(self.epochs, "epochs", low=1))
        object.__setattr__(self, "then", None if self.then is None else schedule(self.then))

    @property
    def by_step(self) -> bool:
        """That of `then`."""
        return self.then is not None and schedule(self.then).by_step

    def share(self, epoch: float, epochs: int) -> float:
        if epoch < self.epochs:
            return (epoch + 1) / (self.epochs + 1)
        if self.then is None:
            return 1.0
        return schedule(self.then).share(epoch - self.epochs, max(epochs - self.epochs, 1))


ScheduleName = Literal["cosine", "one_cycle", "doubling_cycles", "fade", "warm_up"]
"""The names of `SCHEDULES`, for type checkers."""

SCHEDULES: Mapping[str, type[Schedule]] = named_classes(Cosine, OneCycle, DoublingCycles, Fade, WarmUp)
"""Every accepted name of a schedule, and its class."""


def schedule(name: ScheduleName | Schedule, what: str = "schedule") -> Schedule:
    """Returns the schedule of that name with default parameters, or the given Schedule object itself.

    what: how errors call it.

    Examples
    --------
    >>> from neuract.schedules import schedule
    >>> schedule("cosine")
    Cosine()
    """
    if isinstance(name, Schedule):
        return name
    return class_named(name, what, "a Schedule object", SCHEDULES)()


def step_shares(schedule: Schedule, epoch: int, epochs: int, steps: int) -> Array:
    """Returns the share of each step of an epoch, counted from 0.

    Rounded to 12 digits after the point, in which the cosines of C libraries agree.
    """
    return np.array([round(schedule.share(epoch + step / steps, epochs), 12) for step in range(steps)])
