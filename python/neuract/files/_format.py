# SPDX-License-Identifier: BSD-3-Clause
"""The format of a model file: its version, the kind of model, and errors that name the file.

docs/model_format.md specifies it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from neuract._typing import FilePath
from neuract.files._atomic import write_atomically
from neuract.files._bytes import check_header, packed, read_bytes, unpacked
from neuract.files._values import Reader, Writer, object_with

FORMAT = 1
OF_TABULAR = {"network", "estimator", "columns"}
OPTIONAL = {"TabularClassifier": {"members"}, "TabularRegressor": {"members"}}
"""The parts that an older file lacks; its network is then the only member."""
KINDS = {
    "Network": {"network"},
    "MLPClassifier": {"network", "estimator"},
    "MLPRegressor": {"network", "estimator"},
    "TabularClassifier": OF_TABULAR,
    "TabularRegressor": OF_TABULAR,
}
"""The kinds of models, each with the parts of its file."""
FAULTS = (ValueError, TypeError, OverflowError, RecursionError)  # that an invalid document can raise


@dataclass(frozen=True)
class Contents:
    """The contents of a model file: the kind of model, and its parts, which `reader` reads."""

    kind: str
    parts: dict[str, Any]
    reader: Reader


def pack(kind: str, parts: dict[str, Any], writer: Writer) -> bytes:
    """Returns the bytes of a file with these parts and the writer's arrays."""
    return packed({"format": FORMAT, "neuract": _version(), "kind": kind, **parts}, writer.arrays)


def unpack(data: bytes, beside: dict[str, Any] | None = None) -> Contents:
    """Returns the contents of a file from its bytes; beside: the additional values of a pickle."""
    document, arrays = unpacked(data)
    if document.get("format") != FORMAT:
        raise ValueError(
            f"the file has format {document.get('format')!r}, written by neuract {document.get('neuract')}; neuract "
            f"{_version()} reads format {FORMAT}"
        )
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"unknown kind of model {kind!r}; known: {', '.join(KINDS)}")
    object_with(document, {"format", "neuract", "kind", *KINDS[kind]}, "the file", OPTIONAL.get(kind, ()))
    return Contents(kind, document, Reader(arrays, beside))


@cache
def _version() -> str:
    from importlib.metadata import version  # slow to import

    return version("neuract")


def save_bytes(path: FilePath, data: bytes) -> None:
    """Writes the file."""
    check_header(data)
    write_atomically(path, data)


def load_bytes(path: FilePath) -> bytes:
    """Reads the file."""
    with Path(os.fsdecode(path)).open("rb") as file:
        return read_bytes(file)


@contextmanager
def faults_of(path: FilePath, contents: Contents | None = None) -> Iterator[None]:
    """Names the file in errors, and if it has been read, the version that wrote it."""
    try:
        yield
    except FAULTS as fault:
        writer = f" (written by neuract {contents.parts['neuract']}, read by {_version()})" if contents else ""
        raise ValueError(f"cannot load {os.fsdecode(path)!r}: {fault}{writer}") from fault
