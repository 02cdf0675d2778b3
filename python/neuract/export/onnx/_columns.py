# SPDX-License-Identifier: BSD-3-Clause
"""The columns of a frame as ONNX nodes: one input a column, text or numbers, becomes the matrix of the network.

Numbers are prepared in double whatever the graph's dtype is, as in neuract.columns. Names and levels are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

import numpy as np
from onnx import TensorProto

from neuract.columns._category import Category
from neuract.columns._column import Column
from neuract.columns._columns import Columns
from neuract.columns._date import CYCLES, Date
from neuract.columns._number import REACH, SMOOTH, Number
from neuract.export.onnx._graph import ML, Graph

Part: TypeAlias = tuple[str, list[int]]
"""The name of some numbers, rows × places, and the columns of the matrix that they are."""


@dataclass(frozen=True)
class Source:
    """A column in use, the name of its values, rows × 1, and the first of its columns in the matrix."""

    column: Column
    values: str
    place: int

    @property
    def measured(self) -> Number | Date:
        assert isinstance(self.column, (Number, Date))
        return self.column

    @property
    def scaling(self) -> str:
        return self.measured.scaling.kind or ""


def input_names(columns: Columns) -> list[str]:
    """Returns the name of each column's input: its own. ONNX has no empty name: that one is x and its place."""
    names = [kind.name for kind in columns.kinds_]
    if strange := [name for name in names if not is_unicode(name)]:
        raise ValueError(f"ONNX has no name for column {strange[0]!r}, which is not valid Unicode; rename it")
    if "" in names:
        unnamed = names.index("")
        instead = f"x{columns._places[unnamed]}"
        while instead in names:
            instead += "_"
        names[unnamed] = instead
    return names


def input_type(graph: Graph, column: Column) -> int:
    """Returns ONNX's number for the dtype of a column's input."""
    if isinstance(column, Category):
        return int(TensorProto.STRING)
    return int(TensorProto.DOUBLE) if isinstance(column, Date) else graph.real


def matrix(graph: Graph, columns: Columns, values: Sequence[str]) -> str:
    """Adds what makes the network's X; values: the names of the columns in use, each rows × 1 of its `input_type`."""
    sources, place = [], 0
    for column, name in zip(columns.kinds_, values, strict=True):
        sources.append(Source(column, name, place))
        place += len(column.names)
    categories = [source for source in sources if isinstance(source.column, Category)]
    measured = [source for source in sources if not isinstance(source.column, Category)]
    measured.sort(key=lambda source: (source.scaling, not isinstance(source.column, Date)))
    parts = [_codes(graph, categories)] if categories else []
    for _, group in groupby(measured, lambda source: source.scaling):
        parts += _numbers(graph, list(group))
    return in_order(graph, parts)


def in_order(graph: Graph, parts: Sequence[Part]) -> str:
    """Adds the matrix of these parts."""
    whole = joined(graph, [name for name, _ in parts])
    places = [place for _, of_part in parts for place in of_part]
    return whole if places == sorted(places) else chosen(graph, whole, np.argsort(places).tolist())


def joined(graph: Graph, names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else graph.add("Concat", *names, axis=1)


def chosen(graph: Graph, x: str, columns: Sequence[int]) -> str:
    return graph.add("Gather", x, graph.constant(np.array(columns, np.int64)), axis=1)


# ---- text ------------------------------------------------------------------------------------------


def _codes(graph: Graph, categories: Sequence[Source]) -> Part:
    """Adds the numbers of levels: the operator has float alone for those of text, exact for 2²⁴ levels."""
    codes = joined(graph, [_code(graph, source) for source in categories])
    if graph.dtype != np.float32:
        codes = graph.add("Cast", codes, to=graph.real)
    return codes, [source.place for source in categories]


def _code(graph: Graph, source: Source) -> str:
    assert isinstance(source.column, Category)
    known = {text: code for text, code in source.column.codes.items() if text is not None and is_unicode(text)}
    keys, numbers = [text.encode() for text in known], list(known.values())
    if not known:  # the attributes may not be empty
        keys, numbers = [b""], [0.0]
    attributes = {"keys_strings": keys, "values_floats": numbers, "default_float": 0.0}
    return graph.add("LabelEncoder", source.values, domain=ML, **attributes)


def is_unicode(text: str) -> bool:
    """Returns whether a string tensor can have the text: half of a surrogate pair is no character."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


# ---- numbers and dates -----------------------------------------------------------------------------


def _numbers(graph: Graph, sources: Sequence[Source]) -> list[Part]:
    """Adds scaled numbers, cycles and flags of columns that are scaled alike."""
    double = graph.as_dtype("float64")
    x = _in_double(graph, sources)
    missing = double.add("IsNaN", x)
    scalings = [source.measured.scaling for source in sources]
    x = double.add("Where", missing, np.array([s.fill for s in scalings]), x)
    z = double.add("Sub", x, np.array([s.center for s in scalings]))
    z = double.add("Mul", z, np.array([s.scale for s in scalings]))
    parts = [(SCALED[sources[0].scaling](double, z), [source.place for source in sources])]
    parts += _cycles(double, sources, x, missing)
    flagged = [number for number, source in enumerate(sources) if source.measured.flag]
    if flagged:
        flags = double.add("Cast", chosen(double, missing, flagged), to=double.real)
        parts.append((flags, [sources[k].place + len(sources[k].column.names) - 1 for k in flagged]))
    if graph.dtype == np.float64:
        return parts
    return [(graph.add("Cast", name, to=graph.real), places) for name, places in parts]


def _in_double(graph: Graph, sources: Sequence[Source]) -> str:
    """Adds the values side by side; dates, which are double, are the first."""
    dates = [source.values for source in sources if isinstance(source.column, Date)]
    numbers = [source.values for source in sources if not isinstance(source.column, Date)]
    if numbers and graph.dtype != np.float64:
        numbers = [graph.add("Cast", joined(graph, numbers), to=TensorProto.DOUBLE)]
    return joined(graph, [*dates, *numbers])


def _cycles(double: Graph, sources: Sequence[Source], x: str, missing: str) -> list[Part]:
    """Adds sine and cosine of each cycle of the dates, 0 where the date is missing."""
    of, lengths, places = [], [], []
    for number, source in enumerate(sources):
        cycles = source.column.cycles if isinstance(source.column, Date) else ()
        of += [number] * len(cycles)
        lengths += [CYCLES[cycle] for cycle in cycles]
        places += [source.place + 1 + 2 * k for k in range(len(cycles))]
    if not of:
        return []
    turns = double.add("Div", chosen(double, x, of), np.array(lengths))
    angles = double.add("Mul", double.add("Sub", turns, double.add("Floor", turns)), 2 * np.pi)
    unknown = chosen(double, missing, of)
    sine, cosine = (double.add("Where", unknown, 0, double.add(wave, angles)) for wave in ("Sin", "Cos"))
    return [(sine, places), (cosine, [place + 1 for place in places])]


def _held(double: Graph, z: str, low: float, high: float) -> str:
    return double.add("Min", double.add("Max", z, low), high)


def _robust(double: Graph, z: str) -> str:
    z = _held(double, z, -REACH, REACH)
    third = double.add("Div", z, SMOOTH)
    return double.add("Div", z, double.add("Sqrt", double.add("Add", double.add("Mul", third, third), 1)))


SCALED: dict[str, Callable[[Graph, str], str]] = {
    "": lambda double, z: z,
    "standard": lambda double, z: z,
    "unit": lambda double, z: _held(double, z, 0, 1),
    "robust": _robust,
}
"""Kind of `Scaling` → function that adds what follows (x - center) · scale."""
