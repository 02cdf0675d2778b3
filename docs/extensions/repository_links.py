# SPDX-License-Identifier: BSD-3-Clause
"""Turns the links and pictures of Markdown pages, which GitHub shows too, into links and pictures of the site."""

import inspect
import re
from pathlib import Path
from pkgutil import resolve_name

from sphinx.application import Sphinx

import neuract

DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent
# Matches a picture with a dark version, as GitHub shows it.
PICTURE = re.compile(
    r'<picture>\n<source media="\(prefers-color-scheme: dark\)" srcset="(?P<dark>[^"]+)">\n'
    r'<img alt="(?P<alt>[^"]*)" src="(?P<light>[^"]+)" width="(?P<width>\d+)">\n</picture>'
)
# Matches the empty line after a result, by which doctest knows where it ends.
AFTER_RESULT = re.compile(r"\n\n(?=```$)", re.M)
# Matches the file in `[text](file)`, and in a toctree's `title <../file>`.
LINK = re.compile(r"(?<=\]\()[^)#\s]+|(?<= <)\.\./[^>\s]+(?=>)")


class Addresses:
    """Turns addresses of the repository's files, and absolute ones as in README.md, into addresses of the site."""

    def __init__(self, repository: str, site: str):
        self.repository, self.site = repository, site
        self.pictures = f"{repository.replace('github.com', 'raw.githubusercontent.com')}/main/docs/"

    def linked(self, text: str, folder: Path) -> str:
        """Returns the text of a page in this folder with its links turned."""
        return LINK.sub(lambda link: self.address(link[0], folder), text)

    def address(self, link: str, folder: Path) -> str:
        if link.startswith(self.pictures):
            return f"/{link.removeprefix(self.pictures)}"
        if link.startswith(self.site):
            return f"/{link.removeprefix(self.site).removesuffix('.html') or 'index'}.md"
        file = (folder / link).resolve()
        if not file.exists():
            return link  # another site, or a dead link, which Sphinx reports
        if file == ROOT / "README.md":
            return "/index.md"
        if file.is_relative_to(DOCS):
            return f"/{file.relative_to(DOCS)}"
        return f"{self.repository}/{'tree' if file.is_dir() else 'blob'}/main/{file.relative_to(ROOT)}"


def with_pictures(text: str) -> str:
    """Returns the text with two figures for each `<picture>`, of which the theme of the site shows one."""
    return PICTURE.sub(_figures, text)


def _figures(picture: re.Match[str]) -> str:
    one = "```{{figure}} {file}\n:alt: {alt}\n:width: {width}px\n:figclass: picture only-{theme}\n```\n"
    return "".join(one.format(file=picture[theme], theme=theme, **picture.groupdict()) for theme in ("light", "dark"))


def source_address(repository: str, name: str) -> str | None:
    """Returns the address on GitHub of the lines that define a public name; None if no Python file of ours has it."""
    found = inspect.unwrap(getattr(value := resolve_name(name), "fget", None) or value)
    try:
        file = Path(inspect.getsourcefile(found) or "")
        lines, first = inspect.getsourcelines(found)
    except (TypeError, OSError):
        return None  # data, and what Cython compiled
    package = Path(neuract.__file__).parent
    if not file.is_relative_to(package):
        return None  # a method of scikit-learn's
    path = f"python/neuract/{file.relative_to(package).as_posix()}"
    return f"{repository}/blob/main/{path}#L{first}-L{first + len(lines) - 1}"


def setup(app: Sphinx) -> dict[str, bool]:
    addresses = Addresses(app.config.html_theme_options["source_repository"], app.config.html_baseurl)

    def turn_page(app: Sphinx, page: str, content: list[str]) -> None:
        content[0] = AFTER_RESULT.sub("\n", content[0])
        content[0] = with_pictures(addresses.linked(content[0], Path(app.env.doc2path(page)).parent))

    def turn_included(app: Sphinx, path: Path, page: str, content: list[str]) -> None:
        content[0] = addresses.linked(content[0], (DOCS / path).resolve().parent)

    app.connect("source-read", turn_page)
    app.connect("include-read", turn_included)
    return {"parallel_read_safe": True}
