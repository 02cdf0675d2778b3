# SPDX-License-Identifier: BSD-3-Clause
"""CSV as named columns of cells, read by the standard library alone: quoted fields, any separator, any encoding.

Errors name the row or the line.
"""

from __future__ import annotations

import codecs
import csv
import io
from array import array
from collections import defaultdict
from collections.abc import Iterator
from itertools import count, islice

import numpy as np

from neuract.shell._cells import Cells
from neuract.shell._words import ShellError

SEPARATORS = ",;\t|"
SAMPLE, SAMPLE_ROWS = 65_536, 100
ROWS_AT_ONCE = 10_000
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_csv(data: bytes, file: str, separator: str | None, encoding: str | None) -> tuple[list[str], list[Cells]]:
    """Returns the names and cells of the columns; separator, encoding: None finds them."""
    text = _decoded(data, file, encoding)
    if not text.strip():
        raise ShellError("the file is empty", file)
    records = _records(text, separator or _separator(text))
    try:
        names = next(records)
        return names, _columns(records, len(names), file)
    except csv.Error as error:
        open_quote = any(words in str(error) for words in ("limit", "end of data"))
        raise ShellError(f"{error}{'; is a quote not closed?' * open_quote}", file) from None


def _decoded(data: bytes, file: str, encoding: str | None) -> str:
    encoding = encoding or ("utf-16" if data.startswith(UTF_16) else "utf-8-sig")
    try:
        return data.decode(encoding)
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        line = data.count(b"\n", 0, at) + 1
        raise ShellError(f"line {line:,} is not text in {encoding}; give --encoding, such as latin-1", file) from None


def _separator(text: str) -> str:
    """Returns the separator by which the first records have the most fields, equally many in as many as possible."""

    def worth(separator: str) -> tuple[float, int]:
        widths = list(map(len, _sample(text, separator)))
        return (widths.count(widths[0]) / len(widths), widths[0]) if widths and widths[0] > 1 else (0.0, 0)

    return max(SEPARATORS, key=worth)


def _sample(text: str, separator: str) -> list[list[str]]:
    """Returns the first records that are whole."""
    records: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(text[:SAMPLE], newline=""), delimiter=separator, strict=True):
            records += [record] if record else []
            if len(records) > SAMPLE_ROWS:
                break
    except csv.Error:
        return records
    return records[:-1] if len(text) > SAMPLE and len(records) > 1 else records


def _records(text: str, separator: str) -> Iterator[list[str]]:
    """Yields the records; lines without any character are none."""
    spaced = _spaces_follow(text, separator)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=spaced, strict=True)
    try:
        yield from filter(None, reader)
    except csv.Error as error:
        raise csv.Error(f"line {reader.line_num:,}: {error}") from None


def _spaces_follow(text: str, separator: str) -> bool:
    """Returns whether a space follows every separator, as in "a, b"."""
    fields = [field for record in _sample(text, separator) for field in record[1:]]
    return bool(fields) and all(field.startswith(" ") for field in fields)


def _columns(records: Iterator[list[str]], width: int, file: str) -> list[Cells]:
    numberings, codes = [_numbering() for _ in range(width)], [array("q") for _ in range(width)]
    while chunk := list(islice(records, ROWS_AT_ONCE)):
        _check_widths(chunk, width, len(codes[0]), file)
        for numbering, of_column, cells in zip(numberings, codes, zip(*chunk, strict=True), strict=True):
            of_column.extend(map(numbering.__getitem__, cells))
    return [
        Cells(list(numbering), np.array(of_column, np.int64))
        for numbering, of_column in zip(numberings, codes, strict=True)
    ]


def _numbering() -> defaultdict[str, int]:
    """Returns a dict that gives each new text the next number."""
    return defaultdict(count().__next__)


def _check_widths(chunk: list[list[str]], width: int, before: int, file: str) -> None:
    for number, record in enumerate(chunk, before + 1):
        if len(record) != width:
            raise ShellError(
                f"{len(record)} fields, but the header has {width}; fields with a separator need quotes, and "
                "--separator sets another one",
                file,
                number,
            )
