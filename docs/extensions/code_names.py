# SPDX-License-Identifier: BSD-3-Clause
"""Links the names in the inline code of Markdown pages to the reference, ours or that of another project."""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

import neuract

NAME = re.compile(r"(?:na\.|neuract\.)?(?P<name>[A-Za-z_][\w.]*)(?:\(.*\))?", re.S)
OF_OTHERS = "howto/from_"  # pages on which a short name may be that of another library
SHORT = {"np": "numpy", "pd": "pandas", "plt": "matplotlib.pyplot"}


def link_names(app: Sphinx, document: nodes.document) -> None:
    if Path(app.env.doc2path(app.env.current_document.docname)).suffix != ".md":
        return
    for code in list(document.findall(nodes.literal)):
        if not in_link_or_title(code) and (target := target_of(app, code.astext())):
            reference = addnodes.pending_xref("", refdomain="py", reftype="obj", reftarget=target, refexplicit=True)
            code.replace_self(reference)
            reference += code


def in_link_or_title(node: nodes.Node) -> bool:
    links = (nodes.reference, addnodes.pending_xref, addnodes.download_reference, nodes.title)
    return node.parent is not None and (isinstance(node.parent, links) or in_link_or_title(node.parent))


def target_of(app: Sphinx, code: str) -> str | None:
    """Returns the full name of what the code names, or None."""
    if not (found := NAME.fullmatch(code)):
        return None
    first, _, rest = found["name"].partition(".")
    ours = code.startswith(("na.", "neuract."))
    if hasattr(neuract, first) and (
        ours or (first[0].isupper() and not app.env.current_document.docname.startswith(OF_OTHERS))
    ):
        return f"neuract.{found['name']}"
    if rest:
        return f"{SHORT.get(first, first)}.{rest}"
    return name_of_another(app.env.intersphinx_inventory, first) if first[0].isupper() else None


def name_of_another(inventory: dict[str, dict[str, Any]], name: str) -> str | None:
    """Returns the shortest full name of this class or exception in the inventories of other projects, or None."""
    kinds = ("py:class", "py:exception")
    names = [full for kind in kinds for full in inventory.get(kind, ()) if full.rpartition(".")[2] == name]
    return min(names, key=len, default=None)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", link_names)
    return {"parallel_read_safe": True}
