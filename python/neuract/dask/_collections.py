# SPDX-License-Identifier: BSD-3-Clause
"""Dask's collections: arrays and frames as partitions, and answers as collections that are computed when asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dask
import dask.array as da
import numpy as np

from neuract.dask._shards import Form, kind_of


def is_array(data: Any) -> bool:
    return isinstance(data, da.Array)


def is_series(data: Any) -> bool:
    return hasattr(data, "map_partitions") and hasattr(data, "to_delayed") and data.ndim == 1 and not is_array(data)


def is_frame(data: Any) -> bool:
    """Returns whether data is a Dask DataFrame, of which pandas need not be installed."""
    return hasattr(data, "map_partitions") and hasattr(data, "to_delayed") and data.ndim == 2 and not is_array(data)


def checked(X: Any) -> Any:
    """Returns X, an array with all columns in one chunk; TypeError if it is no Dask collection."""
    if is_frame(X):
        return X
    if not is_array(X):
        raise TypeError(
            f"X must be a Dask Array or DataFrame, got {type(X).__name__}; dask.array.from_array or "
            "dask.dataframe.from_pandas make one, or use the estimator of neuract itself"
        )
    if X.ndim != 2:
        raise ValueError(f"X must have 2 dimensions (rows, features), got shape {X.shape}")
    return X.rechunk({1: -1}) if X.numblocks[1] > 1 else X


def partitions(X: Any, y: Any, sample_weight: Any = None) -> list[tuple[Any, Any, Any]]:
    """Returns the partitions of X, y and the weights, or None, as delayed objects; X must be checked."""
    pieces = [_delayed(X, "X", X), _delayed(y, "y", X)]
    pieces.append([None] * len(pieces[0]) if sample_weight is None else _delayed(sample_weight, "sample_weight", X))
    counts = [len(each) for each in pieces]
    if len(set(counts)) > 1:
        raise ValueError(
            f"X has {counts[0]} partitions, but y has {counts[1]} and sample_weight "
            f"{'none' if sample_weight is None else counts[2]}; repartition them in the same way"
        )
    return list(zip(*pieces, strict=True))


def _delayed(data: Any, name: str, X: Any) -> list[Any]:
    if not (is_array(data) or is_frame(data) or is_series(data)):
        raise TypeError(f"{name} must be a Dask collection as X is, got {type(data).__name__}")
    if is_array(data):
        if data.ndim > 1 and data.numblocks[1] > 1:
            data = data.rechunk({1: -1})
        known = is_array(X) and not np.isnan([*data.chunks[0], *X.chunks[0]]).any()
        if known and len(data) != len(X):
            raise ValueError(f"X has {len(X)} rows, {name} has {len(data)}")
        if known and data.chunks[0] != X.chunks[0]:
            data = data.rechunk({0: X.chunks[0]})
    return list(np.ravel(data.to_delayed()))


def form_of(X: Any, y: Any, dtype: str | None, *, labels: bool, missing_is_zero: bool) -> Form:
    """Returns what the partitions must be like; X must be checked. dtype: of the network, None for that of X."""
    if is_frame(X):
        names, types = list(X.columns), list(X.dtypes)
        _check_names(names)
    else:
        names, types = None, [X.dtype] * X.shape[1]
    for number, kind in enumerate(map(kind_of, types)):
        if kind == "O":
            name = number if names is None else names[number]
            raise ValueError(
                f"X must hold numbers, but column {name!r} has dtype {types[number]}; encode text and categories as "
                "numbers first, for example by Dask's get_dummies"
            )
    float32 = all(getattr(each, "name", "") == "float32" for each in types)
    y_type = y.dtypes.iloc[0] if is_frame(y) else y.dtype
    chosen = dtype or ("float32" if float32 else "float64")
    return Form(names, [kind_of(each) for each in types], kind_of(y_type), chosen, labels, missing_is_zero)


def _check_names(names: list[Any]) -> None:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"X has several columns with the name {twice!r}")


# ---- answers -------------------------------------------------------------------------------------


def asked(model: Any, method: str, X: Any) -> Any:
    """Returns the answers of a local model's method for each row of X, as a collection like X that is not computed yet.

    For a frame it is a Series, or a DataFrame if there are several numbers per row, with the index of X.
    """
    X = checked(X)
    answers: Callable[[Any], Any] = lambda rows: _answers(rows, model, method)  # noqa: E731
    shared = dask.delayed(model, pure=False)
    if is_frame(X):
        return X.map_partitions(_framed, shared, method, meta=_framed(X._meta, model, method))
    meta = answers(np.zeros((0, X.shape[1]), X.dtype))
    if meta.ndim == 1:
        return X.map_blocks(_answers, shared, method, dtype=meta.dtype, drop_axis=1, meta=meta)
    return X.map_blocks(_answers, shared, method, dtype=meta.dtype, chunks=(X.chunks[0], (meta.shape[1],)), meta=meta)


def _answers(rows: Any, model: Any, method: str) -> Any:
    """Returns the answers for rows, which may be none."""
    if len(rows) > 0:
        return getattr(model, method)(rows)
    one = np.zeros((1, model.n_features_in_), model.network_.dtype)
    return getattr(model, method)(_named(one, rows))[:0]


def _named(row: Any, frame: Any) -> Any:
    """Returns the row with the names of a frame's columns, in their order; as it is if the frame is an array."""
    return type(frame)(row, columns=frame.columns) if hasattr(frame, "columns") else row


def _framed(rows: Any, model: Any, method: str) -> Any:
    """Returns the answers for rows of a pandas DataFrame, with its index."""
    import pandas as pd

    answers = _answers(rows, model, method)
    dtype = answers.dtype if answers.dtype.kind in "biuf" else "str"
    if answers.ndim == 1:
        return pd.Series(answers, index=rows.index, dtype=dtype)
    columns = model.classes_ if hasattr(model, "classes_") and len(model.classes_) == answers.shape[1] else None
    return pd.DataFrame(answers, index=rows.index, columns=columns)
