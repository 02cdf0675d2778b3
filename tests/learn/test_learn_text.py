# SPDX-License-Identifier: BSD-3-Clause
"""The pages "Learn": the code gives the printed results and makes the pictures; each page has what it promises."""

import doctest
import re
import runpy

import pytest
from matplotlib import pyplot as plt

from oracle.paths import ROOT

LEARN = ROOT / "docs" / "learn"
PAGES = sorted(set(LEARN.glob("*.md")) - {LEARN / "playground.md"})
ORDER = ["neuron", "activations", "thresholds", "layers", "gradient_descent", "backpropagation", "outputs"]
ORDER += ["vanishing_gradients", "dying_relu", "playground"]
MOST_WORDS = 1000  # five minutes


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_gives_the_printed_results(page):
    result = doctest.testfile(
        str(page), module_relative=False, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )
    plt.close("all")
    assert result.attempted > 0
    assert result.failed == 0


def test_the_code_makes_the_pictures(tmp_path):
    make = runpy.run_path(str(ROOT / "docs" / "pictures" / "make.py"))["make"]
    for page in PAGES:
        make(tmp_path, page)
    made, kept = ({path.name for path in where.iterdir()} for where in (tmp_path, LEARN / "pictures"))
    assert made == kept


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_short_and_has_a_widget_a_picture_and_three_questions(page):
    text = page.read_text()
    prose = re.sub(r"```.*?```|<[^>]*>", "", text, flags=re.DOTALL)
    assert len(prose.split()) <= MOST_WORDS
    assert text.count("<div data-learn=") == text.count("<picture>") == 1
    assert len(re.findall(r"<details><summary>[^<]+</summary><p>", text)) == 3


def test_each_page_leads_to_the_next():
    ends = [(LEARN / f"{name}.md").read_text().splitlines()[-1] for name in ORDER[:-1]]
    assert [re.findall(r"^Next: .*\((\w+)\.md\)\.$", end) for end in ends] == [[name] for name in ORDER[1:]]
    assert {page.stem for page in PAGES} == set(ORDER[:-1])
