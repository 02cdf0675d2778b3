# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of tabular models: over columns of the frame, in its units, with the names of columns and levels."""

import datetime

import numpy as np
import pytest
from matplotlib import pyplot as plt

import neuract as na
from neuract.plotting import DiagnosisDisplay, FitDisplay, HistoryDisplay, NetworkDisplay, NeuronResponseDisplay

TOWN = "$Ulm_% <b>"
ROWS = 80
SETTINGS = {"hidden_layer_sizes": (6, 4), "max_iter": 4, "members": 2, "folds": 2, "random_state": 0}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def X():
    rng = np.random.default_rng(0)
    day = datetime.date(2000, 1, 1)
    return {
        "size": [
            None if gap else size for gap, size in zip(rng.random(ROWS) < 0.1, rng.normal(80, 20, ROWS), strict=True)
        ],
        "town": rng.choice([TOWN, "Bonn", None], ROWS).tolist(),
        "side": rng.choice(["left", "right"], ROWS).tolist(),
        "lift": (rng.random(ROWS) < 0.5).tolist(),
        "built": [day + datetime.timedelta(days=int(days)) for days in rng.integers(0, 5000, ROWS)],
        "same": [1] * ROWS,
    }


def price(X):
    return np.array([5e4 + 1e3 * (size or 80) for size in X["size"]])


@pytest.fixture(scope="module")
def model(X):
    return na.TabularRegressor(**SETTINGS).fit(X, price(X))


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_a_network_begins_with_numbers_named_after_columns_and_levels(X, model):
    display = NetworkDisplay.from_estimator(model, X, max_neurons=40)
    names = {"size", "size is missing", f"town = {TOWN}", "town = (missing)", "side", "lift", "built"}
    assert names <= set(display.names[0])
    assert {"size", "side"} <= set(texts(display.ax_))
    NetworkDisplay.from_estimator(model, X, row=3)


def test_the_training_and_the_diagnosis_are_drawn(X, model):
    HistoryDisplay.from_estimator(model)
    DiagnosisDisplay.from_estimator(model, X, price(X))


COLUMNS = [["size", "town"], ["built"], ["side", "lift"], [4, "size"], ["town", "built"]]


@pytest.mark.parametrize(("columns", "member"), [*zip(COLUMNS, (0, 1, 2, 3, 0), strict=True)], ids=str)
def test_responses_are_those_of_the_rows_of_a_frame(X, model, columns, member):
    resolution = 12
    settings = {"member": member} if member else {}  # the first, if none is chosen
    display = NeuronResponseDisplay.from_estimator(
        model, X, price(X), columns=columns, resolution=resolution, **settings
    )
    names = [name if isinstance(name, str) else [*X][name] for name in columns]
    limits = display.responses.limits
    across, up = (each.ravel() for each in np.meshgrid(*(np.linspace(*limits[i : i + 2], resolution) for i in (0, 2))))
    known = sorted(size for size in X["size"] if size is not None)
    common = lambda name: max(set(X[name]), key=X[name].count)  # noqa: E731
    row = {"size": known[(len(known) - 1) // 2], "built": sorted(X["built"])[ROWS // 2 - 1], "same": 1}
    row |= {name: common(name) for name in ("town", "side", "lift")}
    rows = {name: [value] * resolution**2 for name, value in row.items()}
    for name, values in zip(names, (across, up), strict=False):
        rows[name] = [of_user(model, name, value) for value in values]
    unit = model._meaning().unit
    tile = display.responses.values[-1][0].ravel() * unit.scales + unit.centers
    network = model.networks_[member]
    np.testing.assert_allclose(tile, unit.back(network.predict(model._rows(rows)))[:, 0], rtol=1e-4)
    np.testing.assert_array_equal(display.weights[0], network.weights[0])
    assert display.responses.steps == bool({"town", "side", "lift"} & {*names})


def of_user(model, name, value):
    """The value that a place in the plane stands for."""
    kind = {kind.name: kind for kind in model.columns_.kinds_}[name]
    if name == "built":
        return datetime.datetime(1970, 1, 1) + datetime.timedelta(days=value)
    if name == "lift":
        return bool(np.clip(np.rint(value), 0, 1))
    if name == "size":
        return value
    level = kind.level_names[int(np.clip(np.rint(value), 0, kind.n_levels))]
    return {"(missing)": None, "(unknown)": "Mars"}.get(level, level)


def test_the_legend_says_what_is_where(X, model):
    display = NeuronResponseDisplay.from_estimator(model, X, columns=["town", "built"], resolution=4)
    title = display.ax_.get_legend().get_title()
    kind = model.columns_.kinds_[1]
    across, up = title.get_text().splitlines()
    assert across == f"to the right: town, {', '.join(kind.level_names)}"
    assert up.startswith("upwards: built, 1999-")
    assert not title.get_usetex()
    display.figure_.canvas.draw()


def test_a_column_of_huge_numbers():
    X = {"n": [-1.7e308, 1.0, 2.0, 1.7e308] * 5}
    model = na.TabularRegressor(max_iter=1, hidden_layer_sizes=2).fit(X, [1, 2, 3, 4] * 5)
    display = NeuronResponseDisplay.from_estimator(model, X, columns=["n"], resolution=4)
    assert np.isfinite(display.responses.values[-1]).all()
    display.figure_.canvas.draw()


def test_points_are_rows_of_the_frame(X, model):
    display = NeuronResponseDisplay.from_estimator(model, X, price(X), columns=["size"], resolution=4)
    places, targets = display.points
    np.testing.assert_array_equal(places[:, 0], np.array(X["size"], float))
    unit = model._meaning().unit
    np.testing.assert_allclose(targets[:, 0] * unit.scales + unit.centers, price(X))


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (None, r"must have 1 or 2 columns; it has 5\. Choose one or two, such as columns=\['size', 'town'\]"),
        (["same"], "column 'same' is not used by the model: it is constant"),
        (["nothing"], r"those that the model uses \('size', 'town', .*\); got 'nothing'"),
        ([5], "got 5"),
        ([], r"one or two different columns of X, by name or number; got \[\]"),
        (["size", "size"], "different"),
    ],
    ids=str,
)
def test_columns_are_checked(X, model, columns, text):
    with pytest.raises(ValueError, match=text):
        NeuronResponseDisplay.from_estimator(model, X, columns=columns)


