# SPDX-License-Identifier: BSD-3-Clause
"""The static sections of the page. All text from users is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np

from neuract._typing import FittedModel, FittedNetwork
from neuract.inspection._causes import Finding
from neuract.inspection._diagnosis import Diagnosis
from neuract.inspection._members import distinct
from neuract.inspection._table import HEADER, cells, of_members
from neuract.inspection._table import in_short as diagnosed_in_short
from neuract.layers._summary import rows as summary_rows
from neuract.report import _pictures
from neuract.report._compared import collapse, compared, in_short
from neuract.report._importances import bars_of
from neuract.report._subject import Subject

# Shapes distinguish severities for readers who do not see the colours.
SIGNS = {"warn": "▲", "serious": "◆", "critical": "■"}
SEVERITIES = {"warn": "Warning", "serious": "Serious", "critical": "Critical"}


def title(model: FittedModel) -> str:
    """Returns the title, such as "MLPClassifier 64 → 32 → 10"."""
    network, columns = model._fitted_network(), model._frame_columns()
    n_inputs = network._known().n_inputs if columns is None else len(columns.kinds_)
    sizes = [n_inputs, *(layer.units for layer in network.layers)]
    return f"{type(model).__name__} {' → '.join(map(str, sizes))}"


def heading(about: Subject) -> str:
    """Returns the heading: the name of the target, if it is known, else the title."""
    return f"Prediction of {about.words.target}" if about.words.target else title(about.model)


def facts(about: Subject) -> str:
    """Returns the line below the heading: model, score, warnings."""
    parts = [escape(title(about.model))] if about.words.target else []
    if about.predictions is not None and (score := in_short(about.predictions)):
        parts.append(escape(score))
    if about.diagnosis is not None and (found := len(about.diagnosis.warnings)):
        parts.append(f'<a href="#diagnosis">{found} {"warning" if found == 1 else "warnings"} in the diagnosis</a>')
    return " · ".join(parts)


def links(about: Subject, parts: Mapping[str, str]) -> str:
    """Returns the links to the sections of the page."""
    known = [("explore", "Answer", True), ("quality", "Quality", parts["quality"])]
    known += [("importances", "Importances", parts["importances"]), ("diagnosis", "Diagnosis", True)]
    known += [("learning", "Learning", True), ("network", "Network", True), ("columns", "Columns", parts["columns"])]
    known.append(("summary", "Model", True))
    return "".join(f'<a href="#{name}">{text}</a>' for name, text, there in known if there)


def quality(about: Subject) -> str:
    """Returns the section that compares predictions with y; nothing without y."""
    told = about.predictions
    return "" if told is None or told.truth is None else _section("quality", "How good the answers are", compared(told))


def importances(about: Subject) -> str:
    """Returns the section of what each column is worth; nothing without y."""
    if about.importance is None:
        return ""
    return _section("importances", "What counts over all rows", bars_of(about.importance))


def collapsed(about: Subject) -> str:
    """Returns a note on a model that predicts the same for all rows; nothing for others."""
    told, known = about.predictions, about.diagnosis
    moved = known is not None and bool((known.input_maximum > known.input_minimum).any())
    text = collapse(told) if told is not None and moved else ""
    return f'<p class="note collapsed" role="note">{escape(text)}</p>' if text else ""


def _section(name: str, heading: str, content: str) -> str:
    label = f'aria-labelledby="{name}-title"'
    return f'<section id="{name}" {label}><h2 id="{name}-title">{escape(heading)}</h2>{content}</section>'


def figures(model: FittedModel, diagnosis: Diagnosis | None) -> str:
    """Returns the key figures of the model."""
    network, networks = model._fitted_network(), model._members().networks
    pairs = [("members", str(len(networks)))] if len(networks) > 1 else []
    pairs.append(("parameters", f"{sum(each.n_parameters for each in networks):,}"))
    lost = sum(map(_not_finite, networks))
    pairs += [("of them not finite", f"{lost:,}")] if lost else []
    pairs += [("dtype", network.dtype), ("loss", _loss(network))]
    standard = "" if model._meaning().unit is None else ", standardised y"
    pairs += _of_training([each.history_ for each in networks], standard)
    if diagnosis is not None:
        pairs.append(("rows of X", f"{diagnosis.rows:,}"))
        pairs += [] if diagnosis.loss is None else [(f"loss on X{standard}", f"{diagnosis.loss:.4g}")]
        found = len(diagnosis.warnings)
        pairs.append(("warnings", str(found) if found else "none"))
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)
    return f'<dl class="figures">{items}</dl>'


def _of_training(histories: Sequence[Mapping[str, Sequence[float]]], standard: str) -> list[tuple[str, str]]:
    """Returns the figures of the members' training; standard: the unit of the losses, if it is not that of y."""
    losses = [history["loss"] for history in histories if history["loss"]]
    if not losses:
        return []
    last = np.mean([loss[-1] for loss in losses])
    pairs = [("epochs", f"{max(map(len, losses)):,}"), (f"training loss{standard}", f"{last:.4g}")]
    best = [f"{np.nanmin(curve):.4g}" for curve in distinct(histories, "oof_loss")]
    return pairs + ([(f"out-of-fold loss{standard}", ", ".join(best))] if best else [])


