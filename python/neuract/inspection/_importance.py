# SPDX-License-Identifier: BSD-3-Clause
"""importance: how much of a model's score is lost where a column of the user's frame is shuffled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from neuract._checks import random_state as checked_random_state
from neuract._checks import whole_number
from neuract._typing import Array, FittedModel
from neuract.columns._asked import column_of_number, names_of_frame
from neuract.inputs._columns import check_no_source, column_names
from neuract.inputs._sparse import SparseRows, is_sparse
from neuract.inspection._importances import Importance
from neuract.inspection._pipelines import without_pipeline
from neuract.inspection._shuffled_scores import Scoring, scorer_of
from neuract.training._members import MOST_AT_ONCE, Members

UNUSED = -1  # in place of the column of a number that no input reads


def importance(
    model: FittedModel,
    X: Any,
    y: npt.ArrayLike,
    *,
    repeats: int = 5,
    scoring: Scoring = None,
    random_state: int | np.random.RandomState | None = None,
) -> Importance:
    """Measures how much of a fitted model's score each column of X is worth: permutation importance.

    The importance of column j is s - (1 / repeats) Σ_r s[r, j]: s is the score on X, and s[r, j] the score on X whose
    column j comes from other rows, in a random order. Breiman 2001, "Random Forests", doi:10.1023/A:1010933404324, with
    the score in place of a forest's votes; `sklearn.inspection.permutation_importance` has the same definition.

    Parameters
    ----------
    model : Network, MLP or tabular estimator, or Pipeline
        The fitted model; it is not changed. A Pipeline of scikit-learn is folded: see `neuract.folded`.
    X : array-like or frame, as `predict` takes it
        At least two rows. With rows that the model was not trained on, importances tell what helps it to predict; with
        its training rows they also count what it has learned by heart.
    y : array-like
        Targets, in the form that `fit` takes.
    repeats : int, default=5
        Random orders of the rows. All columns are shuffled in the same orders.
    scoring : None, str or callable, default=None
        None: the metric of the model's `score`, which is the accuracy for classes, R² for numbers, and the mean D² for
        quantiles. A str: a name of `sklearn.metrics.get_scorer_names()`. A callable: ``scoring(model, X, y)`` returns a
        number, larger is better. Its model has the `predict` and `predict_proba` of the fitted model, both with the
        answers for the shuffled rows, whatever X is; its X is not shuffled.
    random_state : None, int or numpy.random.RandomState, default=None
        Seeds the orders. The same int gives the same result, bit for bit, for any number of threads.

    Returns
    -------
    Importance

    Raises
    ------
    TypeError
        If the model, X (a source of `neuract.data`) or scoring is another object.
    ValueError
        If X is sparse, X or y do not fit the model, or the model is not fitted.

    Notes
    -----
    A column of a frame is shuffled as one, whatever numbers the model makes of it: levels, sine and cosine of a date,
    whether it is missing. A column that the model does not use has the importance 0.

    Two columns that tell the same share their importance: the model still has one of them where the other is shuffled.

    X is never copied. The first layer's sums of the other columns are kept, and only what the shuffled column gives is
    added to them, so that predictions can differ by rounding from those of a shuffled copy of X.

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> X = np.random.default_rng(0).normal(size=(500, 3))
    >>> net = na.Network([na.Dense(1, "linear")]).set_parameters([[[2.0], [0.0], [1.0]]])
    >>> found = na.importance(net, X, 2 * X[:, 0] + X[:, 2], random_state=0)
    >>> print(found)
    column  importance  spread
    x0            1.62   0.072
    x2           0.431   0.018
    x1               0       0
    <BLANKLINE>
    r2 lost of 1 where a column is shuffled, mean and standard deviation of 5 repeats on 500 rows
    """
    model, repeats = without_pipeline(model), whole_number(repeats, "repeats", low=1)
    if not isinstance(model, FittedModel):
        raise TypeError(f"importance takes a Network, an MLP estimator or a tabular one, got {model!r}")
    check_no_source(X)
    if is_sparse(X):
        raise ValueError("X is sparse, and importance takes arrays and frames; give X[:1000].toarray() or more rows")
    data = model._data(X, y)
    assert not isinstance(data.x, SparseRows)
    if data.rows < 2:
        raise ValueError(f"importance needs two rows or more to shuffle, got {data.rows}")
    name, score = scorer_of(model, data, X, y, scoring)
    names, columns = _columns_of(model, X, data.x.shape[1])
    members, n_threads = model._members(), model._fitted_network().n_threads
    base = score(members.predict(data.x, n_threads))
    values = np.zeros((len(names), repeats))
    orders = _orders(data.rows, repeats, random_state)
    for column, repeat, outputs in _shuffled(members, data.x, columns, orders, n_threads):
        values[column, repeat] = base - score(outputs)
    return Importance(tuple(names), values.mean(axis=1), values.std(axis=1), values, base, name, data.rows)


def _columns_of(model: FittedModel, X: Any, n_numbers: int) -> tuple[list[str], Array]:
    """Returns the names of the user's columns, and for each column of the core's X the number of one of them."""
    frame = model._frame_columns()
    if frame is not None:
        return names_of_frame(frame), column_of_number(frame)
    names, columns = model._column_names(), np.arange(n_numbers)  # an estimator of a frame has an array of names
    names = column_names(X) if names is None else names
    if inputs := model._fitted_network().inputs:
        read = [column for each in inputs for column in each.columns]
        columns[~np.isin(columns, read)] = UNUSED
    return [f"x{k}" for k in columns] if names is None else [str(name) for name in names], columns


def _orders(rows: int, repeats: int, random_state: Any) -> Array:
    """Returns random orders of the rows, repeats × rows."""
    seed = checked_random_state(random_state)
    if isinstance(seed, np.random.RandomState):
        seed = seed.randint(2**32, dtype=np.uint32)
    random = np.random.default_rng(seed)
    return np.array([random.permutation(rows) for _ in range(repeats)], np.uint32)


def _shuffled(
    members: Members, x: Array, columns: Array, orders: Array, n_threads: int | None
) -> Iterator[tuple[int, int, Array]]:
    """Yields the number of a column, that of an order, and the outputs where the column is in this order."""
    used = np.unique(columns[columns != UNUSED])
    outputs = len(members) * len(x) * members.networks[0].layers[-1].units
    together = max(1, MOST_AT_ONCE // (outputs * len(orders)))  # columns
    at_once = max(1, MOST_AT_ONCE // outputs)  # orders
    for first in range(0, len(used), together):
        some = used[first : first + together]
        found = np.searchsorted(some, columns)
        there = (found < len(some)) & (some[np.minimum(found, len(some) - 1)] == columns)
        sets = np.where(there, found, len(some))
        for at in range(0, len(orders), at_once):
            y = members.predict_shuffled(x, len(some), sets, orders[at : at + at_once], n_threads)
            for number, order in np.ndindex(y.shape[:2]):
                yield int(some[number]), at + order, y[number, order]
