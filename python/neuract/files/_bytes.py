# SPDX-License-Identifier: BSD-3-Clause
"""Conversion of a JSON document and arrays to the bytes of a safetensors file, and back, checked to the last byte.

Input is untrusted: every fault raises ValueError, and no memory is allocated because a header asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from neuract._typing import Array

MOST_HEADER = 2**20  # bytes
DOCUMENT = "neuract"  # the only key in the metadata, since safetensors writes several keys in any order
CHECKSUM = "sha256"  # the name of the array with the checksum
LENGTH = 8  # bytes that hold the header's length


def packed(document: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """Returns the bytes of a safetensors file with these arrays, and the document in its metadata."""
    from safetensors.numpy import save

    text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    written = {name: np.require(array, array.dtype.newbyteorder("="), ["C"]) for name, array in arrays.items()}
    return save({**written, CHECKSUM: checksum(text, written)}, metadata={DOCUMENT: text})


def checksum(text: str, arrays: Mapping[str, Array]) -> npt.NDArray[np.uint8]:
    """Returns the SHA-256 of the document and the bytes of the arrays, little-endian, in the order of their names.

    It detects accidents, not attacks: a deliberate change can come with a new checksum.
    """
    import hashlib

    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    return np.frombuffer(digest.digest(), np.uint8)


def check_header(data: bytes) -> None:
    """Raises ValueError for a header that `load` would refuse."""
    if int.from_bytes(data[:LENGTH], "little") > MOST_HEADER:
        raise ValueError(
            "the model does not fit into a file: names, classes and parameters together must take at most "
            f"{MOST_HEADER:,} bytes"
        )


def read_bytes(file: BinaryIO) -> bytes:
    """Reads an open file, after a check of its header's length."""
    start = file.read(LENGTH)
    length = _header_length(start)
    header = file.read(length)
    if len(header) < length:
        raise ValueError(f"the file ends within its header, after {LENGTH + len(header)} bytes")
    return start + header + file.read()


def _header_length(start: bytes) -> int:
    if len(start) < LENGTH:
        raise ValueError(
            f"not a safetensors file: it has {len(start)} bytes, and the length of the header alone takes {LENGTH}"
        )
    length = int.from_bytes(start, "little")
    if length > MOST_HEADER:
        raise ValueError(
            f"not a model file: its header would have {length:,} bytes, and may have at most {MOST_HEADER:,}"
        )
    return length


def unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, Array]]:
    """Returns the document and the arrays; ValueError if they are not as they were written."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    text = _document_text(data)
    try:
        arrays = load(data)
    except (SafetensorError, KeyError) as error:  # KeyError: types that NumPy does not have
        raise ValueError(f"not a valid safetensors file: {error}") from error
    if not np.array_equal(arrays.pop(CHECKSUM, np.empty(0)), checksum(text, arrays)):
        raise ValueError("damaged: the checksum does not match the content")
    document = _parsed(text)
    if not isinstance(document, dict):
        raise ValueError("the document is not a JSON object")
    return document, arrays


def _document_text(data: bytes) -> str:
    header = _parsed(data[LENGTH : LENGTH + int.from_bytes(data[:LENGTH], "little")])
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or metadata.keys() != {DOCUMENT} or not isinstance(metadata[DOCUMENT], str):
        raise ValueError(f"not a neuract file: its metadata has no text {DOCUMENT!r}")
    text: str = metadata[DOCUMENT]
    return text


def _parsed(text: str | bytes) -> Any:
    """Parses JSON; ValueError for a duplicate key, and for NaN and Infinity, which Python accepts."""
    try:
        text = text.decode() if isinstance(text, bytes) else text
        return json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the document is not valid JSON: {error}") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key occurs twice")
    return result


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not allowed")
