# SPDX-License-Identifier: BSD-3-Clause
"""Python values as JSON with arrays beside it, and back: the words in which a model file is written.

Nothing but what is listed here can be written, and reading it runs no other code. docs/model_format.md has the list.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, fields
from math import isfinite
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.activations._named import ACTIVATIONS
from neuract.losses._named import LOSSES
from neuract.optimizers import OPTIMIZERS
from neuract.schedules._shares import SCHEDULES

OBJECTS: Mapping[str, type[Any]] = {
    kind.__name__: kind for kinds in (ACTIVATIONS, LOSSES, OPTIMIZERS, SCHEDULES) for kind in kinds.values()
}
"""The classes whose objects can be written, by name."""

MOST_TEXT = 2**26  # bytes of an array of text, which may say that it is wider than its texts are
MOST_IN_JSON = 16  # a longer list of floats is an array beside the JSON: a curve may have a value for each epoch
NUMBERS = tuple(np.dtype(code) for code in "?bBhHiIlLqQefd")


class Unwritable(ValueError):
    """A value that has no place in a model file; the text says what it is."""


class Writer:
    """Writes values as JSON; what it puts beside it is in `arrays`.

    Parameters
    ----------
    lenient : bool, default=False
        For pickles: named values that have no place in a file go to `beside`; else they are errors.
    """

    def __init__(self, *, lenient: bool = False) -> None:
        self.arrays: dict[str, Array] = {}
        self.beside: dict[str, Any] = {}
        self.lenient = lenient
        self._unnamed = 0

    def write(self, value: Any) -> Any:
        """The value as JSON; Unwritable where it is, or holds, something else than the words of a model file."""
        if value is None or type(value) in (bool, int):
            return value
        if isinstance(value, str):
            return str(value)  # NumPy's too
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
        """Named values, each as JSON."""
        return {name: self.write_named(f"{where}.{name}", value) for name, value in values.items()}

    def write_named(self, name: str, value: Any, write: Callable[[Any], Any] | None = None) -> Any:
        """The value as JSON, by `write` or as any value; None if it had to go to `beside`."""
        arrays = self.arrays.copy()
        try:
            return (write or self.write)(value)
        except Unwritable as reason:
            if not self.lenient:
                raise Unwritable(
                    f"{name} has no place in a model file, which holds data and no code: {reason}"
                ) from None
            self.arrays = arrays
            self.beside[name] = value
            return None

    def _list(self, values: list[Any]) -> Any:
        if len(values) > MOST_IN_JSON and all(type(value) is float for value in values):
            return {"floats": self._put(np.array(values))}
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
    """Reads what a Writer wrote; takes the arrays that it reads out of `arrays`."""

    def __init__(self, arrays: dict[str, Array], beside: Mapping[str, Any] | None = None) -> None:
        self.arrays = arrays
        self.beside = beside or {}

    def read_named(self, name: str, written: Any, read: Callable[[Any], Any] | None = None) -> Any:
        """What `write_named` wrote, by `read` or as any value."""
        return self.beside[name] if name in self.beside else (read or self.read)(written)

    def read(self, written: Any) -> Any:
        """The value; ValueError or TypeError where this is none of the words."""
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
        """The array of that name; ValueError where its shape or dtype is another."""
        array = self._array(name)
        if array.shape != shape or array.dtype != dtype:
            raise ValueError(f"{name} must be {dtype} of shape {shape}; it is {array.dtype} of shape {array.shape}")
        return array

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Of the array of that name, if there is one."""
        return self.arrays[name].shape if name in self.arrays else None

    def check_all_read(self) -> None:
        """ValueError where arrays are left that belong to nothing."""
        if self.arrays:
            raise ValueError(f"there are arrays that belong to nothing: {', '.join(sorted(self.arrays))}")

    def _object(self, kind: type[Any], content: Any) -> Any:
        parameters = fields(kind)
        optional = {field.name for field in parameters if field.default is not MISSING}
        content = object_with(content, {field.name for field in parameters} - optional, kind.__name__, optional)
        return kind(**{name: self.read(value) for name, value in content.items()})

    def _float(self, text: Any) -> float:
        if text not in ("nan", "inf", "-inf"):
            raise ValueError(f"'float' is for nan, inf and -inf, not for {text!r}")
        return float(text)

    def _number(self, content: Any) -> Any:
        name, value = content if isinstance(content, list) and len(content) == 2 else (None, None)
        kinds = {dtype.name: dtype for dtype in NUMBERS}
        value = self.read(value)
        if name not in kinds or not isinstance(value, (bool, int, float)):
            raise ValueError(f"'number' needs a type and a number, not {content!r}")
        number = kinds[name].type(value)
        if number != value and value == value:
            raise ValueError(f"{value!r} is no {name}")
        return number

    def _tuple(self, content: Any) -> tuple[Any, ...]:
        values = self.read(content)
        if not isinstance(values, list):
            raise ValueError(f"'tuple' needs a list, not {content!r}")
        return tuple(values)

    def _dict(self, content: Any) -> dict[Any, Any]:
        if not isinstance(content, list) or not all(isinstance(each, list) and len(each) == 2 for each in content):
            raise ValueError(f"'dict' needs a list of pairs, not {content!r}")
        entries = [(self.read(key), self.read(value)) for key, value in content]
        result = dict(entries)
        if len(result) != len(entries):
            raise ValueError("'dict' has a key twice")
        return result

    def _array(self, name: Any) -> Array:
        if not isinstance(name, str) or name not in self.arrays:
            raise ValueError(f"there is no array {name!r}")
        return self.arrays.pop(name)

    def _floats(self, name: Any) -> list[float]:
        array = self._array(name)
        if array.dtype != np.float64 or array.ndim != 1:
            raise ValueError(f"{name} must be a row of float64 numbers")
        floats: list[float] = array.tolist()
        return floats

    def _objects(self, content: Any) -> Array:
        content = object_with(content, ("dtype", "shape", "values"), "objects")
        dtype, shape, values = content["dtype"], content["shape"], self.read(content["values"])
        if not (isinstance(dtype, str) and isinstance(shape, list) and isinstance(values, list)):
            raise ValueError("'objects' needs the name of a dtype, and lists of its shape and its values")
        if dtype != "object":
            _check_texts(dtype, values)
        return np.fromiter(values, object, len(values)).reshape(shape).astype(dtype)


def _check_texts(dtype: str, values: list[Any]) -> None:
    """ValueError where these are not texts that fit an array of that dtype: "U", and for how many characters each."""
    if not all(isinstance(value, str) for value in values) or not (dtype[:1] == "U" and dtype[1:].isdecimal()):
        raise ValueError(f"'objects' of {dtype!r} does not hold texts")
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
    "objects": Reader._objects,
}


def object_with(document: Any, required: Collection[str], what: str, optional: Collection[str] = ()) -> dict[str, Any]:
    """Returns the document if it is a JSON object with the required keys, and besides them only optional ones.

    An optional key is one that an older file may lack: what it sets then has its default.
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
        raise ValueError(f"{what} must be an object, not {document!r}")
    known: dict[str, Any] = document
    return known


def only_entry(written: Any) -> tuple[str, Any]:
    """The key and the value of a JSON object that has one."""
    if not isinstance(written, dict) or len(written) != 1:
        raise ValueError(f"expected an object with a single word, got {written!r}")
    return next(iter(written.items()))
