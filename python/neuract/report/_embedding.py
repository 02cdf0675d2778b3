# SPDX-License-Identifier: BSD-3-Clause
"""The data of the page: a description of the network as JSON, and its numbers in base64."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuract._typing import Array, FittedModel, FittedNetwork
from neuract.columns._asked import kind_of_number, level_names
from neuract.columns._columns import Columns
from neuract.engine._described import (
    described_combination,
    described_member,
    described_outcome,
    in_base64,
    numbers_of_members,
    script_safe,
)
from neuract.inputs._sparse import SparseRows, is_sparse
from neuract.inspection._activities import of_numbers
from neuract.inspection._diagnosis import Diagnosis
from neuract.layers._numbers import levels_of, number_columns, number_names, typical_row
from neuract.report._frame import of_frame
from neuract.report._rows import dense, evenly_spread
from neuract.training._members import Members

N_EXAMPLES = 12  # rows of X stored in the page
N_LOOKED_AT = 1000  # rows of X that decide which inputs are whole numbers, and what is strong in one of several members


@dataclass(frozen=True)
class Embedded:
    """The page's data.

    Attributes
    ----------
    description : str
        JSON that is safe inside a script element.
    numbers : str
        Base64 of little-endian numbers: what the members have learned, as the engine takes it; then, with X, the
        minimum, the maximum and the mean of each column, of levels the most frequent one, and the example rows. With
        columns of a frame these are in the JSON.
    """

    description: str
    numbers: str


def embedded(model: FittedModel, X: Any, y: npt.ArrayLike | None, diagnosis: Diagnosis | None, kept: str) -> Embedded:
    """Returns the data of a fitted model; kept: the dtype of the numbers in the file."""
    network = model._fitted_network()
    rows, matrix, frame = None if diagnosis is None else model._rows(X), feature_names(model, X), model._frame_columns()
    members = model._members()
    each = _each(members, (matrix, level_names(frame)), diagnosis, rows)
    description = {
        "dtype": network.dtype,
        "kept": kept,
        "columns": columns_of_matrix(network, matrix),
        **each[0],
        "outcome": described_outcome(model._meaning()),
        "order": _columns_of_numbers(network, each[0]["numbers_order"], frame),
        **described_combination(members, each),
    }
    arrays = numbers_of_members(members)
    if frame is not None:
        chosen = None if rows is None else evenly_spread(len(rows), N_EXAMPLES)
        description |= of_frame(frame, X, chosen, [] if chosen is None else _example_names(chosen, y))
    elif diagnosis is not None and rows is not None:
        numbers = evenly_spread(len(rows), N_EXAMPLES)
        description |= {"examples": _example_names(numbers, y), "whole": _whole(rows)}
        arrays += [*_ranges(network, diagnosis, rows), dense(rows, numbers)]
    return Embedded(script_safe(json.dumps(description)), in_base64(arrays, kept))


def _each(
    members: Members,
    names: tuple[Sequence[str], Any],
    diagnosis: Diagnosis | None,
    rows: Array | SparseRows | None,
) -> list[dict[str, Any]]:
    """Returns what describes each member; names: of the columns of the matrix and of levels."""
    if rows is not None and len(members) > 1:
        rows = dense(rows, evenly_spread(len(rows), N_LOOKED_AT))
    return [_member(one, names, _strongest_numbers(one, diagnosis, rows)) for one in members.networks]


def _member(network: FittedNetwork, names: tuple[Sequence[str], Any], order: list[int]) -> dict[str, Any]:
    """Returns what describes a network; order: of the numbers that its first layer gets."""
    described = described_member(network)
    layers = zip(network.layers, described["layers"], strict=True)
    return {
        **described,
        "layers": [layer | {"shown": repr(each.activation)} for each, layer in layers],
        "numbers": number_names(network.inputs, *names),
        "numbers_order": order,
        "strongest": _strongest_neurons(network),
    }


def columns_of_matrix(network: FittedNetwork, names: Sequence[str]) -> list[dict[str, Any]]:
    """Returns for each column of X that the network takes its name, and its number of levels if it holds levels."""
    levels = levels_of(network.inputs)
    return [{"name": name} | ({"levels": levels[k]} if k in levels else {}) for k, name in enumerate(names)]


def feature_names(model: FittedModel, X: Any) -> list[str]:
    """Returns the names of the columns of `_rows` that the model or X has, else x0, x1, ..."""
    n_inputs = model._fitted_network()._known().n_inputs
    names = model._column_names()
    names = getattr(X, "columns", None) if names is None else names
    return [f"x{k}" for k in range(n_inputs)] if names is None else [str(name) for name in names]


def _strongest_numbers(
    network: FittedNetwork, diagnosis: Diagnosis | None, rows: Array | SparseRows | None
) -> list[int]:
    """Returns the numbers ordered by their effect on the first layer: norm of their weights times their spread."""
    with np.errstate(over="ignore", invalid="ignore"):
        strength = np.linalg.norm(network.weights[0], axis=1)
        if diagnosis is not None and rows is not None:
            strength = strength * (_deviations(network, rows) if network.inputs else diagnosis.input_std)
    return _strongest(strength)


def _deviations(network: FittedNetwork, rows: Array | SparseRows) -> Array:
    """Returns the standard deviation of each number that the first layer gets."""
    deviations: Array = np.sqrt(of_numbers(network, rows)[0]["squares"] / len(rows))
    return deviations


def _columns_of_numbers(network: FittedNetwork, order: list[int], frame: Columns | None) -> list[int]:
    """Returns the columns of the page that the network takes, each where its strongest number stands."""
    columns = number_columns(network.inputs, network._known().n_inputs)[order]
    return list(dict.fromkeys(_numbers(columns if frame is None else kind_of_number(frame)[columns])))


def _ranges(network: FittedNetwork, diagnosis: Diagnosis, rows: Array | SparseRows) -> list[Array]:
    """Returns the least, the largest and the mean of each column; of levels the most frequent one as their mean."""
    if not network.inputs:
        return [diagnosis.input_minimum, diagnosis.input_maximum, diagnosis.input_mean]
    x = np.asarray(rows, dtype=np.float64)
    return [x.min(axis=0), x.max(axis=0), typical_row(network.inputs, x)]


def _strongest_neurons(network: FittedNetwork) -> list[list[int]]:
    """Returns neurons ordered by the norm of incoming weights times that of outgoing weights; outputs in order."""
    with np.errstate(over="ignore", invalid="ignore"):
        into = [np.linalg.norm(weights, axis=0) for weights in network.weights]
        out_of = [np.linalg.norm(weights, axis=1) for weights in network.weights[1:]]
        hidden = [_strongest(a * b) for a, b in zip(into, out_of, strict=False)]
    return [*hidden, list(range(network.layers[-1].units))]


def _strongest(strength: Array) -> list[int]:
    """Returns the numbers in descending order of strength; first those whose strength is not a number."""
    return _numbers(np.argsort(-np.where(np.isnan(strength), np.inf, strength), kind="stable"))


def _example_names(numbers: Array, y: npt.ArrayLike | None) -> list[str]:
    """Returns a name per row: its number, and its target if y has one per row."""
    targets = None if y is None or is_sparse(y) else np.asarray(y)
    if targets is None or targets.size != len(targets):
        return [f"row {number}" for number in numbers]
    chosen = targets.ravel()[numbers]
    return [f"row {number}, y = {_brief(target)}" for number, target in zip(numbers, chosen, strict=True)]


def _brief(target: Any) -> str:
    return f"{target:.4g}" if isinstance(target, np.floating) else str(target)


def _whole(rows: Any) -> list[int]:
    """Returns the inputs that are whole numbers in a sample of the rows."""
    some = dense(rows, evenly_spread(len(rows), N_LOOKED_AT))
    return _numbers(np.flatnonzero((some == np.rint(some)).all(axis=0)))


def _numbers(array: Array) -> list[int]:
    return [int(number) for number in array]
