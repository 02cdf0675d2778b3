# SPDX-License-Identifier: BSD-3-Clause
"""Every example of the guides and of the docstrings gives the printed result."""

import doctest
import importlib
import pkgutil
import re
import runpy

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import rgb_to_hsv, to_rgb

import neuract
from oracle.paths import ROOT

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# Importing it runs the program.
MODULES = [
    module.name for module in pkgutil.walk_packages(neuract.__path__, "neuract.") if module.name != "neuract.__main__"
]


PAGES = [f"docs/{name}.md" for name in ("export", "explaining", "frames", "drop_in", "large_data")]


@pytest.mark.parametrize("page", PAGES)
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
    made, kept = (
        {path.name for path in where.iterdir() if path.suffix in (".png", ".svg")} for where in (tmp_path, folder)
    )
    assert made == kept
    text = (ROOT / "docs" / "seeing_inside.md").read_text()
    shown = {f"pictures/{name}" for name in made} | {"pictures/report/page.png", "pictures/report/page_dark.png"}
    assert set(re.findall(r'src(?:set)?="(pictures/[^"]+)"', text)) == shown
    assert text.count("\nplt.show()\n") == len(made) // 2


def test_dark_pictures_have_the_same_hues_on_a_dark_ground():
    make = runpy.run_path(str(ROOT / "docs" / "pictures" / "make.py"))
    colours = np.array([to_rgb(colour) for colour in ("white", "black", "#0f69b4", "#e06c00", "#666666")])
    dark = make["for_dark"](colours)
    np.testing.assert_allclose(dark[:2], [[0.08] * 3, [0.92] * 3])
    hues, saturations, _ = rgb_to_hsv(dark).T
    np.testing.assert_allclose(hues[2:4], rgb_to_hsv(colours)[2:4, 0])
    assert saturations[4] == pytest.approx(0, abs=1e-9)
    assert dark[2].sum() > colours[2].sum()
