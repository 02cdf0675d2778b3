# SPDX-License-Identifier: BSD-3-Clause
"""Explanations of estimators, in words and in pictures."""

import dataclasses
from datetime import date, timedelta

import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import neuract as na
from neuract.plotting import ExplanationDisplay
from oracle.explanations import EXACT, network, scale_of

pytestmark = pytest.mark.filterwarnings("ignore:.*Maximum iterations")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


# ---- estimators ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def frame():
    rng, n = np.random.default_rng(0), 300
    age = rng.integers(18, 80, n).astype(float)
    age[::7] = np.nan
    town = rng.choice(["Ulm", "Bonn", "Kiel", None], n, p=[0.5, 0.3, 0.1, 0.1]).tolist()
    since = [date(2020, 1, 1) + timedelta(days=int(days)) for days in rng.integers(0, 900, n)]
    return {"age": age, "town": town, "since": since, "member": rng.random(n) < 0.5, "same": [1.0] * n}


@pytest.fixture(scope="module")
def pay(frame):
    return 20_000 + 300 * np.nan_to_num(frame["age"], nan=30) + 5_000 * np.array([t == "Bonn" for t in frame["town"]])


QUICK = {"hidden_layer_sizes": 5, "max_iter": 5, "random_state": 0}
SETTINGS = {"members": 2, "folds": 2, "max_iter": 8, "hidden_layer_sizes": (12, 8), "random_state": 0}


@pytest.fixture(scope="module")
def regressor(frame, pay):
    return na.TabularRegressor(**SETTINGS).fit(frame, pay)


@pytest.fixture(scope="module")
def classifier(frame, pay):
    return na.TabularClassifier(**SETTINGS).fit(frame, np.where(pay > np.median(pay), "rich", "poor"))


def rows_of(frame, rows):
    return {name: [values[row] for row in rows] for name, values in frame.items()}


def test_a_tabular_regressor_is_explained_in_the_unit_of_y(regressor, frame):
    explanation = na.explain(regressor, frame)
    assert len(regressor.networks_) > 1
    assert explanation.names == ("age", "town", "since", "member")
    assert explanation.baseline == "the typical row of the training"
    np.testing.assert_allclose(explanation.predictions[:, 0], regressor.predict(frame), rtol=1e-5)
    assert (np.abs(explanation.rest) <= EXACT * scale_of(explanation)).all()
    typical = {"age": np.nanquantile(frame["age"], 0.5), "town": "Ulm", "since": sorted(frame["since"])[149]}
    typical |= {"member": np.mean(frame["member"]) > 0.5, "same": 1.0}
    assert explanation.base_values[0] == pytest.approx(regressor.predict(typical)[0], rel=0.02)


def test_a_tabular_classifier_is_explained_in_probabilities(classifier, frame):
    rows = rows_of(frame, range(20))
    explanation = na.explain(classifier, rows, rows_of(frame, range(20, 25)))
    assert explanation.output_names == ("poor", "rich")
    np.testing.assert_allclose(explanation.predictions, classifier.predict_proba(rows), atol=1e-6)
    np.testing.assert_allclose(explanation.values[:, :, 0], -explanation.values[:, :, 1], atol=1e-15)
    assert np.abs(explanation.rest).max() < EXACT


def test_a_column_that_is_as_in_the_baseline_has_no_reasons(regressor, frame):
    """Missing values and levels too: the difference to the baseline's numbers is what counts."""
    base = {"age": None, "town": None, "since": date(2020, 5, 5), "member": True, "same": 1.0}
    for name, other in {"age": 33.0, "town": "Kiel", "since": date(2021, 1, 1), "member": False}.items():
        explanation = na.explain(regressor, base | {name: other}, base)
        assert [each for each in explanation.names if explanation.values[0, explanation.names.index(each), 0]] == [name]
        expected = regressor.predict(base | {name: other})[0] - regressor.predict(base)[0]
        assert explanation.values.sum() == pytest.approx(expected, rel=1e-3, abs=0.1)


def test_values_are_shown_as_people_know_them(regressor, frame):
    row = {"age": None, "town": None, "since": date(2020, 5, 5), "member": True, "same": 1.0}
    text = str(na.explain(regressor, row))
    for told in ("age = missing", "town = missing", "since = 2020-05-05", "member = True"):
        assert told in text


