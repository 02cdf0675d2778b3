# SPDX-License-Identifier: BSD-3-Clause
"""What a report is about: a fitted model, rows, targets, and what is known of them before the page is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from neuract._typing import FittedModel
from neuract.inspection._diagnose import diagnose
from neuract.inspection._diagnosis import Diagnosis
from neuract.inspection._importances import Importance
from neuract.layers._numbers import levels_of
from neuract.report._importances import measured
from neuract.report._quality import Predictions, predictions
from neuract.report._rows import dense, evenly_spread
from neuract.report._scaler import Scaler
from neuract.report._words import Words, words

N_EXTREMES = 10_000  # rows in which a scaler's range is looked for


@dataclass(frozen=True, eq=False)
class Subject:
    """The model and the rows; without X there is no diagnosis and no prediction, without y no importance."""

    model: FittedModel
    X: Any
    y: npt.ArrayLike | None
    words: Words
    scaler: Scaler | None
    diagnosis: Diagnosis | None
    predictions: Predictions | None
    importance: Importance | None


def subject(model: FittedModel, X: Any, y: npt.ArrayLike | None, scaler: Any, given: Mapping[str, Any]) -> Subject:
    """Returns the subject; given: the user's words. ValueError or TypeError for what does not fit the model."""
    if X is None and y is not None:
        raise ValueError("y is given without X; give both, X alone, or neither")
    known = words(model, X, y, **given, scaler=scaler)
    asked = None if scaler is None else _asked(scaler, model, X)
    if X is None:
        return Subject(model, None, None, known, asked, None, None, None)
    told = predictions(model, X, y, known)
    found = measured(model, X, y, told)
    if found is not None and model._frame_columns() is None:
        found = replace(found, names=tuple(known.columns))
    return Subject(model, X, y, known, asked, diagnose(model, X, y), told, found)


def _asked(scaler: Any, model: FittedModel, X: Any) -> Scaler:
    """Returns the scaler of the user, asked."""
    if model._frame_columns() is not None:
        raise ValueError("the columns of a tabular model have units of their own; scaler must be None")
    network = model._fitted_network()
    if levels_of(network.inputs):
        raise ValueError("a column that holds levels cannot be scaled; scaler must be None")
    n_columns = network._known().n_inputs
    if X is None:
        return Scaler(scaler, n_columns, None)
    rows = model._rows(X)
    return Scaler(scaler, n_columns, np.asarray(dense(rows, evenly_spread(len(rows), N_EXTREMES))))
