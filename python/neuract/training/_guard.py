# SPDX-License-Identifier: BSD-3-Clause
"""One training of a model at a time, undone where it fails; and the errors of a training that diverges."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

# (process, id) of each model in training: the child of a fork trains none, whatever its parent did just then.
_in_training: dict[tuple[int, int], object] = {}


@contextmanager
def trained_by_one(model: object, kind: str) -> Iterator[None]:
    """Refuses a model that is being trained already: two trainings at once would leave a mixture of both."""
    key, ours = (os.getpid(), id(model)), object()
    if _in_training.setdefault(key, ours) is not ours:  # one operation, also where there is no GIL
        raise RuntimeError(
            f"this {kind} is being trained, by another thread or around this call; wait for it, or train a copy"
        )
    try:
        yield
    finally:
        del _in_training[key]


@contextmanager
def alone(model: object, kind: str, undone_by: type[BaseException]) -> Iterator[None]:
    """Around a fit: `trained_by_one`, and on such an error the model gets all its attributes back.

    That is enough where what they refer to is replaced, or changed last. What `DivergedLater` leaves stays.
    """
    with trained_by_one(model, kind):
        before = model.__dict__.copy()
        try:
            yield
        except DivergedLater:
            raise
        except undone_by:
            model.__dict__ = before  # at once: other threads may ask the model
            raise


class DivergedError(ValueError):
    """The loss or a weight is no longer finite; the network has the weights of the epoch before."""


class DivergedLater(DivergedError):
    """In a fit whose first epochs ended well: the estimator has the model that they made."""
