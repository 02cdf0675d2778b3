# SPDX-License-Identifier: BSD-3-Clause
"""Shards: the rows of a Dask collection on the workers, each a contiguous run of partitions, checked and converted.

What a shard holds depends on the partitions alone, not on the workers. All functions here run on workers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.estimators._task import Task
from neuract.inputs._arrays import check_finite, numbers_of, numeric, sample_weights
from neuract.inputs._data import Data
from neuract.inputs._missing import zero_for_nan
from neuract.inputs._targets import target_errors
from neuract.outputs._labels import are_multilabel, numbered

NUMBERS = "biuf"  # NumPy's kinds of real numbers

Partition = tuple[Any, Any, Any]
"""X, y and the sample weights, or None, of some rows, in the form of the user's collection."""


@dataclass(frozen=True)
class Form:
    """What every partition must be like.

    Parameters
    ----------
    names : list or None
        The names of X's columns; None for an array.
    kinds : list of str
        NumPy's kind of each of X's columns.
    y_kind : str
        NumPy's kind of y; "O" for text.
    dtype : str
        Of the network.
    labels : bool
        Whether y holds labels.
    missing_is_zero : bool
        Whether NaN in X counts as 0.
    """

    names: list[Any] | None
    kinds: list[str]
    y_kind: str
    dtype: str
    labels: bool
    missing_is_zero: bool


@dataclass(frozen=True)
class Rows:
    """The rows of a shard. x: rows × features of the network's dtype; y: as given; sample_weight: (rows,) or None."""

    x: Array
    y: Array
    sample_weight: Array | None


@dataclass(frozen=True)
class Facts:
    """What the client must know of a shard.

    columns: of y, 0 for one without columns. labels: the labels and the rows of each; None unless a row has one label.
    """

    rows: int
    columns: int
    labels: tuple[Array, Array] | None


def kind_of(dtype: Any) -> str:
    """Returns NumPy's kind of a column; "O" for what holds no numbers."""
    kind = str(getattr(dtype, "kind", "O"))
    return kind if kind in NUMBERS else "O"


def gathered(form: Form, shard: int, first: int, partitions: Sequence[Partition]) -> Rows:
    """Returns the rows of the partitions; ValueError for one that is not of that form. first: the first one's number.

    Partitions without rows are skipped.
    """
    parts = []
    for number, partition in enumerate(partitions, first):
        with _in_partition(number):
            if rows := _rows(form, *partition):
                parts.append(rows)
    if not parts:
        last = first + len(partitions) - 1
        which = f"partition {first}" if last == first else f"partitions {first} to {last}"
        raise ValueError(f"shard {shard} ({which}) has no rows; lower n_shards, or repartition")
    weights = None if parts[0].sample_weight is None else np.concatenate([part.sample_weight for part in parts])
    return Rows(np.concatenate([part.x for part in parts]), np.concatenate([part.y for part in parts]), weights)


@contextmanager
def _in_partition(number: int) -> Iterator[None]:
    """Says in errors which partition they are about; rows are counted within it."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise type(error)(f"in partition {number}: {error}") from error


def _rows(form: Form, x: Any, y: Any, sample_weight: Any) -> Rows | None:
    if len(x) != len(y) or (sample_weight is not None and len(sample_weight) != len(x)):
        weights = "" if sample_weight is None else f", sample_weight {len(sample_weight)}"
        raise ValueError(f"X has {len(x)} rows, y {len(y)}{weights}")
    if len(x) == 0:
        return None
    _check_columns(form, x)
    numbers = _numbers(x, form.dtype)
    numbers = zero_for_nan(numbers) if form.missing_is_zero else numbers
    check_finite(numbers, x)
    return Rows(numbers, _targets(form, y), _weights(sample_weight, len(x), form.dtype))


def _check_columns(form: Form, x: Any) -> None:
    """Raises ValueError unless the columns are those of the whole collection, in its order."""
    if form.names is None:
        if np.ndim(x) != 2 or x.shape[1] != len(form.kinds):
            raise ValueError(f"X has shape {np.shape(x)}, but the whole array has {len(form.kinds)} columns")
        kinds = [kind_of(x.dtype)] * len(form.kinds)
    else:
        if not hasattr(x, "columns") or list(x.columns) != form.names:
            given = list(x.columns) if hasattr(x, "columns") else f"no names: {type(x).__name__}"
            raise ValueError(f"X has the columns {given}, but the whole frame has {form.names}, in this order")
        kinds = [kind_of(dtype) for dtype in x.dtypes]
    for number, (kind, expected) in enumerate(zip(kinds, form.kinds, strict=True)):
        if kind != expected:
            name, dtype = (number, x.dtype) if form.names is None else (form.names[number], x.dtypes.iloc[number])
            of = {"b": "bool", "i": "whole numbers", "u": "whole numbers >= 0", "f": "floats", "O": "no numbers"}
            raise ValueError(f"column {name!r} has dtype {dtype}, but the whole collection has {of[expected]} there")


def _numbers(x: Any, dtype: str) -> Array:
    """Returns X as an array of the dtype; pandas' NA becomes NaN."""
    x = numbers_of(x)
    array = x.to_numpy(dtype=dtype, na_value=np.nan) if hasattr(x, "iloc") else x
    with np.errstate(over="ignore"):  # infinity is found later
        return np.require(array, dtype=np.dtype(dtype), requirements=["C", "A"])


def _targets(form: Form, y: Any) -> Array:
    """Returns y as an array, checked: one row of labels or numbers per row."""
    kind = kind_of(y.dtypes.iloc[0] if hasattr(y, "columns") else y.dtype)
    if kind != form.y_kind:
        raise ValueError(f"y has NumPy's kind {kind!r} of dtype, but the whole collection has {form.y_kind!r}")
    array = np.asarray(y)
    with target_errors(array, numbers=not form.labels):
        if array.dtype.kind == "f" or not form.labels:
            numeric(array, "y", "float64")
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _weights(sample_weight: Any, rows: int, dtype: str) -> Array | None:
    """Returns the checked weights of a partition, which may all be 0."""
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight)
    weights = weights[:, 0] if weights.ndim == 2 and weights.shape[1] == 1 else weights
    if weights.shape == (rows,) and not weights.any():
        return np.zeros(rows, dtype)
    return sample_weights(weights, rows, dtype)


def facts(rows: Rows, labels: bool) -> Facts:
    """Returns the facts of a shard. labels: whether y holds labels."""
    columns = rows.y.shape[1] if rows.y.ndim == 2 else 0
    if not labels or are_multilabel(rows.y):
        return Facts(len(rows.y), columns, None)
    found, numbers = numbered(rows.y)
    return Facts(len(rows.y), columns, (found, np.bincount(numbers, minlength=len(found))))


def targeted(model: Any, task: Task, class_weights: Array | None, rows: Rows) -> Data:
    """Returns the rows as the core takes them. model: a local estimator that knows its classes or outputs.

    class_weights: one for each class, or None.
    """
    dtype = rows.x.dtype.name
    targets, weights = model._known_targets(rows.y, task, dtype), rows.sample_weight
    if class_weights is not None:
        of_classes = class_weights.astype(dtype)[targets[:, 0].astype(np.intp)]
        weights = of_classes if weights is None else of_classes * weights
    return Data(rows.x, targets, weights)


def total_weight(data: Data) -> float:
    return data.total_weight