def test_outputs_beyond_the_bounds_are_held(regressor, frame, monkeypatch):
    free, bounds = na.explain(regressor, frame), np.array([[-0.5], [0.5]])
    monkeypatch.setattr(regressor, "_ensemble", dataclasses.replace(regressor._ensemble, bounds=bounds))
    held = na.explain(regressor, frame)
    np.testing.assert_allclose(held.predictions[:, 0], regressor.predict(frame), rtol=1e-5)
    assert np.ptp(held.predictions) < np.ptp(free.predictions)
    assert (np.abs(held.rest) <= EXACT * scale_of(held)).all()


@pytest.mark.parametrize("classes", [1, 2, 3])
def test_mlp_classifiers(classes, rng):
    X = rng.standard_normal((60, 3))
    model = na.MLPClassifier(**QUICK).fit(X, np.arange(60) % classes)
    explanation = na.explain(model, X)
    assert explanation.values.shape == (60, 3, classes)
    np.testing.assert_allclose(explanation.predictions, model.predict_proba(X), atol=1e-6)
    assert np.abs(explanation.rest).max() < EXACT


def test_labels_and_several_numbers(rng):
    X, Y = rng.standard_normal((60, 3)), rng.integers(2, size=(60, 3))
    of_labels = na.explain(na.MLPClassifier(**QUICK).fit(X, Y), X)
    assert of_labels.kind == "labels"
    assert "the probability of 0" in str(of_labels)
    of_numbers = na.explain(na.MLPRegressor(**QUICK).fit(X, Y), X)
    assert [line.split(" = ")[0] for line in str(of_numbers[0]).splitlines()[:3]] == ["y0", "y1", "y2"]


def test_quantiles(rng):
    X = rng.standard_normal((60, 3))
    model = na.MLPRegressor(loss=na.Quantile([0.1, 0.9]), **QUICK).fit(X, X[:, 0])
    explanation = na.explain(model, X)
    assert explanation.output_names == (0.1, 0.9)
    assert str(explanation[0]).startswith("quantile 0.1 = ")
    np.testing.assert_allclose(explanation.predictions, model.predict(X), atol=1e-5)


def test_a_pipeline_is_folded(rng):
    X = 100 + 10 * rng.standard_normal((60, 3))
    pipeline = make_pipeline(StandardScaler(), na.MLPRegressor(**QUICK)).fit(X, X[:, 0])
    explanation = na.explain(pipeline, X)
    np.testing.assert_allclose(explanation.predictions[:, 0], pipeline.predict(X), rtol=1e-4, atol=1e-4)
    assert (np.abs(explanation.rest) <= EXACT * scale_of(explanation)).all()


def test_a_baseline_of_a_frame_in_any_form(regressor, frame):
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    rows = rows_of(frame, range(4))
    expected = na.explain(regressor, rows, rows_of(frame, [7])).values
    one = {name: values[0] for name, values in rows_of(frame, [7]).items()}
    table = pandas.DataFrame(frame)
    for form in (one, [one], table.iloc[7], table.iloc[[7]], polars.DataFrame(rows_of(frame, [7]), strict=False)):
        np.testing.assert_array_equal(na.explain(regressor, rows, form).values, expected)


# ---- the result ------------------------------------------------------------------------------------


@pytest.fixture
def explanation():
    net = na.Network([na.Dense(1, "linear")]).set_parameters([[[2000.0], [-300.0]]], [[29_300.0]])
    return na.explain(net, [[1.0, -3.0], [0.0, 5.0], [0.5, 0.0]], [0.0, 0.0], feature_names=["age", "fare"])


def test_rows_are_chosen_as_of_an_array(explanation):
    assert len(explanation) == 3
    assert [len(explanation[chosen]) for chosen in (1, slice(2), np.array([True, False, True]), [0, 2])] == [1, 2, 2, 2]
    np.testing.assert_array_equal(explanation[-1].values[0], explanation.values[2])
    assert [str(row) for row in explanation] == [str(explanation[row]) for row in range(3)]
    with pytest.raises(IndexError):
        explanation[3]


