# SPDX-License-Identifier: BSD-3-Clause
"""How the rows of a fit enter an estimator: as arrays, or from a source that memory does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sklearn.base import is_classifier

from neuract.data._opened import Opened, check_alone, opened
from neuract.data._source import Piece, Source, errors_in
from neuract.data._windows import Prepare, prepared
from neuract.estimators._monitor import Rows
from neuract.estimators._task import Task
from neuract.inputs._data import Data

if TYPE_CHECKING:
    from neuract.estimators._perceptron import MultilayerPerceptron, Weigher

Given = tuple[Any, Any, Any]
"""X, y and sample weights."""
LEAST_HELD_OUT = 2  # rows


@contextmanager
def entered(
    model: MultilayerPerceptron, rows: Given, validation: Given, continuing: bool, incremental: bool
) -> Iterator[tuple[Rows, Rows | None, Task]]:
    """Gives the training rows, the validation rows that the user gave or a source is to hold out, and the task."""
    if not isinstance(rows[0], Source):
        data, _, task, weigh = model._prepared(*rows, continuing, incremental)
        yield Rows(*rows[:2], data), model._validation_rows(validation, task, data.targets.dtype.name, weigh), task
        return
    check_alone(*rows[1:])
    if incremental:
        raise TypeError("partial_fit takes arrays, one batch in each call; give the source to fit")
    source = opened(rows[0], is_classifier(model))
    if isinstance(source, Opened):
        with _of_source(model, source, validation, continuing) as found:
            yield found
        return
    with errors_in(source):
        data, _, task, weigh = model._prepared(source.X, source.y, source.sample_weight, continuing)
    held_out = model._validation_rows(validation, task, data.targets.dtype.name, weigh)
    yield Rows(source.X, source.y, data), held_out, task


@contextmanager
def _of_source(
    model: MultilayerPerceptron, source: Opened, validation: Given, continuing: bool
) -> Iterator[tuple[Rows, Rows | None, Task]]:
    if model.solver == "lbfgs":
        raise ValueError(
            f"lbfgs needs all rows in memory, but the source has {source.survey.rows:,} and a shuffle_buffer of "
            f"{source.source.shuffle_buffer:,}; use 'adam' or 'sgd', or raise shuffle_buffer"
        )
    some, _, task, weigh = source.learned(lambda X, y, weights: model._prepared(X, y, weights, continuing))
    held_out = model._validation_rows(validation, task, some.targets.dtype.name, weigh)
    prepare, limit = preparing(model, task, some.targets.dtype.name, weigh), 0
    if model.early_stopping and held_out is None:
        piece, limit = _held_out(model, source)
        held_out = Rows(piece.X, piece.y, prepared(piece, prepare))
    with source.stream(prepare, some, limit, print if model.verbose else None) as stream:
        yield Rows(source.source, None, stream), held_out, task


def preparing(model: MultilayerPerceptron, task: Task, dtype: str, weigh: Weigher) -> Prepare:
    """Returns what prepares rows for a perceptron that has learned its targets."""

    def prepare(X: Any, y: Any, sample_weight: Any) -> Data:
        x, labels, weights = model._checked(X, y, sample_weight, dtype, reset=False)
        return Data(x, model._known_targets(labels, task, dtype), weigh(labels, weights))

    return prepare


def _held_out(model: MultilayerPerceptron, source: Opened) -> tuple[Piece, int]:
    share = model.validation_fraction
    piece, limit = source.held_out(share)
    if len(piece) < LEAST_HELD_OUT:
        raise ValueError(
            f"The validation set is too small. Increase 'validation_fraction': {share} of {source.survey.rows} rows "
            f"leaves {len(piece)}, but at least {LEAST_HELD_OUT} are needed"
        )
    return piece, limit
