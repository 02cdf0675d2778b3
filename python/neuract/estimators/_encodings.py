# SPDX-License-Identifier: BSD-3-Clause
"""The inputs of an ensemble's networks: the encodings of its columns, and the learning rates of all parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neuract._typing import Array
from neuract.activations._named import Sigmoid
from neuract.layers._dense import Dense
from neuract.layers._inputs import Input, Numbers, Periodic, PiecewiseLinear, Scale, n_numbers

ENCODINGS = ("periodic", "piecewise_linear", "numbers")
OF_SCALE, OF_PERIODIC, OF_BIASES = 6.0, 0.1, 0.1  # factors of the learning rate
MOST_BINS, LEAST_BINS, MOST_NUMBERS = 128, 4, 512  # intervals of a column, and of all columns


def encoded(inputs: Sequence[Input], encoding: str, x: Array) -> tuple[Input, ...]:
    """Returns the inputs of a network; inputs: those of `Columns`. x: the training rows' matrix.

    "periodic": numbers with many values also become learned periodic ones. "piecewise_linear": and one number per
    interval. "numbers": they stay as they are.
    """
    found: list[Input] = []
    smooth: tuple[int, ...] = ()
    for each in inputs:
        if isinstance(each, Periodic):
            smooth = each.columns
            found.append(Numbers(smooth) if encoding == "numbers" else replace(each, rate=OF_PERIODIC))
        else:
            found.append(each)
    if encoding == "piecewise_linear" and (of_columns := edges_of(x, smooth)):
        found.append(PiecewiseLinear(tuple(of_columns), tuple(of_columns.values())))
    return (*found, Scale(rate=OF_SCALE))


def edges_of(x: Array, columns: Sequence[int]) -> dict[int, tuple[float, ...]]:
    """Returns the edges of the intervals of each of some columns of x that has at least two intervals.

    A column with few different values has an edge at each, since they may mean something. The others share what is left
    of MOST_NUMBERS.
    """
    different = np.array([len(np.unique(x[:, column])) for column in columns])
    bins = next(
        (n for n in range(MOST_BINS, LEAST_BINS, -1) if np.minimum(different - 1, n).sum() <= MOST_NUMBERS), LEAST_BINS
    )
    found = {column: edges(x[:, column], bins) for column in columns}
    return {column: of_column for column, of_column in found.items() if len(of_column) > 2}


def edges(numbers: Array, bins: int) -> tuple[float, ...]:
    """Returns the edges of at most `bins` intervals: quantiles in which no value counts more than rows / bins.

    Plain quantiles would lose a column of which most rows have the same value.
    """
    values, counts = np.unique(numbers, return_counts=True)
    if len(values) > bins + 1:
        weights = np.cumsum(np.minimum(counts, len(numbers) / bins))
        places = np.searchsorted(weights, weights[-1] * np.arange(1, bins) / bins)
        values = np.unique(np.concatenate([values[:1], values[places], values[-1:]]))
    return tuple(values.astype(float).tolist())


def with_rates(layers: Sequence[Dense], inputs: Sequence[Input], columns: int) -> list[Dense]:
    """Returns the layers with the learning rates of the recipe: weights 1 / √n_in, as if they were divided by √n_in."""
    found, n_in = [], n_numbers(inputs, columns)
    for layer in layers:
        factor = 2.0 if isinstance(layer.activation, Sigmoid) and layer is layers[-1] else 1.0  # of two softmax outputs
        rate = {"weights": factor / float(np.sqrt(n_in)), "biases": factor * OF_BIASES, "slopes": OF_BIASES}
        found.append(Dense(layer.units, layer.activation, dropout=layer.dropout, rate=rate))
        n_in = layer.units
    return found
