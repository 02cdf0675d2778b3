# SPDX-License-Identifier: BSD-3-Clause
"""Every example in README.md, of the guides and of the docstrings gives the printed result."""

import doctest
import importlib
import pkgutil
import runpy

import pytest
from matplotlib import pyplot as plt

import neuract
from oracle.paths import ROOT

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# Importing it runs the program.
MODULES = [
    module.name for module in pkgutil.walk_packages(neuract.__path__, "neuract.") if module.name != "neuract.__main__"
]


@pytest.mark.parametrize(
    "page", ["README.md", "docs/export.md", "docs/frames.md", "docs/drop_in.md", "docs/large_data.md"]
)
def test_pages(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(str(ROOT / page), module_relative=False, optionflags=OPTIONS)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("name", ["neuract", *MODULES])
def test_docstrings(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if name.startswith("neuract.dask"):
        pytest.importorskip("dask")
    module = importlib.import_module(name)
    result = doctest.testmod(module, extraglobs={"na": neuract}, optionflags=OPTIONS)
    plt.close("all")
    assert result.failed == 0


def test_the_page_of_pictures_runs_and_shows_all_of_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = ROOT / "docs" / "pictures"
    runpy.run_path(str(folder / "make.py"))["make"](tmp_path)
    made, kept = ({path.name for path in where.glob("*.png")} for where in (tmp_path, folder))
    assert made == kept
