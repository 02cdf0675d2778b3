# SPDX-License-Identifier: BSD-3-Clause
"""The table of a network's layers."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from neuract.layers._dense import Dense, layer_names, n_slopes
from neuract.layers._inputs import Input, n_numbers, sizes

Row = tuple[str, str, str, str, str]


def table(layers: Sequence[Dense], inputs: Sequence[Input], n_inputs: int | None) -> str:
    """Returns the table as text, in aligned columns."""
    return _aligned(rows(layers, inputs, n_inputs))


def html_table(layers: Sequence[Dense], inputs: Sequence[Input], n_inputs: int | None, caption: str) -> str:
    """Returns the table as HTML."""
    head, *body = rows(layers, inputs, n_inputs)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in body)
    names = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    return f"<table><caption>{escape(caption)}</caption><tr>{names}</tr>{lines}</table>"


def rows(layers: Sequence[Dense], inputs: Sequence[Input], n_inputs: int | None) -> list[Row]:
    """Returns layer, shape, activation, threshold and parameters, then the total; "?" while inputs are unknown.

    n_inputs: columns of X. A network with inputs has a row for them first.
    """
    names = layer_names(len(layers))
    width = n_numbers(inputs, n_inputs or 0) or None
    fan_ins = [width, *(layer.units for layer in layers[:-1])]
    counts = [_count(layer, n_in) for layer, n_in in zip(layers, fan_ins, strict=True)]
    known = [count for count in counts if count is not None]
    learned = sum(sizes(inputs, n_inputs or 0))
    total = sum(known) + learned if len(known) == len(counts) else None
    table: list[Row] = [("layer", "shape", "activation", "threshold", "parameters")]
    if inputs:
        kinds = ", ".join(dict.fromkeys(type(each).__name__ for each in inputs))
        table.append(("inputs", f"{_text(n_inputs)} × {_text(width)}", kinds, "", _text(learned)))
    for name, n_in, layer, count in zip(names, fan_ins, layers, counts, strict=True):
        shape = f"{_text(n_in)} × {layer.units}"
        table.append((name, shape, str(layer.activation), _threshold(layer), _text(count)))
    table.append(("total", "", "", "", _text(total)))
    return table


def _count(layer: Dense, n_in: int | None) -> int | None:
    return None if n_in is None else (n_in + 1) * layer.units + n_slopes(layer)


def _threshold(layer: Dense) -> str:
    if layer.threshold is None:
        return "none"
    return f"{layer.threshold:g}" if isinstance(layer.threshold, float) else "per neuron"


def _text(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


def _aligned(rows: list[Row]) -> str:
    """Aligns words left and the last column, numbers, right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            [*(cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)), row[-1].rjust(widths[-1])]
        )
        for row in rows
    )
