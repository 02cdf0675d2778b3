# SPDX-License-Identifier: BSD-3-Clause
"""The user's callbacks, functions or objects, as one listener of a training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from neuract._typing import FittedNetwork
from neuract.schedules._rate import LearningRate
from neuract.training._loop import Listener

Logs = Mapping[str, float]


def checked(callbacks: object) -> list[Callback]:
    """Returns the callbacks of a list or tuple, or the only one; an empty list for None."""
    if callbacks is None:
        return []
    given = callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
    return [Callback(callback) for callback in given]


class Callback:
    """Wraps a user's callback, function or object, behind one interface."""

    def __init__(self, callback: Any) -> None:
        names = ("on_fit_begin", "on_epoch_end", "on_fit_end")
        if isinstance(callback, type):
            raise TypeError(
                f"a callback must be an object; got the class {callback.__name__}, write {callback.__name__}()"
            )
        if not callable(callback) and not any(hasattr(callback, name) for name in names):
            raise TypeError(
                f"a callback must be a function or have one of the methods {', '.join(names)}; got {callback!r}"
            )
        self._callback = callback
        nothing: Callable[..., None] = _do_nothing
        self.on_fit_begin = getattr(callback, "on_fit_begin", nothing)
        self.on_fit_end = getattr(callback, "on_fit_end", nothing)
        self.on_epoch_end = getattr(callback, "on_epoch_end", callback if callable(callback) else nothing)

    def __repr__(self) -> str:
        return repr(self._callback)


def _do_nothing(*_: object) -> None:
    pass


class Callbacks(Listener):
    """Calls the callbacks of a network in a fit, which may set its learning rate for the next epochs.

    logs: returns the logs of the last epoch. epoch: returns its number, counted from 0.
    """

    def __init__(
        self, network: FittedNetwork, rate: LearningRate, epoch: Callable[[], int], logs: Callable[[], Logs]
    ) -> None:
        self._network, self._rate, self._epoch, self._logs = network, rate, epoch, logs
        self._set = rate.now  # the rate that the network was last given

    @property
    def hears_each(self) -> bool:
        return bool(self._network.callbacks)

    @contextmanager
    def around_fit(self) -> Iterator[None]:
        """Calls `on_fit_begin` before the epochs and, also after an error, `on_fit_end` of the begun callbacks."""
        network, begun = self._network, []
        network.learning_rate = self._rate.now
        try:
            for callback in network.callbacks:
                callback.on_fit_begin(network)
                begun.append(callback)
            self._rate.now = self._set = network.learning_rate
            yield
        finally:
            with ExitStack() as ends:  # calls all, also if one raises; it begins with the one that it got last
                for callback in reversed(begun):
                    ends.callback(callback.on_fit_end, network)

    def end_epoch(self) -> bool:
        network, rate = self._network, self._rate
        logs = self._logs() if network.callbacks else {}  # with the rate of the epoch that has ended
        if rate.now != self._set:  # a schedule has moved it; else a rate that somebody has set holds
            network.learning_rate = rate.now
        epoch = self._epoch()
        stops = any([callback.on_epoch_end(network, epoch, logs) for callback in network.callbacks])
        rate.now = self._set = network.learning_rate
        return stops
