# SPDX-License-Identifier: BSD-3-Clause
"""folded: a fitted pipeline becomes a tabular estimator, whose columns and first layer do the work of its steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from neuract._typing import Array
from neuract.estimators._classifier import MLPClassifier
from neuract.estimators._regressor import MLPRegressor
from neuract.estimators._saved import state_of
from neuract.estimators._tabular import OF_PERCEPTRON, Tabular
from neuract.estimators._tabular_classifier import TabularClassifier
from neuract.estimators._tabular_regressor import TabularRegressor
from neuract.files._members import only
from neuract.layers._inputs import Input, Numbers, OneHot
from neuract.network import Network
from neuract.pipelines._columns import Encoded, column_of
from neuract.pipelines._parts import Part, Raw, Unfoldable
from neuract.pipelines._steps import after, refused

TABULAR: dict[type[Any], type[Tabular]] = {MLPClassifier: TabularClassifier, MLPRegressor: TabularRegressor}
OF_BOTH = (*OF_PERCEPTRON, "hidden_layer_sizes", "activation")
"""The parameters that mean the same for the estimators of a pipeline and for those of frames."""
UNUSED = "the pipeline does not use it"


def folded(pipeline: Pipeline) -> Any:
    """Returns a fitted scikit-learn Pipeline as a fitted estimator that takes its frames.

    The estimator has what a Pipeline lacks: `save`, `report`, `to_onnx`, `to_c`, `to_js`, and a life without
    scikit-learn.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline
        Fitted. Its steps may be ColumnTransformer, Pipeline, StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler,
        SimpleImputer, OneHotEncoder, OrdinalEncoder, "passthrough" and "drop", in any order and nested; the last one
        is an `MLPClassifier` or `MLPRegressor`.

    Returns
    -------
    TabularClassifier or TabularRegressor
        It predicts as the pipeline, to 1e-6 of the spread of its outputs. The pipeline is not changed.

    Raises
    ------
    ValueError
        If a step cannot be folded into columns; the message names it.
    TypeError
        If it is not a Pipeline.

    Notes
    -----
    Scaling becomes that of the columns, and encoded levels become one number each; all that is linear behind them
    becomes part of the first layer. Rows that the pipeline refuses get an answer: a missing value counts as the center
    of the scaling, or as an unknown level; an unknown level as none of OneHotEncoder's, or as the mean of
    OrdinalEncoder's numbers. None, NaN and, in columns of levels, empty text are one missing value. Frames must have
    the columns of `fit` in their order, also those that the pipeline drops. The estimator has the pipeline's one
    network; its `fit` would train members, as `TabularClassifier` does.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.compose import make_column_transformer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import OneHotEncoder, StandardScaler
    >>> import neuract as na
    >>> X = pd.DataFrame({"size": [50.0, 80.0, 120.0, 60.0], "town": ["Ulm", "Bonn", "Ulm", "Bonn"]})
    >>> columns = make_column_transformer((StandardScaler(), ["size"]), (OneHotEncoder(), ["town"]))
    >>> pipeline = make_pipeline(columns, na.MLPRegressor(solver="lbfgs", tol=0.1)).fit(X, [500, 900, 1200, 700])
    >>> na.folded(pipeline).columns_.names_
    ['size', 'town']
    """
    if not isinstance(pipeline, Pipeline):
        raise TypeError(f"folded takes a fitted Pipeline of scikit-learn, got {type(pipeline).__name__}")
    check_is_fitted(pipeline)
    name, last = pipeline.steps[-1]
    if type(last) not in TABULAR:
        raise refused(name, last, "the last step must be an MLPClassifier or MLPRegressor of neuract")
    names, n_columns = _frame_of(pipeline)
    parts: list[Part] = [Raw(column) for column in range(n_columns)]
    for own, step in pipeline.steps[:-1]:
        parts = after(own, step, parts)
    known = [f"x{column}" for column in range(n_columns)] if names is None else names
    try:
        return _tabular(last, _columns(known, parts, last), names, known)
    except Unfoldable as why:
        raise refused(name, last, why) from None


def _frame_of(pipeline: Pipeline) -> tuple[list[str] | None, int]:
    """Returns the names of the frame's columns, or None, and their number."""
    first: Any = next(step for _, step in pipeline.steps if hasattr(step, "n_features_in_"))
    names = getattr(first, "feature_names_in_", None)
    return None if names is None else list(map(str, names)), int(first.n_features_in_)


