# SPDX-License-Identifier: BSD-3-Clause
"""The numbers that the first layer gets: their names, the columns of X that they come from, their values on rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from neuract._typing import Array
from neuract.layers._dense import Dense
from neuract.layers._inputs import Encoding, Input, OfLevels
from neuract.layers._parameters import Parameters

NO_LEVELS: Mapping[int, Sequence[str]] = MappingProxyType({})


def number_names(
    inputs: Sequence[Input], columns: Sequence[str], levels: Mapping[int, Sequence[str]] = NO_LEVELS
) -> list[str]:
    """Returns a name per number, such as "x0, periodic 1"; without inputs those of the columns of X.

    levels: for columns of X, the names of their levels from level 0; numbers stand for the others.
    """
    if not inputs:
        return list(columns)
    encodings = (encoding for each in inputs for encoding in each.encodings())
    return [name for each in encodings for name in _names(each, columns[each[1]], levels.get(each[1]))]


def number_columns(inputs: Sequence[Input], n_columns: int) -> npt.NDArray[np.intp]:
    """Returns for each number the column of X that it is made of."""
    if not inputs:
        return np.arange(n_columns)
    encodings = [encoding for each in inputs for encoding in each.encodings()]
    return np.repeat([each[1] for each in encodings], [len(_names(each, "", None)) for each in encodings])


def levels_of(inputs: Sequence[Input]) -> dict[int, int]:
    """Returns the columns of X that hold levels, each with the largest number that it may hold."""
    levels: dict[int, int] = {}
    for each in inputs:
        if isinstance(each, OfLevels):
            levels[each.column] = min(each.levels, levels.get(each.column, each.levels))
    return levels


def numbers_at(known: Parameters, x: Array, shown: npt.NDArray[np.intp], n_threads: int | None) -> Array:
    """Returns some of the numbers for checked rows, rows × shown: the outputs of a layer that passes them on."""
    if not known.inputs:
        return x[:, shown]
    passing = Parameters([Dense(len(shown), "linear")], known.inputs, known.n_inputs, known.dtype)
    weights = np.zeros((known.n_numbers, len(shown)), known.dtype)
    weights[shown, np.arange(len(shown))] = 1
    passing.set({"weights": [weights], "inputs": known.part("inputs")})
    return passing.predict(np.ascontiguousarray(x, known.dtype), n_threads)


def typical_row(inputs: Sequence[Input], x: Array) -> Array:
    """Returns the mean of each column of checked rows, in float64; of levels the most frequent one."""
    with np.errstate(over="ignore"):
        row: Array = x.mean(axis=0, dtype=np.float64)
    for column in levels_of(inputs):
        row[column] = np.bincount(x[:, column].astype(np.intp)).argmax()
    return row


def _names(encoding: Encoding, column: str, levels: Sequence[str] | None) -> list[str]:
    kind, _, n, size, edges, _ = encoding
    if kind == "periodic":
        return [column, *(f"{column}, periodic {i + 1}" for i in range(size))]
    if kind == "piecewise_linear":
        assert edges is not None
        return [f"{column}, {low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
    if kind == "embedding":
        return [f"{column}, embedding {i + 1}" for i in range(size)]
    if kind == "one_hot":
        return [f"{column} = {level if levels is None else levels[level]}" for level in range(1, n + 1)]
    return [] if kind == "scale" else [column]