# ---- FitDisplay --------------------------------------------------------------------------------------


def some(X, *names):
    return {name: X[name] for name in names}


def test_a_curve_over_a_column_in_its_unit(X):
    frame, y = some(X, "size"), price(X)
    model = na.TabularRegressor(**SETTINGS).fit(frame, y)
    display = FitDisplay.from_estimator(model, frame, y)
    curve = display.ax_.get_lines()[1]
    np.testing.assert_allclose(curve.get_ydata(), model.predict({"size": curve.get_xdata().tolist()}), rtol=1e-5)
    known = np.array([size is not None for size in X["size"]])
    np.testing.assert_array_equal(display.ax_.collections[0].get_offsets()[:, 1], y[known])
    assert display.ax_.get_xlabel() == "size"


def test_regions_and_surfaces_over_two_columns(X):
    frame = some(X, "size", "built")
    label = np.where(price(X) > 1.3e5, "dear", TOWN)
    model = na.TabularClassifier(**SETTINGS).fit(frame, label)
    display = FitDisplay.from_estimator(model, frame, label)
    display.figure_.canvas.draw()
    assert {text.get_text() for text in display.ax_.get_legend().get_texts()} == {"dear", TOWN}
    assert "2006" in " ".join(tick.get_text() for tick in display.ax_.get_yticklabels())
    model = na.TabularRegressor(**SETTINGS).fit(frame, price(X))
    display = FitDisplay.from_estimator(model, frame, price(X))
    across, up = display.boundary_.xx0.ravel(), display.boundary_.xx1.ravel()
    moments = [datetime.datetime(1970, 1, 1) + datetime.timedelta(days=days) for days in up[::999]]
    answers = model.predict({"size": across[::999].tolist(), "built": moments})
    np.testing.assert_allclose(display.boundary_.response.ravel()[::999], answers, rtol=1e-5)


def test_what_a_fit_cannot_show_says_what_to_do(X, model):
    with pytest.raises(ValueError, match="models with 1 or 2 inputs; this one has 5"):
        FitDisplay.from_estimator(model, X, price(X))
    frame = some(X, "size", "town")
    model = na.TabularRegressor(**SETTINGS).fit(frame, price(X))
    with pytest.raises(ValueError, match=r"column 'town' holds levels\. Use NeuronResponseDisplay"):
        FitDisplay.from_estimator(model, frame, price(X))
    frame = some(X, "size")
    model = na.TabularRegressor(**SETTINGS).fit(frame, price(X))
    with pytest.raises(ValueError, match="rows without missing values; X has none"):
        FitDisplay.from_estimator(model, {"size": [None, None]}, [1, 2])


def test_text_stays_as_it_is_under_usetex(X, model):
    with plt.rc_context({"text.usetex": True}):
        for display in (
            NetworkDisplay.from_estimator(model, X),
            NeuronResponseDisplay.from_estimator(model, X, columns=["town"], resolution=4),
        ):
            every = [*display.ax_.texts, *display.ax_.get_legend().get_texts(), display.ax_.get_legend().get_title()]
            assert not any(text.get_usetex() or text.get_parse_math() for text in every if text.get_text())


def test_the_report_draws_the_names_of_levels(X, model, tmp_path):
    model.report(tmp_path / "report.html", X, price(X))
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    picture = text[text.index('aria-label="The network') : text.index("</main>")]
    assert text.count('<figure role="img"') == 3
    assert "town = (missing)" in picture
