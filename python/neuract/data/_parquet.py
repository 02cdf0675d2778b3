# SPDX-License-Identifier: BSD-3-Clause
"""Parquet files and Arrow datasets as a source."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from glob import glob
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from neuract._typing import FilePath
from neuract.data._source import (
    PIECE_ROWS,
    SHUFFLE_BUFFER,
    Cache,
    Piece,
    Source,
    Target,
    check_names,
    divided,
    dropped,
    errors_in,
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
        The columns of X; None: all others.
    cache : bool or path, default=True
        Where `fit` keeps the prepared rows: True in a temporary file, which the system removes also after a crash; or
        the folder of this file. False: `fit` reads the source anew in each epoch, for each window of rows the row
        group around it, so that small row groups are faster.
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
        self._groups = _row_groups(self._dataset)
        self._ends = np.cumsum([group.rows for group in self._groups or ()], dtype=int)
        self.any_row = self._groups is not None
        self.rows = None if self._groups is None else sum(group.rows for group in self._groups)
        super().__init__(cache, shuffle_buffer)

    def __repr__(self) -> str:
        path = str(self._path) if isinstance(self._path, Path) else self._path
        given = {"target": self._target, "sample_weight": self._sample_weight, "columns": self._columns}
        return self._described(path=path, **{name: value for name, value in given.items() if value is not None})

    def pieces(self, first: int = 0) -> Generator[Piece]:
        if self._groups is None:
            read = self._piece_of_each(self._dataset.to_batches(batch_size=PIECE_ROWS), "the dataset", 0)
            return dropped(read, first)
        number = int(np.searchsorted(self._ends, first, side="right"))
        before = int(self._ends[number - 1]) if number else 0
        return dropped(self._pieces_of(self._groups[number:]), first - before)

    def _pieces_of(self, groups: Sequence[_RowGroup]) -> Generator[Piece]:
        import pyarrow as pa

        wanted = self._wanted()
        for group in groups:
            group.check(self._groups[0], wanted)  # type: ignore[index]
            try:
                batches = group.fragment.to_batches(schema=self._dataset.schema, columns=wanted, batch_size=PIECE_ROWS)
                yield from self._piece_of_each(batches, group.path, group.first)
            except (OSError, pa.ArrowException) as error:
                kind = OSError if isinstance(error, OSError) else ValueError
                raise kind(f"{group.path}, row group from row {group.first}: {error}") from error

    def _piece_of_each(self, batches: Iterator[Any], where: str, first: int) -> Generator[Piece]:
        import pyarrow as pa

        for batch in batches:
            table = pa.Table.from_batches([batch])
            with errors_in(Piece(np.empty((0, 0)), None, None, where)):
                X, y, weights = divided(table, self._target, self._sample_weight, self._columns)
            yield Piece(X, y, weights, where, first)
            first += len(table)

    def _wanted(self) -> list[str] | None:
        if self._columns is None:
            return None
        target = [self._target] if isinstance(self._target, str) else list(self._target or ())
        others = [*target, *([] if self._sample_weight is None else [self._sample_weight])]
        wanted = [*self._columns, *others]
        check_names(self._dataset.schema.names, others, list(self._columns))
        return wanted


@dataclass(frozen=True, eq=False)
class _RowGroup:
    """A row group of a file: rows that can be read alone."""

    fragment: Any
    path: str
    first: int  # row of the file
    rows: int

    def check(self, of: _RowGroup, columns: Sequence[str] | None) -> None:
        """Raises ValueError if the file has other columns than the file `of`, or other types."""
        schema, known = self.fragment.physical_schema, of.fragment.physical_schema
        if schema.equals(known):
            return
        for name in known.names if columns is None else [name for name in columns if name in known.names]:
            kind = schema.field(name).type if name in schema.names else "missing"
            if kind != known.field(name).type:
                raise ValueError(
                    f"{self.path}: column {name!r} is {kind}, but {known.field(name).type} in {of.path}; all files of "
                    "a source need the same columns"
                )


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


def _row_groups(dataset: Any) -> list[_RowGroup] | None:
    """Returns the row groups of a dataset of Parquet files, or None for any other, or a filtered one."""
    import pyarrow.dataset

    if not isinstance(dataset, pyarrow.dataset.FileSystemDataset) or dataset._scan_options.get("filter") is not None:
        return None
    if not isinstance(dataset.format, pyarrow.dataset.ParquetFileFormat):
        return None
    groups = []
    for fragment in dataset.get_fragments():
        first = 0
        for part in fragment.split_by_row_group():
            rows = sum(group.num_rows for group in part.row_groups)
            groups.append(_RowGroup(part, fragment.path, first, rows))
            first += rows
    return groups
