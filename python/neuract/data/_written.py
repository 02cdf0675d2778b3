# SPDX-License-Identifier: BSD-3-Clause
"""Files of columns that are written part by part, and are complete or not there at all."""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

Columns = dict[str, Any]
"""Arrays of one dimension, or series of narwhals, all of one length."""

GROUP_BYTES = 2**25  # of a row group, so that readers of the file get long runs


class ParquetFile:
    """Writes Parquet."""

    def __init__(self, file: IO[bytes]) -> None:
        self.rows = 0
        self._file = file
        self._writer: Any = None
        self._waiting: list[Any] = []
        self._waiting_bytes = 0

    def write(self, columns: Columns) -> None:
        import pyarrow as pa

        table = pa.table({name: _arrow(values) for name, values in columns.items()})
        self._check_types(table.schema)
        self._waiting.append(table)
        self._waiting_bytes += table.nbytes
        self.rows += len(table)
        if self._waiting_bytes >= GROUP_BYTES:
            self._write_group()

    def _check_types(self, schema: Any) -> None:
        import pyarrow.parquet

        if self._writer is None:
            self._writer = pyarrow.parquet.ParquetWriter(self._file, schema)
        for field, known in zip(schema, self._writer.schema, strict=True):
            if field.type != known.type:
                raise ValueError(f"column {field.name!r} is {field.type}, but {known.type} in the rows before")

    def _write_group(self) -> None:
        import pyarrow as pa

        if self._waiting and self._writer is not None:
            self._writer.write_table(pa.concat_tables(self._waiting).combine_chunks())
        self._waiting, self._waiting_bytes = [], 0

    def close(self) -> None:
        """Writes what waits, and the end of the file."""
        self._write_group()
        if self._writer is not None:
            self._writer.close()

    def abandon(self) -> None:
        """Writes no more."""
        if self._writer is not None:
            self._writer.is_open = False  # else pyarrow writes the end of the file at some later time
            self._writer = None


class CsvFile:
    """Writes CSV, numbers with all their digits, missing values as nothing."""

    def __init__(self, file: IO[bytes]) -> None:
        self.rows = 0
        self._file = file

    def write(self, columns: Columns) -> None:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if not self.rows:
            writer.writerow(columns)
        lists = [values.tolist() if isinstance(values, np.ndarray) else values.to_list() for values in columns.values()]
        writer.writerows(zip(*lists, strict=True))
        self._file.write(text.getvalue().encode())
        self.rows += len(lists[0])

    def close(self) -> None:
        """Has nothing left to write."""

    def abandon(self) -> None:
        """Has nothing to give up."""


FORMATS: Mapping[str, Any] = {".parquet": ParquetFile, ".csv": CsvFile}


@contextmanager
def new_file(path: Path) -> Iterator[ParquetFile | CsvFile]:
    """Gives a file to write, by its suffix; it is named path.part until it is complete, and removed after an error."""
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise ValueError(f"the name of out must end in {' or '.join(FORMATS)}, got {str(path)!r}")
    if kind is ParquetFile:
        _need_pyarrow()
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file in it")
    path = Path(os.path.realpath(path))  # a link stays
    part = path.with_name(f"{path.name}.part")
    try:
        with io.BufferedWriter(_NamedFile(part, "w")) as file:
            written = kind(file)
            try:
                yield written
                written.close()
            except BaseException:
                written.abandon()
                raise
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


class _NamedFile(io.FileIO):
    """A file whose name is in its errors, such as that of a full disk."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.name)) from None


def _need_pyarrow() -> None:
    try:
        import pyarrow.parquet  # noqa: F401
    except ModuleNotFoundError as error:
        raise ImportError(
            'a file of Parquet needs pyarrow, which is not installed: pip install "neuract[parquet]"; .csv does not'
        ) from error


def _arrow(values: Any) -> Any:
    if not isinstance(values, np.ndarray):
        return values.to_arrow()
    import pyarrow as pa

    return pa.array(values.tolist() if values.dtype.kind in "OUT" else np.ascontiguousarray(values))
