# SPDX-License-Identifier: BSD-3-Clause
"""Frames with every kind of column, and what an ONNX model with an input a column gets of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[Any]

STRANGE = ['"; rm', "two\nlines", "Köln", "*/ <b>", "a\\", " ", "日本", "a\0b", "NaN", "()"]
REALS = {"tensor(float)": np.float32, "tensor(double)": np.float64}


def frame_of_all(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Returns rows with every kind of column, with and without missing values; some names are names of ONNX values."""
    days = pd.Series(pd.Timestamp("2019-03-01") + pd.to_timedelta(rng.integers(0, 10**8, rows), unit="s"))
    frame = pd.DataFrame(
        {
            "label": rng.normal(50, 9, rows).round(2),
            "constant_0": rng.integers(0, 9, rows),
            'size, "m²"\n': _with_gaps(pd.Series(rng.normal(size=rows).round(3)), rng),
            "probabilities": rng.choice(STRANGE, rows, p=np.arange(1, 11) / 55),
            "two": rng.choice(["no", "yes"], rows),
            "town": _with_gaps(pd.Series(rng.choice(["Ulm", "Bonn"], rows), dtype=object), rng),
            "many": [f"level {number}" for number in rng.integers(0, 150, rows)],
            "code": rng.integers(3, 6, rows),
            "same": 1,
            "bool": rng.random(rows) > 0.5,
            "when": days,
            "when, with gaps": _with_gaps(days, rng),
            "how long": _with_gaps(pd.Series(pd.to_timedelta(rng.integers(1, 10**6, rows), unit="s")), rng),
        }
    )
    return frame.assign(**{"": rng.exponential(size=rows).round(3)})


def _with_gaps(column: pd.Series, rng: np.random.Generator) -> pd.Series:
    return column.where(rng.random(len(column)) > 0.2)


def fed(inputs: Sequence[Any], frame: pd.DataFrame, renamed: Mapping[str, str] | None = None) -> dict[str, Array]:
    """Returns the values of the inputs of ONNX Runtime, as docs/export.md says. renamed: column of an input's name."""
    named = renamed or {}
    return {each.name: values(frame[named.get(each.name, each.name)], each.type).reshape(-1, 1) for each in inputs}


def values(column: pd.Series, kind: str) -> Array:
    """Returns a column as text without missing values, or as numbers: days since 1970-01-01, lengths in days."""
    if kind == "tensor(string)":
        known: Array = column.notna().to_numpy()
        return np.array([str(value) if there else "" for value, there in zip(column, known, strict=True)], object)
    if column.dtype.kind == "M":
        column = column - pd.Timestamp("1970-01-01")
    if column.dtype.kind == "m":
        column = column / pd.Timedelta(days=1)
    numbers: Array = column.to_numpy(REALS[kind])
    return numbers
