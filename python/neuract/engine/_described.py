# SPDX-License-Identifier: BSD-3-Clause
"""A model as the engine takes it: a description for JSON, and its numbers in base64."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from neuract._typing import Array, FittedNetwork
from neuract.layers._dense import Dense, n_slopes
from neuract.outputs._kinds import Outputs
from neuract.training._members import Members


def described_member(network: FittedNetwork) -> dict[str, Any]:
    """Returns what describes a network; n_in: numbers that its first layer gets."""
    return {
        "n_in": network._known().n_numbers,
        "inputs": _inputs(network),
        "layers": [_layer(layer) for layer in network.layers],
    }


def described_combination(members: Members, each: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Returns how members are combined, and of each but the first what differs from the one before; for one nothing."""
    described: dict[str, Any] = {}
    if members.bounds is not None:
        described["bounds"] = [[float(y) if np.isfinite(y) else None for y in end] for end in members.bounds]
    if len(members) > 1:
        described["weights"] = members.weights.tolist()
        pairs = itertools.pairwise(each)
        described["others"] = [{name: one[name] for name in one if one[name] != before[name]} for before, one in pairs]
    return described


def described_outcome(meaning: Outputs) -> dict[str, Any]:
    """Returns the kind of the outputs, their names, and the unit of numbers that the network learns in another one."""
    described = {"kind": meaning.kind, "names": [str(name) for name in meaning.names]}
    if meaning.unit is None:
        return described
    parts = {"centers": meaning.unit.centers, "scales": meaning.unit.scales}
    each = {name: np.broadcast_to(part, meaning.n_columns).tolist() for name, part in parts.items()}  # quantiles share
    return described | {"unit": each}


def numbers_of_members(members: Members) -> list[Array]:
    """Returns for each member what each input has learned, or its edges, and for each layer its parameters."""
    return [array for one in members.networks for array in (*_of_inputs(one), *_parameters(one))]


def in_base64(arrays: Sequence[Array], dtype: str) -> str:
    """Returns the arrays as little-endian numbers of a dtype; a number beyond float32 becomes infinite."""
    little_endian = np.dtype(dtype).newbyteorder("<")
    with np.errstate(over="ignore"):
        converted = [np.asarray(array, dtype=little_endian).tobytes() for array in arrays]
    return base64.b64encode(b"".join(converted)).decode()


def script_safe(text: str) -> str:
    """Escapes JSON so that no tag, comment or entity can begin in it."""
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _layer(layer: Dense) -> dict[str, Any]:
    f = layer.activation
    return {
        "units": layer.units,
        "activation": f.core_name,
        "parameter": f.parameter if np.isfinite(f.parameter) else None,
        "slopes": n_slopes(layer),
        "thresholds": layer.threshold is not None,
    }


def _inputs(network: FittedNetwork) -> list[dict[str, Any]]:
    """Returns the encodings as csrc/inputs.h describes them, and how many numbers each has kept."""
    encodings = [encoding for each in network.inputs for encoding in each.encodings()]
    kept = [array.size for array in _of_inputs(network)]
    return [
        {"kind": kind, "column": column, "n": n, "size": size, "kept": count}
        for (kind, column, n, size, _, _), count in zip(encodings, kept, strict=True)
    ]


def _of_inputs(network: FittedNetwork) -> list[Array]:
    """Returns for each encoding what it has learned, or its edges: for each interval the lower one and 1 / width."""
    edges = [encoding[4] for each in network.inputs for encoding in each.encodings()]
    learned = network._known().part("inputs")
    return [own if given is None else _intervals(np.asarray(given)) for own, given in zip(learned, edges, strict=True)]


def _intervals(edges: Array) -> Array:
    return np.stack([edges[:-1], 1 / np.diff(edges)], axis=1)


def _parameters(network: FittedNetwork) -> list[Array]:
    nothing = np.empty(0)
    parts = zip(network.layers, network.weights, network.biases, network.slopes, strict=True)
    return [
        nothing if array is None else array
        for layer, weights, biases, slopes in parts
        for array in (weights, biases, slopes, layer.thresholds)
    ]
