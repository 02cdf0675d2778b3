# SPDX-License-Identifier: BSD-3-Clause
"""Predictions of a source, some thousand rows at a time, in constant memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, overload

import numpy as np

from neuract._checks import whole_number
from neuract._typing import Array, AskedModel, FilePath
from neuract.data._parquet import Parquet
from neuract.data._source import Piece, Source, columns_of, errors_in, frame_of
from neuract.data._written import Columns, new_file

BATCH_ROWS = 2**14
WORDS = {"predict_proba": "probability"}
"""The names of columns for methods whose own names do not serve."""


@overload
def predict(
    model: Any,
    source: Any,
    out: None = None,
    *,
    method: str | None = None,
    batch_rows: int = BATCH_ROWS,
    progress: bool | None = None,
) -> Array: ...
@overload
def predict(
    model: Any,
    source: Any,
    out: FilePath,
    *,
    method: str | Sequence[str] | None = None,
    keep: Sequence[str] = (),
    batch_rows: int = BATCH_ROWS,
    progress: bool | None = None,
) -> int: ...
def predict(
    model: Any,
    source: Any,
    out: FilePath | None = None,
    *,
    method: str | Sequence[str] | None = None,
    keep: Sequence[str] = (),
    batch_rows: int = BATCH_ROWS,
    progress: bool | None = None,
) -> Array | int:
    """Predicts the rows of a source in their order, in constant memory.

    Parameters
    ----------
    model : Network, estimator, served model, or any fitted model with `predict`
        Such as a pipeline of scikit-learn, which gets frames of pandas for those of pyarrow where pandas is installed.
    source : Source, path, pattern, sequence of paths, or pyarrow.dataset.Dataset
        What `Parquet` takes is Parquet. A source's target and sample weights need not be there, and are not used. A
        model that knows the names of its columns gets these alone, in any order of the source; another gets the
        source's ``columns=``, or all except target, weights and those of `keep`.
    out : path or None, default=None
        A file that ends in .parquet, which needs pyarrow, or in .csv; it replaces an old one when it is complete. None:
        return an array.
    method : str, sequence of str, or None, default=None
        The methods that are asked, for example ``"predict_interval"``; with `out` there may be several. None: for an
        array `predict`; for a file of a classifier `predict` and `predict_proba`.
    keep : sequence of str, default=()
        Columns of the source that are copied to the file.
    batch_rows : int, default=16384
        The largest number of rows that the model sees at once. Predictions of neuract's models do not depend on it, bit
        for bit.
    progress : bool or None, default=None
        Show a bar of tqdm on stderr. None: if tqdm is installed and stderr is a terminal.

    Returns
    -------
    int or ndarray of shape (rows,) or (rows, outputs)
        The number of rows in the file; without `out` what the method returns for all rows.

    Raises
    ------
    ValueError, TypeError
        If rows do not fit the model; the message names their file and row.

    Notes
    -----
    The columns of the file are those of `keep`, then of a classifier ``label`` (of several labels per row ``label_0``
    and so on) and ``probability_<class>`` for each class; of a regressor ``prediction``, for several outputs
    ``prediction_0`` and so on, ``quantile_0.9`` for quantiles; of a Network ``prediction``, or ``output_0`` and so on
    for several outputs. Other methods give columns of their names, without ``predict_``: ``interval_0``.

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> model = na.MLPClassifier((8,), tol=0.01, random_state=0).fit(X, X[:, 0] > 0)
    >>> na.data.predict(model, na.data.Arrays(X), out="scores.csv")
    300
    >>> na.data.predict(model, na.data.Arrays(X)).shape
    (300,)
    >>> na.data.predict(model, "sales/*.parquet", out="scores.parquet", keep=["id"])  # doctest: +SKIP
    """
    asked = _Asked(model, method)
    rows = _Rows(source if isinstance(source, Source) else _parquet(source), model, keep, batch_rows, progress)
    if out is None:
        return _array(asked, rows)
    path = Path(str(out))
    if any(path.resolve() == Path(file).resolve() for file in rows.source.files):
        raise ValueError(f"{path} is a file of the source, which would be lost; name another one by out=")
    with new_file(path) as file:
        for columns, kept in rows.answers(asked.columns):
            if twice := kept.keys() & columns.keys():
                raise ValueError(f"keep= names {min(twice)!r}, which is also a column of the predictions")
            file.write(kept | columns)
    return file.rows


def _array(asked: _Asked, rows: _Rows) -> Array:
    if len(asked.methods) > 1 or rows.keep:
        raise ValueError("several methods and keep= make columns of a file, which out= names")
    name = asked.methods[0] if asked.methods else "predict"
    return np.concatenate([array for array, _ in rows.answers(lambda X: asked.answer(name, X))])


# ---- the rows --------------------------------------------------------------------------------------


class _Rows:
    """The rows of a source, as a model takes them."""

    def __init__(self, source: Source, model: Any, keep: Sequence[str], batch_rows: int, progress: bool | None) -> None:
        if isinstance(keep, str):
            raise TypeError(f"keep must be a sequence of names of columns, got {keep!r}; give [{keep!r}]")
        self.source, self.keep, self._progress = source, list(keep), progress
        self._batch_rows = whole_number(batch_rows, "batch_rows", low=1)
        self._wanted = list(source.columns or _names(model))
        self._left_out = {*source.other_columns, *self.keep}
        self._as_pandas = not isinstance(model, AskedModel)

    def answers(self, ask: Callable[[Any], Any]) -> Iterator[tuple[Any, Columns]]:
        """Yields what `ask` makes of X, and the columns to keep, for some rows after the other."""
        rows, columns = 0, list(dict.fromkeys([*self._wanted, *self.keep])) if self._wanted else None
        with _bar(self.source.rows, self._progress) as bar:
            for part in self._parts(self.source.with_columns(columns)):
                with errors_in(part):
                    X, kept = self._divided(part)
                    answer = ask(X)
                yield answer, kept
                rows += len(part)
                if bar is not None:
                    bar.update(len(part))
        if not rows:
            raise ValueError(f"{self.source!r} has no rows")

    def _parts(self, source: Source) -> Iterator[Piece]:
        for piece in source.pieces():
            for begin in range(0, len(piece), self._batch_rows):
                yield piece.part(begin, min(begin + self._batch_rows, len(piece)))

    def _divided(self, part: Piece) -> tuple[Any, Columns]:
        if isinstance(part.X, np.ndarray):
            if self.keep:
                raise ValueError("keep= names columns of frames, but these rows are an array")
            return part.X, {}
        frame = frame_of(part.X)
        wanted = self._wanted or [name for name in frame.columns if name not in self._left_out]
        if missing := [name for name in (*wanted, *self.keep) if name not in frame.columns]:
            raise ValueError(f"there is no column {missing[0]!r}; the columns are {list(frame.columns)[:20]}")
        X = columns_of(frame, wanted)
        kept = {name: frame.get_column(name) for name in self.keep}
        return _pandas(X) if self._as_pandas else X, kept


def _names(model: Any) -> list[str]:
    """Returns the names of the columns of a model's X, if it knows them."""
    known = list(getattr(model, "feature_names_in_", ()))
    return [] if known == [f"Column_{number}" for number in range(len(known))] else known  # LightGBM's, of arrays


