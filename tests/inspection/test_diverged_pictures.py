# SPDX-License-Identifier: BSD-3-Clause
"""Pictures and reports of models that diverged: they show what is finite, and say what is not."""

import importlib
import re
from itertools import pairwise

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

import neuract as na
from neuract.plotting import DiagnosisDisplay, FitDisplay, HistoryDisplay, NetworkDisplay, NeuronResponseDisplay
from neuract.plotting._style import BLUE, LOST, ORANGE

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 2))
# The weights of a network with tanh, times these numbers; in the last case one weight of the output.
DIVERGED = {
    "float32 NaN": ("float32", np.nan),
    "float32 infinite": ("float32", np.inf),
    "float32 1e30": ("float32", 1e30),
    "float64 NaN": ("float64", np.nan),
    "float64 1e200": ("float64", 1e200),
    "float64 -infinite": ("float64", -np.inf),
}


def diverged(dtype, factor, n_inputs=2, outputs=1, output="linear", one=False):
    """A network whose weights are times the factor; `one`: only the output's first weight, which is the factor."""
    random = np.random.default_rng(1)
    net = na.Network([na.Dense(4), na.Dense(3, "tanh"), na.Dense(outputs, output)], dtype=dtype)
    sizes = [n_inputs, 4, 3, outputs]
    weights = [random.normal(size=shape).astype(dtype) for shape in pairwise(sizes)]
    net.set_parameters(weights)
    core = net._known().core  # `set_parameters` refuses NaN
    for number, array in enumerate(weights):
        if not one:
            core.set(number, "weights", array * np.asarray(factor, dtype))
        elif number == 2:
            array[0, 0] = np.asarray(factor, dtype)
            core.set(number, "weights", array)
    return net


def colours(rgba):
    return {tuple(map(float, colour[:3])) for colour in rgba}


def legends(figure):
    return [text.get_text() for ax in figure.axes if ax.get_legend() for text in ax.get_legend().get_texts()]


def check(display):
    """Draws the figure: pytest turns warnings into errors."""
    display.figure_.canvas.draw()
    plt.close(display.figure_)
    return display


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(autouse=True)
def quiet_diagnosis(monkeypatch):
    """Warnings of the pictures are errors; those of the diagnosis are tested in test_diagnose.py."""

    def quiet(*data, **settings):
        with np.errstate(all="ignore"):
            return na.diagnose(*data, **settings)

    for module in ("plotting._diagnosis", "report._subject"):
        monkeypatch.setattr(importlib.import_module(f"neuract.{module}"), "diagnose", quiet)


@pytest.mark.parametrize("one", [False, True], ids=["all", "one"])
@pytest.mark.parametrize("case", DIVERGED)
def test_every_picture_of_a_diverged_model_can_be_drawn(case, one):
    dtype, factor = DIVERGED[case]
    net = diverged(dtype, factor, one=one)
    finite = np.isfinite(net.weights[2]).all()
    for row in (None, 3):
        display = check(NetworkDisplay.from_estimator(net, X, row=row))
        assert ("weight not finite" in legends(display.figure_)) == (not finite)
    display = check(NeuronResponseDisplay.from_estimator(net, X, X[:, 0], resolution=9))
    assert ("weight not finite" in legends(display.figure_)) == (not finite)
    for y in (None, X[:, 0]):
        check(DiagnosisDisplay.from_estimator(net, X, y))


@pytest.mark.parametrize("one", [False, True], ids=["all", "one"])
@pytest.mark.parametrize("case", DIVERGED)
def test_every_fit_of_a_diverged_model_can_be_drawn(case, one):
    dtype, factor = DIVERGED[case]
    for n_inputs, outputs, output, y in [
        (1, 1, "linear", X[:, 0]),
        (1, 1, "sigmoid", X[:, 0] > 0),
        (2, 1, "linear", X[:, 0]),
        (2, 1, "sigmoid", X[:, 0] > 0),
        (2, 3, "softmax", np.arange(40) % 3),
    ]:
        net = diverged(dtype, factor, n_inputs, outputs, output, one)
        rows = X[:, :n_inputs]
        display = check(FitDisplay.from_estimator(net, rows, y))
        lost = np.isnan(net.predict(rows)).all()
        assert any("not finite" in entry for entry in legends(display.figure_)) >= lost


def test_what_is_finite_is_drawn_and_the_rest_is_marked():
    """One weight is NaN: its neighbours keep their edges, shades and tiles."""
    net = diverged("float64", np.nan, one=True)
    display = check(NetworkDisplay.from_estimator(net, X))
    edges = [colours(each.get_colors()) for each in display.edges_]
    assert edges[:2] == [{to_rgb(BLUE), to_rgb(ORANGE)}] * 2
    assert edges[2] - edges[0] == {to_rgb(LOST)}
    faces = [colours(neurons.get_facecolors()) for neurons in display.neurons_]
    assert [to_rgb(LOST) in each for each in faces] == [False, False, False, True]
    display = check(NeuronResponseDisplay.from_estimator(net, X, resolution=5))
    missing = [[np.ma.getmaskarray(tile.get_array()).all() for tile in tiles] for tiles in display.tiles_]
    assert missing == [[False] * 2, [False] * 4, [False] * 3, [True]]


