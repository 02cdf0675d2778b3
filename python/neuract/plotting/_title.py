# SPDX-License-Identifier: BSD-3-Clause
"""Titles: what a picture shows, how good the predictions are, and whether they are the same for all rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from neuract._typing import Array
from neuract.activations._named import Sigmoid, Softmax
from neuract.plotting._style import INK, PLAIN, SMALL, drawable, shortened

CONSTANT_SPREAD = 1e-6  # as that of `diagnose`: a share of y's standard deviation


def set_title(ax: Axes, text: str, pad: float = 6.0) -> None:
    """Writes the title; pad: its distance from the axes in points."""
    ax.set_title(text, fontsize=SMALL + 1.5, color=INK, pad=pad, linespacing=1.35, **PLAIN)


def quality(network: Any, outputs: Array, targets: Array) -> str:
    """Returns accuracy or R² on these rows, such as "accuracy 0.97 on 150 rows".

    network: has the output layer and the loss. outputs: rows × outputs. targets: in the same unit, rows × outputs (of
    classes 0 and 1), or of shape (rows,): numbers, or numbers of classes. R² of several outputs is their mean, and
    quantiles have the share of the rows between the outer ones.
    """
    rows = f"on {len(outputs):,} rows"
    lost = int(np.isnan(drawable(outputs)).any(axis=1).sum())
    if lost:
        return f"not finite {rows}" if lost == len(outputs) else f"not finite on {lost:,} of {len(outputs):,} rows"
    if _has_classes(network):
        right = _chosen(network, outputs) == (targets if targets.ndim == 1 else _chosen(network, targets))
        return f"accuracy {right.mean():.2f} {rows}"
    targets = targets.reshape(len(outputs), -1).astype(np.float64)
    if network.loss_function.outputs is not None and outputs.shape[1] > 1:
        inside = (outputs.min(axis=1) <= targets[:, 0]) & (targets[:, 0] <= outputs.max(axis=1))
        return f"{inside.mean():.0%} of y between the outer quantiles, {rows}"
    share = _explained(targets, outputs)
    return rows if share is None else f"{r2(share)} {rows}"


def r2(share: float) -> str:
    """Returns R² as text, with the minus sign of the axes."""
    return f"R² = {max(-99.0, share):z.2f}".replace("-", "\N{MINUS SIGN}")


def collapse(network: Any, outputs: Array, names: Sequence[object], targets: Array | None = None) -> str:
    """Returns a sentence if all rows have the same prediction or class, else nothing.

    names: of the classes, both of two; else their numbers are told. targets: if they are all the same, so may be the
    predictions.
    """
    spread = 0.0 if targets is None else float(np.std(targets, axis=0, dtype=np.float64).max())
    if len(outputs) < 2 or not np.isfinite(drawable(outputs)).all() or (targets is not None and spread == 0):
        return ""
    same = bool((np.ptp(outputs, axis=0) <= CONSTANT_SPREAD * spread).all())
    chosen = _chosen(network, outputs) if _has_classes(network) else None
    if chosen is not None and chosen.ndim == 1 and (chosen == chosen[0]).all():
        how = ", with the same probability" if same else ""
        first = int(chosen[0])
        return f"All rows are predicted as {shortened(names[first] if first < len(names) else first)}{how}."
    return "The prediction is the same for all rows." if same else ""


def lines(*parts: str) -> str:
    """Returns the parts that are not empty, one a line."""
    return "\n".join(filter(None, parts))


def _has_classes(network: Any) -> bool:
    return isinstance(network.layers[-1].activation, (Sigmoid, Softmax))


def _chosen(network: Any, outputs: Array) -> Array:
    """Returns the number of each row's class; for several labels, 0 or 1 for each."""
    if isinstance(network.layers[-1].activation, Softmax):
        return np.asarray(outputs.argmax(axis=1))
    above = (outputs > 0.5).astype(np.intp)
    return above[:, 0] if outputs.shape[1] == 1 else above


def _explained(y: Array, outputs: Array) -> float | None:
    """Returns the mean R² of the outputs whose targets vary; None if there is none."""
    total = ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    some = total > 0
    if not some.any():
        return None
    rest = ((y - outputs) ** 2).sum(axis=0)
    return float((1 - rest[some] / total[some]).mean())