def _parquet(source: Any) -> Parquet:
    if isinstance(source, (str, os.PathLike, list, tuple)) or hasattr(source, "get_fragments"):
        return Parquet(source)
    raise TypeError(
        "source must be a source of neuract.data, such as Batches, or what Parquet takes: files, or a dataset of "
        f"pyarrow; got {type(source).__name__}. Give rows in memory to model.predict(X)"
    )


def _pandas(X: Any) -> Any:
    """Returns a table of pyarrow as a frame of pandas, if that is installed; anything else as it is."""
    if not hasattr(X, "to_pandas") or type(X).__module__.split(".")[0] != "pyarrow":
        return X
    try:
        import pandas  # noqa: F401
    except ModuleNotFoundError:
        return X
    return X.to_pandas()


def _bar(rows: int | None, progress: bool | None) -> AbstractContextManager[Any]:
    if progress is False or (progress is None and not (sys.stderr and sys.stderr.isatty())):
        return nullcontext()
    try:
        from tqdm.auto import tqdm
    except ModuleNotFoundError as error:
        if progress:
            raise ImportError("progress=True needs tqdm, which is not installed: pip install tqdm") from error
        return nullcontext()
    bar: AbstractContextManager[Any] = tqdm(total=rows, unit=" rows", unit_scale=True)
    return bar


