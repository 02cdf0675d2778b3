# SPDX-License-Identifier: BSD-3-Clause
"""The text of the engine's scripts."""

from __future__ import annotations

from importlib.resources import files

ENGINE = ("activations", "network", "encodings", "members", "columns", "outputs")
"""What computes a model, in the order in which the scripts need each other."""
GRADIENTS = "gradients"
"""What explains a prediction, after these; the module of `to_js` does not have it."""


def script(name: str) -> str:
    """Returns the text of a script of this folder."""
    return files("neuract.engine").joinpath(f"{name}.js").read_text(encoding="utf-8")
