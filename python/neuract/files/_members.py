# SPDX-License-Identifier: BSD-3-Clause
"""The networks of a tabular estimator and the weights of their mean as a part of a model file, and back.

Networks that follow each other and have the same settings are one group: it is described once, and the file has one
array for each of their parameters, with the networks along its first axis.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from neuract._checks import whole_number
from neuract._typing import Array
from neuract.files._network import NAMES, read_network, write_network
from neuract.files._values import Reader, Writer, object_with
from neuract.layers._parameters import ALL_PARTS, shapes

State = dict[str, Any]

KEYS = ("groups", "weights", "left_out", "bounds")
GROUP = ("network", "n_inputs", "histories")
PREFIX = "groups"  # of the names of a group's arrays, before its number
ROUNDING = 1e-9  # of the sum of the weights


def only(network: State) -> State:
    """Returns the state of the members of a model with a single network."""
    return {"networks": [network], "weights": np.ones(1), "left_out": None, "bounds": None}


# ---- writing -------------------------------------------------------------------------------------


def write_members(members: State, writer: Writer) -> State:
    """Returns the document of the state of members; arrays go to the writer."""
    groups: list[list[State]] = []
    described: list[tuple[Any, Writer]] = []
    for network in members["networks"]:
        found = _described(network, writer.lenient)
        if groups and _are_same(described[-1], found):
            groups[-1].append(network)
        else:
            groups.append([network])
            described.append(found)
    return {
        "groups": [
            _write_group(networks, number, *described[number], writer) for number, networks in enumerate(groups)
        ],
        **{name: writer.write(members[name]) for name in KEYS[1:]},
    }


def _described(network: State, lenient: bool) -> tuple[Any, Writer]:
    """Returns the document of a network without what it has learned, and the writer with its arrays."""
    own = Writer(lenient=lenient)
    bare = {**network, "learned": None, "training": None, "generator": None}
    return write_network(bare, own, training=False), own


def _are_same(a: tuple[Any, Writer], b: tuple[Any, Writer]) -> bool:
    (document, own), (other_document, other) = a, b
    if document != other_document or own.arrays.keys() != other.arrays.keys() or own.beside != other.beside:
        return False
    return all(np.array_equal(array, other.arrays[name]) for name, array in own.arrays.items())


def _write_group(networks: Sequence[State], number: int, document: Any, own: Writer, writer: Writer) -> State:
    learned = [network["learned"] for network in networks]
    for part, arrays in learned[0]["parameters"].items():
        for place, array in enumerate(arrays):
            if array.size:
                stacked = [each["parameters"][part][place] for each in learned]
                own.arrays[NAMES[part].format(place)] = np.stack(stacked)
    histories = [own.write(each["history"]) for each in learned]
    for name, value in own.arrays.items():
        writer.arrays[f"{PREFIX}.{number}.{name}"] = value
    for name, value in own.beside.items():
        writer.beside[f"{PREFIX}.{number}.{name}"] = value
    return {"network": document, "n_inputs": learned[0]["n_inputs"], "histories": histories}


# ---- reading -------------------------------------------------------------------------------------


def read_members(document: Any, reader: Reader) -> State:
    """Returns the state; ValueError or TypeError if the document or an array is not valid."""
    document = object_with(document, KEYS, "members")
    groups = document["groups"]
    if not isinstance(groups, list) or not groups:
        raise ValueError(f"groups must be a list with at least one group, got {groups!r}")
    arrays, beside = _by_group(reader.arrays), _by_group(dict(reader.beside))
    networks: list[State] = []
    for number, group in enumerate(groups):
        own = Reader(arrays.pop(str(number), {}), beside.get(str(number)))
        networks += _read_group(group, own)
        own.check_all_read()
    if arrays:
        raise ValueError(f"the file has arrays of unknown groups: {', '.join(sorted(arrays))}")
    weights, left_out, bounds = (reader.read(document[name]) for name in KEYS[1:])
    members = {"networks": networks, "weights": weights, "left_out": left_out, "bounds": bounds}
    _check_networks(networks)
    _check_weights(weights, len(networks))
    _check_left_out(left_out, weights)
    _check_bounds(bounds, networks[0])
    return members


def _by_group(named: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Removes what belongs to groups, and returns it by the number of the group."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for name in [name for name in named if name.startswith(f"{PREFIX}.")]:
        _, number, own = (*name.split(".", 2), "")[:3]
        found[number][own] = named.pop(name)
    return found


def _read_group(document: Any, reader: Reader) -> list[State]:
    """Returns the states of a group's networks."""
    group = object_with(document, GROUP, "group")
    state = read_network(group["network"], reader)
    if state["learned"] is not None or state["training"] is not None:
        raise ValueError("the networks of a group must have their parameters together")
    fixed, n_inputs = state["fixed"], whole_number(group["n_inputs"], "n_inputs", low=1)
    histories = reader.read(group["histories"])
    if not isinstance(histories, list) or not histories or not all(map(_is_history, histories)):
        raise ValueError("histories must be a list of dicts of lists, one for each network")
    stacked = _read_parts(fixed, n_inputs, len(histories), reader)
    return [
        {
            **state,
            "learned": {
                "n_inputs": n_inputs,
                "history": history,
                "classes": None,
                "parameters": {part: [array[j] for array in arrays] for part, arrays in stacked.items()},
            },
        }
        for j, history in enumerate(histories)
    ]


