# SPDX-License-Identifier: BSD-3-Clause
"""How the rows of a fit enter an estimator: as arrays, or from a source that memory does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from sklearn.base import is_classifier

from neuract.data._opened import Opened, check_alone, opened
from neuract.data._source import Piece, Source, errors_in
from neuract.data._windows import Prepare, prepared
from neuract.estimators._monitor import Rows
from neuract.estimators._task import Task

if TYPE_CHECKING:
    from neuract.estimators._perceptron import MultilayerPerceptron

Given = tuple[Any, Any, Any]
"""X, y and sample weights."""
LEAST_HELD_OUT = 2  # rows


@contextmanager
def entered(
    model: MultilayerPerceptron, rows: Given, validation: Given, continuing: bool, incremental: bool
) -> Iterator[tuple[Rows, Rows | None, Task]]:
    """Gives the training rows, the validation rows that the user gave or a source is to hold out, and the task."""
    where: AbstractContextManager[None] = nullcontext()
    if isinstance(rows[0], Source):
        check_alone(*rows[1:])
        if incremental:
            raise TypeError("partial_fit takes arrays, one batch in each call; give the source to fit")
        source = opened(rows[0], is_classifier(model))
        if isinstance(source, Opened):
            with _of_source(model, source, validation, continuing) as found:
                yield found
            return
        rows, where = (source.X, source.y, source.sample_weight), errors_in(source)
    with where:
        data, _, task, weigh = model._prepared(*rows, continuing, incremental)
    yield Rows(*rows[:2], data), model._validation_rows(validation, task, data.targets.dtype.name, weigh), task


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
    dtype = some.targets.dtype.name
    held_out = model._validation_rows(validation, task, dtype, weigh)
    prepare: Prepare = lambda *given: model._known_rows(given, task, dtype, weigh)  # noqa: E731
    limit = 0
    if model.early_stopping and held_out is None:
        piece, limit = _held_out(model, source)
        held_out = Rows(piece.X, piece.y, prepared(piece, prepare))
    with source.stream(prepare, some, limit, print if model.verbose else None) as stream:
        yield Rows(source.source, None, stream), held_out, task


def _held_out(model: MultilayerPerceptron, source: Opened) -> tuple[Piece, int]:
    share = model.validation_fraction
    piece, limit = source.held_out(share)
    if len(piece) < LEAST_HELD_OUT:
        raise ValueError(
            f"The validation set is too small. Increase 'validation_fraction': {share} of {source.survey.rows} rows "
            f"leaves {len(piece)}, but at least {LEAST_HELD_OUT} are needed"
        )
    return piece, limit
