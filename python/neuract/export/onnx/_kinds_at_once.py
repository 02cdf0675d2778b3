# SPDX-License-Identifier: BSD-3-Clause
"""The inputs of one of several networks as ONNX nodes: all columns of a kind in the same few nodes.

A node costs a runtime about a microsecond, and a node a column for each member would cost more than the layers. What no
member learns (levels, intervals, the columns themselves) a sharing graph adds once for all members.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TypeAlias

import numpy as np

from neuract._typing import Array
from neuract.export._model import ExportedInput
from neuract.export.onnx import _inputs
from neuract.export.onnx._columns import Part, chosen, in_order
from neuract.export.onnx._graph import Graph
from neuract.export.onnx._inputs import INT64, at_least

Alike: TypeAlias = Sequence[ExportedInput]
"""Inputs that can be in the same nodes: see `_likeness`."""


def encoded_at_once(graph: Graph, inputs: Sequence[ExportedInput], x: str) -> str:
    """Adds what makes the numbers of the first layer of X, rows × columns; returns their name, rows × numbers."""
    places, place = {}, 0
    for each in inputs:
        places[id(each)] = list(range(place, place + each.numbers))
        place += each.numbers
    parts: list[Part] = []
    for (kind, *_), group in groupby(sorted(inputs, key=_likeness), _likeness):
        if kind != "scale":
            alike = list(group)
            parts += NODES.get(kind, _one_by_one)(graph, alike, x, [places[id(each)] for each in alike])
    numbers = in_order(graph, parts)
    return graph.add("Mul", numbers, inputs[-1].arrays["factors"]) if inputs[-1].kind == "scale" else numbers


def _likeness(each: ExportedInput) -> tuple[str, int, int]:
    """Returns what inputs in the same nodes have in common: the kind, and the shapes that must be the same."""
    shapes = {"periodic": (each.n, each.size), "embedding": (0, each.size)}
    return each.kind, *shapes.get(each.kind, (0, 0))


def _one_by_one(graph: Graph, alike: Alike, x: str, places: list[list[int]]) -> list[Part]:
    """Adds inputs of which no function knows how to add all at once."""
    made = [_inputs.NODES[each.kind](graph, each, chosen(graph, x, [each.column])) for each in alike]
    return list(zip(made, places, strict=True))


def _repeated(graph: Graph, alike: Alike, x: str) -> str:
    """Adds each column as many times as it has numbers."""
    return chosen(graph, x, [each.column for each in alike for _ in range(each.numbers)])


def _flat(places: list[list[int]]) -> list[int]:
    return [place for of_input in places for place in of_input]


def _numbers(graph: Graph, alike: Alike, x: str, places: list[list[int]]) -> list[Part]:
    return [(_repeated(graph, alike, x), _flat(places))]


def _one_hot(graph: Graph, alike: Alike, x: str, places: list[list[int]]) -> list[Part]:
    levels = np.concatenate([np.arange(1, each.levels + 1) for each in alike])
    return [(graph.add("Cast", graph.add("Equal", _repeated(graph, alike, x), levels), to=graph.real), _flat(places))]


def _piecewise_linear(graph: Graph, alike: Alike, x: str, places: list[list[int]]) -> list[Part]:
    edges = [each.arrays["edges"] for each in alike]
    low, high = ([np.zeros(len(of_column) - 1) + bound for of_column in edges] for bound in (0, 1))
    for first, last in zip(low, high, strict=True):
        first[0], last[-1] = -1, 2
    lower = np.concatenate([of_column[:-1] for of_column in edges])
    per_width = np.concatenate([1 / np.diff(of_column) for of_column in edges])
    shares = graph.add("Mul", graph.add("Sub", _repeated(graph, alike, x), lower), per_width)
    held = graph.add("Min", graph.add("Max", shares, np.concatenate(low)), np.concatenate(high))
    return [(held, _flat(places))]


def _periodic(graph: Graph, alike: Alike, x: str, places: list[list[int]]) -> list[Part]:
    n, size = alike[0].frequencies, alike[0].size
    of_all = {name: np.stack([each.arrays[name] for each in alike]) for name in alike[0].arrays}
    repeated = chosen(graph, x, [each.column for each in alike for _ in range(n)])
    angles = graph.add("Mul", repeated, 2 * np.pi * of_all["frequencies"].ravel())
    waves = graph.add("Cos", graph.add("Add", angles, of_all["phases"].ravel()))
    by_column = graph.add("Transpose", _shaped(graph, waves, len(alike), n), perm=[1, 0, 2])
    products = graph.add("MatMul", by_column, of_all["weights"].reshape(len(alike), n, size))
    by_row = _shaped(graph, graph.add("Transpose", products, perm=[1, 0, 2]), len(alike) * size)
    learned = graph.add("Add", by_row, of_all["biases"].ravel())
    columns = chosen(graph, x, [each.column for each in alike])
    return [(columns, [first for first, *_ in places]), (learned, _flat([rest for _, *rest in places]))]


def _embedding(graph: Graph, alike: Alike, x: str, places: list[list[int]]) -> list[Part]:
    """Takes a number that is not a level for the unknown level, as the core does."""
    columns = chosen(graph, x, [each.column for each in alike])
    above = graph.add("Greater", columns, np.array([float(each.levels) for each in alike]))
    known = graph.add("And", at_least(graph, columns, 1), graph.add("Not", above))
    levels = graph.add("Cast", graph.add("Where", known, columns, 0), to=INT64)
    tables: list[Array] = [each.arrays["vectors"] for each in alike]
    first = np.cumsum([0, *map(len, tables[:-1])])
    at = graph.add("Add", levels, graph.constant(first.astype(np.int64)))
    vectors = graph.add("Gather", np.concatenate(tables), at, axis=0)  # rows × columns × size
    return [(_shaped(graph, vectors, len(alike) * alike[0].size), _flat(places))]


def _shaped(graph: Graph, values: str, *shape: int) -> str:
    """Adds a value with as many rows as it has, and this shape of a row."""
    return graph.add("Reshape", values, graph.constant(np.array([0, *shape], np.int64)))


NODES: dict[str, Callable[[Graph, Alike, str, list[list[int]]], list[Part]]] = {
    "numbers": _numbers,
    "periodic": _periodic,
    "piecewise_linear": _piecewise_linear,
    "embedding": _embedding,
    "one_hot": _one_hot,
}
