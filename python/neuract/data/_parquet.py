# SPDX-License-Identifier: BSD-3-Clause
"""Parquet files and Arrow datasets as a source."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from glob import glob
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from neuract._typing import FilePath
from neuract.data._files import File, parquet_files
from neuract.data._source import (
    SHUFFLE_BUFFER,
    Cache,
    Piece,
    Source,
    Target,
    check_names,
    divided,
    dropped,
    errors_in,
    piece_rows,
)


class Parquet(Source):
    """The rows of Parquet files, one file after the other.

    Needs pyarrow: ``pip install "neuract[parquet]"``.

    Parameters
    ----------
    path : path, pattern, sequence of paths, or pyarrow.dataset.Dataset
        A file, a folder, or a pattern such as ``"folder/*.parquet"``; files are read in the order of their names, of a
        sequence in its order. Folders in it that are named such as ``year=2026`` are a column. A dataset of another
        format, or a filtered one, is read from its beginning only.
    target : str or sequence of str or None, default=None
        The column of y, or the columns of several outputs. None: for `predict`.
    sample_weight : str or None, default=None
        The column of sample weights.
    columns : sequence of str or None, default=None
        The columns of X; None: all others but the index of a frame that pandas has written.
    cache : bool or path, default=True
        Where `fit` keeps the prepared rows: True in a temporary file, which the system removes also after a crash; or
        the folder of this file. False: `fit` reads the source anew in each epoch, each window of rows from the begin
        of its row group on, so that small row groups are faster.
    shuffle_buffer : int, default=262144
        The rows that lie in memory together and are shuffled among themselves. A source of no more rows is taken into
        memory whole, and `fit` does what it does with arrays.

    Examples
    --------
    >>> import neuract as na
    >>> source = na.data.Parquet("sales/*.parquet", target="price")  # doctest: +SKIP
    >>> model = na.TabularRegressor().fit(source)  # doctest: +SKIP
    """

    def __init__(
        self,
        path: FilePath | Sequence[FilePath] | Any,
        *,
        target: Target = None,
        sample_weight: str | None = None,
        columns: Sequence[str] | None = None,
        cache: Cache = True,
        shuffle_buffer: int = SHUFFLE_BUFFER,
    ) -> None:
        self._path, self._target, self._sample_weight, self._columns = path, target, sample_weight, columns
        self._dataset = _dataset(path)
        self.files = getattr(self._dataset, "files", ())
        self._files = parquet_files(self._dataset)
        self.any_row = self._files is not None
        if self._files is not None:
            self._ends = np.cumsum([file.rows for file in self._files], dtype=int)
            self.rows = sum(file.rows for file in self._files)
        super().__init__(cache, shuffle_buffer)

    def __repr__(self) -> str:
        return self._described(path=str(self._path) if isinstance(self._path, Path) else self._path)

    def pieces(self, first: int = 0) -> Generator[Piece]:
        schema = self._schema()
        rows = piece_rows(len(schema.names))
        if self._files is None:
            batches = self._dataset.to_batches(schema.names, batch_size=rows, batch_readahead=1, fragment_readahead=1)
            return dropped(self._pieces_of(_numbered(batches), "the dataset"), first)
        number = int(np.searchsorted(self._ends, first, side="right"))
        begin = int(self._ends[number - 1]) if number else 0
        return self._from(self._files[number:], schema, rows, first - begin)

    def _from(self, files: Sequence[File], schema: Any, rows: int, first: int) -> Generator[Piece]:
        """Yields the pieces of the files, of the first one from this row on."""
        for file in files:
            file.check(self._files[0], schema.names)  # type: ignore[index]
            pieces = self._pieces_of(file.tables(schema, rows, first), file.path)
            with closing(pieces):
                for piece in pieces:
                    begin = max(0, first - piece.first)
                    if begin < len(piece):
                        yield piece.part(begin, len(piece))
            first = 0

    def _pieces_of(self, tables: Generator[tuple[int, Any]], where: str) -> Generator[Piece]:
        with closing(tables):
            for first, table in tables:
                with errors_in(Piece(np.empty((0, 0)), None, None, where)):
                    X, y, weights = divided(table, self._target, self._sample_weight, self._columns)
                yield Piece(X, y, weights, where, first)

    def _schema(self) -> Any:
        """Returns the schema of the columns that are read."""
        import pyarrow as pa

        schema, others = self._dataset.schema, self.other_columns
        if self._columns is None:
            index = _index_of_pandas(schema).difference(others)
            return pa.schema([field for field in schema if field.name not in index])
        check_names(schema.names, others, list(self._columns))
        return pa.schema([schema.field(name) for name in [*self._columns, *others]])


def _numbered(batches: Iterator[Any]) -> Generator[tuple[int, Any]]:
    """Yields batches as tables, each after the number of its first row."""
    import pyarrow as pa

    first = 0
    for batch in batches:
        yield first, pa.Table.from_batches([batch])
        first += len(batch)


def _dataset(path: Any) -> Any:
    try:
        import pyarrow.dataset
    except ModuleNotFoundError as error:
        raise ImportError('Parquet needs pyarrow, which is not installed: pip install "neuract[parquet]"') from error
    if isinstance(path, pyarrow.dataset.Dataset):
        return path
    if not isinstance(path, (str, PathLike)):
        files = [fspath(each) for each in path]
        if not files:
            raise ValueError("path is an empty sequence; give at least one file")
        return pyarrow.dataset.dataset(files, format="parquet")
    text = fspath(path)
    if Path(text).exists() or not any(sign in text for sign in "*?["):
        return pyarrow.dataset.dataset(text, format="parquet", partitioning="hive")
    files = sorted(glob(text, recursive=True))  # noqa: PTH207 - pathlib has no absolute patterns
    if not files:
        raise FileNotFoundError(f"no file matches {text!r}")
    return pyarrow.dataset.dataset(files, format="parquet")


def _index_of_pandas(schema: Any) -> set[str]:
    """Returns the columns that pandas reads as the index, which is no column of X."""
    index = (schema.pandas_metadata or {}).get("index_columns", ())
    return {name for name in index if isinstance(name, str)}  # not: a range, which has no column
