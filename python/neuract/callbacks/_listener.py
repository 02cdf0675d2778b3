# SPDX-License-Identifier: BSD-3-Clause
"""Callbacks: what users give to be told of a fit, a function or an object, made one thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def checked(callbacks: object) -> list[Callback]:
    """The callbacks of a list or tuple; None: none."""
    if callbacks is None:
        return []
    if not isinstance(callbacks, (list, tuple)):
        raise TypeError(f"callbacks must be a list, got {callbacks!r}")
    return [Callback(callback) for callback in callbacks]


class Callback:
    """A user's callback, function or object, with every method there is."""

    def __init__(self, callback: Any) -> None:
        names = ("on_fit_begin", "on_epoch_end", "on_fit_end")
        if not callable(callback) and not any(hasattr(callback, name) for name in names):
            raise TypeError(
                f"a callback must be a function or have one of the methods {', '.join(names)}; got {callback!r}"
            )
        nothing: Callable[..., None] = _do_nothing
        self.on_fit_begin = getattr(callback, "on_fit_begin", nothing)
        self.on_fit_end = getattr(callback, "on_fit_end", nothing)
        self.on_epoch_end = getattr(callback, "on_epoch_end", callback if callable(callback) else nothing)


def _do_nothing(*_: object) -> None:
    pass
