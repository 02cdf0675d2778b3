# SPDX-License-Identifier: BSD-3-Clause
"""docs/adding_an_activation.md is correct: its insertions, made in a copy, give a working activation."""

from oracle.marks import exhaustive, not_sanitized
from oracle.recipe import Copy

pytestmark = [exhaustive, not_sanitized("it would try a wheel that is built without")]


def test_recipe_adds_a_working_activation(tmp_path):
    copy = Copy("adding_an_activation.md", tmp_path)
    copy.build()
    copy.run_check()
    assert copy.run_tests("functions/test_activations.py", "functions/test_gradients.py", only="squared_relu") > 20
    exports = [f"export/test_{name}.py" for name in ("c", "onnx")]
    exports += ["inspection/test_report.py", "engine/test_engine_gradients.py"]
    assert copy.run_tests(*exports, only="squaredrelu or every_activation_has") > 5
    copy.run_c_tests()
