# SPDX-License-Identifier: BSD-3-Clause
"""The scaler with which the user has prepared X: the page shows original units and scales them as it did.

Of the object only `transform` and `inverse_transform` are used, on rows of all columns. What it does to a column is
found by asking it: a straight line, or else a curve of many points between which the page interpolates.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from neuract._typing import Array

POINTS = 129  # of a curve, evenly spread in the original unit, and as many in the scaled one
REACH = 3.0  # scaled numbers of the sliders' ends if there are no rows
DIGITS = 7  # that float32 keeps
STRAIGHT = 1e-9  # most deviation of a line, as a share of its height


class Scaler:
    """A fitted scaler, asked.

    Parameters
    ----------
    fitted : object with transform and inverse_transform
    n_columns : int
    rows : ndarray of shape (rows, columns) or None
        Scaled rows, which give the range of each column.

    Raises
    ------
    TypeError
        If it lacks one of the two methods.
    ValueError
        If it takes another number of columns, or mixes them.
    """

    def __init__(self, fitted: Any, n_columns: int, rows: Array | None) -> None:
        if not all(callable(getattr(fitted, name, None)) for name in ("transform", "inverse_transform")):
            raise TypeError(f"scaler must have the methods transform and inverse_transform, got {fitted!r}")
        self._fitted = fitted
        ends = np.outer([-REACH, REACH], np.ones(n_columns)) if rows is None else _extremes(rows)
        original = self.original(ends)
        self.low, self.high = original.min(axis=0), original.max(axis=0)
        self.columns = self._described()

    def original(self, scaled: Array) -> Array:
        """Returns scaled rows in the original units, in float64, with 7 digits of the largest of each column."""
        rows = self._asked("inverse_transform", scaled)
        largest = np.abs(rows).max(axis=0, initial=0)
        places = DIGITS - np.ceil(np.log10(np.where(largest > 0, largest, 1))).astype(int)
        return np.column_stack([np.round(x, int(n)) for x, n in zip(rows.T, places, strict=True)])

    def _described(self) -> list[dict[str, Any]]:
        """Returns for each column what the page needs: a line {at, z, slope} or a curve {at, z} of lists."""
        high = np.where(self.high > self.low, self.high, self.low + 1)
        shares = np.linspace(0, 1, POINTS)[:, np.newaxis]
        ends = self._asked("transform", np.stack([self.low, high]))
        even = self._asked("inverse_transform", ends[0] + shares * (ends[1] - ends[0]))
        grid = np.sort(np.concatenate([self.low + shares * (high - self.low), np.clip(even, self.low, high)]), axis=0)
        z = self._asked("transform", grid)
        mixed = grid.copy()
        mixed[:, ::2] = grid[::-1, ::2]
        again = self._asked("transform", mixed)
        again[:, ::2] = again[::-1, ::2]
        if not np.allclose(again, z, rtol=1e-6, atol=1e-9, equal_nan=True):
            raise ValueError("scaler must transform each column by itself; this one mixes columns")
        if not np.isfinite(z).all():
            raise ValueError("scaler gives numbers that are not finite in the range of X")
        return [_of_column(at, of) for at, of in zip(grid.T, z.T, strict=True)]

    def _asked(self, method: str, rows: Array) -> Array:
        rows = np.asarray(rows, np.float64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # scikit-learn misses the names of columns
            try:
                answer = np.asarray(getattr(self._fitted, method)(rows), np.float64)
            except ValueError as error:
                raise ValueError(f"scaler does not fit the {rows.shape[1]} columns of the model: {error}") from error
        if answer.shape != rows.shape:
            raise ValueError(f"scaler must keep the number of columns: {rows.shape[1]} became {answer.shape[1:]}")
        return answer


def _extremes(rows: Array) -> Array:
    return np.stack([rows.min(axis=0), rows.max(axis=0)])


def _of_column(at: Array, z: Array) -> dict[str, Any]:
    slope = (z[-1] - z[0]) / (at[-1] - at[0])
    if np.abs(z[0] + slope * (at - at[0]) - z).max() <= STRAIGHT * max(abs(z[-1] - z[0]), np.abs(z).max()):
        return {"at": float(at[0]), "z": float(z[0]), "slope": float(slope)}
    at, first = np.unique(at, return_index=True)
    return {"at": at.tolist(), "z": z[first].tolist()}
