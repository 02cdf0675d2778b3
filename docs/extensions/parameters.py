# SPDX-License-Identifier: BSD-3-Clause
"""Gives each parameter an address, NAME-PARAMETER, and an entry in the search."""

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

AFTER_PAGES = 2  # where the search lists them: a page about the word comes first


def mark_parameters(app: Sphinx, document: nodes.document) -> None:
    """Marks what numpydoc lists under "Parameters" of each class and function of the page."""
    for entry in document.findall(addnodes.desc):
        if entry["domain"] != "py" or not (ids := entry[0]["ids"]):
            continue
        for term in parameters_of(entry):
            name = term.next_node(nodes.strong).astext().lstrip("*")
            mark(app, term, owner=ids[0], name=name)


def parameters_of(entry: addnodes.desc) -> list[nodes.term]:
    """Returns the terms of the list, without those of the entry's own methods."""
    own = [part for part in entry[-1] if isinstance(part, nodes.field_list)]
    fields = [field for part in own for field in part if field[0].astext() == "Parameters"]
    terms = [term for field in fields for term in field.findall(nodes.term)]
    return [term for term in terms if term.next_node(nodes.strong)]


def mark(app: Sphinx, term: nodes.term, owner: str, name: str) -> None:
    anchor = f"{owner}-{name}"
    term["ids"].append(anchor)
    link = nodes.reference("", "¶", internal=True, refid=anchor, classes=["headerlink"])
    link["reftitle"] = "Link to this parameter"
    term += link
    app.env.domains.standard_domain.note_object("parameter", f"{owner}.{name}", anchor)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_object_type("parameter", "parameter")
    app.registry.domain_object_types.setdefault("std", {})["parameter"].attrs["searchprio"] = AFTER_PAGES
    app.connect("doctree-read", mark_parameters)
    return {"parallel_read_safe": True}
