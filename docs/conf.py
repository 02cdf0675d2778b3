# SPDX-License-Identifier: BSD-3-Clause
"""Sphinx builds the documentation as a site: `nox -s docs`. The pages are Markdown, so that GitHub shows them too."""

import inspect
import re
import runpy
import tomllib
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

import neuract

DOCS = Path(__file__).parent
ROOT = DOCS.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REPOSITORY, SITE = PROJECT["urls"]["Source"], PROJECT["urls"]["Documentation"]
# Absolute addresses, as in README.md, that the site turns into its own pages and pictures.
PICTURES = f"{REPOSITORY.replace('github.com', 'raw.githubusercontent.com')}/main/docs/"

project, release, copyright = PROJECT["name"], PROJECT["version"], PROJECT["authors"][0]["name"]
extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
smartquotes = False
myst_heading_anchors = 3

default_role = "py:obj"
nitpicky = True
nitpick_ignore_regex = [("py:obj", ".*")]  # `backticks` are linked if they hold a name of neuract
autodoc_typehints = "none"  # the docstrings describe types in words
autodoc_preserve_defaults = True
numpydoc_show_class_members = False  # autodoc shows them
numpydoc_validation_checks = {"PR02", "PR03"}  # documented parameters exist, in this order

html_theme = "furo"
html_title = project
html_css_files = ["site.css"]
html_static_path = [*html_css_files, "learn/learn.css"]
html_theme_options = {"source_repository": REPOSITORY, "source_branch": "main", "source_directory": "docs/"}

# Public modules that `neuract` does not export.
MORE = ("neuract.inspection", "neuract.optimizers", "neuract.serving")
# Matches the file in `[text](file)`, and in a toctree's `title <../file>`.
# Matches a picture with a dark version, as GitHub shows it.
PICTURE = re.compile(
    r'<picture>\n<source media="\(prefers-color-scheme: dark\)" srcset="(?P<dark>[^"]+)">\n'
    r'<img alt="(?P<alt>[^"]*)" src="(?P<light>[^"]+)" width="(?P<width>\d+)">\n</picture>'
)
LINK = re.compile(r"(?<=\]\()[^)#\s]+|(?<= <)\.\./[^>\s]+(?=>)")


def linked(text: str, folder: Path) -> str:
    """Returns the text of a page in this folder, with links to files of the repository turned into links to GitHub."""
    return LINK.sub(lambda link: _address(link[0], folder), text)


def _address(link: str, folder: Path) -> str:
    if link.startswith(PICTURES):
        return f"/{link.removeprefix(PICTURES)}"
    if link.startswith(SITE):
        return f"/{link.removeprefix(SITE).removesuffix('.html') or 'index'}.md"
    file = (folder / link).resolve()
    if not file.exists():
        return link  # another site, or a dead link, which Sphinx reports
    if file == ROOT / "README.md":
        return "/index.md"
    if file.is_relative_to(DOCS):
        return f"/{file.relative_to(DOCS)}"
    return f"{REPOSITORY}/{'tree' if file.is_dir() else 'blob'}/main/{file.relative_to(ROOT)}"


def with_pictures(text: str) -> str:
    """Returns the text with two figures for each `<picture>`, of which the theme of the site shows one."""
    return PICTURE.sub(_figures, text)


def _figures(picture: re.Match[str]) -> str:
    one = "```{{figure}} {file}\n:alt: {alt}\n:width: {width}px\n:figclass: picture only-{theme}\n```\n"
    return "".join(one.format(file=picture[theme], theme=theme, **picture.groupdict()) for theme in ("light", "dark"))


def public_names() -> list[str]:
    """Returns the names that `neuract` exports and those that its public modules define."""
    names = [f"neuract.{name}" for name in dir(neuract)]
    for module in filter(inspect.ismodule, map(resolve_name, [*names, *MORE])):
        own = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
        names += [f"{module.__name__}.{name}" for name in getattr(module, "__all__", own) if not name.startswith("_")]
    return names


def link_page(app: Sphinx, page: str, content: list[str]) -> None:
    content[0] = with_pictures(linked(content[0], Path(app.env.doc2path(page)).parent))


def link_included(app: Sphinx, path: Path, page: str, content: list[str]) -> None:
    content[0] = linked(content[0], (DOCS / path).resolve().parent)


def look_for_public_names(app: Sphinx, environment: BuildEnvironment) -> None:
    entries = environment.domains.python_domain.objects.items()
    documented = {
        id(resolve_name(name))
        for name, entry in entries
        if entry.objtype in ("class", "data", "exception", "function", "module")
    }
    for name in public_names():
        if id(resolve_name(name)) not in documented:
            logging.getLogger(__name__).warning("no page of docs/api has %s", name)


def write_script_of_learn(app: Sphinx) -> None:
    """Writes the script of the pages "Learn", which need nothing from elsewhere."""
    if app.builder.format == "html":
        (folder := Path(app.outdir, "_static")).mkdir(parents=True, exist_ok=True)
        script = runpy.run_path(str(DOCS / "learn" / "script.py"))["whole"]()
        (folder / "learn.js").write_text(script, encoding="utf-8")


def load_script_of_learn(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    if page.startswith("learn/"):
        app.add_css_file("learn.css")
        app.add_js_file("learn.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", write_script_of_learn)
    app.connect("html-page-context", load_script_of_learn)
    app.connect("source-read", link_page)
    app.connect("include-read", link_included)
    app.connect("env-check-consistency", look_for_public_names)
