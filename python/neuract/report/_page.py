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
from typing import Any

from neuract._typing import FittedModel
from neuract.engine._scripts import ENGINE, script
from neuract.inspection._diagnosis import Diagnosis
from neuract.report import _sections
from neuract.report._embedding import Embedded

SCRIPTS = (
    *("elements", "members", "model", "columns", "frame", "controls", "inputs"),
    *("outputs", "diagram", "neurons", "neuron", "page"),
)
"""Of the page, after those of the engine."""


def still_parts(model: FittedModel, X: Any, diagnosis: Diagnosis | None) -> dict[str, str]:
    """Returns the static sections."""
    return {
        "title": escape(_sections.title(model)),
        "figures": _sections.figures(model, diagnosis),
        "summary": _sections.summary(model),
        "link_to_columns": _sections.link_to_columns(model),
        "columns": _sections.columns(model),
        "diagnosis": _sections.diagnosis(diagnosis),
        "learning": _sections.learning(model),
        "picture": _sections.picture(model, X),
    }


def page(parts: Mapping[str, str], explorer: str, data: Embedded | None) -> str:
    """Returns the file from the static sections, the explorer and its data."""
    program = "\n".join(["(() => {", '"use strict";', *scripts(), "})();"])
    return Template(_text("page.html")).substitute(
        parts,
        style=_text("page.css"),
        script=program,
        script_hash=base64.b64encode(hashlib.sha256(program.encode()).digest()).decode(),
        version=escape(version("neuract")),
        explorer=explorer,
        description=data.description if data else "null",
        numbers=data.numbers if data else "",
    )


def scripts() -> list[str]:
    """Returns the text of all scripts; the last one starts the page."""
    return [*map(script, ENGINE), *(_text(f"{name}.js") for name in SCRIPTS)]


def explorer(model: FittedModel, with_rows: bool, kept: str, limit: str) -> str:
    """Returns the interactive section; with_rows: X is given; kept: the dtype of weights in a file below the limit."""
    network, members = model._fitted_network(), len(model._members())
    before = "" if with_rows else _sections.hint("the sliders cover the range of each input and start from rows of X")
    if kept != network.dtype:
        before += _sections.note(f"To keep this file below {limit}, the {network.dtype} weights are stored as {kept}.")
    if members > 1:
        told = f"The prediction is the weighted mean of {members} networks, the members."
        before += _sections.note(f"{told} Below it the page shows one, which you choose; it begins with the first.")
    if network.inputs:
        made = network._known().n_numbers
        told = f"The first layer gets {made:,} numbers, which are made of the columns of X."
        before += _sections.note(f"{told} {_sections.unit(model)}".strip())
    return before + _text("explorer.html")


def no_explorer(limit: str) -> str:
    """Returns the reason why the interactive section is missing; limit: of the size of the file."""
    return _sections.note(f"You cannot move the inputs here: with the weights, this file would exceed {limit}.")


def _text(name: str) -> str:
    return files("neuract.report").joinpath(name).read_text(encoding="utf-8")
