# SPDX-License-Identifier: BSD-3-Clause
"""Batches of one source: all must have the same columns, and y and weights of one kind."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.data._source import Piece, errors_in, frame_of

NUMBERS, TEXT, DATES, MISSING = "numbers", "text", "dates", "missing"
OF_ARRAYS = {**dict.fromkeys("biuf", NUMBERS), **dict.fromkeys("UST", TEXT)}
"""By NumPy's kind; objects may be both."""


@dataclass(frozen=True)
class _Known:
    """What all batches have in common. names: of the columns of a frame. kinds: by the words for each."""

    where: str
    names: list[Any] | None
    kinds: dict[str, Any]

    @classmethod
    def of(cls, piece: Piece) -> _Known:
        frame = None if isinstance(piece.X, np.ndarray) else frame_of(piece.X)
        schema = {} if frame is None else frame.schema
        kinds = {
            "X": "an array" if frame is None else f"a frame of {frame.implementation.name.lower()}",
            "what X holds": OF_ARRAYS.get(piece.X.dtype.kind) if frame is None else None,
            "the number of columns": np.shape(piece.X)[1] if frame is None else None,
            **{f"column {name!r}": _kind_of(dtype) for name, dtype in schema.items()},
            "y": _kind_of_values(piece.y),
            "the shape of a row's y": None if piece.y is None else piece.y.shape[1:],
            "sample_weight": MISSING if piece.sample_weight is None else "given",
        }
        return cls(piece.where, None if frame is None else list(frame.columns), kinds)

    def arranged(self, piece: Piece) -> Piece:
        """Returns a piece with its columns in this order; ValueError where it is of other kinds."""
        found = _Known.of(piece)
        self._compare(found, ["X"])
        if self.names is not None and found.names is not None and found.names != self.names:
            self._find_missing(found.names)
            at = [found.names.index(name) for name in self.names]
            piece = replace(piece, X=frame_of(piece.X)[:, at].to_native())
        self._compare(found, list(self.kinds))
        return piece

    def _find_missing(self, names: list[Any]) -> None:
        known = self.names or []
        for name in known:
            if name not in names:
                raise ValueError(f"column {name!r} is missing, but {self.where} has it")
        for name in names:
            if name not in known:
                raise ValueError(f"column {name!r} is missing in {self.where}; all batches need the same columns")

    def _compare(self, found: _Known, words: list[str]) -> None:
        for word in words:
            kind, known = found.kinds[word], self.kinds[word]
            if kind != known and kind is not None and known is not None:
                raise ValueError(f"{word} is {kind}, but {known} in {self.where}; all batches need the same")


def agreeing(pieces: Generator[Piece]) -> Generator[Piece]:
    """Yields the pieces, columns of frames in the order of the first; ValueError for one that differs from it."""
    known: _Known | None = None
    with closing(pieces):
        for piece in pieces:
            with errors_in(piece):
                known = known or _Known.of(piece)
                arranged = known.arranged(piece)
            yield arranged


def _kind_of(dtype: Any) -> str | None:
    """Returns the kind of a column; None if it goes with any, such as one of nothing but missing values."""
    name = str(dtype)
    if dtype.is_numeric() or name == "Boolean":
        return NUMBERS
    return TEXT if name.startswith(("String", "Categorical", "Enum")) else DATES if dtype.is_temporal() else None


def _kind_of_values(values: Array | None) -> str | None:
    if values is None:
        return MISSING
    if values.dtype.kind == "O" and any(isinstance(value, str) for value in values.flat):
        return TEXT
    return OF_ARRAYS.get(values.dtype.kind)