def summary(model: FittedModel) -> str:
    """Returns the table of layers."""
    network, members = model._fitted_network(), len(model._members())
    head, *body = summary_rows(network.layers, network.inputs, network._known().n_inputs)
    told = f"The layers, the diagnosis and the picture are those of the first of {members} networks, the members."
    return (note(told) if members > 1 else "") + _table(head, body, "layers")


def columns(model: FittedModel) -> str:
    """Returns the section of the columns of the user's frame; nothing for a model that takes numbers alone."""
    known = model._frame_columns()
    if known is None:
        return ""
    table = _table(("column", "kind", "what becomes of it"), known.rows(), "columns")
    window = f'<div class="window" role="group" tabindex="0" aria-labelledby="columns-title">{table}</div>'
    return _section("columns", "Columns", window)


def unit(model: FittedModel) -> str:
    """Returns a sentence on the outputs of a network that has learned y in another unit, or no text."""
    known = model._meaning().unit
    if known is None:
        return ""
    if len(known.scales) > 1:
        return "It has learned each output in a unit of its own; predictions are in the unit of y."
    scale, center = float(known.scales[0]), float(known.centers[0])
    beyond = f" {'+' if center > 0 else '−'} {abs(center):,.6g}" if center else ""
    return f"Predictions are in the unit of y: the network's output × {scale:,.6g}{beyond}."


def diagnosis(diagnosis: Diagnosis | None) -> str:
    """Returns warnings, picture and table; without a diagnosis, a hint that it needs X."""
    if diagnosis is None:
        return hint("this section shows which neurons fire, which are dead, and where the gradient vanishes")
    found = "".join(map(_finding, diagnosis.warnings))
    findings = f'<ul class="findings">{found}</ul>' if found else '<p class="good">✓ No warnings.</p>'
    table = _table(HEADER, map(cells, diagnosis.layers), "diagnosed")
    told = [diagnosed_in_short(diagnosis), *([] if diagnosis.members is None else [of_members(diagnosis.members)])]
    lead = "".join(f'<p class="lead">{escape(text)}.</p>' for text in told)
    return findings + lead + _pictures.diagnosis(diagnosis) + table


def learning(model: FittedModel) -> str:
    """Returns the learning curves, or the reason why there are none."""
    if not any(network.history_["loss"] for network in model._members().networks):
        return note("No history: the weights of this model were set, not trained.")
    return _pictures.history(model)


def picture(about: Subject) -> str:
    """Returns the picture of the network."""
    if about.X is None:
        return hint("this section shows a picture of the network, with neurons shaded by how often they fire")
    return _pictures.network(about)


def note(text: str) -> str:
    """Returns a note in place of a missing part."""
    return f'<p class="note">{escape(text)}</p>'


def hint(what: str) -> str:
    """Returns a note on what X would add."""
    return f'<p class="note">With data, <code>model.report(path, X, y)</code>, {escape(what)}.</p>'


def _not_finite(network: FittedNetwork) -> int:
    """Returns how many weights, biases and slopes are not finite."""
    slopes = [array for array in network.slopes if array is not None]
    return sum(int((~np.isfinite(array)).sum()) for array in (*network.weights, *network.biases, *slopes))


def _loss(network: FittedNetwork) -> str:
    return str(getattr(network.loss_function, "name", repr(network.loss_function)))


def _finding(finding: Finding) -> str:
    return (
        f'<li class="{escape(finding.severity)}">'
        f"<strong>{SIGNS[finding.severity]} {SEVERITIES[finding.severity]}</strong> "
        f"<span>{escape(finding.message)}.</span> <span>{escape(finding.advice)}.</span></li>"
    )


def _table(head: Sequence[str], body: Iterable[Sequence[str]], kind: str) -> str:
    """Returns a table of texts; kind: its class in page.css, which aligns the columns."""
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    rows = "".join(f"<tr>{_cells(head, row)}</tr>" for row in body)
    table = f'<table class="stacks {kind}"><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div class="scrolls">{table}</div>'


def _cells(head: Sequence[str], row: Sequence[str]) -> str:
    """Returns the cells of a row; those with text have the name of their column, for narrow screens."""
    name, *others = map(escape, row)
    cells = (
        f'<td data-label="{escape(column)}">{cell}</td>' if cell else "<td></td>"
        for column, cell in zip(head[1:], others, strict=True)
    )
    return f'<th scope="row">{name}</th>{"".join(cells)}'
