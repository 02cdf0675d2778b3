# SPDX-License-Identifier: BSD-3-Clause
"""The columns of a tabular estimator among the inputs that skl2onnx gives it: one for each, or several in one tensor.

Imports onnx, and not skl2onnx, whose import may wait for this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from onnx import TensorProto

from neuract.columns._category import Category
from neuract.columns._columns import Columns
from neuract.columns._date import Date
from neuract.columns._values import text_of
from neuract.export.onnx._columns import chosen, input_names, input_type
from neuract.export.onnx._graph import ML, Graph

LARGEST = float(np.finfo(np.float32).max)
OF_WHOLE = {int(getattr(TensorProto, f"{sign}INT{bits}")) for sign in ("", "U") for bits in (8, 16, 32, 64)}


def is_double(operator: Any, columns: Columns | None) -> bool:
    """Returns whether the operator computes in double: if one of its numbers is double, but for dates."""
    if columns is None:
        return bool(element(operator.inputs[0]) == TensorProto.DOUBLE)
    pairs = zip(columns.kinds_, places(operator, columns), strict=True)
    numbers = [number for kind, (number, _) in pairs if not isinstance(kind, Date)]
    return any(element(operator.inputs[number]) == TensorProto.DOUBLE for number in numbers)


def places(operator: Any, columns: Columns) -> list[tuple[int, int]]:
    """Returns for each column in use the number of the input that has it, and its place there.

    Columns with names are found by name if there is an input for each; else all columns must be there, in order.
    """
    given, wanted = [variable.raw_name for variable in operator.inputs], input_names(columns)
    if "feature_names_in_" in columns.__dict__ and set(wanted) <= set(given):
        return [(given.index(name), 0) for name in wanted]
    widths = [width(variable) for variable in operator.inputs]
    if widths == [None]:
        widths = [columns.n_features_in_]
    flat = [(number, place) for number, wide in enumerate(widths) for place in range(wide or 0)]
    if len(flat) != columns.n_features_in_:
        raise ValueError(
            f"the model has {columns.n_features_in_} columns, but its inputs in ONNX have {len(flat)}; give one for "
            f"each column in initial_types, such as ({wanted[0]!r}, FloatTensorType([None, 1]))"
        )
    return [flat[place] for place in columns._places]


def element(variable: Any) -> int:
    """Returns ONNX's number for the dtype of an input."""
    return int(variable.type.to_onnx_type().tensor_type.elem_type)


def width(variable: Any) -> int | None:
    shape = variable.type.shape
    return shape[1] if len(shape) == 2 else None


def values(graph: Graph, operator: Any, columns: Columns, names: list[str]) -> list[str]:
    """Adds what the columns in use are of the inputs with these names: rows × 1, of the type that `matrix` takes."""
    found = []
    for column, (number, place) in zip(columns.kinds_, places(operator, columns), strict=True):
        variable, x = operator.inputs[number], names[number]
        if width(variable) != 1:
            x = chosen(graph, x, [place])
        if isinstance(column, Category):
            found.append(text(graph, column, element(variable), x))
        else:  # skl2onnx has made text of numbers that it puts next to text
            found.append(graph.add("Cast", x, to=input_type(graph, column)))
    return found


def text(graph: Graph, column: Category, dtype: int, x: str) -> str:
    """Adds the names of levels, as `text_of` gives them."""
    if dtype == TensorProto.STRING:
        return x
    if dtype == TensorProto.BOOL:
        return graph.add("Where", x, _words(graph, "True"), _words(graph, "False"))
    if dtype in OF_WHOLE:
        return graph.add("Cast", x, to=TensorProto.STRING)
    if dtype in (TensorProto.FLOAT, TensorProto.DOUBLE):
        return _text_of_floats(graph, column, x)
    raise TypeError(
        f"column {column.name!r} has categories, and takes text, numbers or bools in ONNX; "
        f"got {TensorProto.DataType.Name(dtype)}"
    )


def _text_of_floats(graph: Graph, column: Category, x: str) -> str:
    """Adds the names of the levels that are names of numbers; "" for NaN; for other numbers, what is no level."""
    x = graph.add("Cast", x, to=TensorProto.FLOAT)
    unknown = "?"
    while unknown in column.codes:
        unknown += "?"
    levels = {float(np.float32(number)): level for level, number in _numbers(column)} or {0.0: unknown}
    attributes = {"keys_floats": list(levels), "values_strings": list(levels.values()), "default_string": unknown}
    known = graph.add("LabelEncoder", x, domain=ML, **attributes)
    return graph.add("Where", graph.add("IsNaN", x), _words(graph, ""), known)


def _numbers(column: Category) -> Iterator[tuple[str, float]]:
    """Yields the levels that are names of numbers, with the numbers."""
    for level in filter(None, column.codes):
        try:
            number = float(level)
        except ValueError:
            continue
        if text_of(number) == level and abs(number) <= LARGEST:
            yield level, number


def _words(graph: Graph, words: str) -> str:
    return graph.constant(np.array([words], object), f"text_{words}")
