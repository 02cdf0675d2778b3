# SPDX-License-Identifier: BSD-3-Clause
"""Rows of the self-test, and what the model answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.columns._values import TEXT, TRUTH, Values
from neuract.export._drawn import drawn
from neuract.export._model import ExportedModel
from neuract.export.js._literals import label_literal, labels_literal, literal
from neuract.outputs._kinds import Classes, Labels


def test_rows(model: ExportedModel, rows: int) -> tuple[Array, list[list[Any]]]:
    """Returns rows as the networks take them, and as a user of the module writes them."""
    if model.columns is None:
        x = model.some_rows(rows, 0)
        return x, x.astype(np.float64).tolist()
    kinds = model.columns.kinds_
    values = drawn(kinds, rows)
    x = np.stack([part for kind in kinds for part in kind.numbers(values[kind.name])], axis=1)
    return x, [list(row) for row in zip(*(_written(values[kind.name]) for kind in kinds), strict=True)]


def _written(values: Values) -> list[Any]:
    """Returns a column for JSON: missing values as None, dates and durations in days."""
    if values.form == TEXT:
        return list(values.values)
    known = [None if value != value else value for value in values.values.tolist()]
    return [value if value is None else bool(value) for value in known] if values.form == TRUTH else known


def answers(model: ExportedModel, x: Array) -> list[str]:
    """Returns the answer for each row, as a literal."""
    first, meaning = model.members.networks[0], model.meaning
    y = model.members.predict(np.ascontiguousarray(x, first.dtype), first.n_threads)
    numbers = meaning.columns(y).astype(np.float64).tolist()
    if isinstance(meaning, Classes):
        labels = [label_literal(label) for label in meaning.answers(y).tolist()]
    elif isinstance(meaning, Labels):
        labels = [labels_literal(each) for each in meaning.answers(y).tolist()]
    else:
        return [literal(row if len(row) > 1 else row[0]) for row in numbers]
    pairs = zip(labels, numbers, strict=True)
    return [f"{{ label: {label}, probabilities: {literal(row)} }}" for label, row in pairs]
