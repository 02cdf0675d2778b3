# SPDX-License-Identifier: BSD-3-Clause
"""explain: what each column contributes to each answer of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from neuract._checks import one_of, real_number
from neuract._typing import Array, AskedModel
from neuract.columns._asked import held, kind_of_number, numbers_of, typical, values_of
from neuract.columns._category import Category
from neuract.columns._columns import Columns
from neuract.columns._values import DATE, MICROSECONDS_A_DAY, TRUTH, is_value
from neuract.inputs._columns import column_names
from neuract.inspection._explanation import Explanation
from neuract.inspection._integrals import Integrals, integrals
from neuract.inspection._pipelines import without_pipeline
from neuract.layers._numbers import typical_row
from neuract.outputs._kinds import Classes, Outputs

METHODS = ("integrated_gradients",)
TYPICAL = "the typical row of the training"
MEAN = "the mean of the rows"
PEOPLE: dict[str, Callable[[float], Any]] = {
    DATE: lambda days: np.datetime64(round(days * MICROSECONDS_A_DAY), "us"),
    TRUTH: bool,
}
"""How people write the numbers of a form."""


def explain(
    model: AskedModel,
    X: Any,
    baseline: Any = None,
    *,
    method: str = "integrated_gradients",
    tolerance: float = 1e-4,
    feature_names: Sequence[str] | None = None,
) -> Explanation:
    """Attributes each answer of a fitted model to the columns of X: how far each moves it away from a baseline's.

    Parameters
    ----------
    model : Network, estimator or Pipeline
        The fitted model; it is not changed. A Pipeline of scikit-learn is folded: see `neuract.folded`.
    X : array-like or frame, as `predict` takes it; not sparse
        The rows to explain.
    baseline : row, rows or None, default=None
        What to compare with. One row (an array, a dict of values, or X's kind with one row): its answer. Several rows,
        such as a hundred of the training: the mean of their answers (expected gradients, Erion et al. 2021,
        arXiv:1906.10670), in as many times the time. None: for models of frames the typical row of the training, with
        the medians of numbers and dates and the most frequent levels, since it does not depend on the rows of X; other
        models keep no such row, and take the mean of X, for columns of levels the most frequent one.
    method : {"integrated_gradients"}, default="integrated_gradients"
        The only one. Sundararajan et al. 2017, arXiv:1703.01365.
    tolerance : float, default=1e-4
        Error of each step of the integral, as a share of the sizes of the row's contributions, > 0. The errors of
        values are mostly a tenth of it. Time grows as 1 / √tolerance or so.
    feature_names : sequence of str or None, default=None
        Names of the columns of X, if neither X nor the model has them.

    Returns
    -------
    Explanation
        Its `values` are rows × columns × outputs. They are in the units of the answers: probabilities of a classifier,
        also after its temperature; the unit of y of a regressor.

    Raises
    ------
    TypeError
        If the model is another object, or the baseline is text.
    ValueError
        If X or the baseline do not fit the model, X is sparse, the model is not fitted, or there is a single row and no
        baseline for it.

    Notes
    -----
    With f the model from the first layer on, and x and b the numbers that the row and the baseline give the first
    layer, number i contributes (x_i - b_i) · ∫ ∂f/∂x_i (b + t (x - b)) dt, t from 0 to 1. A column contributes the sum
    over the numbers that are made of it: its scaled value and whether it is missing, the position in an embedding, a
    number a level. So levels and missing values need no order: the path leads straight from one vector to another.

    The sum of a row's contributions is its answer minus the baseline's. That is exact but for rounding, since the
    integral is computed as sums of mean slopes Δf/Δz of neurons over steps of the path; steps are halved where a whole
    step and its halves differ by more than the tolerance. It does not hold where a neuron jumps, since the derivative
    does not see jumps: those with a threshold, and hard_shrink. `rest` of the result is what jumps account for.

    All of it is computed in float64, and has the same bits for any number of threads and any other rows in X.

    Examples
    --------
    >>> import neuract as na
    >>> net = na.Network([na.Dense(1, "linear")]).set_parameters([[[2.0], [-1.0]]], [[0.5]])
    >>> explanation = na.explain(net, [[3.0, 1.0]], baseline=[1.0, 1.0])
    >>> explanation.base_values, explanation.values[0, :, 0], explanation.predictions[0]
    (array([1.5]), array([4., 0.]), array([5.5]))
    >>> print(explanation)
    5.50: 4.00 above the 1.50 of the given row, most by x0 = 3 (+4.00)
    <BLANKLINE>
    x0 = 3  +4.00  ████████████████████
    x1 = 1   0.00
    """
    model = without_pipeline(model)
    if not isinstance(model, AskedModel):
        raise TypeError(f"explain takes a Network, an MLP estimator or a tabular one, got {model!r}")
    one_of(method, "method", METHODS)
    tolerance = real_number(tolerance, "tolerance", low=0, open_low=True, open_high=True)
    columns, x = model._frame_columns(), _dense(model, X)
    baselines, told = _baselines(model, x, baseline)
    groups = np.arange(x.shape[1]) if columns is None else kind_of_number(columns)
    names = _names(model, X, x.shape[1], feature_names)
    data, shown = (x, x) if columns is None else _of_frame(columns, X)
    found = integrals(model._members(), x, baselines, groups, tolerance)
    return _answered(model._meaning(), found, names, data, shown, told)


# ---- rows ------------------------------------------------------------------------------------------


def _dense(model: AskedModel, X: Any) -> Array:
    x = model._rows(X)
    if not isinstance(x, np.ndarray):
        raise ValueError("explain needs a dense X; X.toarray() makes one")
    return x


def _baselines(model: AskedModel, x: Array, given: Any) -> tuple[Array, str]:
    """Returns the baselines as rows of the matrix, and what they are in words."""
    columns = model._frame_columns()
    if isinstance(given, str):
        raise TypeError(f"baseline must be a row, rows or None, got {given!r}")
    if given is not None:
        rows = _dense(model, _as_rows(given, columns is not None))
        return rows, "the given row" if len(rows) == 1 else f"{len(rows):,} background rows"
    if columns is not None:
        kinds = columns.kinds_
        numbers = [each for kind in kinds for each in numbers_of(kind, np.array([typical(kind, np.empty(0))]))]
        return np.stack(numbers, axis=1), TYPICAL
    if len(x) == 1:
        raise ValueError(
            "a single row needs a baseline to compare with: a typical row, such as baseline=X_train.mean(axis=0), or "
            "background rows, such as baseline=X_train[:100]"
        )
    return typical_row(model._fitted_network().inputs, x)[np.newaxis], MEAN


def _as_rows(given: Any, of_frame: bool) -> Any:
    """Returns a row that has one dimension as X of one row."""
    if getattr(given, "ndim", None) == 1 and hasattr(given, "to_dict"):  # a row of pandas
        return [given.to_dict()] if of_frame else np.asarray(given)[np.newaxis]
    if isinstance(given, (list, tuple, np.ndarray)) and len(given) and is_value(given[0]):
        return [list(given)]
    return given


# ---- names and values ------------------------------------------------------------------------------


def _names(model: AskedModel, X: Any, n: int, given: Sequence[str] | None) -> list[str]:
    columns = model._frame_columns()
    if columns is not None:
        return [kind.name for kind in columns.kinds_]
    candidates = (given, model._column_names(), column_names(X))
    known = next((names for names in candidates if names is not None), None)
    names = [f"x{k}" for k in range(n)] if known is None else [str(name) for name in known]
    if len(names) != n:
        raise ValueError(f"feature_names must have {n} names, one for each column of X, got {len(names)}")
    return names


def _of_frame(columns: Columns, X: Any) -> tuple[Array, Array]:
    """Returns the used columns of X as numbers, and as people know them, both rows × columns."""
    values = values_of(columns, X)
    data = np.stack([held(kind, each) for kind, each in zip(columns.kinds_, values, strict=True)], axis=1)
    shown = data.astype(object)
    for place, (kind, each) in enumerate(zip(columns.kinds_, values, strict=True)):
        if isinstance(kind, Category):
            shown[:, place] = each.texts()
        elif each.form in (DATE, TRUTH):
            shown[:, place] = [None if value != value else PEOPLE[each.form](value) for value in each.values.tolist()]
    return data, shown


# ---- answers ---------------------------------------------------------------------------------------


def _answered(
    meaning: Outputs, found: Integrals, names: list[str], data: Array, shown: Array, baseline: str
) -> Explanation:
    """Returns the integrals of outputs as those of answers, which are linear in the outputs."""
    values = found.values
    if isinstance(meaning, Classes) and values.shape[2] == 1:
        values = np.zeros_like(values) if meaning.certain else np.concatenate([-values, values], axis=2)
    if meaning.unit is not None:
        values = values * meaning.unit.scales
    return Explanation(
        values=values,
        base_values=np.asarray(meaning.columns(found.base[np.newaxis])[0], np.float64),
        predictions=np.asarray(meaning.columns(found.outputs), np.float64),
        data=data,
        shown=shown,
        names=tuple(names),
        output_names=tuple(meaning.names),
        baseline=baseline,
        kind=meaning.kind,
    )
