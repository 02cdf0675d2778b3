# SPDX-License-Identifier: BSD-3-Clause
"""Writing of tables: CSV, Parquet or Arrow, complete or not at all, to a file or to standard output."""

from __future__ import annotations

import csv
import gzip
import io
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from neuract.files._atomic import write_atomically
from neuract.shell._reading import ARROW, CSV, PARQUET, SUFFIXES, pyarrow
from neuract.shell._words import ShellError

CSV_SUFFIXES = (".csv", ".tsv", ".txt")


def output_format(path: str, chosen: str | None) -> str:
    """Returns the format of an output; ShellError, before any work, if it cannot be written."""
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    plain = suffixes[:-1] if suffixes[-1:] == [".gz"] else suffixes
    last = plain[-1] if plain else ""
    kind = chosen or (CSV if path == "-" or last in CSV_SUFFIXES else SUFFIXES.get(last))
    if kind is None:
        known = ", ".join((*CSV_SUFFIXES, *SUFFIXES))
        raise ShellError(f"its name must end with one of {known}, or give --out-format", path)
    if kind != CSV:
        pyarrow(path)
    return kind


def check_writable(path: str, *inputs: str) -> None:
    """Raises ShellError if a file cannot be written, or is one of the inputs."""
    target = Path(path)
    if path == "-":
        return
    folder = Path(os.path.realpath(target)).parent
    if not folder.is_dir():
        raise ShellError("no such folder", str(target.parent))
    if target.is_dir():
        raise ShellError("is a folder; name a file in it", path)
    if not os.access(folder, os.W_OK):
        raise ShellError("the folder cannot be written", str(folder))
    if any(each != "-" and target.exists() and Path(each).exists() and target.samefile(each) for each in inputs):
        raise ShellError("is an input too, which would be lost; name another file", path)


def write_table(path: str, kind: str, columns: Mapping[str, Any]) -> None:
    """Writes columns (arrays, lists or Arrow's) of the same length; path "-" is standard output."""
    data = _csv(columns, "\t" if ".tsv" in path.lower() else ",") if kind == CSV else _arrow(columns, kind)
    if path.lower().endswith(".gz"):
        data = gzip.compress(data, mtime=0)
    write_bytes(path, data)


def write_bytes(path: str, data: bytes) -> None:
    """Writes a whole file, or to standard output."""
    if path != "-":
        write_atomically(path, data)
        return
    sys.stdout.buffer.write(data)
    sys.stdout.flush()


def _csv(columns: Mapping[str, Any], separator: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*map(_list, columns.values()), strict=True))
    return text.getvalue().encode("utf-8", "surrogatepass")


def _list(column: Any) -> list[Any]:
    if isinstance(column, np.ndarray):
        return list(column.tolist())
    return list(column.to_pylist())


def _arrow(columns: Mapping[str, Any], kind: str) -> bytes:
    arrow = pyarrow("")
    made = {
        name: arrow.array(column.tolist() if column.dtype.kind in "OU" else column)
        if isinstance(column, np.ndarray)
        else column
        for name, column in columns.items()
    }
    file = io.BytesIO()
    if kind == PARQUET:
        from pyarrow import parquet

        parquet.write_table(arrow.table(made), file)
    elif kind == ARROW:
        from pyarrow import feather

        feather.write_feather(arrow.table(made), file)
    return file.getvalue()