# ---- the model -------------------------------------------------------------------------------------


class _Asked:
    """A fitted model, and the methods that are asked; none: as the kind of the model says."""

    def __init__(self, model: Any, method: str | Sequence[str] | None) -> None:
        self.model, self.methods = model, [method] if isinstance(method, str) else list(method or ())
        for name in self.methods or ["predict"]:
            if not callable(getattr(model, name, None)):
                raise TypeError(f"model must be a fitted model with {name}, got {type(model).__name__}")
        last = model.steps[-1][1] if hasattr(model, "steps") else model  # of a pipeline
        self._meaning: Any = None
        self._of_network = isinstance(last, AskedModel) and last._fitted_network() is last
        if isinstance(last, AskedModel):
            self._meaning = last._meaning()
        self._classes = getattr(model, "classes_", getattr(self._meaning, "classes", None))

    def columns(self, X: Any) -> Columns:
        """Returns the columns of the file for some rows."""
        if self.methods:
            return {key: values for name in self.methods for key, values in self._columns_of(name, X).items()}
        if hasattr(self.model, "predict_proba"):
            return self._of_classifier(X)
        if self._of_network and self._classes is not None:  # which has learned text
            outputs = self.answer("predict", X)
            probabilities = self._meaning.columns(outputs)
            return {"label": self._meaning.answers(outputs)} | self._named("probability", probabilities)
        return self._columns_of("predict", X)

    def _of_classifier(self, X: Any) -> Columns:
        probabilities = self.answer("predict_proba", X)
        if self._meaning is None:  # another model's label need not be that of the largest probability
            labels = self.answer("predict", X)
        elif self._meaning.kind == "labels":
            labels = (probabilities > 0.5).astype(int)
        else:
            labels = np.asarray(self._classes)[probabilities.argmax(axis=1)]
        return self._named("label", labels) | self._named("probability", probabilities)

    def _columns_of(self, method: str, X: Any) -> Columns:
        values = self.answer(method, X)
        if method != "predict":
            return self._named(WORDS.get(method, method.removeprefix("predict_")), values)
        word = "label" if hasattr(self.model, "classes_") else "prediction"
        if values.ndim == 2 and values.shape[1] > 1:
            word = "output" if self._of_network else word
            if getattr(self._meaning, "kind", None) == "quantiles":
                return {f"quantile_{q:g}": values[:, k] for k, q in enumerate(self._meaning.names)}
            return self._named(word, values)
        return {word: values.ravel()}

    def _named(self, word: str, values: Array) -> Columns:
        if values.ndim == 1:
            return {word: values}
        n = values.shape[1]
        names = range(n) if self._classes is None or len(self._classes) != n else np.asarray(self._classes).tolist()
        return {f"{word}_{name}": values[:, k] for k, name in enumerate(names)}

    def answer(self, method: str, X: Any) -> Array:
        """Returns what the method says of some rows, with one or two dimensions."""
        answer = getattr(self.model, method)(X)
        if isinstance(answer, list) and answer and np.ndim(answer[0]) > 1:
            raise TypeError(f"{method} gives an array for each of several outputs; ask for one by method='predict'")
        array = np.asarray(answer.toarray() if hasattr(answer, "toarray") else answer)
        if array.ndim not in (1, 2) or len(array) != len(X):
            raise ValueError(f"{method} gives the shape {array.shape} for {len(X)} rows, not a row for each")
        return array
