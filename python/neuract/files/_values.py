# SPDX-License-Identifier: BSD-3-Clause
"""Conversion of Python values to JSON and arrays, and back: the words of a model file.

Only the types listed here can be written, and reading runs no other code. docs/model_format.md has the list.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, fields
from math import isfinite
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.activations._named import ACTIVATIONS
from neuract.columns._kinds import KINDS
from neuract.layers._inputs import INPUTS
from neuract.losses._named import LOSSES
from neuract.optimizers import OPTIMIZERS
from neuract.schedules._shares import SCHEDULES

REGISTRIES = (ACTIVATIONS, INPUTS, KINDS, LOSSES, OPTIMIZERS, SCHEDULES)
OBJECTS: Mapping[str, type[Any]] = {kind.__name__: kind for kinds in REGISTRIES for kind in kinds.values()}
"""Name → class of all objects that can be written."""

MOST_TEXT = 2**26  # bytes of an array of text; its dtype could claim any width
MOST_IN_JSON = 16  # floats of a list; a longer one becomes an array, since a curve has a value per epoch
MOST_TEXTS_IN_JSON = 64  # of a list: levels of a column could fill the header
NUMBERS = tuple(np.dtype(code) for code in "?bBhHiIlLqQefd")


class Unwritable(ValueError):
    """Raised for a value that a model file cannot hold; the message describes the value."""


class Writer:
    """Writes values as JSON, and arrays to `arrays`.

    Parameters
    ----------
    lenient : bool, default=False
        For pickles: put named values that a file cannot hold into `beside`. Otherwise they raise Unwritable.
    """

    def __init__(self, *, lenient: bool = False) -> None:
        self.arrays: dict[str, Array] = {}
        self.beside: dict[str, Any] = {}
        self.lenient = lenient
        self._unnamed = 0

    def write(self, value: Any) -> Any:
        """Returns the value as JSON; Unwritable if a model file cannot hold it or a part of it."""
        if value is None or type(value) in (bool, int):
            return value
        if isinstance(value, str):
            return str(value)  # also converts NumPy's strings
        if type(value) is float:
            return value if isfinite(value) else {"float": repr(value)}
        if type(value) in WRITERS:
            return WRITERS[type(value)](self, value)
        if isinstance(value, np.generic) and value.dtype in NUMBERS:
            return {"number": [value.dtype.name, self.write(value.item())]}
        if OBJECTS.get(type(value).__name__) is type(value):
            return {type(value).__name__: {f.name: self.write(getattr(value, f.name)) for f in fields(value)}}
        raise Unwritable(f"{value!r} of type {type(value).__name__}")

    def write_all(self, where: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the values as JSON, by name."""
        return {name: self.write_named(f"{where}.{name}", value) for name, value in values.items()}

    def write_named(self, name: str, value: Any, write: Callable[[Any], Any] | None = None) -> Any:
        """Returns the value as JSON, by `write` or else by `self.write`; None if it went to `beside`."""
        arrays = self.arrays.copy()
        try:
            return (write or self.write)(value)
        except Unwritable as reason:
            if not self.lenient:
                raise Unwritable(
                    f"{name} cannot be saved to a model file, which holds data and no code: {reason}"
                ) from None
            self.arrays = arrays
            self.beside[name] = value
            return None

    def _list(self, values: list[Any]) -> Any:
        if len(values) > MOST_IN_JSON and all(type(value) is float for value in values):
            return {"floats": self._put(np.array(values))}
        if len(values) > MOST_TEXTS_IN_JSON and all(type(value) is str for value in values):
            return {"texts": self._put(np.frombuffer(json.dumps(values).encode(), np.uint8))}
        return [self.write(value) for value in values]

    def _tuple(self, values: tuple[Any, ...]) -> Any:
        return {"tuple": self._list(list(values))}

    def _dict(self, values: dict[Any, Any]) -> Any:
        return {"dict": [[self.write(key), self.write(value)] for key, value in values.items()]}

    def _array(self, array: Array) -> Any:
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
        if array.dtype in NUMBERS:
            return {"array": self._put(array)}
        if array.dtype.kind not in "UO" or array.nbytes > MOST_TEXT:
            raise Unwritable(f"an array of {array.dtype}, {array.nbytes} bytes")
        dtype = "object" if array.dtype == object else f"U{array.dtype.itemsize // 4}"
        values = [self.write(value) for value in array.ravel().tolist()]
        return {"objects": {"dtype": dtype, "shape": list(array.shape), "values": values}}

    def _put(self, array: Array) -> str:
        name = f"arrays.{self._unnamed}"
        self._unnamed += 1
        self.arrays[name] = array
        return name


WRITERS: dict[type[Any], Callable[[Writer, Any], Any]] = {
    list: Writer._list,
    tuple: Writer._tuple,
    dict: Writer._dict,
    np.ndarray: Writer._array,
}


