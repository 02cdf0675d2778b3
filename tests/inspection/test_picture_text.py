# SPDX-License-Identifier: BSD-3-Clause
"""Names in pictures: users' text is drawn as it is, whatever matplotlib would read in it."""

import html
import re
from collections.abc import Iterator
from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import RendererAgg

import neuract as na
from neuract.plotting import (
    ActivationDisplay,
    CalibrationDisplay,
    DiagnosisDisplay,
    FitDisplay,
    HistoryDisplay,
    NetworkDisplay,
    NeuronResponseDisplay,
    WeightsDisplay,
)

NASTY = [
    "$0 to $5",
    "$x^2$",
    "$\\frac{1$",
    "_private",
    "__",
    "a_b^c",
    "5 % \\alpha",
    "{open",
    "a\\$b",
    "two\n$lines$",
    "<&>\"'",
]
NUMBER = re.compile(r"\$\\mathdefault\{.*\}\$|[\d.\u2212]*")  # on an axis
rng = np.random.default_rng(0)
X = rng.normal(size=(30, 2))


def network(n_inputs, outputs, output):
    random = np.random.default_rng(0)
    net = na.Network([na.Dense(3, "leaky_relu"), na.Dense(outputs, output)])
    return net.set_parameters([random.normal(size=(n_inputs, 3)), random.normal(size=(3, outputs))])


def fitted(*display):
    """A FitDisplay for each two names."""
    n_inputs, outputs, output, y = display
    for first, second in pairwise([NASTY[-1], *NASTY]):
        classes = [first, second] if output == "sigmoid" else [first]
        names = {"feature_names": [second, first][:n_inputs], "class_names": classes}
        yield FitDisplay.from_estimator(network(n_inputs, outputs, output), X[:, :n_inputs], y, **names)


def many_classes():
    net = network(2, len(NASTY), "softmax")
    yield FitDisplay.from_estimator(net, X, np.arange(30) % len(NASTY), class_names=NASTY)


def networks():
    n = len(NASTY)
    rows = rng.normal(size=(5, n))
    for row in (None, 1):
        net = network(n, n, "softmax")
        yield NetworkDisplay.from_estimator(net, rows, feature_names=NASTY, class_names=NASTY, row=row)


def responses():
    names = {"class_names": NASTY, "max_neurons": len(NASTY), "resolution": 3}
    for pair in pairwise(NASTY):
        yield NeuronResponseDisplay.from_estimator(network(2, len(NASTY), "softmax"), X, feature_names=pair, **names)


def weights():
    n = len(NASTY)
    net = na.Network([na.Dense(n, "softmax")]).set_parameters([rng.normal(size=(n, n))])
    yield WeightsDisplay.from_estimator(net, feature_names=NASTY, class_names=NASTY)


def calibration():
    net = network(2, len(NASTY), "softmax")
    yield CalibrationDisplay.from_estimator(net, X, np.arange(30) % len(NASTY), class_names=NASTY)


def activations():
    yield ActivationDisplay.from_activations([type(name, (na.LeakyReLU,), {})(0.3) for name in NASTY])


def without_names():
    """Pictures with our own text only, which LaTeX would read too: "leaky_relu", "5% saturated"."""
    yield DiagnosisDisplay.from_estimator(network(2, 1, "linear"), X, X[:, 0])
    yield HistoryDisplay({"loss": [1.0, 0.01], "validation_loss": [3.0, 2.0]}, kept="validation_loss").plot()


PICTURES = {
    "curve": (lambda: fitted(1, 1, "linear", X[:, 0]), NASTY),
    "probability": (lambda: fitted(1, 1, "sigmoid", X[:, 0] > 0), NASTY),
    "two classes": (lambda: fitted(2, 1, "sigmoid", X[:, 0] > 0), NASTY),
    "surface": (lambda: fitted(2, 1, "linear", X[:, 0]), NASTY),
    "many classes": (many_classes, NASTY),
    "network": (networks, NASTY),
    "responses": (responses, NASTY),
    "weights": (weights, NASTY),
    "calibration": (calibration, NASTY),
    "activations": (activations, NASTY),
    "without names": (without_names, ["3 × leaky_relu", "kept: epoch 2\n(by validation loss)"]),
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def drawn(monkeypatch):
    """Draws a display on a canvas that notes each line with what it is taken for: text (False), mathematics, "TeX"."""
    lines: list[tuple[str, object]] = []
    size = RendererAgg.get_text_width_height_descent

    def note(_renderer, _gc, _x, _y, line, _font, _angle, ismath="TeX", mtext=None):
        lines.append((line, ismath))

    monkeypatch.setattr(RendererAgg, "draw_text", note)
    monkeypatch.setattr(RendererAgg, "draw_tex", note)
    monkeypatch.setattr(
        RendererAgg,
        "get_text_width_height_descent",
        lambda renderer, line, font, ismath: (9, 9, 2) if ismath == "TeX" else size(renderer, line, font, ismath),
    )

    def draw(display):
        lines.clear()
        display.figure_.canvas.draw()
        plt.close(display.figure_)
        return list(lines)

    return draw


@pytest.mark.parametrize("latex", [False, True], ids=["", "usetex"])
@pytest.mark.parametrize("picture", PICTURES)
def test_every_name_is_drawn_as_it_is_given(picture, latex, drawn):
    displays, names = PICTURES[picture]
    with matplotlib.rc_context({"text.usetex": latex}):
        lines = [line for display in displays() for line in drawn(display)]
    as_text = "\n".join(line for line, taken_for in lines if taken_for is False)
    for name in names:
        assert all(line in as_text for line in name.split("\n")), name
    assert [line for line, taken_for in lines if taken_for and not NUMBER.fullmatch(line)] == []


def test_a_legend_keeps_the_mathematics_of_other_labels_on_the_axes(drawn):
    _, ax = plt.subplots()
    ax.plot([0, 1], label="$y$")
    ax.plot([0, 1], label="_hidden")
    display = FitDisplay.from_estimator(network(1, 1, "linear"), X[:, :1], X[:, 0], ax=ax)
    entries = [text.get_text() for text in ax.get_legend().get_texts()]
    assert entries[:2] == ["$y$", "data"]
    assert len(entries) == 4
    assert ("$y$", True) in drawn(display)


def texts(page) -> Iterator[str]:
    """The lines of text in the pictures of a page."""
    for figure in re.findall(r"<figure role=.*?</figure>", page, re.S):
        for text in re.findall(r"<text\b.*?</text>", figure, re.S):
            yield html.unescape(re.sub(r"<[^>]*>\s*", "", text))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("latex", [False, True], ids=["", "usetex"])
def test_a_report_has_every_name_as_it_is_given(latex, tmp_path, monkeypatch):
    pandas = pytest.importorskip("pandas")
    monkeypatch.setenv("PATH", "")  # no LaTeX
    n = len(NASTY)
    frame = pandas.DataFrame(rng.normal(size=(4 * n, n)), columns=NASTY)
    model = na.MLPClassifier((4,), max_iter=3, random_state=0).fit(frame, NASTY * 4)
    with matplotlib.rc_context({"text.usetex": latex}):
        model.report(tmp_path / "report.html", frame, NASTY * 4)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("<figure role=") == 3
    shown = list(texts(page))
    for line in (line for name in NASTY for line in name.split("\n")):
        assert shown.count(line) >= 2, line  # an input and a class
