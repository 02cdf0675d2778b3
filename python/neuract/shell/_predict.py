# SPDX-License-Identifier: BSD-3-Clause
"""predict: a model file and a table become predictions, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neuract._typing import Array
from neuract.shell._arguments import reading
from neuract.shell._model import faults_of, fitted_model, input_names, inputs, tell_unknown_levels
from neuract.shell._summary import counted
from neuract.shell._tables import Table
from neuract.shell._words import tell
from neuract.shell._writing import check_writable, output_format, write_table


def predict(given: Any) -> None:
    """Runs the command."""
    kind = output_format(given.out, given.out_format)
    check_writable(given.out, given.table, given.model)
    model = fitted_model(given.model)
    if given.threads is not None:
        model._fitted_network().n_threads = given.threads
    table = reading(given).read(given.table)
    table.check_has(given.keep, "--keep")
    names = input_names(model, table, {*given.keep, getattr(model, "target_name_", "")})
    answers = _answers(model, _outputs(model, table, names))
    kept = {name: table.kept(name) for name in given.keep}
    if twice := kept.keys() & answers.keys():
        raise table.error("--keep would hide the column of this name that predict writes", column=min(twice))
    if table.rows and not given.quiet:
        tell_unknown_levels(model, table, names)
    write_table(given.out, kind, kept | answers)
    if not given.quiet and given.out != "-":
        tell(f"{counted(table.rows, 'row')} to {given.out}")


def _outputs(model: Any, table: Table, names: list[str]) -> Array:
    """Returns the outputs of the network, rows × outputs."""
    network = model._fitted_network()
    if not table.rows:
        return np.empty((0, network.layers[-1].units), network.dtype)
    X = inputs(model, table, names)
    with faults_of(table):
        outputs: Array = model._outputs(X) if hasattr(model, "_outputs") else network.predict(X)
    return outputs


def _answers(model: Any, outputs: Array) -> dict[str, Array]:
    """Returns the columns of the answer, by name."""
    meaning = model._meaning()
    columns = meaning.columns(outputs)
    if not hasattr(model, "predict_proba"):
        return _named(columns, "quantile" if meaning.kind == "quantiles" else "prediction", meaning.names)
    probabilities = {f"probability of {name}": columns[:, k] for k, name in enumerate(meaning.names)}
    return _named(meaning.answers(outputs), "prediction", meaning.names) | probabilities


def _named(columns: Array, word: str, names: Sequence[Any]) -> dict[str, Array]:
    if columns.ndim == 1 or columns.shape[1] == 1:
        return {"prediction": columns.ravel()}
    return {f"{word} {name}": columns[:, k] for k, name in enumerate(names)}
