# SPDX-License-Identifier: BSD-3-Clause
"""Dask's collections: arrays and frames as partitions, and answers as collections that are computed when asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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
    # Optimized, columns of one frame would have other partitions than the whole, since Dask reads small ones together.
    return list(data.to_delayed(optimize_graph=False))


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


def asked(model: Any, method: str, X: Any, **given: Any) -> Any:
    """Returns what a local model's method gives for each row of X, as a collection like X that is not computed yet.

    For a frame it is a Series, or a DataFrame if there are several numbers per row, with the index of X. given: further
    parameters of the method.
    """
    X, ask = checked(X), partial(_answers, method=method, given=given)
    shared = dask.delayed(model, pure=False)
    if is_frame(X):
        return X.map_partitions(_framed, shared, ask, meta=_framed(X._meta, model, ask))
    meta = ask(np.zeros((0, X.shape[1]), X.dtype), model)
    if meta.ndim == 1:
        return X.map_blocks(ask, shared, dtype=meta.dtype, drop_axis=1, meta=meta)
    return X.map_blocks(ask, shared, dtype=meta.dtype, chunks=(X.chunks[0], (meta.shape[1],)), meta=meta)


def _answers(rows: Any, model: Any, *, method: str, given: dict[str, Any]) -> Any:
    """Returns the answers for rows, which may be none."""
    if len(rows) > 0:
        return getattr(model, method)(rows, **given)
    return getattr(model, method)(_one_row(rows, model), **given)[:0]


def _one_row(rows: Any, model: Any) -> Any:
    """Returns a row that the model takes, in the form of the rows: of zeros, for a tabular model of missing values."""
    tabular = hasattr(model, "columns_")
    if not hasattr(rows, "columns"):
        return np.full((1, model.n_features_in_), np.nan if tabular else 0.0, model.network_.dtype)
    if tabular:
        return type(rows)({name: [None] for name in rows.columns})
    return type(rows)(np.zeros((1, model.n_features_in_), model.network_.dtype), columns=rows.columns)


def _framed(rows: Any, model: Any, ask: Callable[..., Any]) -> Any:
    """Returns the answers for rows of a pandas DataFrame, with its index."""
    import pandas as pd

    answers = ask(rows, model)
    dtype = answers.dtype if answers.dtype.kind in "biuf" else "str"
    if answers.ndim == 1:
        return pd.Series(answers, index=rows.index, dtype=dtype)
    columns = model.classes_ if hasattr(model, "classes_") and len(model.classes_) == answers.shape[1] else None
    return pd.DataFrame(answers, index=rows.index, columns=columns)