def test_a_diagnosis_says_which_gradients_and_outputs_are_not_finite():
    net = diverged("float64", np.nan, one=True)
    strips, gradients = check(DiagnosisDisplay.from_estimator(net, X, X[:, 0])).axes_
    assert [text.get_text() for text in strips.texts][-1] == "1 not finite"
    assert {text.get_text() for text in gradients.texts} == {"not finite"}
    assert gradients.get_xticks().size == 0
    diagnosis = na.diagnose(diverged("float64", 1.0), X, X[:, 0])
    object.__setattr__(diagnosis.layers[0], "gradient_norm", 1e300)
    _, gradients = check(DiagnosisDisplay(diagnosis).plot()).axes_
    assert [text.get_text() for text in gradients.texts] == ["1e+300"]
    assert np.isfinite(gradients.get_lines()[0].get_xdata()).sum() == 2


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ([np.nan], "epoch 1"),
        ([3.0, 1.0, np.inf], "epoch 3"),
        ([1e-320, 1.0, np.nan, 1e308, -np.inf], "epochs 3 to 5"),
        ([np.nan, 1.0, np.inf], "2 epochs, from epoch 1 on"),
    ],
)
def test_a_history_says_which_epochs_are_not_finite(loss, said):
    display = check(HistoryDisplay({"loss": loss, "validation_loss": loss, "gradient_norm": loss}).plot())
    assert legends(display.figure_)[-1] == f"training: not finite in {said}"
    panel = display.axes_[0]
    training, crosses = panel.get_lines()[0], panel.get_lines()[-1]
    drawn = np.isfinite(training.get_ydata())
    assert training.get_ydata()[drawn].tolist() == [value for value in loss if abs(value) < 1e100]
    assert (np.flatnonzero(~drawn) + 1).tolist() == crosses.get_xdata().tolist()


def test_numbers_that_were_not_measured_are_no_fault():
    """A second fit without validation rows leaves NaN in the history."""
    history = {"loss": [3.0, 2.0, 1.0], "validation_loss": [np.nan, 2.0, np.nan], "learning_rate": [0.1] * 3}
    display = check(HistoryDisplay(history, kept="validation_loss").plot())
    assert legends(display.figure_) == ["training", "validation", "kept: epoch 2\n(by validation loss)"]


def test_infinite_scores_are_not_the_best():
    display = check(
        HistoryDisplay({"validation_score": [-np.inf, 0.5, np.inf, -1e308]}, kept="validation_score").plot()
    )
    told = ["kept: epoch 2\n(by validation score)", "validation: not finite in 3 epochs, from epoch 1 on"]
    assert legends(display.figure_)[1:] == told


@pytest.mark.parametrize("one", [False, True], ids=["all", "one"])
@pytest.mark.parametrize("case", DIVERGED)
def test_a_report_of_a_diverged_model_is_written(case, one, tmp_path):
    dtype, factor = DIVERGED[case]
    net = diverged(dtype, factor, one=one)
    net.history_["loss"] += [1.0, 1e300, np.inf, np.nan]
    for data in ((), (X,), (X, X[:, 0])):
        net.report(tmp_path / "report.html", *data)
        page = (tmp_path / "report.html").read_text(encoding="utf-8")
        assert page.count("<figure role=") == (3 if data else 1)
        assert "not finite in epochs 2 to 4" in page
        lost = sum(int((~np.isfinite(weights)).sum()) for weights in net.weights)
        assert re.findall(r"<dt>of them not finite</dt><dd>(\d+)</dd>", page) == [str(lost)] * (lost > 0)


def test_a_report_of_a_fit_that_failed(tmp_path):
    """The estimator keeps the weights of the epoch before it diverged."""
    rows = 1e6 * np.random.default_rng(0).normal(size=(60, 3))
    y = rows @ [1.0, 2.0, 3.0]
    model = na.MLPRegressor(hidden_layer_sizes=(8, 8), solver="sgd", max_iter=10, random_state=0)
    with pytest.raises(ValueError, match="non-finite"):
        model.fit(rows, y)
    model.report(tmp_path / "report.html", rows, y)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("<figure role=") == 3


def test_a_picture_that_cannot_be_drawn_leaves_the_page(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("no font <DejaVu>")

    monkeypatch.setattr(HistoryDisplay, "from_estimator", fail)
    net = diverged("float32", 1.0)
    net.history_["loss"].append(1.0)
    net.report(tmp_path / "report.html", X)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("<figure role=") == 2
    assert "could not draw this picture: no font &lt;DejaVu&gt;" in page
