# SPDX-License-Identifier: BSD-3-Clause
"""An explanation in words: one row as a sentence and bars, many rows as bars of mean sizes; as text and as HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from math import floor, isfinite, log10
from typing import TYPE_CHECKING, Any

import numpy as np

from neuract._typing import Array

if TYPE_CHECKING:
    from neuract.inspection._explanation import Explanation

MOST_BARS, WIDEST_BAR = 12, 20
MOST_FOR, MOST_AGAINST = 3, 2  # columns that a sentence names
WORTH_NAMING = 0.1  # of the largest contribution
SEEN = 1e-6  # share of the answers from which a rest is said
BLUE, ORANGE = "#0f69b4", "#e06c00"

Amount = Callable[[float], str]


def text(explanation: Explanation) -> str:
    """Returns a sentence and bars."""
    lines = [heading(explanation), ""]
    labels, values, amount = bars(explanation)
    amounts = [amount(value) for value in values]
    width, digits = max(map(len, labels)), max(map(len, amounts))
    largest = _largest(values)
    for label, value, told in zip(labels, values, amounts, strict=True):
        bar = ("█" if value > 0 else "░") * _length(value, largest)
        lines.append(f"{label:{width}}  {told:>{digits}}  {bar}".rstrip())
    return "\n".join([*lines, *_others(explanation, amount)])


def html(explanation: Explanation) -> str:
    """Returns the content of `text` as HTML, for notebooks, light or dark."""
    labels, values, amount = bars(explanation)
    largest = _largest(values)
    rows = "".join(
        f'<tr><td style="text-align:left">{escape(label)}</td><td>{amount(value)}</td><td style="text-align:left">'
        f'<div style="background:{BLUE if value > 0 else ORANGE};height:0.8em;width:{_length(value, largest) / 2}em">'
        "</div></td></tr>"
        for label, value in zip(labels, values, strict=True)
    )
    rest = "".join(f"<p>{escape(line)}</p>" for line in _others(explanation, amount))
    return f"<p>{escape(heading(explanation))}</p><table><tbody>{rows}</tbody></table>{rest}"


def heading(explanation: Explanation) -> str:
    """Returns a sentence for each output of one row, or for the answer of a classifier; for many rows one line."""
    if len(explanation) != 1:
        of = _output_told(explanation, explanation.answer)
        columns = len(explanation.names)
        return (
            f"{len(explanation):,} rows, {columns:,} {'column' if columns == 1 else 'columns'}: mean size of what each "
            f"contributes to {of}, compared with {explanation.baseline}"
        )
    outputs = [explanation.answer]
    if explanation.kind != "classes":
        outputs = list(range(min(MOST_BARS, len(explanation.output_names))))
    return "\n".join(sentence(explanation, output) for output in outputs)


def sentence(explanation: Explanation, output: int) -> str:
    """Returns the reasons of an answer, such as "31,400: 2,100 above the 29,300 of the given row, most by age = 39"."""
    values, answer = explanation.values[0, :, output], float(explanation.predictions[0, output])
    base, rest = float(explanation.base_values[output]), float(explanation.rest[0, output])
    amount = amounts(np.array([*values, answer - base]))
    rises = answer >= base
    size = f"{amount(abs(answer - base), signed=False)} {'above' if rises else 'below'}"
    said = f"{_begin(explanation, output)}{amount(answer, signed=False)}: {size} the {amount(base, signed=False)} of "
    said += explanation.baseline + _named(explanation, values, 1.0 if rises else -1.0, amount)
    if abs(rest) > SEEN * max(abs(answer), abs(base), abs(values).sum()):
        said += f"; {amount(rest)} by jumps of neurons, which belongs to no column"
    return said


def bars(explanation: Explanation, most: int = MOST_BARS) -> tuple[list[str], list[float], Amount]:
    """Returns labels and values of the longest bars of the answer, and how to write a value."""
    output = explanation.answer
    if len(explanation) == 1:
        values, labels = explanation.values[0, :, output], labels_of(explanation)
    else:
        values, labels = mean_sizes(explanation, output), list(explanation.names)
    order = np.argsort(-np.abs(values), kind="stable")[:most]
    write = amounts(values)
    amount: Amount = write if len(explanation) == 1 else lambda value: write(value, signed=False)
    return [labels[k] for k in order], values[order].tolist(), amount


def mean_sizes(explanation: Explanation, output: int) -> Array:
    """Returns the mean absolute contribution of each column."""
    sizes: Array = np.abs(explanation.values[:, :, output]).mean(axis=0) if len(explanation) else np.zeros(0)
    return sizes


def labels_of(explanation: Explanation) -> list[str]:
    """Returns the columns of one row with their values, such as "age = 39"."""
    return [f"{name} = {_told(value)}" for name, value in zip(explanation.names, explanation.shown[0], strict=True)]


def amounts(values: Array) -> Any:
    """Returns a function that writes numbers with the digits that the largest of these needs: three, or all before the
    point."""
    largest = max((abs(float(value)) for value in values if isfinite(value)), default=0.0)
    digits = 2 if largest == 0 else max(0, 2 - floor(log10(largest)))
    style = f",.{digits}f" if digits <= 9 else ".2e"

    def write(value: float, signed: bool = True) -> str:
        written = format(value, style)
        zero = not any(digit in "123456789" for digit in written.split("e")[0]) and isfinite(value)
        written = written.lstrip("-") if zero else written
        return f"+{written}" if signed and not zero and value > 0 else written

    return write


def _begin(explanation: Explanation, output: int) -> str:
    name = explanation.output_names[output]
    if explanation.kind in ("classes", "labels"):
        return f"{name} with probability "
    several = len(explanation.output_names) > 1
    return f"{_output_told(explanation, output)} = " if several or explanation.kind == "quantiles" else ""


def _output_told(explanation: Explanation, output: int) -> str:
    name = explanation.output_names[output]
    if explanation.kind in ("classes", "labels"):
        return f"the probability of {name}"
    if explanation.kind == "quantiles":
        return f"quantile {name}"
    return "the answer" if len(explanation.output_names) == 1 else f"y{name}"


def _named(explanation: Explanation, values: Array, sign: float, amount: Any) -> str:
    """Returns the columns that made the difference, and those against it."""
    labels = labels_of(explanation)
    worth = WORTH_NAMING * float(np.abs(values).max(initial=0.0))
    listed = []
    for toward, most in ((sign, MOST_FOR), (-sign, MOST_AGAINST)):
        order = np.argsort(-toward * values, kind="stable")[:most]
        chosen = [k for k in order if toward * values[k] > worth]
        listed.append([f"{labels[k]} ({amount(values[k])})" for k in chosen])
    pro = f", most by {_joined(listed[0])}" if listed[0] else ""
    return pro + (f", against {_joined(listed[1])}" if listed[1] else "")


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _others(explanation: Explanation, amount: Any) -> list[str]:
    left = len(explanation.names) - MOST_BARS
    if left <= 0:
        return []
    if len(explanation) != 1:
        return [f"and {left:,} more"]
    values = explanation.values[0, :, explanation.answer]
    smallest = values[np.argsort(-np.abs(values), kind="stable")[MOST_BARS:]]
    return [f"and {left:,} more, together {amount(float(smallest.sum()))}"]


def _largest(values: Sequence[float]) -> float:
    return max((abs(value) for value in values if isfinite(value)), default=0.0)


def _length(value: float, largest: float) -> int:
    return round(WIDEST_BAR * abs(value) / largest) if largest and isfinite(value) else 0


def _told(value: Any) -> str:
    """Returns a value of a column as people write it."""
    if value is None or value != value:
        return "missing"
    if isinstance(value, (float, np.floating)):
        size = abs(float(value))
        return f"{value:,.0f}" if 1e4 <= size < 1e15 or (size < 1e4 and float(value).is_integer()) else f"{value:.4g}"
    return str(value).removesuffix(".000000").removesuffix("T00:00:00")
