# SPDX-License-Identifier: BSD-3-Clause
"""Batches that a function gives, and arrays, as sources."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any, Self

import numpy as np

from neuract.data._agreement import agreeing
from neuract.data._source import (
    SHUFFLE_BUFFER,
    Cache,
    Piece,
    Source,
    Target,
    divided,
    dropped,
    errors_in,
    frame_of,
    piece_rows,
)
from neuract.inputs._arrays import check_no_mask
from neuract.inputs._sparse import is_sparse


class Batches(Source):
    """The rows that a function gives batch by batch, for example of a database or of files in another format.

    Parameters
    ----------
    function : callable
        Without parameters; returns an iterator of batches, each time from the beginning and with the same rows: `fit`
        calls it twice. A batch is a pair ``(X, y)``, a triple ``(X, y, sample_weight)``, or a frame of pandas,
        polars or pyarrow, also a ``RecordBatch``; X is an array of two dimensions or a frame. A function that returns
        a ``pyarrow.RecordBatchReader`` is one.
    target, sample_weight, columns
        As for `Parquet`, where batches are frames.
    cache : True or path, default=True
        As for `Parquet`.
    shuffle_buffer : int, default=262144
        As for `Parquet`.

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> def rows():
    ...     for seed in range(3):
    ...         X = np.random.default_rng(seed).normal(size=(100, 2))
    ...         yield X, X[:, 0] > 0
    >>> model = na.MLPClassifier((8,), learning_rate_init=0.05, max_iter=300, random_state=0).fit(na.data.Batches(rows))
    >>> model.predict([[1.0, 0.0]])
    array([ True])
    """

    _with_y = True  # of tuples

    def __init__(
        self,
        function: Callable[[], Iterable[Any]],
        *,
        target: Target = None,
        sample_weight: str | None = None,
        columns: Sequence[str] | None = None,
        cache: Cache = True,
        shuffle_buffer: int = SHUFFLE_BUFFER,
    ) -> None:
        if not callable(function):
            raise TypeError(
                f"Batches needs a function that returns an iterator of batches, since fit goes through them twice; got "
                f"{type(function).__name__}. Give for example lambda: batches"
            )
        self._function, self._target, self._sample_weight, self._columns = function, target, sample_weight, columns
        named = {"target": target, "sample_weight": sample_weight, "columns": columns}
        self._named = [name for name, value in named.items() if value is not None]
        super().__init__(cache, shuffle_buffer)

    def __repr__(self) -> str:
        return self._described(function=self._function)

    def with_columns(self, columns: Sequence[str] | None) -> Self:
        """Returns the same rows without y and weights; X of frames has these columns, that of tuples all."""
        other = super().with_columns(columns)
        other._with_y = False
        return other

    def pieces(self, first: int = 0) -> Generator[Piece]:
        return dropped(agreeing(self._pieces()), first)

    def _pieces(self) -> Generator[Piece]:
        batches, number, rows = self._function(), 0, 0
        try:
            for batch in batches:
                named = Piece(np.empty((0, 0)), None, None, f"batch {number} (the first is 0)")
                with errors_in(named):
                    piece = self._piece(batch, named.where)
                yield piece
                number, rows = number + 1, rows + len(piece)
        except Exception as error:
            if not getattr(error, "_of_source", False):
                error.add_note(f"raised in {self!r} after {number:,} batches of {rows:,} rows")
            raise
        finally:  # of a generator or a reader that is not read to its end
            if callable(close := getattr(batches, "close", None)):
                close()

    def _piece(self, batch: Any, where: str) -> Piece:
        if isinstance(batch, np.ndarray):
            batch = (batch, None)
        if not isinstance(batch, tuple):
            if isinstance(batch, list) or np.ndim(batch) == 0:
                raise TypeError(f"a batch must be a tuple (X, y) or a frame, got {type(batch).__name__}")
            return Piece(*divided(_table(batch), self._target, self._sample_weight, self._columns), where)
        if self._named:
            raise ValueError(
                f"{self._named[0]} names columns of frames, but this batch is a tuple or an array; leave it out"
            )
        if len(batch) not in (2, 3):
            raise ValueError(f"a batch must be (X, y), (X, y, sample_weight) or a frame; got a tuple of {len(batch)}")
        X, y, weights = (*batch, None)[:3] if self._with_y else (batch[0], None, None)
        X = _rows(X) if isinstance(X, (np.ndarray, list)) else _table(X)
        y, weights = _values(y, "y"), _values(weights, "sample_weight")
        _check_lengths(X, y, weights)
        return Piece(X, y, weights, where)


class Arrays(Source):
    """The rows of arrays, such as memory-mapped ones, which are read window by window.

    Parameters
    ----------
    X : ndarray or numpy.memmap of shape (rows, columns)
    y : array of shape (rows,) or (rows, outputs), or None, default=None
    sample_weight : array of shape (rows,) or None, default=None
    cache : bool or path, default=False
        As for `Parquet`; the rows are where they are.
    shuffle_buffer : int, default=262144
        As for `Parquet`.

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> X = np.load("X.npy", mmap_mode="r")  # doctest: +SKIP
    >>> model = na.MLPRegressor().fit(na.data.Arrays(X, y))  # doctest: +SKIP
    """

    any_row = True

    def __init__(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        cache: Cache = False,
        shuffle_buffer: int = SHUFFLE_BUFFER,
    ) -> None:
        self._X, self._y, self._sample_weight = _rows(X), _values(y, "y"), _values(sample_weight, "sample_weight")
        _check_lengths(self._X, self._y, self._sample_weight)
        self.rows = len(self._X)
        super().__init__(cache, shuffle_buffer)

    def __repr__(self) -> str:
        return f"<Arrays of {self.rows:,} rows and {self._X.shape[1]} columns>"

    def pieces(self, first: int = 0) -> Generator[Piece]:
        rows = piece_rows(self._X.shape[1])
        for begin in range(first, len(self._X), rows):
            end = begin + rows
            y, weights = (None if v is None else np.asarray(v[begin:end]) for v in (self._y, self._sample_weight))
            yield Piece(np.asarray(self._X[begin:end]), y, weights, "the arrays", begin)


def _check_lengths(X: Any, y: Any, weights: Any) -> None:
    for values, name in ((y, "y"), (weights, "sample_weight")):
        if values is not None and len(values) != len(X):
            raise ValueError(f"X has {len(X)} rows, {name} {len(values)}")


def _rows(X: Any) -> Any:
    """Returns X as an array of two dimensions."""
    _refuse_sparse(X)
    check_no_mask(X, "X")
    array = X if isinstance(X, np.ndarray) else np.asarray(X)
    if array.ndim != 2:
        raise ValueError(f"X must have 2 dimensions (rows, columns), got shape {array.shape}")
    return array


def _values(values: Any, name: str) -> Any:
    """Returns y or weights as an array."""
    if values is None:
        return None
    check_no_mask(values, name)
    array = np.asarray(values)
    if array.dtype.kind == "U" and isinstance(values, (list, tuple)):
        return np.asarray(values, object)  # NumPy makes text of NaN and of numbers next to text
    return array


def _table(frame: Any) -> Any:
    """Returns a record batch as a table, any other frame as it is."""
    _refuse_sparse(frame)
    if type(frame).__name__ != "RecordBatch":
        frame_of(frame)  # raises TypeError for what is none
        return frame
    import pyarrow as pa

    return pa.Table.from_batches([frame])


def _refuse_sparse(X: Any) -> None:
    if is_sparse(X):
        raise TypeError("a source gives arrays or frames, got a sparse matrix; give X.toarray()")
