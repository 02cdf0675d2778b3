# SPDX-License-Identifier: BSD-3-Clause
"""The columns of a tabular estimator as a part of a model file, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neuract._checks import whole_number
from neuract.columns._column import Column
from neuract.columns._columns import Columns
from neuract.files._values import Reader, Writer, object_with

KEYS = ("names", "n_columns", "places", "kinds", "left_out")


def write_columns(state: Mapping[str, Any] | None, writer: Writer) -> Any:
    """Returns the document of what `Columns._state` gave, or None if there is none."""
    return None if state is None else writer.write_all("columns", state)


def read_columns(document: Any, reader: Reader) -> dict[str, Any] | None:
    """Returns the state; ValueError or TypeError if the document is not valid."""
    if document is None:
        return None
    read = {name: reader.read(part) for name, part in object_with(document, KEYS, "columns").items()}
    n_columns = whole_number(read["n_columns"], "n_columns", low=1)
    names, places, kinds, left_out = (read[name] for name in ("names", "places", "kinds", "left_out"))
    if names is not None and (not _are_texts(names) or len(set(names)) < len(names) or len(names) != n_columns):
        raise ValueError("the names of the columns must be different texts, one for each")
    if not isinstance(kinds, list) or not kinds or not all(isinstance(kind, Column) for kind in kinds):
        raise ValueError(f"the kinds must be a list of columns, got {kinds!r}")
    if not isinstance(places, list) or len(places) != len(kinds) or len(set(map(str, places))) < len(kinds):
        raise ValueError(f"the places must be different whole numbers, one for each kind; got {places!r}")
    for place, kind in zip(places, kinds, strict=True):
        _check_place(whole_number(place, "place", low=0), kind, names, n_columns)
    if not isinstance(left_out, dict) or not _are_texts([*left_out, *left_out.values()]):
        raise ValueError("the columns left out must be a dict of texts")
    return read


def columns_of(state: Mapping[str, Any], kind: str, parameters: Mapping[str, Any]) -> Columns:
    """Returns the fitted columns of that state. kind: of the estimator; parameters: the estimator's."""
    own = {name: parameters[name] for name in ("categorical", "scaling", "min_rows") if name in parameters}
    columns = Columns(**own)
    columns._set(**state)
    columns._told_as = kind
    return columns


def _check_place(place: int, kind: Column, names: list[str] | None, n_columns: int) -> None:
    if place >= n_columns or kind.name != (f"x{place}" if names is None else names[place]):
        raise ValueError(f"column {kind.name!r} is not at place {place} of X")


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
