# SPDX-License-Identifier: BSD-3-Clause
"""A source: rows that are read in pieces, since they may be more than memory holds."""

from __future__ import annotations

import copy
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from neuract._checks import whole_number
from neuract._reprs import call
from neuract._typing import Array, FilePath
from neuract.inputs._columns import columns_of_numbers

SHUFFLE_BUFFER = 2**18
PIECE_ROWS, PIECE_CELLS = 2**16, 2**20

NO_LIMIT = 2**64

Cache = bool | FilePath
Target = str | Sequence[str] | None

_ROW = re.compile(r"\brow (\d+)")


@dataclass(frozen=True, eq=False)
class Origin:
    """Where each row comes from: names[of] says from what, `row` is its number in that."""

    names: tuple[str, ...]
    of: Array
    row: Array

    def take(self, numbers: Array) -> Origin:
        return Origin(self.names, self.of[numbers], self.row[numbers])

    @classmethod
    def joined(cls, parts: Sequence[Origin]) -> Origin:
        numbers: dict[str, int] = {}
        of = [np.array([numbers.setdefault(name, len(numbers)) for name in part.names])[part.of] for part in parts]
        return cls(tuple(numbers), np.concatenate(of), np.concatenate([part.row for part in parts]))


@dataclass(frozen=True, eq=False)
class Piece:
    """Some rows of a source.

    Attributes
    ----------
    X : array of two dimensions, or a frame
    y, sample_weight : array or None
    where : str
        What the rows come from, for messages.
    first : int
        The number of the first row in that.
    origin : Origin or None
        Where rows come from that do not follow each other in `where`.
    """

    X: Any
    y: Any
    sample_weight: Any
    where: str
    first: int = 0
    origin: Origin | None = None

    def __len__(self) -> int:
        return len(self.X)

    def take(self, numbers: Array) -> Piece:
        """Returns the rows with these numbers, which ascend."""
        y, weights = (None if each is None else each[numbers] for each in (self.y, self.sample_weight))
        X = self.X[numbers] if isinstance(self.X, np.ndarray) else frame_of(self.X)[numbers].to_native()
        return Piece(X, y, weights, self.where, self.first, self.origins().take(numbers))

    def copied(self) -> Piece:
        """Returns the piece with arrays of its own, since a source may fill its arrays anew for the next one."""
        y, weights = (None if each is None else each.copy() for each in (self.y, self.sample_weight))
        return replace(self, X=self.X.copy() if isinstance(self.X, np.ndarray) else self.X, y=y, sample_weight=weights)

    def origins(self) -> Origin:
        """Returns where each row comes from."""
        of = np.zeros(len(self), np.int32)
        return self.origin or Origin((self.where,), of, np.arange(self.first, self.first + len(self)))

    def part(self, begin: int, end: int) -> Piece:
        """Returns the rows from `begin` to before `end`."""
        if (begin, end) == (0, len(self)):
            return self
        y, weights = (None if each is None else each[begin:end] for each in (self.y, self.sample_weight))
        X = self.X[begin:end] if isinstance(self.X, np.ndarray) else frame_of(self.X)[begin:end].to_native()
        return Piece(X, y, weights, self.where, self.first + begin)