def test_one_row_is_a_sentence_and_bars(explanation):
    assert str(explanation[0]).splitlines() == [
        "32,200: 2,900 above the 29,300 of the given row, most by age = 1 (+2,000) and fare = -3 (+900)",
        "",
        "age = 1    +2,000  ████████████████████",
        "fare = -3    +900  █████████",
    ]
    assert str(explanation[1]).startswith("27,800: 1,500 below the 29,300 of the given row, most by fare = 5 (-1,500)")
    assert "░" in str(explanation[1])


def test_many_rows_are_mean_sizes(explanation):
    assert str(explanation).splitlines() == [
        "3 rows, 2 columns: mean size of what each contributes to the answer, compared with the given row",
        "",
        "age   1,000  ████████████████████",
        "fare    800  ████████████████",
    ]


def test_a_notebook_shows_the_same(explanation):
    html = explanation[0]._repr_html_()
    assert "most by age = 1 (+2,000)" in html
    assert html.count("<tr>") == 2
    net = na.Network([na.Dense(1, "linear")]).set_parameters([[[1.0]]])
    assert "<b>" not in na.explain(net, [[1.0]], [0.0], feature_names=["<b>"])._repr_html_()


def test_columns_beyond_the_bars_are_counted(rng):
    net, X = network([na.Dense(1, "linear")], n_inputs=20), rng.standard_normal((2, 20))
    assert str(na.explain(net, X)[0]).splitlines()[-1].startswith("and 8 more, together ")
    assert str(na.explain(net, X)).splitlines()[-1] == "and 8 more"


def test_numbers_that_are_not_finite_are_shown():
    net = na.Network([na.Dense(1, "exponential")]).set_parameters([[[1000.0]]])
    explanation = na.explain(net, [[1.0], [0.0]], [0.0])
    assert str(explanation)
    assert str(explanation[0])
    explanation[0].plot()


def test_to_frame(explanation):
    pandas = pytest.importorskip("pandas")
    expected = pandas.DataFrame(explanation.values[:, :, 0], columns=["age", "fare"])
    pandas.testing.assert_frame_equal(explanation.to_frame(), expected)


def test_shap_draws_it(classifier, frame, explanation):
    shap = pytest.importorskip("shap")
    two = na.explain(classifier, frame)
    given = two.as_shap()
    np.testing.assert_array_equal(given.values, two.values[:, :, 1])
    shap.plots.beeswarm(given, show=False)
    shap.plots.waterfall(two.as_shap("poor")[0], show=False)
    shap.plots.bar(explanation.as_shap(), show=False)


def test_as_shap_without_shap(monkeypatch, explanation):
    monkeypatch.setitem(__import__("sys").modules, "shap", None)
    with pytest.raises(ImportError, match="pip install shap"):
        explanation.as_shap()


# ---- pictures --------------------------------------------------------------------------------------


def test_one_row_is_drawn_as_bars(explanation):
    display = explanation[1].plot()
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["fare = 5", "age = 0"]
    assert [bar.get_width() for bar in display.ax_.patches] == [-1500, 0]
    assert display.ax_.get_title(loc="left").replace("\N{NO-BREAK SPACE}", " ").startswith("27,800: 1,500 below")


def test_many_rows_are_drawn_as_strips(classifier, frame):
    explanation = na.explain(classifier, frame)
    display = ExplanationDisplay.from_explanation(explanation, max_display=3)
    assert len(display.ax_.collections) == 3
    largest = display.ax_.get_yticklabels()[0].get_text()
    points = display.ax_.collections[0].get_offsets()[:, 0]
    np.testing.assert_allclose(points, explanation.values[:, explanation.names.index(largest), 1])


def test_from_estimator_draws_on_given_axes(classifier, frame):
    _, ax = plt.subplots()
    display = ExplanationDisplay.from_estimator(classifier, rows_of(frame, [3]), output="poor", ax=ax)
    assert display.ax_ is ax
    assert ax.get_title(loc="left").startswith("poor with probability")
    with pytest.raises(TypeError, match=r"must be the result of neuract\.explain"):
        ExplanationDisplay(classifier)
