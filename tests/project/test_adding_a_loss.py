# SPDX-License-Identifier: BSD-3-Clause
"""docs/adding_a_loss.md is correct: its insertions, made in a copy, give a working loss."""

from oracle.marks import exhaustive, not_sanitized
from oracle.recipe import Copy

pytestmark = [exhaustive, not_sanitized("it would try a wheel that is built without")]


def test_recipe_adds_a_working_loss(tmp_path):
    copy = Copy("adding_a_loss.md", tmp_path)
    copy.build()
    copy.run_check()
    assert copy.run_tests("functions/test_gradients.py", only="log_cosh") > 20
    copy.run_c_tests()
