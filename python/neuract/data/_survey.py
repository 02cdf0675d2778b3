# SPDX-License-Identifier: BSD-3-Clause
"""The first pass over a source: its number of rows, a sample of them, and the values of y.

The sample has the rows whose numbers have the smallest hashes, so that it does not depend on how the source is cut into
pieces. It is uniform: a quantile of a sample of k rows is off by more than e of the ranks with a probability of at most
2 exp(-2 k e^2) (Dvoretzky, Kiefer & Wolfowitz 1956, Massart 1990): for 100,000 rows 0.5 % of the ranks in one of 74.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.data._source import NO_LIMIT, Piece, Source, errors_in, hashes, joined_pieces
from neuract.inputs._targets import check_no_gap

SAMPLE_ROWS, SAMPLE_CELLS = 100_000, 2**23
LEAST_SAMPLE = 1000
MOST_LABELS = 2**16
MOST_KEPT = 1.5  # times the sample, before it is cut


@dataclass(frozen=True, eq=False)
class Survey:
    """What the first pass has found.

    Attributes
    ----------
    rows : int
    sample : Piece
        Some rows, in their order.
    numbers, hashes : ndarray of int
        Their numbers, and the hashes of these.
    limit : int
        These hashes are below it, those of all other rows are not.
    labels : Piece or None
        A row of each label that the sample lacks.
    label_numbers : list of int
        The numbers of these rows.
    low, high : ndarray or None
        The smallest and the largest y, by column, where y has numbers.
    """

    rows: int
    sample: Piece
    numbers: Array
    hashes: Array
    limit: int
    labels: Piece | None
    label_numbers: list[int]
    low: Any
    high: Any

    @property
    def of_labels(self) -> Piece:
        """The sample, and a row of each label that it lacks."""
        return self.sample if self.labels is None else joined_pieces([self.sample, self.labels])

    @property
    def numbers_of_labels(self) -> Array:
        """The numbers of the rows of `of_labels`."""
        return np.concatenate([self.numbers, np.array(self.label_numbers, int)])


def surveyed(source: Source, classes: bool) -> Survey:
    """Reads the whole source. classes: y has labels, also where these are numbers."""
    found = _Found(source, classes)
    with closing(source.pieces()) as pieces:
        for piece in pieces:
            found.see(piece)
    return found.survey()


def whole(source: Source) -> Piece:
    """Returns all rows of a source that memory holds."""
    return joined_pieces(_not_empty(source, [piece.copied() for piece in source.pieces() if len(piece)]))


def _not_empty(source: Source, pieces: list[Piece]) -> list[Piece]:
    if not pieces:
        raise ValueError(f"{source!r} has no rows")
    return pieces


@dataclass
class _Found:
    source: Source
    classes: bool
    rows: int = 0
    kept: list[tuple[Piece, Array, Array]] = field(default_factory=list)  # with row numbers and hashes
    n_kept: int = 0
    limit: int = NO_LIMIT
    most: int = 0
    low: Any = None
    high: Any = None
    of_label: dict[Any, tuple[Piece, int]] = field(default_factory=dict)  # the first row of each

    def see(self, piece: Piece) -> None:
        if not len(piece):
            return
        if not self.rows:
            cells = max(1, np.shape(piece.X)[1])
            self.most = min(SAMPLE_ROWS, max(LEAST_SAMPLE, SAMPLE_CELLS // cells), self.source.shuffle_buffer)
        hashed = hashes(self.rows, len(piece))
        numbers = np.flatnonzero(hashed < np.uint64(self.limit)) if self.limit < NO_LIMIT else np.arange(len(piece))
        if len(numbers):
            self.kept.append((piece.take(numbers), numbers + self.rows, hashed[numbers]))
            self.n_kept += len(numbers)
        if piece.y is None:
            with errors_in(piece):
                raise ValueError("fit needs y: name the column by target=, or give y next to X")
        self.see_targets(piece)
        self.rows += len(piece)
        if self.n_kept > MOST_KEPT * self.most:
            self.prune()

    def see_targets(self, piece: Piece) -> None:
        y = piece.y
        if y.ndim == 1 and (self.classes or _is_text(y)):
            found = labels_of(piece)
            new = [label for label in found if label not in self.of_label]
            if len(self.of_label) + len(new) > MOST_LABELS:
                with errors_in(piece):
                    raise ValueError(f"y has more than {MOST_LABELS:,} different labels, such as {next(iter(found))!r}")
            for label in new:
                row = found[label]
                self.of_label[label] = piece.take(np.array([row])), self.rows + row
        elif y.dtype.kind in "biuf":
            low, high = np.fmin.reduce(y, axis=0), np.fmax.reduce(y, axis=0)
            self.low = low if self.low is None else np.fmin(self.low, low)
            self.high = high if self.high is None else np.fmax(self.high, high)

    def prune(self) -> None:
        """Keeps the rows with the smallest hashes."""
        if self.n_kept <= self.most:
            return
        every = np.concatenate([hashed for _, _, hashed in self.kept])
        self.limit = int(np.partition(every, self.most)[self.most])
        kept = []
        for piece, numbers, hashed in self.kept:
            below = np.flatnonzero(hashed < np.uint64(self.limit))
            if len(below):
                kept.append((piece.take(below), numbers[below], hashed[below]))
        self.kept, self.n_kept = kept, sum(len(numbers) for _, numbers, _ in kept)

    def survey(self) -> Survey:
        _not_empty(self.source, [piece for piece, _, _ in self.kept])
        self.prune()
        numbers = np.concatenate([numbers for _, numbers, _ in self.kept])
        sample = joined_pieces([piece for piece, _, _ in self.kept])
        hashed = np.concatenate([hashed for _, _, hashed in self.kept])
        known = set(np.unique(_comparable(sample.y)).tolist()) if self.of_label else set()
        rare = [first for label, first in self.of_label.items() if label not in known]
        labels = joined_pieces([piece for piece, _ in rare]) if rare else None
        lacking = [at for _, at in rare]
        return Survey(self.rows, sample, numbers, hashed, self.limit, labels, lacking, self.low, self.high)


def _is_text(y: Array) -> bool:
    return y.dtype.kind in "UT" or (y.dtype == object and any(isinstance(label, str) for label in y))


def labels_of(piece: Piece) -> dict[Any, int]:
    """Returns the labels of y, each with its first row; ValueError for a missing one."""
    with errors_in(piece):
        labels, places = np.unique(_comparable(piece.y), return_index=True)
    return dict(zip(labels.tolist(), places.tolist(), strict=True))


def _comparable(y: Array) -> Array:
    """Returns labels as an array that can be sorted; ValueError for a missing one, or a number next to text."""
    if y.dtype == object:
        check_no_gap(y, "label")
        are_text = np.fromiter((isinstance(label, str) for label in y), bool, len(y))
        if are_text.all():
            return y.astype(str)
        if are_text.any():
            row = int(are_text.argmin())
            raise ValueError(f"y must have a label in each row; got {y[row]!r} in row {row}, next to text")
    elif y.dtype.kind == "f" and np.isnan(y).any():
        raise ValueError(f"y has nan in row {int(np.isnan(y).argmax())}; leave out rows without a label")
    return y
