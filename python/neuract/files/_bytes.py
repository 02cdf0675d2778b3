# SPDX-License-Identifier: BSD-3-Clause
"""A JSON document and arrays as the bytes of a safetensors file, and back, checked to the last byte.

What is read is untrusted: every fault is a ValueError, and no memory is taken on a header's word.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from neuract._typing import Array

MOST_HEADER = 2**20  # bytes
DOCUMENT = "neuract"  # the key of the document in the metadata, the only one: safetensors writes several in any order
CHECKSUM = "sha256"  # the name of the array with the checksum
LENGTH = 8  # bytes in which the header's length stands


def packed(document: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """The bytes of a safetensors file with these arrays, and the document in its metadata."""
    from safetensors.numpy import save

    text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    written = {name: np.require(array, array.dtype.newbyteorder("="), ["C"]) for name, array in arrays.items()}
    return save({**written, CHECKSUM: checksum(text, written)}, metadata={DOCUMENT: text})


def checksum(text: str, arrays: Mapping[str, Array]) -> npt.NDArray[np.uint8]:
    """SHA-256 of the document and the bytes of the arrays, little-endian, in the order of their names.

    It finds accidents. Whoever changes a file on purpose can make a new one.
    """
    import hashlib

    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    return np.frombuffer(digest.digest(), np.uint8)


def check_header(data: bytes) -> None:
    """Refuses a header that `load` would refuse."""
    if int.from_bytes(data[:LENGTH], "little") > MOST_HEADER:
        raise ValueError(
            "the model does not fit a file, whose header, with names, classes and parameters, has at most "
            f"{MOST_HEADER:,} bytes"
        )


def read_bytes(file: BinaryIO) -> bytes:
    """All of an open file, read only if its header's length is possible."""
    start = file.read(LENGTH)
    length = _header_length(start)
    header = file.read(length)
    if len(header) < length:
        raise ValueError(f"the file ends within its header, after {LENGTH + len(header)} bytes")
    return start + header + file.read()


def _header_length(start: bytes) -> int:
    if len(start) < LENGTH:
        raise ValueError(f"the file has {len(start)} bytes, a safetensors file begins with {LENGTH} for a length")
    length = int.from_bytes(start, "little")
    if length > MOST_HEADER:
        raise ValueError(f"no model file: its header would have {length:,} bytes, at most {MOST_HEADER:,} are read")
    return length


def unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, Array]]:
    """The document and the arrays, which are as they were written; ValueError otherwise."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    text = _document_text(data)
    try:
        arrays = load(data)
    except (SafetensorError, KeyError) as error:  # the latter for types that NumPy does not have
        raise ValueError(f"not a sound safetensors file: {error}") from error
    if not np.array_equal(arrays.pop(CHECKSUM, np.empty(0)), checksum(text, arrays)):
        raise ValueError("damaged: its content does not have the checksum that it was written with")
    document = _parsed(text)
    if not isinstance(document, dict):
        raise ValueError("its description is not a JSON object")
    return document, arrays


def _document_text(data: bytes) -> str:
    header = _parsed(data[LENGTH : LENGTH + int.from_bytes(data[:LENGTH], "little")])
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or metadata.keys() != {DOCUMENT} or not isinstance(metadata[DOCUMENT], str):
        raise ValueError(f"no file of neuract: its metadata are not a text named {DOCUMENT!r}")
    text: str = metadata[DOCUMENT]
    return text


def _parsed(text: str | bytes) -> Any:
    """JSON, each key once, without the NaN and Infinity that Python would let in."""
    try:
        text = text.decode() if isinstance(text, bytes) else text
        return json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"its description is not sound: {error}") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands there twice")
    return result


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")
