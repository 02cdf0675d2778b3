# SPDX-License-Identifier: BSD-3-Clause
"""The order statistics of held-out rows: which value covers a share of new rows (split conformal prediction)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuract._typing import Array

MOST_KEPT = 4096
TIE = 1e-9  # shares nearer than this are the same: 0.9 (n + 1) has rounding errors


@dataclass(frozen=True, eq=False)
class Ranks:
    """Sorted values, at most 4,096 of them, so that files stay small.

    Attributes
    ----------
    values : ndarray of shape (columns, kept), rising
    shares : ndarray of shape (columns, kept)
        The share of the rows (of their weight) at or below each value; rises to 1.
    rows : float
        The number of rows; with weights (Σ w)² / Σ w², the number that is worth as much (Kish 1965).
    """

    values: Array
    shares: Array
    rows: float

    @classmethod
    def learned(cls, values: Array, weights: Array) -> Ranks:
        """Returns the ranks of values, shape (rows, columns), with positive weights of shape (rows,)."""
        order = np.argsort(values, axis=0, kind="stable")
        shares = np.cumsum(weights[order], axis=0, dtype=np.float64)
        shares /= shares[-1]
        kept = [_kept(column) for column in shares.T]
        return cls(
            np.stack([values[order[places, j], j] for j, places in enumerate(kept)]),
            np.stack([shares[places, j] for j, places in enumerate(kept)]),
            float(weights.sum() ** 2 / (weights**2).sum()),
        )

    def covering(self, coverage: float) -> Array:
        """Returns for each column the ⌈coverage (n + 1)⌉-th smallest value: a new row's is at most that so often.

        If n is below coverage / (1 - coverage), there is no such value, and the largest one is returned: it covers
        n / (n + 1) of new rows. What was not kept makes the coverage at most 1/4096 larger.
        """
        wanted = coverage * (1 + 1 / self.rows) - TIE
        places = [min(int(np.searchsorted(column, wanted)), len(column) - 1) for column in self.shares]
        return self.values[np.arange(len(places)), places]

    def state(self) -> dict[str, Any]:
        """Returns what `from_state` takes."""
        return {"values": self.values, "shares": self.shares, "rows": self.rows}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Ranks:
        """Returns the ranks; ValueError if the state cannot be one of ranks."""
        values, shares, rows = table(state, "values"), table(state, "shares"), state.get("rows")
        if shares.shape != values.shape or values.shape[1] > MOST_KEPT:
            raise ValueError(f"shares and at most {MOST_KEPT} values must have one shape")
        if (np.diff(values) < 0).any() or (np.diff(shares) < 0).any():
            raise ValueError("values and shares must be sorted")
        if not ((shares > 0).all() and np.allclose(shares[:, -1], 1) and shares.max() <= 1 + TIE):
            raise ValueError("shares must rise from above 0 to 1")
        if isinstance(rows, bool) or not isinstance(rows, (int, float)) or not 1 - TIE <= rows < np.inf:
            raise ValueError(f"rows must be a number of at least 1, got {rows!r}")
        return cls(values, shares, float(rows))


def table(state: Mapping[str, Any], name: str) -> Array:
    """Returns a part of a state as a finite float64 array, (columns, at least one); ValueError if it is none."""
    array = state.get(name)
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f" or array.ndim != 2 or not array.size:
        raise ValueError(f"{name} must be an array of floats with two dimensions")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite")
    return array.astype(np.float64)


def _kept(shares: Array) -> Array:
    """Returns the places of the values to keep: for each of 4,096 even shares the first value that reaches it."""
    if len(shares) <= MOST_KEPT:
        return np.arange(len(shares))
    wanted = np.arange(1, MOST_KEPT + 1) / MOST_KEPT
    return np.minimum(np.searchsorted(shares, wanted - TIE), len(shares) - 1)
