# SPDX-License-Identifier: BSD-3-Clause
"""Reading of tables: CSV, Parquet or Arrow, also compressed by gzip, from a file or from standard input."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neuract.shell._cells import Meaning
from neuract.shell._csv import read_csv
from neuract.shell._tables import ArrowTable, CsvTable, Table
from neuract.shell._words import ShellError

STDIN = "standard input"
CSV, PARQUET, ARROW = "csv", "parquet", "arrow"
FORMATS = (CSV, PARQUET, ARROW)
BEGINNINGS = {b"PAR1": PARQUET, b"ARROW1": ARROW, b"FEA1": ARROW, b"\xff\xff\xff\xff": ARROW}
"""The first bytes of the formats; the last are those of an Arrow stream."""
SUFFIXES = {".parquet": PARQUET, ".pq": PARQUET, ".arrow": ARROW, ".feather": ARROW, ".ipc": ARROW}
GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Reading:
    """How a table is read; None: as its content shows."""

    format: str | None = None
    separator: str | None = None
    encoding: str | None = None
    meaning: Meaning = field(default_factory=Meaning)

    def read(self, path: str) -> Table:
        """Returns the table of a file; "-" is standard input."""
        file = STDIN if path == "-" else path
        data = _uncompressed(_bytes(path), file)
        kind = self.format or _format(data, path)
        if kind == CSV:
            names, cells = read_csv(data, file, self.separator, self.encoding)
            return CsvTable(file, names, cells, self.meaning)
        return ArrowTable(file, _arrow(data, kind, file))


def _bytes(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read()
    return Path(path).read_bytes()


def _uncompressed(data: bytes, file: str) -> bytes:
    if not data.startswith(GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise ShellError(f"the gzip file is damaged: {error}", file) from None


def _format(data: bytes, path: str) -> str:
    for beginning, kind in BEGINNINGS.items():
        if data.startswith(beginning):
            return kind
    return SUFFIXES.get(Path(path).suffix.lower(), CSV)


def pyarrow(file: str) -> Any:
    """Returns pyarrow; ShellError if it is not installed."""
    try:
        import pyarrow
    except ImportError:
        raise ShellError("Parquet and Arrow files need pyarrow: pip install pyarrow", file) from None
    return pyarrow


def _arrow(data: bytes, kind: str, file: str) -> Any:
    arrow = pyarrow(file)
    if not data:
        raise ShellError("the file is empty", file)
    try:
        if kind == PARQUET:
            from pyarrow import parquet

            return parquet.read_table(io.BytesIO(data))
        if data.startswith(b"\xff\xff\xff\xff"):
            return arrow.ipc.open_stream(io.BytesIO(data)).read_all()
        from pyarrow import feather

        return feather.read_table(io.BytesIO(data))
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise ShellError(f"cannot read it as {kind.capitalize()}: {error}", file) from None