def _columns(names: Sequence[str], parts: Sequence[Part], last: Any) -> dict[int, Encoded]:
    """Returns the columns that are used, by their place in the frame; last: the estimator that takes the parts."""
    if len(parts) != last.n_features_in_:
        raise Unfoldable(f"it has {last.n_features_in_} features, and the steps before it give {len(parts)}")
    if len(set(names)) < len(names):
        raise Unfoldable("columns of the frame have the same name")
    zero = last._missing_is_zero()
    of_column: dict[int, dict[int, Part]] = {}
    for place, part in enumerate(parts):
        of_column.setdefault(part.column, {})[place] = part
    return {column: column_of(names[column], of_column[column], zero) for column in sorted(of_column)}


# ---- the estimator ---------------------------------------------------------------------------------


def _tabular(model: Any, columns: dict[int, Encoded], names: list[str] | None, known: list[str]) -> Tabular:
    state = state_of(model)
    given = {name: getattr(model, name) for name in OF_BOTH}
    if isinstance(model, MLPClassifier):
        given["class_weight"] = model.class_weight
    tabular = TABULAR[type(model)](**given, dtype=model.network_.dtype)
    tabular._set_state(
        {
            "parameters": tabular.get_params(deep=False),
            "attributes": state["attributes"] | ({} if isinstance(model, MLPClassifier) else {"_unit": None}),
            "members": only(_network_state(model.network_, list(columns.values()))),
            "columns": {
                "names": names,
                "n_columns": len(known),
                "places": list(columns),
                "kinds": [each.kind for each in columns.values()],
                "left_out": {name: UNUSED for place, name in enumerate(known) if place not in columns},
            },
        }
    )
    return tabular


def _network_state(network: Network, columns: list[Encoded]) -> dict[str, Any]:
    """Returns the state of the same network on the matrix of the columns."""
    state = network._state()
    inputs, ordered = _inputs(columns)
    learned = state["learned"]
    first = learned["parameters"]["weights"][0].astype(np.float64)
    biases = learned["parameters"]["biases"][0].astype(np.float64) + sum(each.biases(first) for each in columns)
    weights = np.concatenate([each.weights(first) for each in ordered])
    parameters = {
        **learned["parameters"],
        "weights": [_in_dtype(weights, network.dtype), *learned["parameters"]["weights"][1:]],
        "biases": [_in_dtype(biases, network.dtype), *learned["parameters"]["biases"][1:]],
        "inputs": [np.empty(0, network.dtype) for each in inputs for _ in each.encodings()],
    }
    n_inputs = sum(len(each.kind.names) for each in columns)
    init = state["free"]["init"]
    return {
        **state,
        "fixed": {**state["fixed"], "inputs": inputs},
        "free": {**state["free"], "init": init if isinstance(init, str) else "glorot_uniform"},
        "learned": {**learned, "n_inputs": n_inputs, "parameters": parameters},
        "training": None,
    }


def _inputs(columns: list[Encoded]) -> tuple[list[Input], list[Encoded]]:
    """Returns the inputs, numbers first as in `Columns.inputs_`, and the columns in the order of their numbers."""
    numbers: list[int] = []
    levels: list[Input] = []
    at = 0
    for each in columns:
        width = len(each.kind.names)
        if each.is_levels:
            levels.append(OneHot(at, len(each.rows)))
        else:
            numbers += range(at, at + width)
        at += width
    inputs: list[Input] = [Numbers(numbers)] if numbers else []
    return inputs + levels, sorted(columns, key=lambda each: each.is_levels)


def _in_dtype(array: Array, dtype: str) -> Array:
    with np.errstate(over="ignore"):
        converted = np.ascontiguousarray(array, dtype)
    if not np.isfinite(converted).all():
        raise Unfoldable(f"its first layer would need numbers too large for {dtype}")
    return converted
