# SPDX-License-Identifier: BSD-3-Clause
"""The fit of a tabular estimator: columns, targets and folds, then the ensemble.

Of a source that memory does not hold, a sample of rows does what all rows of a frame do: columns and targets are
learned from it, it is divided into folds, and its rows that members leave out choose the epoch. The other rows come as
a stream, from which all members learn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils import check_random_state

from neuract._typing import Array
from neuract.columns._columns import Columns
from neuract.data._opened import Opened, check_alone, opened
from neuract.data._source import Source, errors_in
from neuract.data._stream import Stream
from neuract.data._survey import Survey
from neuract.estimators._ensemble import Fitting
from neuract.estimators._folds import Fold, dealt, given_folds
from neuract.estimators._perceptron import MultilayerPerceptron, Weigher
from neuract.estimators._recipe import Recipe, recipe
from neuract.estimators._task import Task
from neuract.inputs._data import Data, validation_errors, validation_is_given
from neuract.inspection._alarms import warn_if_far, warn_if_members_collapsed
from neuract.training._together import Together

if TYPE_CHECKING:
    from neuract.estimators._tabular import Tabular

Given = tuple[Any, Any, Any]
"""X, y, and sample weights or groups."""


@dataclass(frozen=True, eq=False)
class Ready:
    """What a fit has learned of its rows before it trains, and the rows themselves. weights: as given."""

    columns: Columns
    recipe: Recipe
    perceptron: MultilayerPerceptron
    task: Task
    data: Data
    weights: Array | None
    weigh: Weigher

    def without_rows(self) -> Ready:
        """Returns what was learned alone, which is small."""
        return replace(self, data=self.data.take(np.arange(0)), weights=None)


def fit(model: Tabular, X: Any, y: Any, sample_weight: Any, validation: Given, groups: Any) -> None:
    """Fits a model whose parameters are checked; an error leaves it unfinished."""
    if not isinstance(X, Source):
        if y is None:
            raise ValueError(f"{type(model).__name__} requires y to be passed, but the target y is None")
        train(model, ready_of(model, X, y, sample_weight), validation, (X, y, groups))
        return
    check_alone(y, sample_weight)
    if groups is not None:
        raise ValueError("groups needs all rows in memory; a source has none")
    source = opened(X, is_classifier(model))
    if isinstance(source, Opened):
        _fit_source(model, source, validation)
        return
    with errors_in(source):
        ready = ready_of(model, source.X, source.y, source.sample_weight)
    train(model, ready, validation, (source.X, source.y, None))
    if X.target_name is not None:
        model.target_name_ = X.target_name


def _fit_source(model: Tabular, source: Opened, validation: Given) -> None:
    survey = source.survey
    ready: Ready = source.learned(partial(ready_of, model, rows=survey.rows))
    sample, prepare = survey.of_labels, partial(prepare_rows, model, ready)
    with source.stream(prepare, ready.data, survey.limit, print if model.verbose else None) as stream:
        train(model, ready, validation, (sample.X, sample.y, None), stream, extremes(model, ready, survey))
    model.oof_rows_ = survey.numbers_of_labels
    if source.source.target_name is not None:
        model.target_name_ = source.source.target_name


def ready_of(model: Tabular, X: Any, y: Any, sample_weight: Any, rows: int | None = None) -> Ready:
    """Learns columns and targets. rows: of the whole training; None: those of X."""
    columns = model._new_columns()
    matrix = columns.fit_transform(X, dtype=model._dtype())
    model._take_columns(columns)
    chosen = recipe(model, len(matrix) if rows is None else rows, is_classifier(model))
    perceptron = model._started(columns, chosen)
    model._take_name(y)
    y = model._learned(y)
    with our_words():
        perceptron._validate_params()
        data, weights, task, weigh = perceptron._prepared(matrix, y, sample_weight)
    return Ready(columns, chosen, perceptron, task, data, weights, weigh)


def prepare_rows(model: Tabular, ready: Ready, X: Any, y: Any, sample_weight: Any) -> Data:
    """Returns rows as the networks take them, after `_ready`."""
    dtype = model._dtype()
    with our_words():
        matrix = ready.columns.transform(X, dtype)
        given = matrix, model._known(y), sample_weight
        return ready.perceptron._known_rows(given, ready.task, dtype, ready.weigh)


def extremes(model: Tabular, ready: Ready, survey: Survey) -> Array | None:
    """Returns the targets of the smallest and the largest y of a source of numbers."""
    if survey.low is None or is_classifier(model):
        return None
    y = model._known(np.array([survey.low, survey.high], float))
    return ready.perceptron._known_targets(y, ready.task, model._dtype())


def train(
    model: Tabular,
    ready: Ready,
    validation: Given,
    rows: Given,
    stream: Stream | None = None,
    seen: Array | None = None,
    together: type[Together] = Together,
) -> None:
    """Trains the ensemble. rows: X, y and groups as given. stream, seen, together: as `Fitting` has them."""
    held_out, data, names = None, ready.data, ready.columns.names_
    if validation_is_given(*validation):
        with validation_errors():
            held_out = prepare_rows(model, ready, *validation)
        warn_if_far(data.x, held_out.x, names, of_frame=True)
    random = check_random_state(model.random_state)
    folds = _folds(model, ready, rows, random)
    inputs = tuple(ready.columns.inputs_)
    fitting = Fitting(
        model, ready.perceptron, ready.task, data, held_out, folds, ready.recipe, inputs, stream, seen, together
    )
    seeds = random.randint(2**32, size=ready.recipe.members, dtype=np.uint64)
    model._take(ready.perceptron, fitting.learn(seeds))
    model._learn_uncertainty(data.targets, ready.weights)
    warn_if_members_collapsed(model.networks_, data, names)


def _folds(model: Tabular, ready: Ready, rows: Given, random: np.random.RandomState) -> list[Fold]:
    """Returns the folds of the members."""
    (X, y, groups), classes, data, folds = rows, is_classifier(model), ready.data, ready.recipe.folds
    if groups is not None or not isinstance(folds, Integral):
        return given_folds(folds, data.x if isinstance(X, Mapping) else X, y, groups, classes)  # which know no dicts
    return dealt(data.targets[:, 0], classes and data.targets.shape[1] == 1, min(int(folds), data.rows), random)


@contextmanager
def our_words() -> Iterator[None]:
    """Names the tabular estimators in errors of the perceptrons."""
    try:
        yield
    except (ValueError, TypeError) as error:
        text = str(error)
        if len(error.args) == 1 and (ours := re.sub(r"\bMLP(Classifier|Regressor)\b", r"Tabular\1", text)) != text:
            error.args = (ours,)
        raise
