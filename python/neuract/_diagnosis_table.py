# SPDX-License-Identifier: BSD-3-Clause
"""A diagnosis as a table: of text, of pandas, of HTML."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from neuract.inspection import Diagnosis


def text(diagnosis: Diagnosis) -> str:
    """One line a layer, and the warnings."""
    lines = [f"{'layer':10}{'neurons':>9}{'fire':>8}{'dead':>8}{'saturated':>11}"]
    lines += [
        f"{layer.name:10}{len(layer.mean):9}{layer.firing_share.mean():8.1%}{layer.dead.mean():8.1%}"
        f"{layer.saturated_share.mean():11.1%}"
        for layer in diagnosis.layers
    ]
    return "\n".join(lines + [f"{found.severity}: {found.message}" for found in diagnosis.warnings])


def frame(diagnosis: Diagnosis) -> Any:
    """One row a neuron."""
    pandas: Any = importlib.import_module("pandas")
    columns = ("firing_share", "mean", "std", "saturated_share", "dead", "constant", "gradient_norms")
    parts = []
    for layer in diagnosis.layers:
        values = {name: getattr(layer, name) for name in columns}
        values["gradient_norm"] = values.pop("gradient_norms")
        parts.append(pandas.DataFrame({"layer": layer.name, "neuron": np.arange(len(layer.mean)), **values}))
    return pandas.concat(parts, ignore_index=True)


def html(diagnosis: Diagnosis) -> str:
    """For notebooks."""
    from html import escape

    return f"<pre>{escape(text(diagnosis))}</pre>"
