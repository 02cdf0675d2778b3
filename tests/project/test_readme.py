# SPDX-License-Identifier: BSD-3-Clause
"""README.md, which the package index shows too: its examples run as pasted, its links lead somewhere from anywhere. The
examples of docs/faq.md and docs/importances.md do so, too."""

import re

import pytest

from oracle.pages import examples_of, outputs_of
from oracle.paths import ROOT

TEXT = (ROOT / "README.md").read_text()
LINKS = re.findall(r"\]\(([^)\s]+)\)", TEXT)
SITE = "https://neuract.github.io/neuract/"
FILES = re.compile(
    r"https://(?:github\.com/neuract/neuract/(?:blob|tree)|raw\.githubusercontent\.com/neuract/neuract)/main/(.+)"
)


@pytest.mark.parametrize(("page", "least"), [("README.md", 5), ("docs/faq.md", 1), ("docs/importances.md", 1)])
def test_examples_print_what_is_shown(page, least, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert len(examples_of(ROOT / page)) >= least
    for shown, printed in outputs_of(ROOT / page, capsys):
        assert printed == shown


def test_the_first_example_can_be_pasted():
    first, _ = examples_of(ROOT / "README.md")[0]
    assert ">>>" not in TEXT
    assert first.startswith("import neuract as na\n")
    assert len(first.splitlines()) <= 10


def test_the_first_screen_tells_what_for_whom_and_how_to_install():
    first_screen = "\n".join(TEXT.splitlines()[:40])
    assert all(text in first_screen for text in ("Neural networks", "For data scientists", "pip install neuract", "!["))


@pytest.mark.parametrize("link", sorted(set(LINKS)))
def test_links_are_absolute_and_alive(link):
    if file := FILES.fullmatch(link):
        assert (ROOT / file[1]).exists()
    elif link.startswith(SITE):
        page = link.removeprefix(SITE).partition("#")[0].removesuffix(".html") or "index"
        assert any((ROOT / "docs" / f"{page}{suffix}").exists() for suffix in (".md", ".rst"))
    else:
        assert link == "https://github.com/neuract/neuract"
