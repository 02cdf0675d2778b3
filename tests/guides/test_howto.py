# SPDX-License-Identifier: BSD-3-Clause
"""The pages "How to" and "Start": each is short, and its code prints what it shows.

A page whose libraries are not installed is skipped, but not where NEURACT_GUIDES is set, as in `nox -s guides`.
"""

import doctest
import os
import re
import shutil

import pytest
from matplotlib import pyplot as plt

from oracle.pages import examples_of, outputs_of
from oracle.paths import ROOT

HOWTO = sorted((ROOT / "docs" / "howto").glob("*.md"))
PAGES = [ROOT / "docs" / "start.md", *HOWTO]
IMPORT = re.compile(r"^\s*(?:import|from) (\w+)", re.M)
# What the pages need besides libraries that they import.
PROGRAMS = {"javascript": "node", "microcontroller": "cc"}
LIBRARIES = {"fastapi": {"httpx"}}
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MOST_LINES, MOST_LINES_OF_CODE = 80, 45  # about a screen


def skip_without_what_it_needs(page):
    imported = {name for code, _ in examples_of(page) for name in IMPORT.findall(code)}
    for module in imported | LIBRARIES.get(page.stem, set()):
        pytest.importorskip(module)
    program = PROGRAMS.get(page.stem)
    if program and not shutil.which(program):
        pytest.skip(f"needs {program}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
@pytest.mark.filterwarnings("default")  # those of other libraries are not ours to mend
def test_examples_print_what_is_shown(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if "NEURACT_GUIDES" not in os.environ:
        skip_without_what_it_needs(page)
    for shown, printed in outputs_of(page, capsys):
        assert doctest.OutputChecker().check_output(shown, printed, OPTIONS), printed
    plt.close("all")


@pytest.mark.parametrize("page", HOWTO, ids=lambda page: page.stem)
def test_a_page_fits_a_screen(page):
    text = page.read_text()
    code = "".join(re.findall(r"^```\w+\n(.*?)^```", text, re.M | re.S))
    assert len(text.splitlines()) <= MOST_LINES
    assert len(code.splitlines()) <= MOST_LINES_OF_CODE


def test_every_page_is_listed():
    text = (ROOT / "docs" / "howto.md").read_text()
    pages = {page.stem for page in HOWTO}
    assert set(re.findall(r"\]\(howto/(\w+)\.md\)", text)) == set(re.findall(r"^howto/(\w+)$", text, re.M)) == pages
