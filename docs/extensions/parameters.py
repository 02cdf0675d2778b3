# SPDX-License-Identifier: BSD-3-Clause
"""Gives each parameter an address, NAME-PARAMETER, and an entry in the search; lists each attribute of a class once."""

from collections.abc import Iterator

from docutils import nodes
from numpydoc.docscrape_sphinx import SphinxDocString
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer

AFTER_PAGES = 2  # where the search lists them: a page about the word comes first

# Modules that export data of a private module, and that module: Sphinx looks for the text below a name in the first.
DATA = {
    "neuract": "neuract.activations._named",
    "neuract.losses": "neuract.losses._named",
    "neuract.schedules": "neuract.schedules._shares",
}


def mark_parameters(app: Sphinx, document: nodes.document) -> None:
    """Marks what numpydoc lists under "Parameters" of each class and function of the page, and under "Attributes"."""
    for entry in list(document.findall(addnodes.desc)):
        if entry["domain"] != "py" or not (ids := entry[0]["ids"]):
            continue
        for term in terms_of(entry, "Parameters"):
            mark(app, term, owner=ids[0], names=names_of(term))
        own = {part[0]["ids"][0]: part for part in entry[-1] if isinstance(part, addnodes.desc) and part[0]["ids"]}
        for term in terms_of(entry, "Attributes"):
            anchors = [f"{ids[0]}.{name}" for name in names_of(term)]
            for anchor in anchors:
                if anchor in own and own[anchor]["objtype"] == "property":
                    entry[-1].remove(own[anchor])
                    add_address(term, anchor, "attribute")


def terms_of(entry: addnodes.desc, title: str) -> Iterator[nodes.term]:
    """Yields the terms of the list below this title, without the lists of the entry's own methods."""
    for part in entry[-1]:
        for field in part if isinstance(part, nodes.field_list) else ():
            if field[0].astext() == title:
                yield from (term for term in field.findall(nodes.term) if term.next_node(nodes.strong))


def names_of(term: nodes.term) -> list[str]:
    return [name.lstrip("*") for name in term.next_node(nodes.strong).astext().split(", ")]


def mark(app: Sphinx, term: nodes.term, owner: str, names: list[str]) -> None:
    for name in names:
        add_address(term, f"{owner}-{name}", "parameter")
        app.env.domains.standard_domain.note_object("parameter", f"{owner}.{name}", f"{owner}-{name}")


def add_address(term: nodes.term, anchor: str, kind: str) -> None:
    """Adds the address to the term, and the first one as a link behind its type."""
    term["ids"].append(anchor)
    if len(term["ids"]) == 1:
        link = nodes.reference("", "¶", internal=True, refid=anchor, classes=["headerlink"])
        link["reftitle"] = f"Link to this {kind}"
        term.parent[term.parent.first_child_not_matching_class((nodes.term, nodes.classifier)) - 1].append(link)


def keep_text_of_attributes() -> None:
    """Keeps what a class says of an attribute, where numpydoc takes the summary of the property."""
    process = SphinxDocString._process_param
    SphinxDocString._process_param = lambda self, name, text, _: process(self, name, text, False)


def find_text_of_data() -> None:
    for public, private in DATA.items():
        theirs, found = ModuleAnalyzer.for_module(public), ModuleAnalyzer.for_module(private)
        theirs.analyze()
        theirs.attr_docs = {**found.find_attr_docs(), **theirs.attr_docs}


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_object_type("parameter", "parameter")
    app.registry.domain_object_types.setdefault("std", {})["parameter"].attrs["searchprio"] = AFTER_PAGES
    app.connect("doctree-read", mark_parameters)
    keep_text_of_attributes()
    find_text_of_data()
    return {"parallel_read_safe": True}
