# SPDX-License-Identifier: BSD-3-Clause
"""Allows one training of a model at a time and undoes it if it fails; the errors of a training that diverges."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

# (process, id) of each model in training. With the process, a forked child does not inherit its parent's trainings.
_in_training: dict[tuple[int, int], object] = {}


@contextmanager
def trained_by_one(model: object, kind: str) -> Iterator[None]:
    """Refuses a model that is already being trained: two trainings at once would leave a mixture of both."""
    key, ours = (os.getpid(), id(model)), object()
    if _in_training.setdefault(key, ours) is not ours:  # one operation, also without the GIL
        raise RuntimeError(
            f"this {kind} is already being trained, by another thread or a fit around this call; wait, or train a copy"
        )
    try:
        yield
    finally:
        del _in_training[key]


@contextmanager
def alone(model: object, kind: str, undone_by: type[BaseException]) -> Iterator[None]:
    """Guards a fit: `trained_by_one`, and an error of the type `undone_by` restores all attributes of the model.

    This suffices if a fit replaces the objects of the attributes, or changes them last. A DivergedError after a good
    epoch, with `_keeps_epochs`, restores none.
    """
    with trained_by_one(model, kind):
        before = model.__dict__.copy()
        try:
            yield
        except undone_by as error:
            if not (isinstance(error, DivergedError) and error._keeps_epochs):
                model.__dict__ = before  # at once: other threads may ask the model
            raise


class DivergedError(ValueError):
    """The loss or a weight is no longer finite; the network has the weights of the previous epoch."""

    _keeps_epochs = False  # whether an estimator had good epochs before, whose model it keeps
