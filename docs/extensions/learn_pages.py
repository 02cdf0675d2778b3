# SPDX-License-Identifier: BSD-3-Clause
"""Gives the pages "Learn" their script and their style, which load nothing from elsewhere."""

import runpy
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

LEARN = Path(__file__).resolve().parents[1] / "learn"


def write_script(app: Sphinx) -> None:
    if app.builder.format == "html":
        (folder := Path(app.outdir, "_static")).mkdir(parents=True, exist_ok=True)
        script = runpy.run_path(str(LEARN / "script.py"))["whole"]()
        (folder / "learn.js").write_text(script, encoding="utf-8")


def load_script(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    if page.startswith("learn/"):
        app.add_css_file("learn.css")
        app.add_js_file("learn.js", loading_method="defer")


def drop_link_to_next(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """The last line, "Next: ...", is for GitHub: the theme links the next page below."""
    if app.builder.format == "html" and page.startswith("learn/"):
        for paragraph in list(doctree.findall(nodes.paragraph)):
            if paragraph.astext().startswith("Next: "):
                paragraph.parent.remove(paragraph)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", write_script)
    app.connect("doctree-resolved", drop_link_to_next)
    app.connect("html-page-context", load_script)
    return {"parallel_read_safe": True}
