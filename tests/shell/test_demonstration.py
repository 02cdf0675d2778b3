# SPDX-License-Identifier: BSD-3-Clause
"""python -m neuract: its figures are those of the line that it prints; it needs no pandas."""

import re
import subprocess
import sys

PROGRAM = """
import sys

class WithoutPandas:
    def find_spec(self, name, *_):
        if name.split(".")[0] == "pandas":
            raise ImportError(name)

sys.meta_path.insert(0, WithoutPandas())
import neuract.__main__ as demonstration
demonstration.FOLDS = 2
demonstration.main()
"""


def test_figures_are_those_of_the_line():
    """Protects against a comparison that leaves a model out, or scores rows that a model has seen."""
    said = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True).stdout
    assert "na.TabularRegressor(random_state=0).fit(frame, y)" in said
    found = re.findall(r"^(neuract|boosted trees|scikit-learn)\D*([\d.]+) +([\d.]+)$", said, re.M)
    errors = {name: float(error) for name, error, _ in found}
    assert len(errors) == 3
    assert 45 < errors["neuract"] < 65
    assert re.search(r"out of fold R² 0\.[45]\d\d of 24 networks", said)
    low, high = map(float, re.search(r"from (\d+) to (\d+)", said).groups())
    assert low < high
