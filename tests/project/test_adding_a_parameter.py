# SPDX-License-Identifier: BSD-3-Clause
"""docs/adding_a_parameter.md is correct: its insertions, made in a copy, give a working parameter of the estimators."""

from oracle.recipe import Copy


def test_recipe_adds_a_working_parameter(tmp_path):
    copy = Copy("adding_a_parameter.md", tmp_path)
    copy.borrow_core()
    copy.run_check()
    assert copy.run_tests("project/test_drop_in_page.py", only="parameter") > 0
