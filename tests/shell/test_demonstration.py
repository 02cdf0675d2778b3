# SPDX-License-Identifier: BSD-3-Clause
"""python -m neuract: its figures are those of the line that it prints; it needs no pandas and writes no file."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_info

import neuract as na
from neuract.shell import _demonstration
from neuract.shell._main import main

PROGRAM = """
import sys

class WithoutPandas:
    def find_spec(self, name, *_):
        if name.split(".")[0] == "pandas":
            raise ImportError(name)

sys.meta_path.insert(0, WithoutPandas())
from neuract.shell import _demonstration
from neuract.shell._main import main
_demonstration.RUNS = 2
_demonstration.na.set_num_threads(2)
fit, pools = _demonstration.seconds_of_fit, set()

def watched(*given):
    from threadpoolctl import threadpool_info
    seconds = fit(*given)
    pools.update((pool["user_api"], pool["num_threads"]) for pool in threadpool_info())
    return seconds

_demonstration.seconds_of_fit = watched
main([])
print("pools:", sorted(pools))
"""


def test_figures_are_those_of_the_line(tmp_path):
    """Protects against a comparison that leaves a model out, or scores rows that a model has seen."""
    command = [sys.executable, "-c", PROGRAM]
    threads = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path, env=os.environ | threads)
    said = done.stdout
    assert "na.TabularRegressor(random_state=0).fit(frame, y)" in said
    found = re.findall(r"^(neuract|boosted trees|scikit-learn)\D*([\d.]+) +([\d.]+)$", said, re.M)
    errors = {name: float(error) for name, error, _ in found}
    assert len(errors) == 3
    assert 45 < errors["neuract"] < 65
    assert re.search(r"out of fold R² 0\.[45]\d\d of 24 networks", said)
    low, high = map(float, re.search(r"from (\d+) to (\d+)", said).groups())
    assert low < high
    ours, theirs = re.search(r"loss +neuract (\S+) +scikit-learn (\S+)", said).groups()
    assert float(ours) == pytest.approx(float(theirs), abs=2e-6)  # the same work
    assert re.search(r"^ *(bmi|s5) +0\.\d+ #{30}$", said, re.M)
    pools = re.search(r"^pools: \[(.*)\]$", said, re.M)[1]
    assert {"blas", "neuract", "openmp"} <= set(re.findall(r"'(\w+)'", pools))
    assert set(re.findall(r", (\d+)\)", pools)) == {"1"}
    assert not list(tmp_path.iterdir())


def test_without_picture(here, monkeypatch, capsys):
    models = []
    monkeypatch.setattr(_demonstration, "compare_models", lambda *_: None)
    monkeypatch.setattr(_demonstration, "compare_speed", lambda: None)
    monkeypatch.setattr(na, "importance", lambda *given, **_: models.append(given))
    assert main(["--no-picture"]) == 0
    said = capsys.readouterr().out
    assert "90 % probability" in said
    assert "#" not in said
    assert not models
    assert not list(here.iterdir())


def test_without_picture_is_for_the_demonstration_alone(here, capsys):
    with pytest.raises(SystemExit) as end:
        main(["--no-picture", "show", "model.safetensors"])
    assert end.value.code == 2
    assert "without a command" in capsys.readouterr().err


def test_both_libraries_have_one_thread_and_the_time_is_the_median_of_three(monkeypatch, capsys):
    seconds = iter([1, 9, 3, 8, 2, 4])  # ours and theirs, in turn
    threads = set()

    def fit(model, x, y):
        assert x.dtype == np.float32
        threads.update(pool["num_threads"] for pool in threadpool_info())
        assert isinstance(model, na.MLPClassifier | MLPClassifier)
        model.loss_ = 0.25
        return next(seconds)

    monkeypatch.setattr(_demonstration, "seconds_of_fit", fit)
    monkeypatch.setattr(_demonstration, "compare_models", lambda *_: None)
    monkeypatch.setattr(_demonstration, "show_model", lambda *_, **__: None)
    before = na.get_num_threads()
    assert main([]) == 0
    assert threads == {1}
    assert na.get_num_threads() == before
    said = capsys.readouterr().out
    assert "neuract 2.000       scikit-learn 8.000 " in said
    assert "neuract is 4.0 times as fast" in said


def test_bars_are_in_order_and_in_proportion():
    names, values = ["a", "b", "c", "d"], np.array([0.1, 0.4, -0.1, 0.2])
    assert [line.split() for line in _demonstration.bars(names, values)] == [
        ["b", "0.400", "#" * 30],
        ["d", "0.200", "#" * 15],
        ["a", "0.100", "#" * 8],
        ["c", "-0.100"],
    ]
