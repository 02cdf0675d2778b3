# SPDX-License-Identifier: BSD-3-Clause
"""docs/prose.py, which reads the pages: each rule marks its example and leaves the correction alone."""

import re
import runpy

import pytest

from oracle.paths import ROOT

pytest.importorskip("proselint")
pytest.importorskip("markdown_it")
PROSE = runpy.run_path(str(ROOT / "docs" / "prose.py"))
RULES = {rule["name"]: rule for rule in PROSE["STYLE"]["rule"]}


def broken(page, user=True):
    """The names of the rules that a page breaks, with the lines."""
    return {(re.search(r"(\w+)\)$", rule)[1], line) for line, _, rule in PROSE["marks"](page, user)}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_marks_its_example_and_not_the_correction(name):
    assert (name, 1) in broken(RULES[name]["wrong"])
    assert broken(RULES[name]["right"]) == set()


def test_a_check_of_proselint_is_on():
    assert broken("The two models are quite unique.") == {("uncomparables", 1)}


@pytest.mark.parametrize(
    ("page", "lines"),
    [
        ("Use it.\nSources in place\nof X.", {2}),
        ("- Right.\n- Wrong in place of X.", {2}),
        ("| a | b |\n|---|---|\n| c | in place of X |", {3}),
        ("<details><summary>In place of X?</summary></details>", {1}),
        ("```\nin place of X\n```\n\n`in place of X` [X](in-place-of.md) <img alt='in place of X'>", set()),
        ("Losses\n======\n\n.. automodule:: x\n   :members: in place of X\n\nIn place of X.", {7}),
    ],
)
def test_prose_is_found_with_its_line_and_code_is_not(page, lines):
    assert {line for _, line in broken(page)} == lines


def test_internals_are_for_the_authors_pages():
    page = "`tests/project/test_prose.py` holds it, and nox -s docs."
    assert broken(page) == {("internals", 1)}
    assert broken(page, user=False) == set()


def test_every_page_is_read_and_has_no_mark(capsys):
    names = {path.relative_to(ROOT).as_posix() for path in PROSE["pages"]()}
    assert {"README.md", "CHANGELOG.md", "docs/trust.md", "docs/learn/neuron.md", "docs/api/losses.rst"} <= names
    code = PROSE["main"]([])
    assert capsys.readouterr().out == ""
    assert code == 0
