# SPDX-License-Identifier: BSD-3-Clause
"""What pictures ask of a model, a Network or a fitted estimator: its network, and the names of what goes in and out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neuract._typing import Array
from neuract.activations._named import Softmax
from neuract.network import Network


def network_of(model: Any) -> Network:
    """The network of a fitted model.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If it is no model of ours.
    """
    network = getattr(model, "network_", model)
    if isinstance(network, Network):
        network.n_parameters  # noqa: B018 (NotFittedError where there are none)
        return network
    if hasattr(model, "__sklearn_tags__"):
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(model)
    raise TypeError(
        f"model must be a Network, an MLPClassifier or an MLPRegressor, got {type(model).__name__}; of a pipeline give "
        "the last step, and X as the steps before it leave it"
    )


def rows_of(model: Any, X: Any) -> Any:
    """X as the model's network takes it: an array, or sparse in rows; what is missing is 0 where the model says so."""
    if hasattr(X, "tocsr"):
        return X.tocsr()
    rows = np.asarray(X)
    missing_is_zero = getattr(model, "missing", "error") == "zero" and rows.dtype.kind == "f"
    return np.where(np.isnan(rows), 0, rows) if missing_is_zero else rows


def input_names(model: Any, X: Any, given: Sequence[str] | None) -> list[str]:
    """One for each feature: those given, else those that the model or X has, else x0, x1, ..."""
    n_inputs = len(network_of(model).weights[0])
    candidates = (given, getattr(model, "feature_names_in_", None), getattr(X, "columns", None))
    known = next((names for names in candidates if names is not None), None)
    return _named("feature_names", known, n_inputs, [f"x{k}" for k in range(n_inputs)])


def output_names(model: Any, given: Sequence[str] | None) -> list[str]:
    """One for each output: those given, else the model's classes, else y or y0, y1, ... (softmax: 0, 1, ...)."""
    output = network_of(model).layers[-1]
    classes = getattr(model, "classes_", None)
    known = given if given is not None else classes
    if known is not None and output.units == 1 and len(known) == 2:
        known = known[1:]  # its probability
    if output.units == 1:
        return _named("class_names", known, 1, ["y"])
    prefix = "" if isinstance(output.activation, Softmax) else "y"
    return _named("class_names", known, output.units, [f"{prefix}{j}" for j in range(output.units)])


def targets_of(model: Any, y: npt.ArrayLike, rows: int) -> Array:
    """y as the network's outputs should be: (rows, n_out), 0 and 1 where they stand for classes."""
    given, output = np.asarray(y), network_of(model).layers[-1]
    if given.shape not in ((rows,), (rows, 1), (rows, output.units)):
        raise ValueError(f"y must have shape ({rows},) or ({rows}, {output.units}), got {given.shape}")
    if given.shape == (rows, output.units) and output.units > 1:
        return given
    classes = getattr(model, "classes_", None)
    numbers = (given if classes is None else np.searchsorted(classes, given)).reshape(rows, 1)
    if isinstance(output.activation, Softmax):
        return np.equal(numbers, np.arange(output.units))
    return np.broadcast_to(numbers, (rows, output.units))  # several quantiles are of one target


def _named(what: str, names: Any, n: int, default: list[str]) -> list[str]:
    if names is None:
        return default
    if len(names) != n:
        raise ValueError(f"{what} must have {n} names, one for each, got {len(names)}")
    return [str(name) for name in names]
