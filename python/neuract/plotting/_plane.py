# SPDX-License-Identifier: BSD-3-Clause
"""The plane that response tiles show: one or two columns of X, while the others stay at a typical row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neuract._typing import Array, FittedNetwork
from neuract.layers._numbers import levels_of, number_columns, typical_row

Limits = tuple[float, float, float, float]


@dataclass(frozen=True)
class Plane:
    """The values of one or two columns of X.

    Attributes
    ----------
    columns : tuple of int
        With a single column, tiles are the same from bottom to top.
    row : array of shape (n_columns,)
        The other columns: their means, of levels the most frequent one.
    limits : tuple of floats
        Low and high of the first column, low and high of the second.
    levels : dict of int
        The columns that hold levels, which the tiles show as steps.
    """

    columns: tuple[int, ...]
    row: Array
    limits: Limits
    levels: Mapping[int, int]

    @property
    def has_steps(self) -> bool:
        return any(column in self.levels for column in self.columns)

    def grid(self, resolution: int) -> Array:
        """Returns rows of X, resolution² × columns; the first column of the plane changes fastest."""
        check_resolution(resolution)
        limits = self.limits[:2], self.limits[2:]
        axes = np.meshgrid(*(np.linspace(*each, resolution) for each in limits))
        x = np.repeat(self.row[np.newaxis], resolution**2, axis=0)
        for column, values, (low, high) in zip(self.columns, axes, limits, strict=False):
            flat = values.ravel()
            x[:, column] = np.clip(np.rint(flat), low + 0.5, high - 0.5) if column in self.levels else flat
        return x

    def points(self, x: Array) -> Array:
        """Returns the places of rows in the plane, rows × 2."""
        places = x[:, self.columns].astype(np.float64)
        return places if len(self.columns) == 2 else np.column_stack([places, np.full(len(x), 0.5)])


def plane_of(network: FittedNetwork, x: Array, chosen: Sequence[int | str] | None) -> Plane:
    """Returns the plane of the chosen columns; None: of all that the network takes, which must be one or two."""
    levels = levels_of(network.inputs)
    columns = _chosen(network, chosen)
    limits = [*(each for column in columns for each in _limits(x[:, column], column in levels)), 0.0, 1.0]
    row = typical_row(network.inputs, x)
    return Plane(columns, row, (limits[0], limits[1], limits[2], limits[3]), levels)


def _chosen(network: FittedNetwork, chosen: Sequence[int | str] | None) -> tuple[int, ...]:
    n_columns = network._known().n_inputs
    taken = np.unique(number_columns(network.inputs, n_columns)).tolist() if chosen is None else list(chosen)
    if not 1 <= len(taken) <= 2 and chosen is None:
        raise ValueError(
            f"tiles show a plane, so the model must have 2 inputs; this one has {len(taken)}. Choose one or two "
            "columns of X with columns=[...]; the others then stay at their means"
        )
    if not 1 <= len(taken) <= 2 or len({*taken}) < len(taken) or not {*taken} <= {*range(n_columns)}:
        raise ValueError(f"columns must be one or two of X's {n_columns} columns, counted from 0; got {chosen}")
    return tuple(map(int, taken))


def _limits(values: Array, levels: bool) -> tuple[float, float]:
    """Returns the range of a column, with a margin; each level is a step of width 1."""
    return with_margin(values, 0.5) if levels else with_margin(values)


def with_margin(values: Array, margin: float | None = None) -> tuple[float, float]:
    """Returns the least and the largest value with a margin beyond them; None: 8 % of their distance."""
    low, high = float(values.min()), float(values.max())
    margin = (0.08 * (high - low) or 1.0) if margin is None else margin
    return low - margin, high + margin


def check_resolution(resolution: int) -> None:
    if resolution < 2:
        raise ValueError(f"resolution must be at least 2, got {resolution}")