def _read_parts(fixed: State, n_inputs: int, members: int, reader: Reader) -> dict[str, list[Array]]:
    """Returns the parameters of a group, members × shape for each of a network's arrays."""
    layers, inputs, dtype = fixed["layers"], fixed["inputs"], fixed["dtype"]
    return {
        part: [
            reader.take(NAMES[part].format(number), (members, *shape), dtype)
            if shape[-1]
            else np.empty((members, 0), dtype)
            for number, shape in enumerate(shapes(layers, inputs, n_inputs, part))
        ]
        for part in ALL_PARTS
    }


def _is_history(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(values, list) for values in value.values())


# ---- checks --------------------------------------------------------------------------------------


def _check_networks(networks: list[State]) -> None:
    """Raises ValueError if the outputs of networks cannot be averaged, or not all take the same rows."""

    def seen(network: State) -> dict[str, Any]:
        fixed, output = network["fixed"], network["fixed"]["layers"][-1]
        own = {"units": output.units, "activation": output.activation, "n_inputs": network["learned"]["n_inputs"]}
        return {"dtype": fixed["dtype"], "loss": fixed["loss"], **own}

    first = seen(networks[0])
    for network in networks[1:]:
        for name, own in seen(network).items():
            if own != first[name]:
                raise ValueError(f"the networks of a model must have one {name}, got {first[name]!r} and {own!r}")


def _check_weights(weights: Any, count: int) -> None:
    if not isinstance(weights, np.ndarray) or weights.dtype != np.float64 or weights.shape != (count,):
        raise ValueError(f"the weights of {count} networks must be an array of as many float64, got {weights!r}")
    if not (weights >= 0).all() or not abs(weights.sum() - 1) <= ROUNDING:
        raise ValueError(f"the weights must be at least 0, and their sum 1; got {weights!r}")


def _check_left_out(left_out: Any, weights: Array) -> None:
    """Raises ValueError unless each fold is left out by some network that counts."""
    if left_out is None:
        return
    counts = isinstance(left_out, tuple) and all(type(fold) is int for fold in left_out)
    if not counts or len(left_out) != len(weights) or set(left_out) != set(range(len(set(left_out)))):
        raise ValueError(f"left_out must have the fold of each network, counted from 0 without gaps; got {left_out!r}")
    if not (np.bincount(left_out, weights) > 0).all():
        raise ValueError("each fold must be left out by a network whose weight is not 0")


def _check_bounds(bounds: Any, network: State) -> None:
    if bounds is None:
        return
    dtype, units = network["fixed"]["dtype"], network["fixed"]["layers"][-1].units
    if not isinstance(bounds, np.ndarray) or bounds.dtype != dtype or bounds.shape != (2, units):
        raise ValueError(f"bounds must be {dtype} of shape {(2, units)}, got {bounds!r}")
    if not np.isfinite(bounds).all() or not (bounds[0] <= bounds[1]).all():
        raise ValueError("bounds must be finite, the lower ones first")
