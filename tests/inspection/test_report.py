# SPDX-License-Identifier: BSD-3-Clause
"""The file that `report` writes: complete, self-contained, safe, small; test_report_page.py opens it in a browser."""

import base64
import html
import importlib
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import neuract as na
from neuract.engine._scripts import script

NASTY = ["</script><script>alert(1)</script>", "\"quote' & <b>", "<!--", "${x}$$title"]
SCRIPT = script("activations")
UNFINISHED = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
PAGE_SCRIPTS = 3  # description, numbers, program


@pytest.fixture
def data(rng):
    x = rng.standard_normal((30, 4))
    return x, x @ [1.0, -2.0, 0.5, 0.0]


@pytest.fixture
def net(data):
    layers = [na.Dense(5, "relu", threshold=0.1), na.Dense(3, na.PReLU()), na.Dense(1, "linear")]
    return na.Network(layers, epochs=3, random_state=0).fit(*data)


def written(model, tmp_path, *data):
    path = tmp_path / "report.html"
    model.report(path, *data)
    return path.read_text(encoding="utf-8")


def script_element(text, name):
    return re.search(rf'<script type="[\w/]+" id="{name}">(.*?)</script>', text, re.S)[1]


def description_of(text):
    return json.loads(script_element(text, "description"))


def names_of(text):
    return [column["name"] for column in description_of(text)["columns"]]


def numbers_of(text):
    dtype = np.dtype(description_of(text)["kept"]).newbyteorder("<")
    return np.frombuffer(base64.b64decode(script_element(text, "numbers-of-the-network")), dtype)


