# SPDX-License-Identifier: BSD-3-Clause
"""What a fit does with a source: looks through it once, learns from a sample, and prepares the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuract.data._source import NO_LIMIT, Piece, Source, errors_in
from neuract.data._stream import Stream
from neuract.data._survey import Survey, surveyed, whole
from neuract.data._windows import Prepare, Shape, windows_of
from neuract.inputs._data import Data


@dataclass(frozen=True, eq=False)
class Opened:
    """A source, looked through once."""

    source: Source
    survey: Survey

    def learned(self, learn: Callable[[Any, Any, Any], Any]) -> Any:
        """Returns what `learn` makes of the sample's X, y and weights; errors say where the rows come from."""
        sample = self.survey.of_labels
        with errors_in(sample):
            return learn(sample.X, sample.y, sample.sample_weight)

    def held_out(self, share: float) -> tuple[Piece, int]:
        """Returns rows for validation, and the limit below which the hashes of their numbers are.

        They are that share of all rows, but no more than the sample has.
        """
        survey = self.survey
        limit = min(int(share * NO_LIMIT), survey.limit)
        return survey.sample.take(np.flatnonzero(survey.hashes < np.uint64(limit))), limit

    def stream(self, prepare: Prepare, some: Data, limit: int = 0, tell: Callable[[str], None] | None = None) -> Stream:
        """Returns the rows whose hashes are at least `limit`; some: prepared rows, which show the shape of all."""
        windows = windows_of(self.source, self.survey.rows, Shape.of(some), prepare, limit, tell)
        return Stream(windows, some)


def opened(source: Source, classes: bool) -> Piece | Opened:
    """Returns all rows of a source, if they fit in its buffer, else a source that was looked through."""
    if source.rows is not None and source.rows <= source.shuffle_buffer:
        return whole(source)
    survey = surveyed(source, classes)
    return whole(source) if survey.rows <= source.shuffle_buffer else Opened(source, survey)


@contextmanager
def rows_of(
    X: Any, y: Any, sample_weight: Any, learn: Prepare, classes: bool, tell: Callable[[str], None] | None
) -> Iterator[Data | Stream]:
    """Gives the rows of a training: arrays, or a stream where X is a source that its buffer does not hold.

    learn: prepares rows; with the first ones, which have all labels, it also learns. classes: see `surveyed`.
    """
    if not isinstance(X, Source):
        yield learn(X, y, sample_weight)
        return
    check_alone(y, sample_weight)
    rows = opened(X, classes)
    if isinstance(rows, Piece):
        with errors_in(rows):
            data = learn(rows.X, rows.y, rows.sample_weight)
        yield data
        return
    with rows.stream(learn, rows.learned(learn), 0, tell) as stream:
        yield stream


def check_alone(y: Any, sample_weight: Any) -> None:
    """Raises ValueError for y or weights next to a source."""
    if y is not None or sample_weight is not None:
        raise ValueError("a source has y and sample_weight itself: give fit the source alone")
