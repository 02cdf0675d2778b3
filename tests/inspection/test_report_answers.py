# SPDX-License-Identifier: BSD-3-Clause
"""The report as the reader of the numbers sees it: names, units, scores, confusion, residuals, importances."""

import html
import re

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.decomposition import PCA
from sklearn.metrics import confusion_matrix, r2_score
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, StandardScaler
from test_report import description_of, numbers_of

import neuract as na
from neuract.report import _charts, _pictures, _quality
from neuract.report._scaler import Scaler
from neuract.report._words import words

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
QUICK = {"solver": "lbfgs", "max_iter": 15, "tol": 1, "random_state": 0}


@pytest.fixture(autouse=True)
def without_pictures(monkeypatch):
    monkeypatch.setattr(_pictures, "_picture", lambda *_: "")  # they cost most of the time


def written(model, tmp_path, *data, **words):
    model.report(tmp_path / "report.html", *data, **words)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def text_of(page, name):
    """The text of a section."""
    section = re.search(rf'<section id="{name}".*?</section>', page, re.S)[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", section)).split())


def cells(page, kind):
    """The cells of the body of a table, row by row."""
    body = re.search(rf'<table class="{kind}">.*?<tbody>(.*?)</tbody>', page, re.S)[1]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.S)
    return [
        [html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows
    ]


@pytest.fixture
def x(rng):
    return rng.standard_normal((200, 3))


def three(x):
    return np.array(["low", "<mid>", "high"])[np.digitize(x[:, 0] + 0.5 * x[:, 1], [-0.5, 0.5])]


# ---- the order of the page ------------------------------------------------------------------------------


def test_it_opens_with_the_answer(x, tmp_path):
    page = written(na.MLPClassifier((4,), **QUICK).fit(x, three(x)), tmp_path, x, three(x))
    places = [
        page.index(f'id="{name}"') for name in ("prediction", "why", "quality", "importances", "inside", "summary")
    ]
    assert places == sorted(places)
    links = re.findall(r'<a href="#(\w+)"', page)
    assert all(f'id="{name}"' in page for name in links)
    assert "ReLU</td>" in page
    assert "ReLU(" not in page.split("<script")[0]
    assert description_of(page)["layers"][0]["shown"] == "ReLU"


def test_without_y_nothing_is_compared(x, tmp_path):
    page = written(na.MLPRegressor(hidden_layer_sizes=(4,), **QUICK).fit(x, x[:, 0]), tmp_path, x)
    assert 'id="quality"' not in page
    assert 'href="#importances"' not in page


# ---- classes --------------------------------------------------------------------------------------------


def test_the_confusion_matrix(x, tmp_path):
    y = three(x)
    model = na.MLPClassifier((4,), **QUICK).fit(x, y)
    page = written(model, tmp_path, x, y)
    rows = cells(page, "confusion")
    assert [row[0] for row in rows] == model.classes_.tolist()
    counts = [[int(cell) for cell in row[1:-1]] for row in rows]
    np.testing.assert_array_equal(counts, confusion_matrix(y, model.predict(x)))
    assert rows[0][-1] == f"{100 * counts[0][0] / sum(counts[0]):.1f} %"
    told = f"{100 * model.score(x, y):.1f} % of 200 rows predicted right"
    assert told in page
    assert told in text_of(page, "quality")


def test_many_classes_have_a_list_of_mistakes(rng, tmp_path):
    x = rng.standard_normal((400, 2))
    y = np.digitize(x[:, 0], np.linspace(-2, 2, 14))
    model = na.MLPClassifier((6,), **QUICK).fit(x, y)
    page = written(model, tmp_path, x, y)
    wrong = confusion_matrix(y, model.predict(x))
    np.fill_diagonal(wrong, 0)
    first = cells(page, "compared")[0]
    assert int(first[2]) == wrong.max()
    assert wrong[int(first[0]), int(first[1])] == wrong.max()


@pytest.mark.parametrize("classes", [2, 3])
def test_calibration_is_that_of_scikit_learn(x, classes):
    y = (x[:, 0] > 0).astype(int) if classes == 2 else np.unique(three(x), return_inverse=True)[1]
    model = na.MLPClassifier((4,), **QUICK).fit(x, y)
    told = _quality.predictions(model, x, y, words(model, x, y))
    p = model.predict_proba(x)
    right, stated = (y, p[:, 1]) if classes == 2 else (model.predict(x) == y, p.max(axis=1))
    share, mean = calibration_curve(right, stated, n_bins=10)
    bins = _quality.calibration(told)
    np.testing.assert_allclose(bins[:, :2], np.column_stack([mean, share]), rtol=1e-12)
    assert bins[:, 2].sum() == 200


def test_a_network_of_probabilities_has_classes(x, tmp_path):
    y = (x[:, 0] > 0).astype(int)
    net = na.Network([na.Dense(3), na.Dense(1, "sigmoid")], epochs=3, random_state=0).fit(x, y)
    page = written(net, tmp_path, x, y, class_names=["no", "yes"], target_name="answer")
    assert description_of(page)["outcome"] == {"kind": "classes", "names": ["no", "yes"]}
    np.testing.assert_array_equal(
        [[int(cell) for cell in row[1:-1]] for row in cells(page, "confusion")],
        confusion_matrix(y, net.predict_classes(x)),
    )
    assert "row 0, y = yes" in page or "row 0, y = no" in page


def test_labels(x, tmp_path):
    y = (x > 0.3).astype(int)
    model = na.MLPClassifier((4,), **QUICK).fit(x, y)
    rows = cells(written(model, tmp_path, x, y, class_names=["a", "b", "c"]), "compared")
    chosen = model.predict(x)
    assert [row[0] for row in rows] == ["a", "b", "c"]
    for k, row in enumerate(rows):
        assert [int(cell) for cell in row[1:4]] == [y[:, k].sum(), chosen[:, k].sum(), (y * chosen)[:, k].sum()]


# ---- numbers --------------------------------------------------------------------------------------------


def test_residuals_in_the_unit(x, tmp_path):
    pandas = pytest.importorskip("pandas")
    y = pandas.Series(50_000 + 9000 * x[:, 0] + 3000 * x[:, 1] ** 2, name="price")
    frame = pandas.DataFrame(x, columns=["a", "b", "c"])
    model = na.TabularRegressor(hidden_layer_sizes=(6,), members=1, folds=2, max_iter=5, random_state=0).fit(frame, y)
    page = written(model, tmp_path, frame, y, unit="$")
    errors = np.abs(y - model.predict(frame))
    assert f"half of the rows is off by less than {np.median(errors):,.0f} $" in text_of(page, "quality")
    assert f"of 90 % by less than {np.quantile(errors, 0.9):,.0f} $" in text_of(page, "quality")
    assert f"R² {r2_score(y, model.predict(frame)):.3f} on 200 rows" in page
    assert len(re.findall("<circle cx=", dots_of(page))) == 200
    assert "<h1>Prediction of price</h1>" in page
    assert description_of(page)["words"] == {"target": "price", "unit": "$"}
    assert f"row 0, y = {y[0]:,.0f} $" in page


def dots_of(page):
    return re.search(r'<g class="dots">(.*?)</g>', page, re.S)[1]


def test_several_outputs_have_a_picture_each(x, tmp_path):
    pandas = pytest.importorskip("pandas")
    y = pandas.DataFrame({"left": x[:, 0], "right": 2 * x[:, 1]})
    model = na.MLPRegressor(hidden_layer_sizes=(4,), **QUICK).fit(x, y.to_numpy())
    page = written(model, tmp_path, x, y)
    assert re.findall("<h3>Residuals of (.*?)</h3>", page) == ["left", "right"]
    assert description_of(page)["outcome"]["names"] == ["left", "right"]


def test_quantiles_are_counted(x, tmp_path):
    model = na.MLPRegressor(loss=na.Quantile((0.1, 0.9)), hidden_layer_sizes=(4,), max_iter=3, random_state=0)
    model.fit(x, x[:, 0])
    rows = cells(written(model, tmp_path, x, x[:, 0]), "compared")
    shares = (x[:, :1] <= model.predict(x)).mean(axis=0)
    assert rows == [["0.1", f"{100 * shares[0]:.1f} %"], ["0.9", f"{100 * shares[1]:.1f} %"]]


@pytest.mark.parametrize("kind", ["class", "number"])
def test_a_collapsed_model_is_named(x, tmp_path, kind):
    y = (x[:, 0] > 0).astype(int) if kind == "class" else 3 * x[:, 0] + 7
    model = (na.MLPClassifier if kind == "class" else na.MLPRegressor)(hidden_layer_sizes=(4,), **QUICK).fit(x, y)
    assert "the same prediction" not in written(model, tmp_path, x, y)
    model.network_.set_parameters(biases=[np.full(4, -1e3), model.network_.biases[1]])
    page = written(model, tmp_path, x, y)
    assert "The model gives the same prediction for all 200 rows of X" in page
    if kind == "class":
        assert f"Every row is predicted as {model.predict(x)[0]}." in page


def test_importances_are_those_of_na_importance(x, tmp_path):
    y = x[:, 0] + 0.2 * x[:, 2]
    model = na.MLPRegressor(hidden_layer_sizes=(6,), **QUICK).fit(x, y)
    page = written(model, tmp_path, x, y, feature_names=["a", "b", "c"])
    found = na.importance(model, x, y, repeats=3, random_state=0)
    rows = cells(page, "bars")
    assert [row[0] for row in rows] == [["a", "b", "c"][k] for k in found.order]
    assert [row[2].split(" ")[0] for row in rows] == [f"{found.mean[k]:.3f}".replace("-", "−") for k in found.order]
    assert description_of(page)["order"] == found.order.tolist()


# ---- words ----------------------------------------------------------------------------------------------


def test_words_that_do_not_fit(x, tmp_path):
    model = na.MLPRegressor(hidden_layer_sizes=(4,), **QUICK).fit(x, x[:, 0])
    for words_given, error in {
        ("feature_names", ("a", "b")): "feature_names must have 3 names, one for each",
        ("class_names", ("a", "b")): "this model predicts numbers",
    }.items():
        with pytest.raises(ValueError, match=error):
            written(model, tmp_path, x, **dict([words_given]))
    with pytest.raises(TypeError, match="unit must be text, got 3"):
        written(model, tmp_path, x, unit=3)
    tabular = na.TabularRegressor(max_iter=1, members=1, folds=2).fit({"a": x[:, 0]}, x[:, 0])
    with pytest.raises(ValueError, match="have the names of the frame"):
        written(tabular, tmp_path, feature_names=["b"])
    with pytest.raises(ValueError, match="have units of their own"):
        written(tabular, tmp_path, scaler=StandardScaler().fit(x))


# ---- scaler ---------------------------------------------------------------------------------------------


def scaled_by_page(described, value):
    """What columns.js does."""
    if "slope" in described:
        return described["z"] + described["slope"] * (value - described["at"])
    return np.interp(value, described["at"], described["z"])


@pytest.mark.parametrize("kind", [StandardScaler, MinMaxScaler, PowerTransformer])
def test_a_scaler_gives_original_units(rng, tmp_path, kind):
    pandas = pytest.importorskip("pandas")
    original = pandas.DataFrame({"age": rng.integers(18, 80, 150), "income": np.exp(rng.normal(7, 1, 150))})
    scaler = kind().fit(original)
    scaled = scaler.transform(original)
    net = na.Network([na.Dense(3), na.Dense(1, "linear")], epochs=1, random_state=0).fit(scaled, scaled[:, 0])
    page = written(net, tmp_path, scaled, scaled[:, 0], scaler=scaler)
    description = description_of(page)
    assert [column["name"] for column in description["columns"]] == ["age", "income"]
    assert description["whole"] == [0]
    examples = numbers_of(page)[-24:].reshape(12, 2)
    rows = np.linspace(0, 149, 12).astype(int)
    np.testing.assert_allclose(examples, original.to_numpy(float)[rows], rtol=1e-5)
    assert (examples[:, 0] == original["age"][rows]).all()
    for k, column in enumerate(description["columns"]):
        z = [scaled_by_page(column["scaled"], value) for value in examples[:, k]]
        np.testing.assert_allclose(z, scaled[rows, k], atol=2e-3 if kind is PowerTransformer else 1e-5)


def test_a_scaler_without_rows_covers_three_deviations(x):
    scaler = Scaler(StandardScaler().fit(10 + 2 * x), 3, None)
    np.testing.assert_allclose(scaler.high - scaler.low, 6 * (2 * x).std(axis=0), rtol=1e-5)


def test_scalers_that_do_not_fit(x):
    with pytest.raises(TypeError, match="must have the methods transform and inverse_transform"):
        Scaler(object(), 3, x)
    with pytest.raises(ValueError, match="each column by itself"):
        Scaler(PCA().fit(x), 3, x)
    with pytest.raises(ValueError, match="does not fit the 3 columns"):
        Scaler(StandardScaler().fit(x[:, :2]), 3, x)


# ---- axes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "texts"),
    [
        ((0, 1), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ((-220_000, 310_000), ["−200k", "0", "200k"]),
        ((0, 2.6e6), ["0", "1M", "2M"]),
        ((-12_000, 6_000), ["−10k", "−5k", "0", "5k"]),
        ((-0.03, 0.02), ["−0.03", "−0.02", "−0.01", "0.00", "0.01", "0.02"]),
        ((1e-9, 2e-9), None),
        ((-1e80, 1e90), None),
    ],
)
def test_ticks_are_round(ends, texts):
    found = _charts.ticks(*ends)
    assert texts is None or [text for _, text in found] == texts
    assert 2 <= len(found) <= _charts.MOST_TICKS
    assert all(ends[0] - 1e-9 * abs(ends[0]) <= number <= ends[1] * (1 + 1e-9) for number, _ in found)
