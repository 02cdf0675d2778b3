# SPDX-License-Identifier: BSD-3-Clause
"""The data of the page: a description of the network as JSON, and its numbers in base64."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuract._typing import Array, FittedNetwork
from neuract.columns._asked import kind_of_number, level_names
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
from neuract.outputs._kinds import Classes
from neuract.report._frame import of_frame
from neuract.report._rows import dense, evenly_spread
from neuract.report._scaler import Scaler
from neuract.report._subject import Subject
from neuract.report._words import meaning_shown, number
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


def embedded(about: Subject, kept: str) -> Embedded:
    """Returns the data of a fitted model; kept: the dtype of the numbers in the file."""
    model, diagnosis, words = about.model, about.diagnosis, about.words
    network, members, frame = model._fitted_network(), model._members(), model._frame_columns()
    rows = None if diagnosis is None else model._rows(about.X)
    each = _each(members, (words.columns, level_names(frame)), diagnosis, rows)
    description = {
        "dtype": network.dtype,
        "kept": kept,
        "columns": columns_of_matrix(network, words.columns, about.scaler),
        **each[0],
        "outcome": described_outcome(meaning_shown(model)) | {"names": words.outputs},
        "words": {"target": words.target, "unit": words.unit},
        "order": _order(about, each[0]["numbers_order"]),
        "by_importance": about.importance is not None,
        **described_combination(members, each),
    }
    arrays = numbers_of_members(members)
    if frame is not None:
        chosen = None if rows is None else evenly_spread(len(rows), N_EXAMPLES)
        names = [] if chosen is None else _example_names(about, chosen)
        description |= of_frame(frame, about.X, chosen, names)
    elif diagnosis is not None and rows is not None:
        numbers = evenly_spread(len(rows), N_EXAMPLES)
        known = _numbers_of_rows(about, rows, numbers)
        description |= {"examples": _example_names(about, numbers), "whole": known.pop()}
        arrays += known
    return Embedded(script_safe(json.dumps(description)), in_base64(arrays, kept))


def _numbers_of_rows(about: Subject, rows: Any, numbers: Array) -> list[Any]:
    """Returns the least, the largest and the mean of each column, some rows, and the columns of whole numbers.

    With a scaler they are in the original units.
    """
    network = about.model._fitted_network()
    assert about.diagnosis is not None
    some, ranges = dense(rows, numbers), _ranges(network, about.diagnosis, rows)
    sample = dense(rows, evenly_spread(len(rows), N_LOOKED_AT))
    if about.scaler is not None:
        original = about.scaler.original
        ranges = [about.scaler.low, about.scaler.high, original(ranges[2][np.newaxis])[0]]
        some, sample = original(some), original(sample)
    return [*ranges, some, _whole(sample)]


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
        "layers": [layer | {"shown": str(each.activation)} for each, layer in layers],
        "numbers": number_names(network.inputs, *names),
        "numbers_order": order,
        "strongest": _strongest_neurons(network),
    }


def columns_of_matrix(network: FittedNetwork, names: Sequence[str], scaler: Scaler | None) -> list[dict[str, Any]]:
    """Returns for each column of X that the network takes its name, and its number of levels if it holds levels.

    With a scaler also the way from the number that the page shows to the one that the network takes.
    """
    levels = levels_of(network.inputs)
    scaled = [{} for _ in names] if scaler is None else [{"scaled": each} for each in scaler.columns]
    return [{"name": name} | ({"levels": levels[k]} if k in levels else {}) | scaled[k] for k, name in enumerate(names)]


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


def _order(about: Subject, order: list[int]) -> list[int]:
    """Returns the columns of the page that the network takes, by importance if it is known.

    Else each stands where the strongest of its numbers stands in their order.
    """
    network, frame, found = about.model._fitted_network(), about.model._frame_columns(), about.importance
    columns = number_columns(network.inputs, network._known().n_inputs)[order]
    taken = list(dict.fromkeys(_numbers(columns if frame is None else kind_of_number(frame)[columns])))
    if found is None:
        return taken
    names = about.words.columns if frame is None else [kind.name for kind in frame.kinds_]
    worth = dict(zip(found.names, found.mean.tolist(), strict=True))
    return sorted(taken, key=lambda k: -worth[names[k]])


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


def _example_names(about: Subject, numbers: Array) -> list[str]:
    """Returns a name per row: its number, and its target if y has one per row."""
    y, told = about.y, about.predictions
    targets = None if y is None or is_sparse(y) else np.asarray(y)
    if targets is None or targets.size != len(targets):
        return [f"row {number}" for number in numbers]
    if told is not None and isinstance(told.meaning, Classes) and told.truth is not None:
        names = [about.words.outputs[k] for k in told.truth[numbers]]
    else:
        names = [_brief(target, about.words.unit) for target in targets.ravel()[numbers]]
    return [f"row {number}, y = {name}" for number, name in zip(numbers, names, strict=True)]


def _brief(target: Any, unit: str) -> str:
    return number(float(target), unit) if isinstance(target, np.floating) else f"{target} {unit}".strip()


def _whole(some: Array) -> list[int]:
    """Returns the inputs that are whole numbers in a sample of the rows."""
    return _numbers(np.flatnonzero((some == np.rint(some)).all(axis=0)))


def _numbers(array: Array) -> list[int]:
    return [int(number) for number in array]
