# SPDX-License-Identifier: BSD-3-Clause
"""A diagnosis as a text table, a pandas DataFrame and an HTML table."""

from __future__ import annotations

import importlib
from html import escape
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from neuract.inspection._diagnosis import Diagnosis, LayerDiagnosis
    from neuract.inspection._members import MembersDiagnosis

WIDTH = 100
HEADER = ("layer", "activation", "neurons", "fire", "dead", "saturated", "mean", "std", "gradient", "update")
N_WORDS = 2  # the first columns hold words and are left-aligned; numbers are right-aligned

NEURON_COLUMNS = ("firing_share", "mean", "std", "saturated_share", "dead", "constant")


def text(diagnosis: Diagnosis) -> str:
    """Returns one line per layer, and the warnings with their advice; no line is longer than WIDTH."""
    rows = [HEADER, *map(cells, diagnosis.layers)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if number < N_WORDS else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    members = [] if diagnosis.members is None else [fill(of_members(diagnosis.members), WIDTH)]
    return "\n".join([*lines, "", in_short(diagnosis), *members, *_warnings(diagnosis)])


def frame(diagnosis: Diagnosis) -> Any:
    """Returns a DataFrame with one row per neuron."""
    try:
        pandas: Any = importlib.import_module("pandas")
    except ModuleNotFoundError as error:
        raise ImportError("to_frame needs pandas, which is not installed: pip install pandas") from error
    return pandas.concat([pandas.DataFrame(_columns(layer)) for layer in diagnosis.layers], ignore_index=True)


def html(diagnosis: Diagnosis) -> str:
    """Returns the content of `text` as HTML, for notebooks."""
    header = "".join(f"<th>{escape(cell)}</th>" for cell in HEADER)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells(layer))}</tr>" for layer in diagnosis.layers
    )
    items = "".join(
        f"<li><b>{found.severity}</b>: {escape(found.message)}.<br>{escape(found.advice)}.</li>"
        for found in diagnosis.warnings
    )
    table = f"<table><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>"
    members = "" if diagnosis.members is None else f"<p>{escape(of_members(diagnosis.members))}</p>"
    return f"{table}<p>{escape(in_short(diagnosis))}</p>{members}" + (
        f"<ul>{items}</ul>" if items else "<p>no warnings</p>"
    )


@np.errstate(over="ignore", invalid="ignore")  # means of huge numbers
def cells(layer: LayerDiagnosis) -> tuple[str, ...]:
    """Returns a layer's line under HEADER."""
    return (
        layer.name,
        layer.activation.names[0],
        f"{len(layer.mean)}",
        f"{layer.firing_share.mean():.0%}",
        f"{layer.dead.sum()}",
        f"{layer.saturated_share.mean():.0%}",
        _number(layer.mean.mean()),
        _number(layer.std.mean()),
        _number(layer.gradient_norm),
        _number(layer.update_ratio),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"


def in_short(diagnosis: Diagnosis) -> str:
    """Returns the summary line."""
    parts = [f"{diagnosis.rows:,} rows"]
    if diagnosis.loss is not None:
        parts.append(f"loss {diagnosis.loss:.4g}")
    if diagnosis.gradient_ratio is not None and np.isfinite(diagnosis.gradient_ratio):
        parts.append(f"gradient norm of the last layer {diagnosis.gradient_ratio:.2g} times that of the first")
    return ", ".join(parts)


def of_members(members: MembersDiagnosis) -> str:
    """Returns a line on all members of a model: which one is shown, and the spread over them."""
    parts = []
    if members.losses is not None:
        parts.append(f"loss {members.losses.mean():.4g} ± {members.losses.std():.2g}")
    least, most = members.dead.min(), members.dead.max()
    parts.append(f"{least} to {most} dead neurons" if least < most else f"{most} dead neurons in each")
    found = [f"{rule} in {count}" for rule, count in members.findings.items()]
    parts.append(", ".join(found) if found else "none has a warning")
    return f"member {members.shown} of {len(members)}; over all of them: {', '.join(parts)}"


def _warnings(diagnosis: Diagnosis) -> list[str]:
    if not diagnosis.warnings:
        return ["no warnings"]
    return [
        "\n" + fill(f"{found.severity}: {found.message}. {found.advice}.", WIDTH, subsequent_indent="  ")
        for found in diagnosis.warnings
    ]


def _columns(layer: LayerDiagnosis) -> dict[str, Any]:
    units = len(layer.mean)
    unknown = np.full(units, np.nan)
    slopes = unknown if layer.slopes is None else np.broadcast_to(layer.slopes, units)
    norms = unknown if layer.gradient_norms is None else layer.gradient_norms
    return {
        "layer": np.full(units, layer.name, dtype=object),
        "neuron": np.arange(units),
        **{name: getattr(layer, name) for name in NEURON_COLUMNS},
        "gradient_norm": norms,
        "slope": slopes,
    }
