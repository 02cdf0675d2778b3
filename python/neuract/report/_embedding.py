# SPDX-License-Identifier: BSD-3-Clause
"""The data of the page: a description of the network as JSON, and its numbers in base64."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuract._typing import Array, FittedModel, FittedNetwork
from neuract.inputs._sparse import is_sparse
from neuract.inspection._diagnosis import Diagnosis
from neuract.layers._dense import Dense, n_slopes
from neuract.report._rows import dense, evenly_spread

N_EXAMPLES = 12  # rows of X stored in the page
N_LOOKED_AT = 1000  # rows of X that decide which inputs are whole numbers


@dataclass(frozen=True)
class Embedded:
    """The page's data.

    Attributes
    ----------
    description : str
        JSON that is safe inside a script element.
    numbers : str
        Base64 of little-endian numbers: for each layer weights (n_in × units), biases, slopes and thresholds; then,
        with X, the minimum, the maximum and the mean of each input, and the example rows.
    """

    description: str
    numbers: str


def embedded(model: FittedModel, X: Any, y: npt.ArrayLike | None, diagnosis: Diagnosis | None, kept: str) -> Embedded:
    """Returns the data of a fitted model; kept: the dtype of the numbers in the file."""
    network = model._fitted_network()
    names = feature_names(model, X)
    description = {
        "dtype": network.dtype,
        "kept": kept,
        "features": names,
        "layers": [_layer(layer) for layer in network.layers],
        "outcome": outcome(model),
        "order": _strongest_inputs(network, diagnosis),
        "strongest": _strongest_neurons(network),
    }
    arrays = _parameters(network)
    if diagnosis is not None:
        rows = model._rows(X)
        numbers = evenly_spread(len(rows), N_EXAMPLES)
        description |= {"examples": _example_names(numbers, y), "whole": _whole(rows)}
        arrays += [diagnosis.input_minimum, diagnosis.input_maximum, diagnosis.input_mean, dense(rows, numbers)]
    return Embedded(_script_safe(json.dumps(description)), _base64(arrays, kept))


def feature_names(model: FittedModel, X: Any) -> list[str]:
    """Returns the names of the inputs that the model or X has, else x0, x1, ..."""
    n_inputs = len(model._fitted_network().weights[0])
    names = model._column_names()
    names = getattr(X, "columns", None) if names is None else names
    return [f"x{k}" for k in range(n_inputs)] if names is None else [str(name) for name in names]


def outcome(model: FittedModel) -> dict[str, Any]:
    """Returns the kind of the outputs and their names."""
    meaning = model._meaning()
    return {"kind": meaning.kind, "names": [str(name) for name in meaning.names]}


def _layer(layer: Dense) -> dict[str, Any]:
    f = layer.activation
    return {
        "units": layer.units,
        "activation": f.core_name,
        "shown": repr(f),
        "parameter": f.parameter if np.isfinite(f.parameter) else None,
        "slopes": n_slopes(layer),
        "thresholds": layer.threshold is not None,
    }


def _parameters(network: FittedNetwork) -> list[Array]:
    nothing = np.empty(0)
    parts = zip(network.layers, network.weights, network.biases, network.slopes, strict=True)
    return [
        array
        for layer, weights, biases, slopes in parts
        for array in (weights, biases, nothing if slopes is None else slopes, _or(layer.thresholds, nothing))
    ]


def _or(array: Array | None, nothing: Array) -> Array:
    return nothing if array is None else array


def _strongest_inputs(network: FittedNetwork, diagnosis: Diagnosis | None) -> list[int]:
    """Returns the inputs ordered by their effect on the first layer: norm of their weights times their spread."""
    with np.errstate(over="ignore", invalid="ignore"):
        strength = np.linalg.norm(network.weights[0], axis=1)
        if diagnosis is not None:
            strength = strength * diagnosis.input_std
    return _strongest(strength)


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


def _base64(arrays: list[Array], dtype: str) -> str:
    little_endian = np.dtype(dtype).newbyteorder("<")
    with np.errstate(over="ignore"):  # a number beyond float32 is infinite in the page
        numbers = [np.asarray(array, dtype=little_endian).tobytes() for array in arrays]
    return base64.b64encode(b"".join(numbers)).decode()


def _script_safe(text: str) -> str:
    """Escapes JSON so that no tag, comment or entity can begin in it."""
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
