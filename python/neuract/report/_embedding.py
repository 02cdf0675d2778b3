# SPDX-License-Identifier: BSD-3-Clause
"""What the page computes with: a description of the network, and its numbers."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuract._typing import Array
from neuract.activations._named import Softmax
from neuract.inputs._sparse import is_sparse
from neuract.inspection._diagnosis import Diagnosis
from neuract.layers._dense import Dense, n_slopes
from neuract.network import Network
from neuract.report._rows import dense, evenly_spread

N_EXAMPLES = 12  # rows of X that the page starts from
N_LOOKED_AT = 1000  # rows of X that tell which inputs are whole numbers


@dataclass(frozen=True)
class Embedded:
    """The page's data.

    Attributes
    ----------
    description : str
        JSON that is safe inside of a script element.
    numbers : str
        Base64 of little-endian numbers: for each layer weights (n_in × units), biases, slopes and thresholds; then,
        with X, the least, the largest and the mean of each input, and the example rows.
    """

    description: str
    numbers: str


def embedded(model: Any, X: Any, y: npt.ArrayLike | None, diagnosis: Diagnosis | None, kept: str) -> Embedded:
    """Of a fitted model; kept: the dtype of the numbers in the file."""
    network: Network = getattr(model, "network_", model)
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
        rows = model._to_diagnose(X, None)[1]
        numbers = evenly_spread(len(rows), N_EXAMPLES)
        description |= {"examples": _example_names(numbers, y), "whole": _whole(rows)}
        arrays += [diagnosis.input_minimum, diagnosis.input_maximum, diagnosis.input_mean, dense(rows, numbers)]
    return Embedded(_script_safe(json.dumps(description)), _base64(arrays, kept))


def feature_names(model: Any, X: Any) -> list[str]:
    """The names that the model or X has for its inputs, else x0, x1, ..."""
    n_inputs = getattr(model, "network_", model).weights[0].shape[0]
    names = getattr(model, "feature_names_in_", getattr(X, "columns", None))
    return [f"x{k}" for k in range(n_inputs)] if names is None else [str(name) for name in names]


def outcome(model: Any) -> dict[str, Any]:
    """What the outputs mean: probabilities of classes or labels, numbers, or quantiles; and their names."""
    if hasattr(model, "_outcome"):
        kind, names = model._outcome()
    else:
        output = model.layers[-1]
        several = isinstance(output.activation, Softmax)
        kind, names = "classes" if several else "numbers", range(output.units)
    return {"kind": kind, "names": [str(name) for name in names]}


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


def _parameters(network: Network) -> list[Array]:
    nothing = np.empty(0)
    parts = zip(network.layers, network.weights, network.biases, network.slopes, strict=True)
    return [
        array
        for layer, weights, biases, slopes in parts
        for array in (weights, biases, nothing if slopes is None else slopes, _or(layer.thresholds, nothing))
    ]


def _or(array: Array | None, nothing: Array) -> Array:
    return nothing if array is None else array


def _strongest_inputs(network: Network, diagnosis: Diagnosis | None) -> list[int]:
    """The inputs by how much they move the first layer: norm of their weights times their spread."""
    strength = np.linalg.norm(network.weights[0], axis=1)
    if diagnosis is not None:
        strength = strength * diagnosis.input_std
    return _numbers(np.argsort(-strength, kind="stable"))


def _strongest_neurons(network: Network) -> list[list[int]]:
    """Neurons by the norm of the weights into them times that of those out of them; outputs as they are."""
    into = [np.linalg.norm(weights, axis=0) for weights in network.weights]
    out_of = [np.linalg.norm(weights, axis=1) for weights in network.weights[1:]]
    hidden = [_numbers(np.argsort(-(a * b), kind="stable")) for a, b in zip(into, out_of, strict=False)]
    return [*hidden, list(range(network.layers[-1].units))]


def _example_names(numbers: Array, y: npt.ArrayLike | None) -> list[str]:
    """Row numbers, with their target where y has one a row."""
    targets = None if y is None or is_sparse(y) else np.asarray(y)
    if targets is None or targets.size != len(targets):
        return [f"row {number}" for number in numbers]
    chosen = targets.ravel()[numbers]
    return [f"row {number}, y = {_brief(target)}" for number, target in zip(numbers, chosen, strict=True)]


def _brief(target: Any) -> str:
    return f"{target:.4g}" if isinstance(target, np.floating) else str(target)


def _whole(rows: Any) -> list[int]:
    """The inputs that are whole numbers, as far as some rows tell."""
    some = dense(rows, evenly_spread(len(rows), N_LOOKED_AT))
    return _numbers(np.flatnonzero((some == np.rint(some)).all(axis=0)))


def _numbers(array: Array) -> list[int]:
    return [int(number) for number in array]


def _base64(arrays: list[Array], dtype: str) -> str:
    little_endian = np.dtype(dtype).newbyteorder("<")
    return base64.b64encode(b"".join(np.asarray(a, dtype=little_endian).tobytes() for a in arrays)).decode()


def _script_safe(text: str) -> str:
    """JSON in which no tag, comment or entity can begin."""
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
