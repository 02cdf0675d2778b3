# SPDX-License-Identifier: BSD-3-Clause
"""docs/drop_in.md has a row for every parameter and attribute."""

import inspect
import re

import numpy as np
import pytest
from sklearn import neural_network

import neuract as na
from oracle.paths import ROOT

TEXT = (ROOT / "docs" / "drop_in.md").read_text()


def rows(*sections):
    """The names in the first column of these sections' tables."""
    found = []
    for section in sections:
        body = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)
        assert body, section
        for cell in re.findall(r"^\| (`[^|]+) \|", body[1], re.M):
            found += re.findall(r"`(\w+)`", cell)
    return found


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_every_parameter_has_a_row(name):
    ours, theirs = (set(inspect.signature(getattr(module, name)).parameters) for module in (na, neural_network))
    assert theirs <= set(rows("Parameters"))
    assert ours <= set(rows("Parameters", "Additional parameters"))
    assert ours - theirs <= set(rows("Additional parameters"))
    for method in ("fit", "partial_fit"):
        parameters = [set(inspect.signature(getattr(kind, method)).parameters) for kind in kinds(name)]
        assert parameters[0] - parameters[1] <= set(rows("Additional parameters"))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_every_attribute_has_a_row(name):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(np.eye(6)).add_prefix("x")
    for kind in kinds(name):
        model = kind(max_iter=2).fit(frame, [0, 1] * 3)
        attributes = {each for each in dir(model) if each.endswith("_") and not each.startswith("_")}
        assert attributes <= set(rows("Attributes"))
        assert "feature_names_in_" in attributes


def kinds(name):
    return getattr(na, name), getattr(neural_network, name)
