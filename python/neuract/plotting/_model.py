# SPDX-License-Identifier: BSD-3-Clause
"""The network, the rows, the names and the targets that pictures need of a fitted model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neuract._typing import Array, AskedModel, FittedModel, FittedNetwork
from neuract.columns._asked import level_names
from neuract.inputs._sparse import SparseRows
from neuract.inspection._activities import of_numbers
from neuract.inspection._members import member_of
from neuract.layers._numbers import number_names
from neuract.outputs._kinds import Classes, OfClassifier


def network_of(model: AskedModel, member: int = 0) -> FittedNetwork:
    """Returns the network of a fitted model, or of several members the one with this number.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If the model is not one of neuract's.
    ValueError
        If the model has no such member.
    """
    if not isinstance(model, AskedModel):
        raise TypeError(f"model must be a Network or a fitted estimator of neuract, got {type(model).__name__}")
    return member_of(model, member)


def measured(model: AskedModel, X: Any, member: int = 0) -> tuple[int, list[Array]]:
    """Returns the number of rows and arrays of ACTIVITY: of the numbers that the first layer gets, and per layer."""
    return measured_rows(network_of(model, member), checked_rows(model, X))


def checked_rows(model: AskedModel, X: Any) -> Array | SparseRows:
    """Returns X in the form that the core takes."""
    if not isinstance(model, FittedModel):
        raise TypeError(f"this picture needs a Network or a fitted estimator of neuract, got {model!r}")
    return model._rows(X)


def measured_rows(network: FittedNetwork, rows: Array | SparseRows) -> tuple[int, list[Array]]:
    """Returns the same of checked rows."""
    with np.errstate(all="ignore"):  # a network that diverged has infinities and NaN
        numbers, layers = of_numbers(network, rows)
    return len(rows), [numbers, *layers]


def rows_of(model: AskedModel, X: Any) -> Array:
    """Returns X as an array, checked, missing values filled in."""
    rows = model._rows(X)
    return rows.toarray() if isinstance(rows, SparseRows) else rows


def input_names(model: AskedModel, X: Any, given: Sequence[str] | None) -> list[str]:
    """Returns one name per column of `_rows`: those given, else those of the model or of X, else x0, x1, ..."""
    n_inputs = network_of(model)._known().n_inputs
    candidates = (given, model._column_names(), getattr(X, "columns", None))
    known = next((names for names in candidates if names is not None), None)
    return named("feature_names", known, n_inputs, [f"x{k}" for k in range(n_inputs)])


def names_of_numbers(model: AskedModel, X: Any, given: Sequence[str] | None, member: int = 0) -> list[str]:
    """Returns a name per number that the first layer gets; given: names of the columns of X."""
    inputs = network_of(model, member).inputs
    return number_names(inputs, input_names(model, X, given), level_names(model._frame_columns()))


def class_names(model: AskedModel) -> Sequence[Any] | None:
    """Returns the labels of a classifier; None for other models."""
    meaning = model._meaning()
    return meaning.names if isinstance(meaning, OfClassifier) else None


def output_names(model: AskedModel, given: Sequence[str] | None) -> list[str]:
    """Returns one name per output: those given, else the model's classes, else y or y0, y1, ... (softmax: 0, 1)."""
    units = network_of(model).layers[-1].units
    known = given if given is not None else class_names(model)
    if known is not None and units == 1 and len(known) == 2:
        known = known[1:]  # the output is its probability
    if units == 1:
        return named("class_names", known, 1, ["y"])
    prefix = "" if model._meaning().kind == "classes" else "y"
    return named("class_names", known, units, [f"{prefix}{j}" for j in range(units)])


def classes_of(model: AskedModel, outputs: Sequence[str]) -> list[str]:
    """Returns the names of all classes, both of two; outputs: those of `output_names`."""
    known = class_names(model)
    if len(outputs) > 1 or known is None or len(known) != 2:
        return list(outputs) if len(outputs) > 1 else ["0", "1"]
    return [str(known[0]), *outputs]


def targets_of(model: AskedModel, y: npt.ArrayLike, rows: int) -> Array:
    """Returns y in the shape of the network's outputs, rows × outputs: 0 and 1 where they stand for classes."""
    given, units, meaning = np.asarray(y), network_of(model).layers[-1].units, model._meaning()
    if given.shape not in ((rows,), (rows, 1), (rows, units)):
        raise ValueError(f"y must have shape ({rows},) or ({rows}, {units}), got {given.shape}")
    if given.shape == (rows, units) and units > 1:
        return given
    numbers = np.searchsorted(meaning.classes, given) if isinstance(meaning, Classes) else given
    if meaning.kind == "classes" and units > 1:
        return np.equal(numbers.reshape(rows, 1), np.arange(units))
    return np.broadcast_to(numbers.reshape(rows, 1), (rows, units))  # quantiles share one target


def named(what: str, names: Any, n: int, default: list[str]) -> list[str]:
    if names is None:
        return default
    if len(names) != n:
        raise ValueError(f"{what} must have {n} names, one for each, got {len(names)}")
    return [str(name) for name in names]