class Source:
    """Rows that `fit` takes in place of X and y, and `neuract.data.predict` in place of X.

    Attributes
    ----------
    rows : int or None
        The number of rows where it is known without reading them.
    any_row : bool
        Whether reading can begin at any row at little cost.
    target_name : str or None
        The name of the only column of y, if it has one.
    files : sequence of str
        The files that are read, where they are known.
    """

    _is_source = True  # for the rooms below
    rows: int | None = None
    any_row = False
    files: Sequence[str] = ()
    _target: Target = None
    _sample_weight: Any = None
    _columns: Sequence[str] | None = None

    def __init__(self, cache: Cache, shuffle_buffer: int) -> None:
        self.cache = cache if isinstance(cache, bool) else Path(str(cache))
        if isinstance(self.cache, Path) and not self.cache.is_dir():
            raise ValueError(f"cache must be True, False or an existing folder, got {cache!r}")
        self.shuffle_buffer = whole_number(shuffle_buffer, "shuffle_buffer", low=1)
        if self.cache is False and not self.any_row:
            raise ValueError(
                f"cache=False reads windows of rows in random order, which {type(self).__name__} cannot: it is read "
                "from its beginning. Parquet and Arrays can; else leave cache=True or name a folder"
            )

    @property
    def target_name(self) -> str | None:
        return self._target if isinstance(self._target, str) else None

    def pieces(self, first: int = 0) -> Generator[Piece]:
        """Yields the rows from this one on, in their order."""
        raise NotImplementedError

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        raise TypeError(
            f"this needs arrays, got the source {self!r}; fit takes sources in place of X and y, and "
            "na.data.predict(model, source) predicts their rows"
        )

    @property
    def columns(self) -> Sequence[str] | None:
        """The columns of X that were asked for by name."""
        return self._columns

    @property
    def other_columns(self) -> list[str]:
        """The columns of y and of weights."""
        names = [self._target] if isinstance(self._target, str) else list(self._target or ())
        return [*names, self._sample_weight] if isinstance(self._sample_weight, str) else names

    def with_columns(self, columns: Sequence[str] | None) -> Self:
        """Returns the same rows without y and weights; X has these columns of the frames, None: all."""
        other = copy.copy(self)
        other._target = other._sample_weight = None
        other._columns = columns
        return other

    def _described(self, **given: Any) -> str:
        """Returns a repr that can be pasted back."""
        names = {"target": self._target, "sample_weight": self._sample_weight, "columns": self._columns}
        given |= {name: value for name, value in names.items() if value is not None}
        cache = {} if self.cache is True else {"cache": self.cache and str(self.cache)}
        buffer = {} if self.shuffle_buffer == SHUFFLE_BUFFER else {"shuffle_buffer": self.shuffle_buffer}
        return call(type(self), **given, **cache, **buffer)


