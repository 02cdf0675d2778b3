# SPDX-License-Identifier: BSD-3-Clause
"""The page from its parts: page.html, page.css, the scripts, and the sections."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from importlib.metadata import version
from importlib.resources import files
from string import Template
from typing import Any

from neuract.inspection._diagnosis import Diagnosis
from neuract.report import _sections
from neuract.report._embedding import Embedded

SCRIPTS = ("network", "elements", "model", "inputs", "outputs", "diagram", "neurons", "neuron", "page")


def still_parts(model: Any, X: Any, diagnosis: Diagnosis | None) -> dict[str, str]:
    """What does not move."""
    return {
        "title": escape(_sections.title(model)),
        "figures": _sections.figures(model, diagnosis),
        "summary": _sections.summary(model),
        "diagnosis": _sections.diagnosis(diagnosis),
        "learning": _sections.learning(model),
        "picture": _sections.picture(model, X),
    }


def page(parts: Mapping[str, str], explorer: str, data: Embedded | None) -> str:
    """The whole file, from what does not move, what does, and the data for it."""
    script = "\n".join(["(() => {", '"use strict";', *(_text(f"{name}.js") for name in SCRIPTS), "})();"])
    return Template(_text("page.html")).substitute(
        parts,
        style=_text("page.css"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        version=escape(version("neuract")),
        explorer=explorer,
        description=data.description if data else "null",
        numbers=data.numbers if data else "",
    )


def explorer(with_rows: bool, dtype: str, kept: str) -> str:
    """The part that moves; with_rows: it has X, kept: the dtype of the weights in the file."""
    before = "" if with_rows else _sections.hint("the sliders go over the range of each input and start from rows of X")
    if kept != dtype:
        before += _sections.note(f"So that this file stays below 2 MB, the {dtype} weights are kept in it as {kept}.")
    return before + _text("explorer.html")


def no_explorer() -> str:
    """Why the part that moves is not there."""
    return _sections.note("Moving the inputs needs the weights in this file, and they would take it past 2 MB.")


def _text(name: str) -> str:
    return files("neuract.report").joinpath(name).read_text(encoding="utf-8")
