# SPDX-License-Identifier: BSD-3-Clause
"""Reads the pages by the rules of prose.toml: proselint's checks and this project's. Exits 1 if it finds a mark.

python docs/prose.py [PAGE ...]
"""

import re
import sys
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token
from proselint.checks import __register__ as CHECKS_OF_PROSELINT
from proselint.registry import CheckRegistry
from proselint.registry.checks import Check, CheckFlags, types
from proselint.registry.checks.engine import Fancy, RegexOptions
from proselint.tools import LintFile

DOCS = Path(__file__).resolve().parent
STYLE: dict[str, Any] = tomllib.loads((DOCS / "prose.toml").read_text(encoding="utf-8"))
TAG = re.compile(r"<[^>]*>")
PARSER = MarkdownIt("commonmark").enable("table")


class Prose(NamedTuple):
    """The sentences of a page: one line per heading, paragraph, item or cell, with an empty line after each."""

    text: str
    starts: list[int]  # of the parts of the text ...
    lines: list[int]  # ... and the lines of the page that they come from


def parts(token: Token, keep_code: bool) -> Iterator[tuple[str, int]]:
    """Yield each piece of a block, with its line. Inline code becomes `code`, unless it is kept; tags are left out."""
    line = token.map[0] + 1 if token.map else 1
    if token.type == "html_block":
        for number, text in enumerate(token.content.splitlines()):
            yield " ".join(TAG.sub(" ", text).split()) + "\n\n", line + number
    for child in token.children or ():
        if child.type in ("softbreak", "hardbreak"):
            line += 1
            yield " ", line
        elif child.type == "code_inline":
            yield child.content if keep_code else "`code`", line
        elif child.type == "text":
            yield child.content, line


def prose(page: str, keep_code: bool = False) -> Prose:
    """Take the sentences out of a page in Markdown, or in reStructuredText as plain as that of docs/api."""
    text, starts, lines = "", [], []
    hashes = ""
    for token in PARSER.parse(page):
        if token.type == "heading_open":
            hashes = "#" * int(token.tag[1]) + " "
        if token.type not in ("inline", "html_block") or token.content.startswith((".. ", ":doc:")):
            continue
        line = token.map[0] + 1 if token.map else 1
        for piece, at in ((hashes, line), *parts(token, keep_code), ("\n\n", line)):
            starts.append(len(text))
            lines.append(at)
            text += piece
        hashes = ""
    return Prose(text, starts, lines)


def check_of(rule: dict[str, Any]) -> Check:
    """Make proselint's Check of a rule. A space of its pattern is any white space, and ^ the start of a block."""
    engine = Fancy(RegexOptions(case_insensitive=not rule.get("case", False), multi_line=True))
    kind = types.ExistenceSimple("|".join(rule["patterns"]))
    kept = "code." if rule.get("code") else ""
    path = f"project.{rule.get('pages', 'all')}.{kept}{rule['name']}"
    return Check(kind, engine, path, rule["say"], CheckFlags(allow_quotes=True))


def marks(page: str, user: bool = True) -> Iterator[tuple[int, str, str]]:
    """Yield line, words and rule of everything in a page that breaks a rule; `user`: it is a page for users."""
    registry = CheckRegistry()
    if not registry.checks:
        registry.register_many(CHECKS_OF_PROSELINT)
        registry.register_many(tuple(map(check_of, STYLE["rule"])))
    off = dict.fromkeys(STYLE["proselint"]["off"], False)
    on = dict.fromkeys(STYLE["proselint"]["on"], True)
    ours = {"project.users.code": False, "project.users": user, "project.all": True}
    for keep_code, checks in ((False, off | on | ours), (True, {"project.users.code": user})):
        found = prose(page, keep_code)
        for result, _ in LintFile("page", found.text or "\n").lint({"max_errors": 1000, "checks": checks}):
            first, last = (at - 1 for at in result.span)  # LintFile puts a line break in front
            line = found.lines[bisect_right(found.starts, first) - 1]
            yield line, found.text[first:last].strip(), f"{result.message} ({result.check_path})"


def pages() -> Iterator[Path]:
    """Yield every page that is checked."""
    for pattern in STYLE["pages"]["all"]:
        yield from sorted(DOCS.parent.glob(pattern))


def main(names: list[str]) -> int:
    """Print the marks of the named pages, or of all; return the exit code."""
    authors = {path for pattern in STYLE["pages"]["authors"] for path in DOCS.parent.glob(pattern)}
    count = 0
    for path in map(Path.resolve, map(Path, names)) if names else pages():
        for line, words, rule in sorted(marks(path.read_text(encoding="utf-8"), path not in authors)):
            shown = words if len(words) < 80 else words[:77] + "..."
            print(f"{path.relative_to(DOCS.parent)}:{line}: {shown}: {rule}")
            count += 1
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
