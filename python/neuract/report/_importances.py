# SPDX-License-Identifier: BSD-3-Clause
"""The bars of what each column is worth to the model: permutation importance on some of the rows."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np

from neuract._typing import Array, FittedModel
from neuract.inputs._sparse import is_sparse
from neuract.inspection._importance import importance
from neuract.inspection._importances import Importance
from neuract.report._charts import bars
from neuract.report._quality import Predictions, comparable
from neuract.report._rows import evenly_spread

REPEATS = 3
MOST_BARS = 15
LEAST_ROWS, MOST_ROWS = 200, 5000
WORK = 2e11  # products of weights, on which a processor spends a few seconds
SCORES = {"accuracy": "accuracy", "r2": "R²", "d2": "D²"}


def measured(model: FittedModel, X: Any, y: Any, told: Predictions) -> Importance | None:
    """Returns the importances on rows that are evenly spread; None where there are none.

    There are none without y, for sparse X, for a single row, and for predictions that are not finite.
    """
    if told.truth is None or is_sparse(X) or is_sparse(y) or len(told.values) < 2 or not comparable(told):
        return None
    networks = model._members().networks
    work = REPEATS * len(told.words.columns) * sum(network.n_parameters for network in networks)
    numbers = evenly_spread(len(told.values), int(np.clip(WORK / work, LEAST_ROWS, MOST_ROWS)))
    if len(numbers) < len(told.values):
        X, y = _some(X, numbers), _some(y, numbers)
    return importance(model, X, y, repeats=REPEATS, random_state=0)


def bars_of(found: Importance) -> str:
    """Returns a sentence and the bars of the most important columns."""
    score = SCORES.get(found.scoring, found.scoring)
    order = found.order.tolist()
    rows = [(found.names[k], float(found.mean[k]), _text(found.mean[k], found.std[k])) for k in order[:MOST_BARS]]
    rest = f" {len(order) - MOST_BARS} more columns are worth less." if len(order) > MOST_BARS else ""
    lead = (
        f"A bar is what the {score}, {found.base_score:.3f}, loses where a column is shuffled among the "
        f"rows: mean ± standard deviation of {found.values.shape[1]} orders of {found.rows:,} rows.{rest}"
    )
    table = bars(rows, f"Importance of the columns: loss of {score}")
    return f'<p class="lead">{escape(lead)}</p><div class="card">{table}</div>'


def _text(mean: float, std: float) -> str:
    return f"{mean:.3f} ± {std:.3f}".replace("-", "−")


def _some(rows: Any, numbers: Array) -> Any:
    """Returns these rows of an X or y of any form that a model takes."""
    if isinstance(rows, Mapping):
        return {name: _some(column, numbers) for name, column in rows.items()}
    if isinstance(rows, (list, tuple)):
        return [rows[number] for number in numbers]
    if hasattr(rows, "iloc"):
        return rows.iloc[numbers]
    return rows.take(numbers) if hasattr(rows, "to_pylist") else rows[numbers]
