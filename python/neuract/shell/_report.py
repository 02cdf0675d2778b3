# SPDX-License-Identifier: BSD-3-Clause
"""report: a model file, and if you like a table, become a page to open in a browser."""

from __future__ import annotations

from typing import Any

from neuract.shell._arguments import reading
from neuract.shell._model import faults_of, fitted_model, input_names, inputs, target_form
from neuract.shell._target import target
from neuract.shell._words import ShellError, tell
from neuract.shell._writing import check_writable


def report(given: Any) -> None:
    """Runs the command."""
    if given.out == "-":
        raise ShellError("a report needs a file; name one", "standard output")
    check_writable(given.out, given.model, given.table or "-")
    model = fitted_model(given.model)
    if given.table is None:
        model.report(given.out, unit=given.unit)
    else:
        _with_rows(model, given)
    if not given.quiet:
        tell(f"the report is in {given.out}")


def _with_rows(model: Any, given: Any) -> None:
    """Writes the report on the rows of the table, and on their targets if it has them."""
    table = reading(given).read(given.table)
    if not table.rows:
        raise table.error("the file has a header, but no rows")
    known = getattr(model, "target_name_", "")
    name = given.target or (known if known in table.names else "")
    if name:
        table.check_has([name], "--target")
    names = input_names(model, table, {name})
    y = target(table, name, target_form(model)).y if name else None
    with faults_of(table):
        model.report(given.out, inputs(model, table, names), y, target_name=name or None, unit=given.unit)
