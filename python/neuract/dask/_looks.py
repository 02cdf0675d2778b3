# SPDX-License-Identifier: BSD-3-Clause
"""The rows of a tabular estimator on the workers: what a look at them tells the client, and the matrix made of them.

All functions but `survey_of` run on workers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.data._source import NO_LIMIT, Piece, below_limit, hashes_of, joined_pieces
from neuract.data._survey import LEAST_SAMPLE, SAMPLE_CELLS, SAMPLE_ROWS, Survey, labels_of
from neuract.data._windows import Prepare, prepared
from neuract.inputs._data import Data

Raw = list[Piece]
"""The partitions of a shard that have rows, in the user's form."""


@dataclass(frozen=True, eq=False)
class Look:
    """What the client learns of a shard.

    sample: its rows whose hashes are small, or None, with their numbers. labels: the first row of each label, with its
    number. low, high: of y, by column, where it has numbers.
    """

    sample: Piece | None
    numbers: Array
    labels: dict[Any, tuple[Piece, int]]
    low: Any
    high: Any


def raw(shard: int, first: int, partitions: Sequence[tuple[Any, Any, Any]]) -> Raw:
    """Returns the rows of the partitions; ValueError if there are none. first: the first partition's number."""
    pieces = []
    for number, (x, y, weights) in enumerate(partitions, first):
        y, weights = (None if each is None else _values(each) for each in (y, weights))
        for values, name in ((y, "y"), (weights, "sample_weight")):
            if values is not None and len(values) != len(x):
                raise ValueError(f"in partition {number}: X has {len(x)} rows, {name} {len(values)}")
        if len(x):
            pieces.append(Piece(x, y, weights, f"partition {number}"))
    if not pieces:
        raise ValueError(f"shard {shard} (partitions from {first} on) has no rows; lower n_shards, or repartition")
    return pieces


def _values(values: Any) -> Array:
    array = np.asarray(values)
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def shape_of(pieces: Raw) -> tuple[int, int]:
    """Returns the number of rows and of columns of X."""
    return sum(map(len, pieces)), int(np.shape(pieces[0].X)[1])


def limit_of(rows: int, columns: int) -> int:
    """Returns the limit below which the hashes of the sample's row numbers are."""
    wanted = min(SAMPLE_ROWS, max(LEAST_SAMPLE, SAMPLE_CELLS // columns))
    return NO_LIMIT if rows <= wanted else NO_LIMIT * wanted // rows


def looked(pieces: Raw, first: int, limit: int, classes: bool) -> Look:
    """Looks at a shard whose first row has that number. classes: y has labels."""
    labels: dict[Any, tuple[Piece, int]] = {}
    taken, numbers, lows, highs, at = [], [], [], [], first
    for piece in pieces:
        below = below_limit(at, len(piece), limit)
        if below.any():
            taken.append(piece.take(np.flatnonzero(below)))
            numbers.append(at + np.flatnonzero(below))
        if classes and piece.y.ndim == 1:
            for label, row in labels_of(piece).items():
                labels.setdefault(label, (piece.take(np.array([row])), at + row))
        elif piece.y.dtype.kind in "biuf":
            lows.append(np.fmin.reduce(piece.y, axis=0))
            highs.append(np.fmax.reduce(piece.y, axis=0))
        at += len(piece)
    low, high = (_reduced(np.fmin, lows), _reduced(np.fmax, highs))
    sample = joined_pieces(taken) if taken else None
    return Look(sample, np.concatenate(numbers) if numbers else np.empty(0, int), labels, low, high)


def _reduced(smaller_or_larger: Any, values: list[Any]) -> Any:
    return smaller_or_larger.reduce(values, axis=0) if values else None


def survey_of(looks: Sequence[Look], rows: int, limit: int) -> Survey:
    """Returns what the looks at all shards, in their order, tell together."""
    sample = joined_pieces([look.sample for look in looks if look.sample is not None])
    numbers = np.concatenate([look.numbers for look in looks])
    labels: dict[Any, tuple[Piece, int]] = {}
    for look in looks:
        labels = {**look.labels, **labels}
    known = set(labels_of(sample)) if labels else set()
    rare = [first for label, first in labels.items() if label not in known]
    others = joined_pieces([piece for piece, _ in rare]) if rare else None
    low, high = (
        _reduced(which, [each for look in looks if (each := getattr(look, name)) is not None])
        for which, name in ((np.fmin, "low"), (np.fmax, "high"))
    )
    return Survey(rows, sample, numbers, hashes_of(numbers), limit, others, [number for _, number in rare], low, high)


def matrix(prepare: Prepare, first: int, limit: int, pieces: Raw) -> Data:
    """Returns the rows of a shard as the core takes them, but for those of the sample."""
    parts, at = [], first
    for piece in pieces:
        data = prepared(piece, prepare)
        parts.append(data.take(np.flatnonzero(~below_limit(at, len(piece), limit))))
        at += len(piece)
    weights = [part.sample_weight for part in parts]
    known = [each for each in weights if each is not None]
    return Data(
        np.concatenate([part.x for part in parts]),
        np.concatenate([part.targets for part in parts]),
        np.concatenate(known) if known else None,
    )
