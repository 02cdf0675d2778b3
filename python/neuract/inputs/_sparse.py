# SPDX-License-Identifier: BSD-3-Clause
"""Sparse matrices in the form that the core takes, from any of SciPy's formats; never changed and never made dense.

This module does not import SciPy: if you have a sparse matrix, you have imported it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import neuract._neuract_core as core
from neuract._typing import Array

MOST_FEATURES = 2**31 - 1  # columns are int32 in the core


@dataclass(frozen=True)
class SparseRows:
    """An array of `shape` that stores only some values of each row; the others are 0.

    Attributes
    ----------
    values : ndarray
        The stored values, row by row.
    columns : ndarray of int32
        The column of each value, ascending in a row.
    starts : ndarray of int64
        Row r has the values from starts[r] to starts[r + 1].
    n_features : int
        Number of columns.
    """

    values: Array
    columns: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    n_features: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def shape(self) -> tuple[int, int]:
        return len(self), self.n_features

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.values.dtype

    def __getitem__(self, rows: Array) -> SparseRows:
        """Returns the rows with these numbers, in that order."""
        lengths = np.diff(self.starts)[rows]
        starts = _starts(lengths)
        entries = np.arange(starts[-1]) + np.repeat(self.starts[rows] - starts[:-1], lengths)
        return SparseRows(self.values[entries], self.columns[entries], starts, self.n_features)

    def toarray(self) -> Array:
        """Returns the rows as an array."""
        array = np.zeros(self.shape, self.dtype)
        array[np.repeat(np.arange(len(self)), np.diff(self.starts)), self.columns] = self.values
        return array

    def position(self, entry: int) -> tuple[int, int]:
        """Returns row and column of a stored value."""
        return int(np.searchsorted(self.starts, entry, side="right")) - 1, int(self.columns[entry])


def is_sparse(X: object) -> bool:
    """Returns whether X is one of SciPy's sparse matrices or arrays."""
    scipy_sparse: Any = sys.modules.get("scipy.sparse")
    issparse = getattr(scipy_sparse, "issparse", None)  # missing while another thread imports the module
    return issparse is not None and bool(issparse(X))


def sparse_rows(X: Any) -> SparseRows:
    """Converts a sparse matrix of 2 dimensions; copies it only if it is not CSR with ascending columns already.

    Adds values that are stored more than once in the order in which they are stored, as X.toarray() does.
    """
    if X.shape[1] > MOST_FEATURES:
        raise ValueError(f"X has {X.shape[1]} features, but a sparse X can have at most {MOST_FEATURES}")
    if not _indices_fit(X):  # SciPy's own conversions would read out of bounds
        raise ValueError(f"X is not a valid sparse matrix of shape {X.shape}: indices out of bounds")
    if X.format == "coo":  # SciPy's conversion adds in another order
        order = np.lexsort((X.col, X.row))
        rows = _rows_of(X.data[order], X.col[order], _starts(np.bincount(X.row, minlength=X.shape[0])), X)
    else:
        rows = _rows_of_csr(X.tocsr())
        if _ascend(rows):
            return rows
        rows = _rows_of_csr(X.tocsc().tocsr())  # sorts, and keeps the order of values stored more than once
    return rows if _ascend(rows) else _merged(rows)


def _indices_fit(X: Any) -> bool:
    if X.format == "coo":
        same_length = len(X.row) == len(X.col) == len(X.data)
        return same_length and _inside(X.row, X.shape[0]) and _inside(X.col, X.shape[1])
    if X.format not in ("csr", "csc", "bsr"):
        return True
    blocks = np.array(X.shape) // (X.blocksize if X.format == "bsr" else 1)
    outer, inner = blocks[::-1] if X.format == "csc" else blocks
    starts, end = X.indptr, min(len(X.indices), len(X.data))
    if len(starts) != outer + 1 or starts[0] != 0 or starts[-1] > end or (starts[1:] < starts[:-1]).any():
        return False
    return _inside(X.indices[: starts[-1]], inner)


def _inside(indices: Array, end: int) -> bool:
    return indices.size == 0 or bool(indices.min() >= 0 and indices.max() < end)


def _rows_of_csr(csr: Any) -> SparseRows:
    end = csr.indptr[-1]  # the arrays may be longer
    return _rows_of(csr.data[:end], csr.indices[:end], csr.indptr, csr)


def _rows_of(values: Array, columns: Array, starts: Array, X: Any) -> SparseRows:
    columns = np.require(columns, np.int32, requirements=["C", "A"])
    return SparseRows(values, columns, np.require(starts, np.int64, requirements=["C", "A"]), X.shape[1])


def _ascend(rows: SparseRows) -> bool:
    return core.rows_are_sorted(len(rows), rows.n_features, rows.columns, rows.starts)


def _merged(rows: SparseRows) -> SparseRows:
    """Replaces consecutive values of the same place by their sum."""
    numbers = np.repeat(np.arange(len(rows)), np.diff(rows.starts))
    first = np.ones(len(numbers), dtype=bool)
    first[1:] = (np.diff(numbers) != 0) | (np.diff(rows.columns) != 0)
    sums = np.zeros(first.sum(), rows.values.dtype)
    np.add.at(sums, np.cumsum(first) - 1, rows.values)
    starts = _starts(np.bincount(numbers[first], minlength=len(rows)))
    return SparseRows(sums, rows.columns[first], starts, rows.n_features)


def _starts(lengths: Array) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
