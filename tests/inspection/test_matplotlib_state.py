# SPDX-License-Identifier: BSD-3-Clause
"""Pictures and matplotlib's global state: rcParams stay, no figure is left open, reports need no pyplot."""

import subprocess
import sys
import threading

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import neuract as na
from neuract.plotting import (
    ActivationDisplay,
    CalibrationDisplay,
    DiagnosisDisplay,
    FitDisplay,
    HistoryDisplay,
    ImportanceDisplay,
    NetworkDisplay,
    NeuronResponseDisplay,
    WeightsDisplay,
)

X = np.random.default_rng(0).normal(size=(40, 2))
HISTORY = {"loss": [3.0, 1.0], "gradient_norm": [1.0, 0.001]}


def network(outputs=1, output="linear"):
    random = np.random.default_rng(0)
    net = na.Network([na.Dense(3), na.Dense(outputs, output)])
    return net.set_parameters([random.normal(size=(2, 3)), random.normal(size=(3, outputs))])


DISPLAYS = {
    "activations": lambda ax: ActivationDisplay.from_activations(["relu", "tanh"], ax=ax),
    "history": lambda ax: HistoryDisplay(HISTORY).plot(ax),
    "diagnosis": lambda ax: DiagnosisDisplay.from_estimator(network(), X, X[:, 0], ax=ax),
    "importances": lambda ax: ImportanceDisplay.from_estimator(network(), X, X[:, 0], ax=ax),
    "network": lambda ax: NetworkDisplay.from_estimator(network(), X, ax=ax),
    "responses": lambda ax: NeuronResponseDisplay.from_estimator(network(), X, resolution=5, ax=ax),
    "images": lambda ax: WeightsDisplay.from_estimator(network(), image_shape=(1, 2), ax=ax),
    "map": lambda ax: WeightsDisplay.from_estimator(network(), ax=ax),
    "calibration": lambda ax: CalibrationDisplay.from_estimator(network(1, "sigmoid"), X, X[:, 0] > 0, ax=ax),
    "surface": lambda ax: FitDisplay.from_estimator(network(), X, X[:, 0], ax=ax),
    "classes": lambda ax: FitDisplay.from_estimator(network(3, "softmax"), X, np.arange(40) % 3, ax=ax),
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("display", DISPLAYS)
def test_a_picture_that_fails_leaves_no_figure_open(display, error, monkeypatch):
    kept = plt.figure()
    tick_params = Axes.tick_params

    def fail(ax, *args, **settings):
        if "labelsize" in settings:  # our own call, when the figure is half drawn
            raise error("no")
        tick_params(ax, *args, **settings)

    monkeypatch.setattr(Axes, "tick_params", fail)
    with pytest.raises(error, match="no"):
        DISPLAYS[display](None)
    assert plt.get_fignums() == [kept.number]


@pytest.mark.parametrize("display", DISPLAYS)
def test_a_picture_on_a_figure_of_your_own_is_the_same_without_pyplot(display, monkeypatch):
    expected = DISPLAYS[display](None).figure_
    plt.close(expected)
    monkeypatch.setattr(plt, "figure", None)
    monkeypatch.setattr(plt, "subplots", None)
    own = Figure()
    drawn = DISPLAYS[display](own).figure_
    assert drawn is own
    assert own.get_size_inches().tolist() == expected.get_size_inches().tolist()
    for figure in (own, expected):
        figure.set_dpi(60)
        figure.draw_without_rendering()
    places = [[ax.get_position().bounds for ax in figure.axes] for figure in (own, expected)]
    np.testing.assert_allclose(*places)


def trained():
    net = na.Network([na.Dense(4), na.Dense(1, "linear")], epochs=3, random_state=0).fit(X, X[:, 0])
    net.history_["gradient_norm"] = [1.0, 1e-3, 1e-6]  # mathematics on a logarithmic axis
    return net


def test_reports_in_threads_change_nothing_that_other_threads_see(tmp_path, monkeypatch):
    net = trained()
    net.report(tmp_path / "report.html", X, X[:, 0])
    page = (tmp_path / "report.html").read_bytes()
    changes = []
    monkeypatch.setattr(matplotlib.RcParams, "__setitem__", lambda *change: changes.append(change))
    monkeypatch.setattr(matplotlib, "rc_context", lambda *change: changes.append(change))
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=net.report, args=(tmp_path / f"{k}.html", X, X[:, 0])) for k in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert changes == []
    assert all((tmp_path / f"{k}.html").read_bytes() == page for k in range(6))
    assert page.count(b"<figure role=") == 3


def test_a_report_is_drawn_without_pyplot(tmp_path):
    program = f"""
import sys, numpy as np, neuract as na
X = np.ones((5, 2))
na.Network([na.Dense(2), na.Dense(1)], epochs=2, random_state=0).fit(X, X[:, 0]).report({str(tmp_path / "r.html")!r}, X)
assert "matplotlib.figure" in sys.modules
assert "matplotlib.pyplot" not in sys.modules
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "r.html").read_text(encoding="utf-8").count("<figure role=") == 3


def test_settings_of_the_user_leave_text_in_a_report_as_text(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")  # no LaTeX
    net = trained()
    settings = {"text.usetex": True, "svg.fonttype": "path", "svg.hashsalt": None, "font.family": "serif"}
    with matplotlib.rc_context(settings):
        net.report(tmp_path / "report.html", X, X[:, 0])
        net.report(tmp_path / "again.html", X, X[:, 0])
        assert {name: matplotlib.rcParams[name] for name in settings} == settings | {"font.family": ["serif"]}
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("<figure role=") == 3
    assert "weight &gt; 0</text>" in page
    assert "DejaVu Serif" not in page
    assert page == (tmp_path / "again.html").read_text(encoding="utf-8")


def test_a_fit_of_one_class_says_so():
    model = na.MLPClassifier((3,), max_iter=2, random_state=0)
    with pytest.warns():  # ConvergenceWarning
        model.fit(X, ["a"] * 40)
    with pytest.raises(ValueError, match=r"knows only the class 'a'.*two or more classes"):
        FitDisplay.from_estimator(model, X, ["a"] * 40)
    assert not plt.get_fignums()
