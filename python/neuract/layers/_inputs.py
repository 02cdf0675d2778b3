# SPDX-License-Identifier: BSD-3-Clause
"""The inputs of a network: what makes numbers for the first layer of columns of X. csrc/inputs.h has the formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from neuract._checks import named_classes, real_number, whole_number
from neuract._reprs import Described
from neuract._typing import Array
from neuract.inputs._arrays import numeric
from neuract.inputs._sparse import SparseRows

__all__ = [
    "Embedding",
    "Numbers",
    "OneHot",
    "Periodic",
    "PiecewiseLinear",
    "Scale",
]

Encoding = tuple[str, int, int, int, Array | None, float]  # of the core: kind, column, n, size, edges, rate
MOST_PERIODIC = 64
MOST_LEVELS = 2**31 - 2


class Input(Described):
    """Makes numbers for the first layer of columns of X.

    Attributes
    ----------
    columns : tuple of int
        The columns of X that it takes, counted from 0.
    """

    names: ClassVar[tuple[str, ...]]
    columns: tuple[int, ...]

    stacked: ClassVar[bool] = False  # whether its arrays have a first axis of columns, each of which learns its own

    @property
    def numbers(self) -> int:
        """How many numbers it gives."""
        return len(self.columns)

    def learned(self, n_numbers: int) -> Mapping[str, tuple[int, ...]]:
        """Returns the shapes of the arrays that it learns for a column; n_numbers: of the first layer."""
        return {}

    def start(self, n_numbers: int, random: np.random.RandomState) -> list[Array]:
        """Draws the initial arrays of `learned`, for a column."""
        return []

    def per_column(self, arrays: Mapping[str, Array]) -> list[dict[str, Array]]:
        """Returns what it has learned for each encoding, from `Network.input_parameters`."""
        return [
            {name: array[k] if self.stacked else array for name, array in arrays.items()}
            for k in range(len(self.encodings()))
        ]

    def encodings(self) -> list[Encoding]:
        """Returns what the core takes, one encoding per column."""
        return [(self.names[0], column, 1, 1, None, 1.0) for column in self.columns]

    def _set(self, **checked: Any) -> None:
        for name, value in checked.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, repr=False)
class Numbers(Input):
    """Columns as they are.

    Parameters
    ----------
    columns : int or sequence of int
        Columns of X, counted from 0.

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> X = np.column_stack([np.linspace(-1, 1, 60), np.arange(60) % 3])  # a number, and a level from 0 to 2
    >>> inputs = [na.Numbers(0), na.OneHot(1, levels=2)]
    >>> net = na.Network([na.Dense(8), na.Dense(1)], inputs=inputs, epochs=2, random_state=0).fit(X, X[:, 0] + X[:, 1])
    >>> net.weights[0].shape  # one number of the first column, two of the second
    (3, 8)
    """

    columns: Any
    names = ("numbers",)

    def __post_init__(self) -> None:
        self._set(columns=_columns(self.columns))


@dataclass(frozen=True, repr=False)
class Periodic(Input):
    """Each column as it is, and `size` learned numbers that are periodic in it.

    Number i is biases[i] + Σ_f weights[f, i] · cos(2π · frequencies[f] · x + phases[f]); every column learns its own.
    Initial frequencies are normal with deviation sigma, phases uniform in [-π, π], weights and biases uniform in
    ±1/√frequencies. Gorishniy et al. 2022, arXiv:2203.05556; in this form Holzmüller et al. 2024, arXiv:2407.04491.

    Parameters
    ----------
    columns : int or sequence of int
        Columns of X, counted from 0. Scale them to unit variance or so.
    frequencies : int, default=16
        Number of frequencies.
    size : int, default=3
        Number of learned numbers, from 1 to 64.
    sigma : float, default=0.1
        Deviation of the initial frequencies, in cycles per unit of x, > 0.
    rate : float, default=1.0
        Factor of the learning rate, >= 0.
    """

    columns: Any
    frequencies: int = 16
    size: int = 3
    sigma: float = 0.1
    rate: float = 1.0
    names = ("periodic",)
    stacked = True

    def __post_init__(self) -> None:
        size = whole_number(self.size, "size", low=1)
        if size > MOST_PERIODIC:
            raise ValueError(f"size must be at most {MOST_PERIODIC}, got {size}")
        self._set(
            columns=_columns(self.columns),
            frequencies=whole_number(self.frequencies, "frequencies", low=1),
            size=size,
            sigma=real_number(self.sigma, "sigma", low=0, open_low=True, open_high=True),
            rate=_rate(self.rate),
        )

    @property
    def numbers(self) -> int:
        return (1 + self.size) * len(self.columns)

    def learned(self, n_numbers: int) -> Mapping[str, tuple[int, ...]]:
        f = self.frequencies
        return {"frequencies": (f,), "phases": (f,), "weights": (f, self.size), "biases": (self.size,)}

    def start(self, n_numbers: int, random: np.random.RandomState) -> list[Array]:
        f, bound = self.frequencies, 1 / np.sqrt(self.frequencies)
        return [
            random.normal(0, self.sigma, f),
            random.uniform(-np.pi, np.pi, f),
            random.uniform(-bound, bound, (f, self.size)),
            random.uniform(-bound, bound, self.size),
        ]

    def encodings(self) -> list[Encoding]:
        return [("periodic", column, self.frequencies, self.size, None, self.rate) for column in self.columns]


@dataclass(frozen=True, repr=False)
class PiecewiseLinear(Input):
    """A column as one number per interval between given edges: 0 below it, 1 above it, linear in it.

    The first number goes on down to -1 and the last up to 2 beyond the edges. Gorishniy et al. 2022, arXiv:2203.05556.

    Parameters
    ----------
    columns : int or sequence of int
        Columns of X, counted from 0.
    edges : sequence of float, or of such sequences
        At least two ascending numbers; for several columns one sequence each.
    """

    columns: Any
    edges: Any
    names = ("piecewise_linear",)

    def __post_init__(self) -> None:
        columns = _columns(self.columns)
        several = not isinstance(self.columns, (int, np.integer))
        given = list(self.edges) if several else [self.edges]
        if len(given) != len(columns):
            raise ValueError(f"edges must have one sequence for each of the {len(columns)} columns, got {len(given)}")
        self._set(columns=columns, edges=tuple(map(_edges, given)))

    @property
    def numbers(self) -> int:
        return sum(len(edges) - 1 for edges in self.edges)

    def encodings(self) -> list[Encoding]:
        pairs = zip(self.columns, self.edges, strict=True)
        return [("piecewise_linear", column, len(e) - 1, 1, np.array(e), 1.0) for column, e in pairs]


class OfLevels(Input):
    """An input that takes one column of whole numbers, the numbers of levels."""

    column: int
    levels: int

    @property
    def columns(self) -> tuple[int, ...]:  # type: ignore[override]
        return (self.column,)


@dataclass(frozen=True, repr=False)
class Embedding(OfLevels):
    """A learned vector for each level of a column of whole numbers.

    X has the number of the level, from 1 to `levels`, or 0 for an unknown one, which has a vector too. Initial vectors
    are uniform in ±1/√size.

    Parameters
    ----------
    column : int
        Column of X, counted from 0.
    levels : int
        Number of levels without the unknown one, >= 1.
    size : int
        Numbers of a vector, >= 1.
    rate : float, default=1.0
        Factor of the learning rate, >= 0.
    """

    column: int
    levels: int
    size: int
    rate: float = 1.0
    names = ("embedding",)

    def __post_init__(self) -> None:
        self._set(
            column=whole_number(self.column, "column", low=0),
            levels=_levels(self.levels),
            size=whole_number(self.size, "size", low=1),
            rate=_rate(self.rate),
        )

    @property
    def numbers(self) -> int:
        return self.size

    def learned(self, n_numbers: int) -> Mapping[str, tuple[int, ...]]:
        return {"vectors": (self.levels + 1, self.size)}

    def start(self, n_numbers: int, random: np.random.RandomState) -> list[Array]:
        bound = 1 / np.sqrt(self.size)
        return [random.uniform(-bound, bound, (self.levels + 1, self.size))]

    def encodings(self) -> list[Encoding]:
        return [("embedding", self.column, self.levels, self.size, None, self.rate)]


@dataclass(frozen=True, repr=False)
class OneHot(OfLevels):
    """One number per level of a column of whole numbers: 1 for the level of the row, 0 for the others.

    X has the number of the level, from 1 to `levels`, or 0 for an unknown one, for which all numbers are 0.

    Parameters
    ----------
    column : int
        Column of X, counted from 0.
    levels : int
        Number of levels without the unknown one, >= 1.
    """

    column: int
    levels: int
    names = ("one_hot",)

    def __post_init__(self) -> None:
        self._set(column=whole_number(self.column, "column", low=0), levels=_levels(self.levels))

    @property
    def numbers(self) -> int:
        return self.levels

    def encodings(self) -> list[Encoding]:
        return [("one_hot", self.column, self.levels, 1, None, 1.0)]


@dataclass(frozen=True, repr=False)
class Scale(Input):
    """Multiplies every number before the first layer by a learned factor, at first 1. It must be the last input.

    Parameters
    ----------
    rate : float, default=1.0
        Factor of the learning rate, >= 0.
    """

    rate: float = 1.0
    columns = ()
    names = ("scale",)

    def __post_init__(self) -> None:
        self._set(rate=_rate(self.rate))

    def learned(self, n_numbers: int) -> Mapping[str, tuple[int, ...]]:
        return {"factors": (n_numbers,)}

    def start(self, n_numbers: int, random: np.random.RandomState) -> list[Array]:
        return [np.ones(n_numbers)]

    def encodings(self) -> list[Encoding]:
        return [("scale", 0, 1, 1, None, self.rate)]


INPUTS: Mapping[str, type[Input]] = named_classes(
    Numbers,
    Periodic,
    PiecewiseLinear,
    Embedding,
    OneHot,
    Scale,
)
"""Every input by its name in the core."""


# ---- several inputs --------------------------------------------------------------------------------


def checked_inputs(inputs: Sequence[Input] | None) -> tuple[Input, ...]:
    """Returns the inputs as a tuple; raises if they cannot begin a network."""
    if inputs is None:
        return ()
    if not isinstance(inputs, (list, tuple)) or not all(isinstance(each, Input) for each in inputs):
        raise TypeError(f"inputs must be a list of Numbers, Periodic, Embedding and their like; got {inputs!r}")
    if any(isinstance(each, Scale) for each in inputs[:-1]):
        raise ValueError("Scale must be the last of the inputs, since it scales the numbers of all others")
    if inputs and not n_numbers(inputs, 0):
        raise ValueError("inputs must give the first layer at least one number")
    return tuple(inputs)


def n_numbers(inputs: Sequence[Input], n_columns: int) -> int:
    """Returns how many numbers the first layer gets: without inputs the columns of X."""
    if not inputs:
        return n_columns
    return sum(each.numbers for each in inputs)


def sizes(inputs: Sequence[Input], n_columns: int) -> list[int]:
    """Returns how many numbers each encoding of the core learns."""
    numbers = n_numbers(inputs, n_columns)
    counts = [sum(prod(shape) for shape in each.learned(numbers).values()) for each in inputs]
    return [count for count, each in zip(counts, inputs, strict=True) for _ in each.encodings()]


def started(inputs: Sequence[Input], n_columns: int, random: np.random.RandomState, dtype: str) -> list[Array]:
    """Draws the initial parameters, one flat array per encoding."""
    numbers = n_numbers(inputs, n_columns)
    return [
        np.concatenate([*(array.ravel() for array in each.start(numbers, random)), np.empty(0)]).astype(dtype)
        for each in inputs
        for _ in each.encodings()
    ]


def needed_columns(inputs: Sequence[Input]) -> int:
    """Returns the least number of columns that X must have."""
    return 1 + max((column for each in inputs for column in each.columns), default=0)


def check_width(inputs: Sequence[Input], n_columns: int) -> None:
    """Raises ValueError if X has too few columns for the inputs."""
    if n_columns < needed_columns(inputs):
        raise ValueError(f"X has {n_columns} features, but the inputs take column {needed_columns(inputs) - 1}")


def named(inputs: Sequence[Input], n_columns: int, flat: Sequence[Array]) -> list[dict[str, Array]]:
    """Returns a dict of arrays per input: of a periodic one, with a first axis of its columns."""
    numbers, rest, result = n_numbers(inputs, n_columns), list(flat), []
    for each in inputs:
        own = [rest.pop(0) for _ in each.encodings()]
        arrays, at = {}, 0
        for name, shape in each.learned(numbers).items():
            size = prod(shape)
            parts = [array[at : at + size].reshape(shape) for array in own]
            arrays[name] = np.stack(parts) if each.stacked else parts[0]
            at += size
        result.append(arrays)
    return result


def flattened(
    inputs: Sequence[Input], n_columns: int, given: Sequence[Mapping[str, npt.ArrayLike]], dtype: str
) -> list[Array]:
    """Returns such dicts as flat arrays; ValueError if a name or a shape is wrong."""
    if len(given) != len(inputs):
        raise ValueError(f"inputs must have one dict for each of the {len(inputs)} inputs, got {len(given)}")
    numbers, result = n_numbers(inputs, n_columns), []
    for number, (each, arrays) in enumerate(zip(inputs, given, strict=True)):
        shapes = each.learned(numbers)
        if set(arrays) != set(shapes):
            raise ValueError(f"inputs[{number}] must have the arrays {', '.join(shapes) or 'none'}; got {list(arrays)}")
        count = len(each.encodings())
        checked = {}
        for name, shape in shapes.items():
            array = numeric(arrays[name], f"inputs[{number}][{name!r}]", dtype)
            expected = (count, *shape) if each.stacked else shape
            if array.shape != expected:
                raise ValueError(f"inputs[{number}][{name!r}] must have shape {expected}, got {array.shape}")
            checked[name] = array.reshape(count, -1)
        for k in range(count):
            result.append(np.concatenate([*(array[k] for array in checked.values()), np.empty(0, dtype)]))
    return result


def check_columns(inputs: Sequence[Input], x: Array | SparseRows) -> None:
    """Raises ValueError if the inputs cannot take X: it is sparse, has too few columns, or a column has no levels."""
    if not isinstance(x, np.ndarray):
        raise ValueError("a network with inputs needs a dense X; X.toarray() makes one")
    check_width(inputs, x.shape[1])
    for each in inputs:
        if isinstance(each, OfLevels):
            _check_levels(each, x[:, each.column])


def _check_levels(each: OfLevels, codes: Array) -> None:
    wrong = (codes < 0) | (codes > each.levels) | (codes != np.floor(codes))
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"column {each.column} of X must hold whole numbers from 0 to {each.levels}, the levels of {each!r}; got "
            f"{codes[row]:g} in row {row}"
        )


def _columns(columns: Any) -> tuple[int, ...]:
    if isinstance(columns, (int, np.integer)):
        columns = [columns]
    result = tuple(whole_number(column, "columns", low=0) for column in columns)
    if not result:
        raise ValueError("columns must name at least one column")
    return result


def _levels(levels: Any) -> int:
    number = whole_number(levels, "levels", low=1)
    if number > MOST_LEVELS:
        raise ValueError(f"levels must be at most {MOST_LEVELS}, got {number}")
    return number


def _rate(rate: Any) -> float:
    return real_number(rate, "rate", low=0, open_high=True)


def _edges(edges: Any) -> tuple[float, ...]:
    array = numeric(edges, "edges", "float64")
    if array.ndim != 1 or len(array) < 2 or not (np.diff(array) > 0).all():
        raise ValueError(f"edges must be at least two ascending numbers, got {edges!r}")
    return tuple(array.tolist())