def test_it_asks_nothing_of_the_network(net, data, tmp_path):
    text = written(net, tmp_path, *data)
    addresses = set(re.findall(r"https?://[^\s\"'<>]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}  # names, not places
    assert "default-src 'none'" in text
    assert "@import" not in text


def test_it_carries_every_parameter(net, data, tmp_path):
    x, y = data
    numbers = numbers_of(written(net, tmp_path, x, y))
    parts = []
    for layer, weights, biases, slopes in zip(net.layers, net.weights, net.biases, net.slopes, strict=True):
        parts += [weights, biases, *([] if slopes is None else [slopes])]
        parts += [] if layer.thresholds is None else [layer.thresholds]
    parts += [x.min(axis=0), x.max(axis=0), x.mean(axis=0), x[np.linspace(0, 29, 12).astype(int)]]
    np.testing.assert_allclose(numbers, np.concatenate([np.ravel(part) for part in parts]), rtol=1e-6)


def test_the_same_model_gives_the_same_bytes(net, data, tmp_path):
    assert written(net, tmp_path, *data) == written(net, tmp_path, *data)


@UNFINISHED
def test_names_cannot_leave_their_place(data, tmp_path):
    pandas = pytest.importorskip("pandas")
    x, y = data
    labels = np.array(NASTY)[np.digitize(y, [-1, 0, 1])]
    model = na.MLPClassifier((4,), max_iter=2, random_state=0).fit(pandas.DataFrame(x, columns=NASTY), labels)
    text = written(model, tmp_path, pandas.DataFrame(x, columns=NASTY), labels)
    assert names_of(text) == NASTY
    assert sorted(description_of(text)["outcome"]["names"]) == sorted(NASTY)
    assert len(re.findall("<script", text)) == len(re.findall("</script", text)) == PAGE_SCRIPTS


def test_without_data_it_says_what_they_would_add(net, tmp_path):
    text = written(net, tmp_path)
    assert text.count("model.report(path, X, y)") == 3  # sliders, diagnosis, picture
    assert "examples" not in description_of(text)


@UNFINISHED
def test_names_of_columns(data, tmp_path):
    x, y = data
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(x, schema=["a", "b", "c", "d"])
    net = na.Network([na.Dense(1, "linear")], epochs=1, random_state=0).fit(x, y)
    assert names_of(written(net, tmp_path, frame.to_numpy())) == ["x0", "x1", "x2", "x3"]
    model = na.MLPRegressor(hidden_layer_sizes=(2,), max_iter=1, random_state=0)
    model.fit(frame, y)
    assert names_of(written(model, tmp_path)) == ["a", "b", "c", "d"]


def test_sparse_rows(net, data, tmp_path):
    sparse = pytest.importorskip("scipy.sparse")
    x = np.where(np.abs(data[0]) > 0.5, data[0], 0)
    of_sparse = numbers_of(written(net, tmp_path, sparse.csr_matrix(x)))
    np.testing.assert_allclose(of_sparse, numbers_of(written(net, tmp_path, x)), rtol=1e-6)


@UNFINISHED
def test_labels_in_a_sparse_matrix(data, tmp_path):
    sparse = pytest.importorskip("scipy.sparse")
    x, labels = data[0], sparse.csr_matrix(data[0][:, :3] > 0, dtype=int)
    model = na.MLPClassifier((3,), max_iter=2, random_state=0).fit(x, labels)
    assert description_of(written(model, tmp_path, x, labels))["examples"][:2] == ["row 0", "row 2"]


def test_the_strongest_come_first(tmp_path):
    net = na.Network([na.Dense(3, "relu"), na.Dense(1, "linear")])
    net.set_parameters([np.array([[1, 0, 0], [5, 0, 0], [0, 2, 3]]), np.array([[1], [9], [2]])])
    description = description_of(written(net, tmp_path))
    assert description["order"] == [1, 2, 0]
    assert description["strongest"] == [[1, 2, 0], [0]]
    x = np.array([[0.0, 0.0, 0.0], [9.0, 1.0, 1.0]])  # the spread of the first input outweighs its weights
    assert description_of(written(net, tmp_path, x))["order"] == [0, 1, 2]


def constant_network(units, dtype, tmp_path):
    net = na.Network([na.Dense(units, "relu"), na.Dense(1, "linear")], dtype=dtype)
    return written(net.set_parameters([np.ones((100, units)), np.ones((units, 1))]), tmp_path)


def test_float64_is_kept_while_it_fits(tmp_path):
    assert description_of(constant_network(1000, "float64", tmp_path))["kept"] == "float64"
    text = constant_network(2000, "float64", tmp_path)
    assert (description_of(text)["dtype"], description_of(text)["kept"]) == ("float64", "float32")
    assert len(text.encode()) < 2e6
    assert "weights are stored as float32" in text


def test_what_would_not_fit_is_left_out(tmp_path):
    text = constant_network(4000, "float32", tmp_path)
    assert description_of(text) is None
    assert "exceed 2 MB" in text
    assert len(text.encode()) < 1e6


def test_warnings_come_first(tmp_path, rng):
    x = rng.standard_normal((50, 3))
    net = na.Network([na.Dense(4), na.Dense(1, "linear")])
    net.set_parameters([rng.standard_normal((3, 4)), np.ones((4, 1))], [[-50, -50, -50, 0], [0]])
    warnings = na.diagnose(net, x).warnings
    assert warnings
    text = written(net, tmp_path, x)
    assert re.findall(r'<li class="(\w+)">', text) == [found.severity for found in warnings]
    for found in warnings:
        assert html.escape(found.message) in text
        assert html.escape(found.advice) in text


def test_every_activation_has_its_formula_in_the_page():
    names = {na.activation(name).core_name for name in na.ACTIVATIONS} - {"softmax"}
    table = SCRIPT[SCRIPT.index("const ACTIVATIONS") : SCRIPT.index("};")]
    assert set(re.findall(r"^  (\w+):", table, re.M)) == names


def test_a_file_is_replaced_whole_or_not_at_all(net, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        net.report(path)
    monkeypatch.undo()
    assert path.read_text() == "old"
    net.report(path)
    assert path.read_text().startswith("<!doctype html>")
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


def test_without_matplotlib_it_says_what_to_install(net, data, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for name in [name for name in sys.modules if name.startswith("neuract.plotting")]:
        monkeypatch.delitem(sys.modules, name)
    assert written(net, tmp_path, *data).count("neuract[plot]") == 3


def test_pictures_are_part_of_the_page(net, data, tmp_path):
    pytest.importorskip("matplotlib")
    pyplot = importlib.import_module("matplotlib.pyplot")
    open_before = pyplot.get_fignums()
    text = written(net, tmp_path, *data)
    assert text.count('<figure role="img"') == 3
    assert pyplot.get_fignums() == open_before
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_text_in_pictures_stays_as_it_is():
    """Protects tick labels (0.8450, 0.8475) and names ("#ff0000") from the shortening of coordinates and colours."""
    pictures = importlib.import_module("neuract.report._pictures")
    svg = '<svg width="1.23456"><path id="a" fill="#ff0000"/><text>0.8475</text><text>#ff0000</text></svg>'
    element = pictures.inlined(svg, "history")
    assert re.findall(r"<text>(.*?)</text>", element) == ["0.8475", "#ff0000"]
    assert 'width="1.23"' in element
    assert '<path id="history-0" fill="var(--history-0)"/>' in element


def test_y_needs_x(net, data, tmp_path):
    with pytest.raises(ValueError, match="y is given without X"):
        net.report(tmp_path / "report.html", y=data[1])
    assert not list(tmp_path.iterdir())


def test_it_needs_a_fitted_model(tmp_path):
    with pytest.raises(ValueError, match="not fitted"):
        na.Network([na.Dense(1, "linear")]).report(tmp_path / "report.html")
    with pytest.raises(ValueError, match="not fitted"):
        na.MLPClassifier().report(tmp_path / "report.html")
