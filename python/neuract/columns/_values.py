# SPDX-License-Identifier: BSD-3-Clause
"""The values of one column of the user's frame, in one of four forms, whatever library made the frame.

Numbers, truths, dates and spans are float64 with NaN for missing values; text is a list of str and None.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from neuract._typing import Array

NUMBER, TRUTH, DATE, SPAN, TEXT, EMPTY = "number", "bool", "date", "duration", "text", "empty"
"""The forms. Dates are days since 1970-01-01, in UTC where a time zone is known; spans are days."""
EPOCH = datetime.datetime(1970, 1, 1)
EPOCH_UTC = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
MICROSECONDS_A_DAY = 86_400_000_000
NOT_VALUES = {"NAType", "NaTType", "NoneType"}  # of pandas, which need not be installed


@dataclass(frozen=True, eq=False)
class Values:
    """A column: form, and float64 numbers or a list of texts. The form "empty": no value is there."""

    form: str
    values: Any

    def __len__(self) -> int:
        return len(self.values)

    def texts(self) -> list[str | None]:
        """Returns the column as text, as levels have it: a whole number without a point."""
        if self.form == TEXT:
            texts: list[str | None] = self.values
            return texts
        found, places = np.unique(self.values, return_inverse=True)
        names = np.fromiter(map(_FORMATS.get(self.form, text_of), found.tolist()), object, len(found))
        named: list[str | None] = names[places].tolist()
        return named


def of_array(array: Array) -> Values:
    """Returns a column of NumPy's; TypeError that describes values which no column has."""
    kind = array.dtype.kind
    if kind == "b":
        return Values(TRUTH, array.astype(np.float64))
    if kind in "iuf":
        return Values(NUMBER, array.astype(np.float64))
    if kind in "Mm":
        numbers = array.astype("M8[us]" if kind == "M" else "m8[us]").astype(np.int64).astype(np.float64)
        numbers[np.isnat(array)] = np.nan
        return Values(DATE if kind == "M" else SPAN, numbers / MICROSECONDS_A_DAY)
    if kind in "UT":
        return Values(TEXT, array.tolist())
    if kind == "O":
        return of_objects(array.tolist())
    raise TypeError({"c": "complex numbers", "S": "bytes"}.get(kind, f"values of type {array.dtype}"))


def of_objects(values: Sequence[Any]) -> Values:
    """Returns a column of Python's objects. Text next to numbers makes all of it text."""
    kinds = {kind: _form_of(kind) for kind in set(map(type, values))}
    forms = set(kinds.values()) - {EMPTY}
    if not forms or (forms == {NUMBER} and all(map(is_missing, values))):
        return Values(EMPTY, np.full(len(values), np.nan))
    if TEXT in forms and forms <= {TEXT, NUMBER, TRUTH}:
        return Values(TEXT, values if kinds.keys() == {str} else [text_of(value) for value in values])
    if forms == {TRUTH, NUMBER} and all(map(is_missing, (v for v in values if _form_of(type(v)) == NUMBER))):
        forms = {TRUTH}  # whose gaps are NaN
    if len(forms) > 1 and forms != {NUMBER, TRUTH}:
        raise TypeError("values of different kinds, such as dates next to numbers")
    form = NUMBER if NUMBER in forms else forms.pop()
    number = CONVERTED[form]
    missing = [is_missing(value) for value in values]
    try:
        numbers = [np.nan if gap else number(value) for value, gap in zip(values, missing, strict=True)]
    except OverflowError:
        raise TypeError("a whole number that is too large for float64") from None
    return Values(form, np.array(numbers, np.float64))


def text_of(value: Any) -> str | None:
    """Returns a value as the name of a level: 3 and 3.0 are "3". None for a missing one."""
    if isinstance(value, str):
        return str(value)
    if is_missing(value):
        return None
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (Real, Decimal)):
        try:
            number = float(value)
        except OverflowError:
            return str(value)
        return str(int(number)) if number.is_integer() else repr(number)
    return str(value)


def is_value(value: Any) -> bool:
    """Returns whether a value is that of one row, not of a whole column."""
    return isinstance(value, str) or _form_or_none(type(value)) is not None


def is_missing(value: Any) -> bool:
    """Returns whether a value is None, NaN, NaT or pandas' NA."""
    if isinstance(value, str):
        return False
    return type(value).__name__ in NOT_VALUES or bool(value != value)


def _form_of(kind: type) -> str:
    form = _form_or_none(kind)
    if form is None:
        bare = issubclass(kind, (list, tuple, set, dict, np.ndarray))
        raise TypeError("lists or other collections" if bare else f"values of type {kind.__name__}")
    return form


def _form_or_none(kind: type) -> str | None:
    if kind.__name__ in NOT_VALUES:
        return EMPTY
    return next((form for form, kinds in FORMS if issubclass(kind, kinds)), None)


FORMS: list[tuple[str, tuple[type, ...]]] = [
    (TEXT, (str,)),
    (TRUTH, (bool, np.bool_)),
    (SPAN, (datetime.timedelta, np.timedelta64)),  # which NumPy counts among the whole numbers
    (NUMBER, (Real, Decimal)),
    (DATE, (datetime.date, datetime.time, np.datetime64)),
]


def _days(value: Any) -> float:
    """Returns the days since 1970-01-01 of a date or a time; of a time of day, that part of a day."""
    if isinstance(value, np.datetime64):
        return int(value.astype("M8[us]").astype(np.int64)) / MICROSECONDS_A_DAY
    if isinstance(value, datetime.datetime):
        passed = value - (EPOCH if value.tzinfo is None else EPOCH_UTC)
    elif isinstance(value, datetime.time):
        passed = datetime.datetime.combine(EPOCH, value.replace(tzinfo=None)) - EPOCH
    else:
        passed = datetime.datetime(value.year, value.month, value.day) - EPOCH
    return (passed // datetime.timedelta(microseconds=1)) / MICROSECONDS_A_DAY


def _span(value: Any) -> float:
    if isinstance(value, np.timedelta64):
        return int(value.astype("m8[us]").astype(np.int64)) / MICROSECONDS_A_DAY
    return float(value // datetime.timedelta(microseconds=1)) / MICROSECONDS_A_DAY


def _date_text(days: float) -> str | None:
    if np.isnan(days):
        return None
    return str(np.datetime64(round(days * MICROSECONDS_A_DAY), "us"))


CONVERTED: dict[str, Callable[[Any], float]] = {NUMBER: float, TRUTH: float, DATE: _days, SPAN: _span}
_FORMATS = {
    DATE: _date_text,
    TRUTH: lambda number: None if np.isnan(number) else str(bool(number)),
}
