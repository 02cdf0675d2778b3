# SPDX-License-Identifier: BSD-3-Clause
"""The inputs of a network as ONNX nodes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neuract.export._model import ExportedInput
from neuract.export.onnx._graph import Graph


def encoded(graph: Graph, inputs: list[ExportedInput], x: str) -> str:
    """Adds what makes the numbers of the first layer of X, rows × columns; returns their name, rows × numbers."""
    parts = [NODES[each.kind](graph, each, _column(graph, x, each.column)) for each in inputs if each.kind != "scale"]
    numbers = graph.add("Concat", *parts, axis=1)
    return graph.add("Mul", numbers, inputs[-1].arrays["factors"]) if inputs[-1].kind == "scale" else numbers


def _column(graph: Graph, x: str, column: int) -> str:
    return graph.add("Gather", x, graph.constant(np.array([column], np.int64)), axis=1)


def _numbers(graph: Graph, each: ExportedInput, x: str) -> str:
    return graph.add("Identity", x)


def _periodic(graph: Graph, each: ExportedInput, x: str) -> str:
    a = each.arrays
    angles = graph.add("Add", graph.add("Mul", x, 2 * np.pi * a["frequencies"]), a["phases"])
    return graph.add("Concat", x, graph.add("Gemm", graph.add("Cos", angles), a["weights"], a["biases"]), axis=1)


def _piecewise_linear(graph: Graph, each: ExportedInput, x: str) -> str:
    edges = each.arrays["edges"]
    low, high = np.zeros(len(edges) - 1), np.ones(len(edges) - 1)
    low[0], high[-1] = -1, 2
    shares = graph.add("Mul", graph.add("Sub", x, edges[:-1]), 1 / np.diff(edges))
    return graph.add("Min", graph.add("Max", shares, low), high)


def _embedding(graph: Graph, each: ExportedInput, x: str) -> str:
    """Takes a number that is not a level for the unknown level, as the core does."""
    known = graph.add("And", at_least(graph, x, 1), graph.add("Not", graph.add("Greater", x, float(each.levels))))
    level = graph.add("Cast", graph.add("Where", known, x, 0), to=INT64)
    vectors = graph.add("Gather", each.arrays["vectors"], level, axis=0)  # rows × 1 × size
    return graph.add("Squeeze", vectors, graph.constant(np.array([1], np.int64)))


def at_least(graph: Graph, x: str, number: float) -> str:
    return graph.add("Not", graph.add("Less", x, number))


def _one_hot(graph: Graph, each: ExportedInput, x: str) -> str:
    return graph.add("Cast", graph.add("Equal", x, np.arange(1, each.levels + 1)), to=graph.real)


INT64 = 7  # onnx.TensorProto.INT64
NODES: dict[str, Callable[[Graph, ExportedInput, str], str]] = {
    "numbers": _numbers,
    "periodic": _periodic,
    "piecewise_linear": _piecewise_linear,
    "embedding": _embedding,
    "one_hot": _one_hot,
}
