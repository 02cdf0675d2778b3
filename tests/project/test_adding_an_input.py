# SPDX-License-Identifier: BSD-3-Clause
"""docs/adding_an_input.md is correct: its insertions, made in a copy, give a working input."""

from oracle.marks import exhaustive, not_sanitized
from oracle.recipe import Copy

pytestmark = [exhaustive, not_sanitized("it would try a wheel that is built without")]


def test_recipe_adds_a_working_input(tmp_path):
    copy = Copy("adding_an_input.md", tmp_path)
    copy.build()
    copy.run_check()
    assert copy.run_tests("network/test_inputs.py", only="square") > 12
    copy.run_c_tests()
