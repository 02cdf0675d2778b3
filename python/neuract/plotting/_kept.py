# SPDX-License-Identifier: BSD-3-Clause
"""The curve by whose best epoch a fit has kept the model: of early stopping, of its callback, or out of fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neuract._typing import AskedModel
from neuract.callbacks._ready import EarlyStopping

# What finds the best epoch of each curve.
BEST = {
    "loss": np.nanargmin,
    "validation_loss": np.nanargmin,
    "validation_score": np.nanargmax,
    "oof_loss": np.nanargmin,
}
Curves = Mapping[str, Sequence[float]]


def kept_by(model: AskedModel, history: Curves) -> str | None:
    """Returns the name of that curve; None if the model is that of the last epoch, or where this is not certain."""
    if len(history.get("oof_loss", ())):
        return "oof_loss"
    scores = history.get("validation_score", ())
    if getattr(model, "early_stopping", False) and len(scores):
        passed_once = getattr(model, "n_iter_", None) == 1 < len(scores)  # partial_fit keeps what it has learned
        return None if passed_once else "validation_score"
    given: Any = getattr(model, "callbacks", None)
    each = [getattr(one, "_callback", one) for one in (given if isinstance(given, (list, tuple)) else [given])]
    stopping = [one for one in each if isinstance(one, EarlyStopping) and one.restore_best]
    return _by_callback(stopping[-1], model, history) if stopping else None


def _by_callback(stopping: EarlyStopping, model: Any, history: Curves) -> str | None:
    """Returns the callback's curve if the history ends where the callback, or the number of epochs, ended the fit."""
    monitor = stopping.monitor or ("validation_loss" if len(history.get("validation_loss", ())) else "loss")
    curve = np.asarray(history.get(monitor, ()), np.float64)
    # By more than min_delta, the best epoch need not be the best of the curve.
    if stopping.min_delta or monitor not in BEST or not np.isfinite(curve).any():
        return None
    waited = len(curve) - 1 - int(BEST[monitor](np.where(np.isfinite(curve), curve, np.nan)))
    all_epochs = getattr(model, "epochs", None) or getattr(model, "max_iter", None)
    return monitor if waited == stopping.patience or len(curve) == all_epochs else None
