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

from oracle.paths import ROOT

HOWTO = sorted((ROOT / "docs" / "howto").glob("*.md"))
PAGES = [ROOT / "docs" / "start.md", *HOWTO]
# A block of code, with the output that follows it, if any.
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", re.M | re.S)
IMPORT = re.compile(r"^\s*(?:import|from) (\w+)", re.M)
# What the pages need besides libraries that they import.
PROGRAMS = {"javascript": "node", "microcontroller": "cc"}
LIBRARIES = {"fastapi": "httpx"}
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MOST_LINES, MOST_LINES_OF_CODE = 80, 45  # about a screen


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
@pytest.mark.filterwarnings("default")  # those of other libraries are not ours to mend
def test_examples_print_what_is_shown(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = page.read_text()
    examples = EXAMPLE.findall(text)
    assert len(examples) == text.count("```python") > 0
    if "NEURACT_GUIDES" not in os.environ:
        modules = {name for code, _ in examples for name in IMPORT.findall(code)}
        for module in modules | {LIBRARIES.get(page.stem, "neuract")}:
            pytest.importorskip(module)
        if not shutil.which(program := PROGRAMS.get(page.stem, "python")):
            pytest.skip(f"needs {program}")
    names = {"__name__": "page"}
    for code, shown in examples:
        exec(compile(code, page.name, "exec"), names)
        printed = capsys.readouterr().out
        assert doctest.OutputChecker().check_output(shown, printed, OPTIONS), printed
    plt.close("all")


@pytest.mark.parametrize("page", HOWTO, ids=lambda page: page.stem)
def test_a_page_fits_a_screen(page):
    text = page.read_text()
    code = "".join(re.findall(r"^```\w+\n(.*?)^```", text, re.M | re.S))
    assert len(text.splitlines()) <= MOST_LINES
    assert len(code.splitlines()) <= MOST_LINES_OF_CODE
