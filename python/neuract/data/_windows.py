# SPDX-License-Identifier: BSD-3-Clause
"""The prepared rows of a source, in windows: runs of rows that are read together, from a file or from the source.

Windows are cut by the numbers of the rows, so that they depend neither on the pieces of the source nor on where the
prepared rows lie.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np

from neuract._typing import Array
from neuract.data._source import Piece, Source, below_limit, errors_in, pieces_until
from neuract.inputs._data import Data

WINDOW_BYTES = 2**20  # at least, so that a disk reads long runs
WINDOWS_IN_BUFFER = 8  # at least, so that rows from far away meet in it

Prepare = Callable[[Any, Any, Any], Data]
"""(X, y, sample weights) of a piece -> what the core takes."""


@dataclass(frozen=True, eq=False)
class Shape:
    """What a prepared row consists of: `columns` numbers, `targets` numbers, and a weight if it is weighted."""

    columns: int
    targets: int
    weighted: bool
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, data: Data) -> Shape:
        return cls(data.x.shape[1], data.targets.shape[1], data.sample_weight is not None, data.targets.dtype)

    @property
    def row_bytes(self) -> int:
        return (self.columns + self.targets + self.weighted) * self.dtype.itemsize

    def room(self, rows: int) -> Data:
        """Returns memory for so many rows."""
        weights = np.empty(rows, self.dtype) if self.weighted else None
        return Data(np.empty((rows, self.columns), self.dtype), np.empty((rows, self.targets), self.dtype), weights)


class Windows:
    """The rows of a source whose hashes are at least `limit`, prepared.

    Attributes
    ----------
    window : int
        The rows of the source in a window; the last one may have fewer.
    counts : ndarray of int
        The prepared rows of each window.
    """

    def __init__(self, source: Source, rows: int, shape: Shape, prepare: Prepare, limit: int) -> None:
        self.source, self.shape, self._prepare, self._limit = source, shape, prepare, limit
        wanted = 1 << (max(1, WINDOW_BYTES // shape.row_bytes) - 1).bit_length()
        self.window = max(1, min(wanted, source.shuffle_buffer // WINDOWS_IN_BUFFER))
        self._source_rows = rows
        begins = range(0, rows, self.window)
        self.counts = np.array([int(self._is_taken(at, min(self.window, rows - at)).sum()) for at in begins])

    @property
    def at_once(self) -> int:
        """The windows in memory together."""
        return max(1, self.source.shuffle_buffer // self.window)

    @property
    def rows(self) -> int:
        return int(self.counts.sum())

    def read(self, number: int, into: Data) -> None:
        """Reads the rows of a window into as many rows of memory."""
        done = 0
        for data in self._prepared(number * self.window, self.window):
            _copy(data, into, done)
            done += data.rows
        if done != self.counts[number]:
            raise self._changed()

    def close(self) -> None:
        """Gives up what the windows hold."""

    def _is_taken(self, first: int, rows: int) -> Array:
        return ~below_limit(first, rows, self._limit)

    def _prepared(self, first: int, rows: int) -> Iterator[Data]:
        """Yields the rows from `first` on that are taken."""
        for piece in pieces_until(self.source, first, rows):
            taken = self._is_taken(first, len(piece))
            first += len(piece)
            if first > self._source_rows:
                raise self._changed()
            data = prepared(piece, self._prepare)
            yield data if taken.all() else data.take(np.flatnonzero(taken))

    def _changed(self) -> ValueError:
        return ValueError(
            f"{self.source!r} has other rows than in the pass before; it must give the same rows each time"
        )


class Cached(Windows):
    """Windows in a temporary file, which the system removes when it is closed, also after a crash."""

    def __init__(
        self,
        source: Source,
        rows: int,
        shape: Shape,
        prepare: Prepare,
        limit: int,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(source, rows, shape, prepare, limit)
        self._folder = source.cache if isinstance(source.cache, Path) else Path(tempfile.gettempdir())
        size = self.rows * shape.row_bytes
        self._check_room(size)
        if tell:
            tell(f"{self.rows:,} rows × {shape.columns} columns, prepared: {_told(size)} in {self._folder}")
        self._file = tempfile.TemporaryFile(buffering=0, prefix="neuract-", dir=self._folder)  # noqa: SIM115
        try:
            self._write()
        except BaseException:
            self.close()
            raise

    @cached_property
    def _begins(self) -> Array:
        return np.concatenate([[0], np.cumsum(self.counts)]) * self.shape.row_bytes

    def _check_room(self, size: int) -> None:
        free = shutil.disk_usage(self._folder).free
        if size > free:
            raise OSError(
                f"the prepared rows need {_told(size)} in {self._folder}, which has {_told(free)} free; name another "
                "folder by cache=, or, for Parquet and Arrays, set cache=False"
            )

    def _write(self) -> None:
        waiting = self.shape.room(int(self.counts.max(initial=1)))
        number = filled = 0
        for data in self._prepared(0, self._source_rows + 1):  # more than there were, so that more are found
            done = 0
            while done < data.rows:
                while number < len(self.counts) and not self.counts[number]:
                    number += 1
                if number == len(self.counts):
                    raise self._changed()
                taken = min(data.rows - done, int(self.counts[number]) - filled)
                _copy(part(data, done, done + taken), waiting, filled)
                done, filled = done + taken, filled + taken
                if filled == self.counts[number]:
                    self._write_window(part(waiting, 0, filled))
                    number, filled = number + 1, 0
        if filled or self.counts[number:].any():
            raise self._changed()

    def _write_window(self, data: Data) -> None:
        try:
            for array in _arrays(data):
                bytes_left = _bytes_of(array)
                while bytes_left:
                    bytes_left = bytes_left[self._file.write(bytes_left) :]
        except OSError as error:
            raise OSError(
                f"the prepared rows could not be written to {self._folder}: {error}; name another folder by cache="
            ) from error

    def read(self, number: int, into: Data) -> None:
        self._file.seek(int(self._begins[number]))
        for array in _arrays(into):
            bytes_left = _bytes_of(array)
            while bytes_left:
                read = self._file.readinto(bytes_left)
                if not read:
                    raise OSError(f"the file of prepared rows in {self._folder} ends early")
                bytes_left = bytes_left[read:]

    def close(self) -> None:
        self._file.close()


def windows_of(
    source: Source, rows: int, shape: Shape, prepare: Prepare, limit: int, tell: Callable[[str], None] | None = None
) -> Windows:
    """Returns the prepared rows of a source as its `cache` says. tell: is told the size of a file before it is made."""
    if source.cache is False:
        return Windows(source, rows, shape, prepare, limit)
    return Cached(source, rows, shape, prepare, limit, tell)


def prepared(piece: Piece, prepare: Prepare) -> Data:
    """Returns a piece as `prepare` makes it; errors say where its rows come from."""
    weights = piece.sample_weight
    with errors_in(piece):
        if weights is None or np.any(weights):
            return prepare(piece.X, piece.y, weights)
        data = prepare(piece.X, piece.y, np.ones(len(piece)))  # weights of 0 alone are no error in a part of the rows
        return Data(data.x, data.targets, np.zeros(len(piece), data.targets.dtype))


def part(data: Data, begin: int, end: int) -> Data:
    """Returns views of some rows."""
    weights = None if data.sample_weight is None else data.sample_weight[begin:end]
    return Data(data.x[begin:end], data.targets[begin:end], weights)  # type: ignore[index]


def _copy(data: Data, into: Data, at: int) -> None:
    for source, target in zip(_arrays(data), _arrays(into), strict=True):
        if at + len(source) > len(target):
            raise ValueError("a source gave more rows than in the pass before; it must give the same rows each time")
        target[at : at + len(source)] = source


def _arrays(data: Data) -> list[Array]:
    return [data.x, data.targets, *([] if data.sample_weight is None else [data.sample_weight])]  # type: ignore[list-item]


def _bytes_of(array: Array) -> memoryview:
    return memoryview(cast(Any, array)).cast("B")


def _told(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