class Reader:
    """Reads the JSON of a Writer, and removes the arrays that it reads from `arrays`."""

    def __init__(self, arrays: dict[str, Array], beside: Mapping[str, Any] | None = None) -> None:
        self.arrays = arrays
        self.beside = beside or {}

    def read_named(self, name: str, written: Any, read: Callable[[Any], Any] | None = None) -> Any:
        """Returns the value that `write_named` wrote, by `read` or else by `self.read`."""
        return self.beside[name] if name in self.beside else (read or self.read)(written)

    def read(self, written: Any) -> Any:
        """Returns the value; ValueError or TypeError if this is not a word of a model file."""
        if written is None or isinstance(written, (bool, int, float, str)):
            return written
        if isinstance(written, list):
            return [self.read(value) for value in written]
        word, content = only_entry(written)
        if word in READERS:
            return READERS[word](self, content)
        if word in OBJECTS:
            return self._object(OBJECTS[word], content)
        raise ValueError(f"unknown word {word!r}")

    def take(self, name: str, shape: tuple[int, ...], dtype: str) -> Array:
        """Returns the array of that name; ValueError if its shape or dtype differs."""
        array = self._array(name)
        if array.shape != shape or array.dtype != dtype:
            raise ValueError(f"{name} must be {dtype} of shape {shape}, got {array.dtype} of shape {array.shape}")
        return array

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Returns the shape of the array of that name; None if it does not exist."""
        return self.arrays[name].shape if name in self.arrays else None

    def check_all_read(self) -> None:
        """Raises ValueError if some arrays were not read."""
        if self.arrays:
            raise ValueError(f"the file has unknown arrays: {', '.join(sorted(self.arrays))}")

    def _object(self, kind: type[Any], content: Any) -> Any:
        parameters = fields(kind)
        optional = {field.name for field in parameters if field.default is not MISSING}
        content = object_with(content, {field.name for field in parameters} - optional, kind.__name__, optional)
        return kind(**{name: self.read(value) for name, value in content.items()})

    def _float(self, text: Any) -> float:
        if text not in ("nan", "inf", "-inf"):
            raise ValueError(f"'float' must be nan, inf or -inf, got {text!r}")
        return float(text)

    def _number(self, content: Any) -> Any:
        name, value = content if isinstance(content, list) and len(content) == 2 else (None, None)
        kinds = {dtype.name: dtype for dtype in NUMBERS}
        value = self.read(value)
        if name not in kinds or not isinstance(value, (bool, int, float)):
            raise ValueError(f"'number' must have a type and a number, got {content!r}")
        number = kinds[name].type(value)
        if number != value and value == value:
            raise ValueError(f"{value!r} is not a {name}")
        return number

    def _tuple(self, content: Any) -> tuple[Any, ...]:
        values = self.read(content)
        if not isinstance(values, list):
            raise ValueError(f"'tuple' must be a list, got {content!r}")
        return tuple(values)

    def _dict(self, content: Any) -> dict[Any, Any]:
        if not isinstance(content, list) or not all(isinstance(each, list) and len(each) == 2 for each in content):
            raise ValueError(f"'dict' must be a list of pairs, got {content!r}")
        entries = [(self.read(key), self.read(value)) for key, value in content]
        result = dict(entries)
        if len(result) != len(entries):
            raise ValueError("'dict' has a duplicate key")
        return result

    def _array(self, name: Any) -> Array:
        if not isinstance(name, str) or name not in self.arrays:
            raise ValueError(f"the file has no array {name!r}")
        return self.arrays.pop(name)

    def _floats(self, name: Any) -> list[float]:
        array = self._array(name)
        if array.dtype != np.float64 or array.ndim != 1:
            raise ValueError(f"{name} must be an array of float64 with 1 dimension")
        floats: list[float] = array.tolist()
        return floats

    def _texts(self, name: Any) -> list[str]:
        array = self._array(name)
        if array.dtype != np.uint8 or array.ndim != 1:
            raise ValueError(f"{name} must be an array of uint8 with 1 dimension")
        texts = json.loads(array.tobytes())
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ValueError(f"{name} must hold a list of texts")
        return texts

    def _objects(self, content: Any) -> Array:
        content = object_with(content, ("dtype", "shape", "values"), "objects")
        dtype, shape, values = content["dtype"], content["shape"], self.read(content["values"])
        if not (isinstance(dtype, str) and isinstance(shape, list) and isinstance(values, list)):
            raise ValueError("'objects' must have the name of a dtype, a list for the shape and a list of values")
        if dtype != "object":
            _check_texts(dtype, values)
        return np.fromiter(values, object, len(values)).reshape(shape).astype(dtype)


def _check_texts(dtype: str, values: list[Any]) -> None:
    """Raises ValueError if these are not texts that fit an array of that dtype: "U" and the number of characters."""
    if not all(isinstance(value, str) for value in values) or not (dtype[:1] == "U" and dtype[1:].isdecimal()):
        raise ValueError(f"'objects' of {dtype!r} must hold texts")
    room = int(dtype[1:])
    if room < max(map(len, values), default=0) or 4 * room * len(values) > MOST_TEXT:
        raise ValueError(f"'objects' of {dtype!r} cannot hold {len(values)} texts")


READERS: dict[str, Callable[[Reader, Any], Any]] = {
    "float": Reader._float,
    "number": Reader._number,
    "tuple": Reader._tuple,
    "dict": Reader._dict,
    "array": Reader._array,
    "floats": Reader._floats,
    "texts": Reader._texts,
    "objects": Reader._objects,
}


def object_with(document: Any, required: Collection[str], what: str, optional: Collection[str] = ()) -> dict[str, Any]:
    """Returns the document if it is a JSON object with all required keys, and no other keys than the optional ones.

    An older file may lack optional keys; their settings then take the defaults.
    """
    known = any_object(document, what)
    missing, unknown = set(required) - known.keys(), known.keys() - {*required, *optional}
    for difference, verb in ((missing, "lacks"), (unknown, "has unknown")):
        if difference:
            raise ValueError(f"{what} {verb} {', '.join(sorted(difference))}")
    return known


def any_object(document: Any, what: str) -> dict[str, Any]:
    """Returns the document if it is a JSON object."""
    if not isinstance(document, dict):
        raise ValueError(f"{what} must be a JSON object, got {document!r}")
    known: dict[str, Any] = document
    return known


def only_entry(written: Any) -> tuple[str, Any]:
    """Returns the key and the value of a JSON object with a single key."""
    if not isinstance(written, dict) or len(written) != 1:
        raise ValueError(f"expected a JSON object with a single key, got {written!r}")
    return next(iter(written.items()))
