# SPDX-License-Identifier: BSD-3-Clause
"""The sections of the page that do not move. Everything that comes from a user is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from neuract.inspection._diagnosis import Diagnosis
from neuract.inspection._findings import Finding
from neuract.inspection._table import HEADER, cells, in_short
from neuract.layers._summary import rows as summary_rows
from neuract.network import Network
from neuract.report import _pictures

# The shapes tell severities apart where colours do not.
SIGNS = {"warn": "▲", "serious": "◆", "critical": "■"}
SEVERITIES = {"warn": "Warning", "serious": "Serious", "critical": "Critical"}


def title(model: Any) -> str:
    """Such as "MLPClassifier 64 → 32 → 10"."""
    network = _network(model)
    sizes = [network.weights[0].shape[0], *(layer.units for layer in network.layers)]
    return f"{type(model).__name__} {' → '.join(map(str, sizes))}"


def figures(model: Any, diagnosis: Diagnosis | None) -> str:
    """The few numbers that one wants first."""
    network = _network(model)
    losses = network.history_["loss"]
    pairs = [("parameters", f"{network.n_parameters:,}"), ("dtype", network.dtype), ("loss", _loss(network))]
    if losses:
        pairs += [("epochs", f"{len(losses):,}"), ("training loss", f"{losses[-1]:.4g}")]
    if diagnosis is not None:
        pairs.append(("rows of X", f"{diagnosis.rows:,}"))
        pairs += [] if diagnosis.loss is None else [("loss on X", f"{diagnosis.loss:.4g}")]
        found = len(diagnosis.warnings)
        pairs.append(("warnings", str(found) if found else "none"))
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)


def summary(model: Any) -> str:
    """The table of layers."""
    network = _network(model)
    head, *body = summary_rows(network.layers, network.weights[0].shape[0])
    return _table(head, body, "layers")


def diagnosis(diagnosis: Diagnosis | None) -> str:
    """Warnings, the picture and the table; without a diagnosis what it needs."""
    if diagnosis is None:
        return hint("here stands which neurons fire, which are dead, and where the gradient vanishes")
    found = "".join(map(_finding, diagnosis.warnings))
    findings = f'<ul class="findings">{found}</ul>' if found else '<p class="good">✓ Nothing to warn of.</p>'
    table = _table(HEADER, map(cells, diagnosis.layers), "diagnosed")
    lead = f'<p class="lead">{escape(in_short(diagnosis))}.</p>'
    return findings + lead + _pictures.diagnosis(diagnosis) + table


def learning(model: Any) -> str:
    """The learning curves, or why there are none."""
    if not _network(model).history_["loss"]:
        return note("No history: this model was given its weights.")
    return _pictures.history(model)


def picture(model: Any, X: Any) -> str:
    """The network as a picture."""
    if X is None:
        return hint("here is a picture of the network, its neurons shaded by how often they fire")
    return _pictures.network(model, X)


def note(text: str) -> str:
    """A line in place of something that is not there."""
    return f'<p class="note">{escape(text)}</p>'


def hint(what: str) -> str:
    """What giving X would add."""
    return f'<p class="note">With data, <code>model.report(path, X, y)</code>, {escape(what)}.</p>'


def _network(model: Any) -> Network:
    network: Network = getattr(model, "network_", model)
    return network


def _loss(network: Network) -> str:
    return str(getattr(network.loss_function, "name", repr(network.loss_function)))


def _finding(finding: Finding) -> str:
    return (
        f'<li class="{escape(finding.severity)}">'
        f"<strong>{SIGNS[finding.severity]} {SEVERITIES[finding.severity]}</strong> "
        f"<span>{escape(finding.message)}.</span> <span>{escape(finding.advice)}.</span></li>"
    )


def _table(head: Sequence[str], body: Iterable[Sequence[str]], kind: str) -> str:
    """Of text; kind: its class in page.css, which says on which side each column is."""
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    rows = "".join(f"<tr>{_cells(row)}</tr>" for row in body)
    table = f'<table class="{kind}"><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div class="scrolls">{table}</div>'


def _cells(row: Sequence[str]) -> str:
    name, *others = map(escape, row)
    return f'<th scope="row">{name}</th>' + "".join(f"<td>{cell}</td>" for cell in others)
