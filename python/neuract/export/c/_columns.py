# SPDX-License-Identifier: BSD-3-Clause
"""The columns of a frame as C: places and lookups for the header, and the code that prepares one row.

Names of columns and texts of levels are a stranger's: they are escaped, and never part of the code.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neuract.columns._category import Category
from neuract.columns._column import Column
from neuract.columns._columns import Columns
from neuract.columns._date import CYCLES, Date
from neuract.columns._number import Number, Scaling
from neuract.columns._values import DATE, SPAN, TRUTH
from neuract.export._drawn import drawn
from neuract.export._model import ExportedModel
from neuract.export.c import _column_templates as templates
from neuract.export.c._names import commented, identifiers
from neuract.export.c._rows import CRows, TestRows
from neuract.export.c._text import array, double_literal, double_literals, string_array

UNITS = {TRUTH: "bool, 0 or 1", SPAN: "duration in days", DATE: "date, in days since 1970-01-01 (UTC)"}


class CColumns(CRows):
    """Rows of a frame: numbers in one array, codes of levels in another."""

    parameters = "const double *numbers, const int *levels"

    def __init__(self, model: ExportedModel, columns: Columns, name: str) -> None:
        super().__init__(model, name)
        self.kinds = columns.kinds_
        names = [kind.name for kind in self.kinds]
        self.identifiers = dict(zip(names, identifiers(names), strict=True))
        self.categories = [kind for kind in self.kinds if isinstance(kind, Category)]
        self.numbers = [kind for kind in self.kinds if not isinstance(kind, Category)]
        self.levels = [_Levels(number, kind) for number, kind in enumerate(self.categories)]

    # ---- NAME.h --------------------------------------------------------------------------------------

    @property
    def about(self) -> str:
        return templates.ABOUT

    def defines(self) -> str:
        counts = {"n_numbers": len(self.numbers), "n_levels": len(self.categories)}
        return templates.DEFINES.format(macro=self.macro, **counts)

    def places(self) -> str:
        numbers = [self._define("NUMBER", number, kind) for number, kind in enumerate(self.numbers)]
        levels = [self._define("LEVELS", number, kind) for number, kind in enumerate(self.categories)]
        return templates.PLACES.format(places="".join(numbers + levels))

    def _define(self, array_name: str, place: int, kind: Column) -> str:
        return f"#define {self._macro(array_name, kind)} {place} /* {commented(kind.name)}, {_told(kind)} */\n"

    def _macro(self, array_name: str, kind: Column) -> str:
        return f"{self.macro}_{array_name}_{self.identifiers[kind.name].upper()}"

    def declarations(self, outputs: str, reentrant: str) -> str:
        names = {"name": self.name, "macro": self.macro}
        predict = templates.DECLARATION.format(**names, outputs=outputs, reentrant=reentrant)
        lines = "".join(f"int {self._lookup(kind)}(const char *text);\n" for kind in self.categories)
        return predict + (templates.LOOKUPS.format(lines=lines) if lines else "")

    def _lookup(self, kind: Column) -> str:
        return f"{self.name}_level_{self.identifiers[kind.name]}"

    # ---- NAME.c --------------------------------------------------------------------------------------

    def constants(self) -> str:
        return "".join(levels.constants() for levels in self.levels)

    @property
    def n_bytes(self) -> int:
        return sum(levels.n_bytes for levels in self.levels)

    @property
    def n_pointers(self) -> int:
        return sum(len(levels.codes) for levels in self.levels)

    @property
    def scratch(self) -> list[int]:
        return [sum(len(kind.names) for kind in self.kinds)]

    def lines(self) -> tuple[list[str], str]:
        return ["prepare(numbers, levels, inputs);"], "inputs"

    def code(self) -> str:
        """Returns the lookups, and the function ``prepare``, which writes the row that the network takes."""
        body = "\n    ".join([*self._unused(), *self._statements()])
        parts = [
            templates.SEARCH * any(levels.codes for levels in self.levels),
            *(templates.LOOKUP.format(name=self._lookup(each.kind), code=each.lookup()) for each in self.levels),
            *(text for name, text in templates.FUNCTIONS.items() if f"{name}(" in body),
            templates.PREPARE.format(body=body),
        ]
        return "\n".join(filter(None, parts))

    def _unused(self) -> list[str]:
        return ["(void)numbers;"] * (not self.numbers) + ["(void)levels;"] * (not self.categories)

    def _statements(self) -> Iterator[str]:
        """Yields the statements that write the row x from numbers and levels."""
        at = 0
        for kind in self.kinds:
            for value in self._values(kind):
                yield f"x[{at}] = {value};"
                at += 1

    def _values(self, kind: Column) -> list[str]:
        if isinstance(kind, Category):
            code = f"levels[{self._macro('LEVELS', kind)}]"
            return [f"sign_of({code})" if kind.signed else f"level({code}, {kind.n_levels})"]
        if not isinstance(kind, (Number, Date)):
            raise TypeError(f"to_c has no code for columns of type {type(kind).__name__}")
        value = f"numbers[{self._macro('NUMBER', kind)}]"
        lengths = [double_literal(CYCLES[cycle]) for cycle in kind.cycles] if isinstance(kind, Date) else []
        waves = [f"(float){wave}({value}, {length})" for length in lengths for wave in ("sine", "cosine")]
        return [f"(float){_scaled(kind.scaling, value)}", *waves, *[f"missing({value})"] * kind.flag]

    # ---- self-test -----------------------------------------------------------------------------------

    def test_rows(self, rows: int) -> TestRows:
        """Returns rows in which each column has a value, a missing one and, of levels, an unknown one."""
        values = drawn(self.kinds, rows)
        x = np.stack([part for kind in self.kinds for part in kind.numbers(values[kind.name])], axis=1)
        numbers = double_literals(np.transpose([values[kind.name].values for kind in self.numbers]))
        texts = [values[kind.name].values[row] for row in range(rows) for kind in self.categories]
        lookups = list(map(self._lookup, self.categories))
        names = {"name": self.name, "macro": self.macro}
        constants = [
            array(f"static const double test_numbers[{len(numbers)}]", numbers) if numbers else "",
            string_array("test_texts", texts) if texts else "",
            templates.TEST_LOOKUPS.format(n=len(lookups), lookups=", ".join(lookups)) if texts else "",
        ]
        call = templates.TEST_CALL_WITH_LEVELS if texts else templates.TEST_CALL
        arrays = {
            "numbers": f"test_numbers + row * {self.macro}_N_NUMBERS" if numbers else "0",
            "levels": "levels" if texts else "0",
        }
        variables = f"\n    int levels[{self.macro}_N_LEVELS];" if texts else ""
        return TestRows(x.astype(np.float32), "".join(constants), variables, call.format(**names, **arrays))


class _Levels:
    """The texts of a column of levels; number: counted from 0."""

    def __init__(self, number: int, kind: Category) -> None:
        self.number, self.kind = number, kind
        rare = dict.fromkeys(kind.rare, len(kind.levels) + 1)
        codes = {level: code for code, level in enumerate(kind.levels, 1)} | rare
        for level in codes:
            self._check(level)
        self.codes = dict(sorted(codes.items(), key=lambda item: item[0].encode()))

    def _check(self, level: str) -> None:
        what = "U+0000" if "\0" in level else "half of a surrogate pair" if _has_surrogates(level) else ""
        if what:
            raise ValueError(
                f"column {self.kind.name!r} has the level {level!r} with {what}, which text in C cannot have; "
                "replace it and fit again"
            )

    @property
    def n_bytes(self) -> int:
        return sum(len(level.encode()) + 1 + 4 for level in self.codes)

    def constants(self) -> str:
        if not self.codes:
            return ""
        size = len(self.codes)
        codes = array(f"static const int codes_{self.number}[{size}]", map(str, self.codes.values()))
        return string_array(f"levels_{self.number}", list(self.codes)) + codes

    def lookup(self) -> str:
        """Returns the expression of a text's code."""
        missing = self.kind.n_levels if self.kind.missing else 0
        known = f"search(text, levels_{self.number}, codes_{self.number}, {len(self.codes)})" if self.codes else "0"
        return f"text && *text ? {known} : {missing}"


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in text)


def _scaled(scaling: Scaling, value: str) -> str:
    center, scale, fill = map(double_literal, (scaling.center, scaling.scale, scaling.fill))
    z = f"scaled({value}, {center}, {scale}, {fill})"
    return f"{scaling.kind}({z})" if scaling.kind in ("robust", "unit") else z


def _told(kind: Column) -> str:
    if isinstance(kind, Category):
        return f"{len(kind.levels)} level{'s' * (len(kind.levels) != 1)}"
    form = DATE if isinstance(kind, Date) else getattr(kind, "form", "")
    return UNITS.get(form, form)
