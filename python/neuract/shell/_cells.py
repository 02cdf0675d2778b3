# SPDX-License-Identifier: BSD-3-Clause
"""A column of text cells, and what the cells mean: numbers, dates, truths or text."""

from __future__ import annotations

import datetime
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.columns._values import DATE, EMPTY, NUMBER, TEXT, TRUTH
from neuract.shell._words import ShellError

MISSING = ("", "NA", "NaN", "nan", "null", "NULL")
NEARLY_ALL = 0.9
DATES = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
TRUTHS = {"true": True, "false": False}
NAMES = {NUMBER: "a number", DATE: "a date (such as 2024-01-31 or 2024-01-31 12:00)", TRUTH: "true or false"}


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a column: its different texts, and for each row the number of its text."""

    texts: list[str]
    codes: Array

    def row(self, text: str) -> int:
        """Returns the first row with a text."""
        return int((self.codes == self.texts.index(text)).argmax()) + 1

    def spread(self, values: Array) -> Array:
        """Returns the values of the texts as the values of the rows."""
        return values[self.codes]

    @property
    def written(self) -> Array:
        """The cells as they are."""
        return self.spread(np.array([*self.texts, ""], object))


@dataclass(frozen=True)
class Meaning:
    """How cells are read: which texts are missing values, and the decimal point of numbers."""

    missing: tuple[str, ...] = MISSING
    decimal: str = "."

    def form(self, cells: Cells, file: str, name: str) -> str:
        """Returns what the cells of a column look like; ShellError if a few are not like all the others."""
        texts = [text for text in cells.texts if not self._gone(text)]
        if not texts:
            return EMPTY
        if all(map(PLAIN_NUMBER.fullmatch, texts)) and self.decimal == ".":
            return NUMBER
        for form in (NUMBER, DATE, TRUTH):
            others = [text for text in texts if self._value(text, form, strict=True) is None]
            if not others:
                return form
            if form != TRUTH and self._rows(cells, others) <= (1 - NEARLY_ALL) * self._rows(cells, texts):
                if form == NUMBER and all(_has_leading_zero(text) for text in others):
                    continue  # codes, such as postal codes
                raise ShellError(self._odd(others[0], form, name), file, cells.row(others[0]), name)
        return TEXT

    def values(self, cells: Cells, form: str, file: str, name: str) -> Array:
        """Returns the values of the rows in a form; ShellError that names the first cell that has none."""
        if form in (TEXT, EMPTY):
            return cells.spread(self._array([None if self._gone(text) else text for text in cells.texts], object))
        if form == NUMBER and (numbers := self._plain_numbers(cells.texts)) is not None:
            return cells.spread(numbers)
        gap = {NUMBER: np.nan, DATE: np.datetime64("NaT", "us"), TRUTH: None}[form]
        values = [gap if self._gone(text) else self._value(text, form) for text in cells.texts]
        for text, value in zip(cells.texts, values, strict=True):
            if value is None and not self._gone(text):
                raise ShellError(self._wrong(text, form), file, cells.row(text), name)
        return cells.spread(self._array(values, {NUMBER: np.float64, DATE: "M8[us]", TRUTH: object}[form]))

    def _plain_numbers(self, texts: list[str]) -> Array | None:
        """Returns the numbers of texts without any oddity, fast; None if there is one."""
        if self.decimal != "." or not all(PLAIN_NUMBER.fullmatch(text) or text in self.missing for text in texts):
            return None
        numbers = self._array([np.nan if text in self.missing else float(text) for text in texts], np.float64)
        return None if np.isinf(numbers).any() else numbers

    def _array(self, values: list[Any], dtype: Any) -> Array:
        return np.fromiter(values, dtype, len(values)) if values else np.empty(0, dtype)

    def _rows(self, cells: Cells, texts: list[str]) -> int:
        chosen = set(texts)
        return int(np.array([text in chosen for text in cells.texts])[cells.codes].sum())

    def _gone(self, text: str) -> bool:
        return text.strip() in self.missing

    def _value(self, text: str, form: str, *, strict: bool = False) -> Any:
        """Returns the value of a text; None if it has none in this form. strict: codes are not numbers."""
        if form == NUMBER and strict and _has_leading_zero(text):
            return None
        readers: dict[str, Callable[[str], Any]] = {NUMBER: self._number, DATE: _date, TRUTH: _truth}
        return readers[form](text.strip())

    def _number(self, text: str) -> float | None:
        pattern = NUMBERS[self.decimal]
        if not pattern.fullmatch(text):
            return None
        number = float(text.replace(self.decimal, "."))
        return number if abs(number) != np.inf else None

    def _wrong(self, text: str, form: str) -> str:
        has_comma = form == NUMBER and "," in text and NUMBERS[","].fullmatch(text.strip())
        hint = (
            "--decimal , reads a decimal comma" if has_comma else f"--missing {shlex.quote(text)} reads it as missing"
        )
        return f"{text!r} is not {NAMES[form]}; {hint}"

    def _odd(self, text: str, form: str, name: str) -> str:
        return (
            f"{self._wrong(text, form)}, and --text {shlex.quote(name)} reads the column as text; nearly all other "
            f"rows have {'numbers' if form == NUMBER else 'dates'}"
        )


def _pattern(decimal: str) -> re.Pattern[str]:
    point = re.escape(decimal)
    return re.compile(rf"[+-]?(?:\d+(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?", re.ASCII)


NUMBERS = {decimal: _pattern(decimal) for decimal in (".", ",")}


PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d*)?(?:[eE][+-]?\d+)?", re.ASCII)


def _has_leading_zero(text: str) -> bool:
    return re.fullmatch(r"\s*[+-]?0\d+\s*", text, re.ASCII) is not None


def _date(text: str) -> np.datetime64 | None:
    if not DATES.fullmatch(text):
        return None
    try:
        moment = datetime.datetime.fromisoformat(text.replace(",", "."))
        if moment.tzinfo is not None:
            moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return np.datetime64(moment, "us")


def _truth(text: str) -> bool | None:
    return TRUTHS.get(text.casefold(), {"1": True, "0": False}.get(text))
