# SPDX-License-Identifier: BSD-3-Clause
"""The Parquet files of a dataset of Arrow, read from any row on in little memory.

Arrow's own scanner decodes whole row groups, of a million rows in many files, and several ahead.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuract._typing import Array

READ_BYTES = 2**18  # of a column at once


@dataclass(frozen=True, eq=False)
class File:
    """A file, or some of its row groups. ends: the row after each of them."""

    fragment: Any
    groups: list[int]
    ends: Array

    @classmethod
    def of(cls, fragment: Any) -> File:
        groups = fragment.row_groups
        return cls(fragment, [group.id for group in groups], np.cumsum([group.num_rows for group in groups], dtype=int))

    @property
    def path(self) -> str:
        return str(self.fragment.path)

    @property
    def rows(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def check(self, of: File, columns: Sequence[str] | None) -> None:
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

    def tables(self, schema: Any, rows: int, first: int) -> Generator[tuple[int, Any]]:
        """Yields tables of so many rows with the columns of `schema`, from the row group of row `first` on.

        Each comes after the number of its first row. An error of the file names it.
        """
        import pyarrow as pa
        import pyarrow.parquet

        group = int(np.searchsorted(self.ends, first, side="right"))
        at = int(self.ends[group - 1]) if group else 0
        names = [name for name in schema.names if name in self.fragment.physical_schema.names]
        try:
            with self.fragment.open() as opened:
                settings: dict[str, Any] = {"pre_buffer": False, "buffer_size": READ_BYTES}
                file = pyarrow.parquet.ParquetFile(opened, metadata=self.fragment.metadata, **settings)
                for batch in file.iter_batches(rows, self.groups[group:], names):
                    yield at, self._completed(batch, schema)
                    at += len(batch)
        except (OSError, pa.ArrowException) as error:
            kind = OSError if isinstance(error, OSError) else ValueError
            raise kind(f"{self.path}, from row {at}: {error}") from error

    def _completed(self, batch: Any, schema: Any) -> Any:
        """Returns a table with all columns of the schema, those that the names of the file's folders give too."""
        import pyarrow as pa
        import pyarrow.dataset

        of_folders = pyarrow.dataset.get_partition_keys(self.fragment.partition_expression)
        columns = []
        for field in schema:
            if field.name in batch.schema.names:
                columns.append(batch.column(field.name))
            else:
                value = pa.scalar(of_folders.get(field.name), field.type)
                columns.append(pa.repeat(value, len(batch)))
        return pa.table(columns, schema=schema)  # which casts


def parquet_files(dataset: Any) -> list[File] | None:
    """Returns the files of a dataset of Parquet files, or None for any other, or a filtered one."""
    import pyarrow.dataset

    if not isinstance(dataset, pyarrow.dataset.FileSystemDataset) or dataset._scan_options.get("filter") is not None:
        return None
    if not isinstance(dataset.format, pyarrow.dataset.ParquetFileFormat):
        return None
    return [File.of(fragment) for fragment in dataset.get_fragments()]
