# SPDX-License-Identifier: BSD-3-Clause
"""Assembly of the page: page.html, page.css, the scripts, and the sections."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from importlib.metadata import version
from importlib.resources import files
from string import Template

from neuract._typing import FittedModel
from neuract.engine._scripts import ENGINE, GRADIENTS, script
from neuract.report import _sections
from neuract.report._embedding import Embedded
from neuract.report._subject import Subject

SCRIPTS = (
    *("elements", "members", "model", "columns", "frame", "controls", "inputs"),
    *("outputs", "why", "diagram", "neurons", "neuron", "page"),
)
"""Of the page, after those of the engine."""
STYLES = ("page", "answer", "neurons", "narrow")


def still_parts(about: Subject) -> dict[str, str]:
    """Returns the static sections."""
    parts = {
        "title": escape(_sections.heading(about)),
        "facts": _sections.facts(about),
        "collapsed": _sections.collapsed(about),
        "quality": _sections.quality(about),
        "importances": _sections.importances(about),
        "figures": _sections.figures(about.model, about.diagnosis),
        "summary": _sections.summary(about.model),
        "columns": _sections.columns(about.model),
        "diagnosis": _sections.diagnosis(about.diagnosis),
        "learning": _sections.learning(about.model),
        "picture": _sections.picture(about),
    }
    return parts | {"links": _sections.links(about, parts)}


def page(parts: Mapping[str, str], explorer: str, data: Embedded | None) -> str:
    """Returns the file from the static sections, the explorer and its data."""
    program = "\n".join(["(() => {", '"use strict";', *scripts(), "})();"])
    return Template(_text("page.html")).substitute(
        parts,
        style="\n".join(_text(f"{name}.css") for name in STYLES),
        script=program,
        script_hash=base64.b64encode(hashlib.sha256(program.encode()).digest()).decode(),
        version=escape(version("neuract")),
        explorer=explorer,
        description=data.description if data else "null",
        numbers=data.numbers if data else "",
    )


def scripts() -> list[str]:
    """Returns the text of all scripts; the last one starts the page."""
    return [*map(script, (*ENGINE, GRADIENTS)), *(_text(f"{name}.js") for name in SCRIPTS)]


def explorer(about: Subject, kept: str, limit: str, parts: Mapping[str, str]) -> str:
    """Returns the answer and what follows it; kept: the dtype of weights in a file below the limit."""
    hint = "the sliders cover the range of each input, and the page compares the predictions with y"
    return Template(_text("explorer.html")).substitute(
        parts, hint="" if about.X is not None else _sections.hint(hint), notes=_notes(about.model, kept, limit)
    )


def _notes(model: FittedModel, kept: str, limit: str) -> str:
    """Returns what a reader of the neurons has to know of this page."""
    network, members, notes = model._fitted_network(), len(model._members()), []
    if kept != network.dtype:
        notes.append(f"To keep this file below {limit}, the {network.dtype} weights are stored as {kept}.")
    if members > 1:
        told = f"The prediction is the weighted mean of {members} networks, the members."
        notes.append(f"{told} Here the page shows one, which you choose; it begins with the first.")
    if network.inputs:
        made = network._known().n_numbers
        told = f"The first layer gets {made:,} numbers, which are made of the columns of X."
        notes.append(f"{told} {_sections.unit(model)}".strip())
    return "".join(map(_sections.note, notes))


def no_explorer(limit: str, parts: Mapping[str, str]) -> str:
    """Returns the reason why the interactive part is missing, and what follows it; limit: of the size of the file."""
    why = _sections.note(f"You cannot move the inputs here: with the weights, this file would exceed {limit}.")
    return f"{why}{parts['quality']}{parts['importances']}"


def _text(name: str) -> str:
    return files("neuract.report").joinpath(name).read_text(encoding="utf-8")