def piece_rows(columns: int) -> int:
    """Returns the rows that are read at once."""
    return max(1, min(PIECE_ROWS, PIECE_CELLS // max(1, columns)))


def dropped(pieces: Generator[Piece], rows: int) -> Generator[Piece]:
    """Yields the pieces without so many rows at the beginning."""
    with closing(pieces):
        for piece in pieces:
            if rows < len(piece):
                yield piece.part(rows, len(piece))
            rows = max(0, rows - len(piece))


def pieces_until(source: Source, first: int, rows: int) -> Generator[Piece]:
    """Yields the pieces of `rows` rows, at least one, from row `first` on."""
    with closing(source.pieces(first)) as pieces:
        for piece in pieces:
            yield piece.part(0, min(rows, len(piece)))
            rows -= len(piece)
            if rows <= 0:  # before the next piece is read
                return


# ---- frames ----------------------------------------------------------------------------------------


def frame_of(X: Any) -> Any:
    """Returns a frame of pandas, polars or pyarrow as one of narwhals."""
    try:
        import narwhals.stable.v2 as narwhals
    except ModuleNotFoundError as error:
        raise ImportError("frames need the package narwhals, which is not installed: pip install narwhals") from error
    return narwhals.from_native(X, eager_only=True)


def joined(parts: Sequence[Any]) -> Any:
    """Returns arrays, or frames of one kind, below each other."""
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    import narwhals.stable.v2 as narwhals

    return narwhals.concat(_of_one_type([frame_of(part) for part in parts])).to_native()


def _of_one_type(frames: list[Any]) -> list[Any]:
    """Returns frames whose columns have one type each: numbers of several types become float64, text becomes String."""
    import narwhals.stable.v2 as narwhals

    changed = {}
    for name in frames[0].columns:
        types = {frame.schema[name] for frame in frames}
        if len(types) > 1:
            are_numbers = any(each.is_numeric() for each in types)
            changed[name] = narwhals.Float64 if are_numbers else narwhals.String
    casts = [narwhals.col(name).cast(kind) for name, kind in changed.items()]
    return [frame.with_columns(*casts) for frame in frames] if casts else frames


def joined_pieces(pieces: Sequence[Piece]) -> Piece:
    """Returns the rows of all pieces in one."""
    first = pieces[0]
    y, weights = (
        None if getattr(first, name) is None else np.concatenate([getattr(piece, name) for piece in pieces])
        for name in ("y", "sample_weight")
    )
    origin = Origin.joined([piece.origins() for piece in pieces])
    return Piece(joined([piece.X for piece in pieces]), y, weights, first.where, first.first, origin)


def matrix(X: Any, dtype: str) -> Any:
    """Returns a table of pyarrow as an array, NaN for null; anything else as it is. ValueError for other columns."""
    if type(X).__name__ != "Table" or not hasattr(X, "itercolumns"):
        return X
    X = columns_of_numbers(X)
    array = np.empty((X.num_rows, X.num_columns), dtype)
    with np.errstate(over="ignore"):  # infinity is found later
        for number, column in enumerate(X.itercolumns()):
            try:
                array[:, number] = column.to_numpy()
            except (TypeError, ValueError):
                name = X.column_names[number]
                raise ValueError(f"X has {column.type} in the column {name!r}, not numbers; drop the column") from None
    return array


def divided(
    frame: Any, target: Target, sample_weight: str | None, columns: Sequence[str] | None
) -> tuple[Any, Any, Any]:
    """Returns X, y and sample weights of a frame; columns: of X, None for all others."""
    whole = frame_of(frame)
    targets = [target] if isinstance(target, str) else list(target or ())
    others = [*targets, *([] if sample_weight is None else [sample_weight])]
    names = list(whole.columns)
    wanted = [name for name in names if name not in others] if columns is None else list(columns)
    check_names(names, others, wanted)
    y = [whole.get_column(name).to_numpy() for name in targets]
    weights = None if sample_weight is None else whole.get_column(sample_weight).to_numpy()
    values = None if not y else y[0] if isinstance(target, str) else np.column_stack(y)
    return columns_of(whole, wanted), values, weights


def columns_of(frame: Any, names: Sequence[Any]) -> Any:
    """Returns columns of a frame of narwhals as a native frame. Names may be numbers, as pandas has them."""
    known = list(frame.columns)
    return frame[:, [known.index(name) for name in names]].to_native()


def check_names(names: list[Any], others: list[str], wanted: list[Any]) -> None:
    """Raises ValueError for a wanted column that is not there, or that is both of X and y or weights."""
    missing = [name for name in [*others, *wanted] if name not in names]
    if missing:
        raise ValueError(f"there is no column {missing[0]!r}; the columns are {', '.join(map(repr, names[:20]))}")
    twice = [name for at, name in enumerate(wanted) if name in others or name in wanted[:at]]
    if twice:
        known = "y or weights" if twice[0] in others else "twice there"
        raise ValueError(f"columns names {twice[0]!r}, which is {known}")
    if not wanted:
        raise ValueError(f"no column is left for X; the columns are {', '.join(map(repr, names[:20]))}")


# ---- messages --------------------------------------------------------------------------------------


@contextmanager
def errors_in(piece: Piece) -> Iterator[None]:
    """Says in errors where the rows come from, and counts rows from its beginning."""
    try:
        yield
    except (ValueError, TypeError) as error:
        if getattr(error, "_of_source", False) or isinstance(error, AttributeError):  # also: a model is not fitted
            raise
        named = (TypeError if isinstance(error, TypeError) else ValueError)(_placed(str(error), piece))
        named._of_source = True  # type: ignore[union-attr]
        raise named from error


def _placed(text: str, piece: Piece) -> str:
    """Returns the text of an error with the place of the row that it names, and its column by name."""
    if hasattr(piece.X, "column_names"):  # pyarrow, whose tables enter as arrays without names
        names = piece.X.column_names
        text = re.sub(r"(\brow \d+, column )(\d+)\b", lambda found: f"{found[1]}{names[int(found[2])]!r}", text)
    if piece.origin is None:
        return f"{piece.where}: " + _ROW.sub(lambda found: f"row {int(found[1]) + piece.first}", text)
    origin, found = piece.origin, _ROW.search(text)
    if found is None or int(found[1]) >= len(piece):
        return text if len(origin.names) > 1 else f"{piece.where}: {text}"
    at = int(found[1])
    text = _ROW.sub(f"row {origin.row[at]}", text, count=1).replace("(first in row", "(in row")
    return f"{origin.names[origin.of[at]]}: {text}"


# ---- row numbers -----------------------------------------------------------------------------------


def hashes(first: int, rows: int) -> Array:
    """Returns a hash of each row number from `first` on, uint64."""
    return hashes_of(np.arange(first, first + rows))


def hashes_of(numbers: Array) -> Array:
    """Returns a hash of each row number, uint64: SplitMix64 (Steele, Lea & Flood 2014)."""
    z = (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))


def below_limit(first: int, rows: int, limit: int) -> Array:
    """Returns whether the hash of each row number from `first` on is below the limit, as all are below NO_LIMIT."""
    if limit in (0, NO_LIMIT):
        return np.full(rows, limit == NO_LIMIT)
    return np.asarray(hashes(first, rows) < np.uint64(limit))
