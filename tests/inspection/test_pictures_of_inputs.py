# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of networks with inputs: the numbers of the first layer, responses over numbers and levels."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

import neuract as na
from neuract.plotting import FitDisplay, NetworkDisplay, NeuronResponseDisplay

INPUTS = [na.Numbers([1, 0]), na.OneHot(2, levels=3), na.Periodic(0, size=2, sigma=1.0), na.Scale()]
NAMES = ["x0", "x0", "x0, periodic 1", "x0, periodic 2", "x1", "x2 = 1", "x2 = 2", "x2 = 3"]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def X(rng):
    return np.column_stack([rng.standard_normal((60, 2)), rng.integers(0, 4, 60)])


def network(X, inputs=INPUTS, dtype="float64"):
    layers = [na.Dense(5), na.Dense(1, "linear")]
    net = na.Network(layers, inputs=inputs, epochs=2, learning_rate=0.1, dtype=dtype, random_state=0)
    return net.fit(X, X[:, 0])


def texts(ax):
    return [text.get_text() for text in ax.texts]


def numbers_of(net, X):
    """The numbers of the first layer, from their formulas."""
    factors, periodic = net.input_parameters[-1]["factors"], {k: v[0] for k, v in net.input_parameters[2].items()}
    waves = np.cos(2 * np.pi * X[:, :1] * periodic["frequencies"] + periodic["phases"])
    learned = waves @ periodic["weights"] + periodic["biases"]
    return np.hstack([X[:, [1, 0]], X[:, 2:] == [1, 2, 3], X[:, :1], learned]) * factors


@pytest.mark.parametrize("row", [None, 4])
def test_a_network_begins_with_the_numbers_of_its_first_layer(X, row):
    net = network(X)
    display = NetworkDisplay.from_estimator(net, X, row=row)
    first = display.columns[0]
    assert first.shown.tolist() == [1, 5, 6, 7, 0, 2, 3, 4]  # by column of X
    assert [display.names[0][number] for number in first.shown] == NAMES
    assert "inputs\n8" in texts(display.ax_)
    assert [len(edges.get_segments()) for edges in display.edges_] == [40, 5]
    lines = [line.get_ydata().tolist() for line in display.ax_.get_lines()]
    assert lines == [[3.8, 0.2], [-1.2, -3.8]]  # beside x0 and the levels of x2
    if row is None:
        assert set(NAMES) <= set(texts(display.ax_))
    else:
        numbers = numbers_of(net, X[[row]])[0]
        np.testing.assert_allclose(display.shading.values[0], numbers, rtol=1e-9)
        assert f"x2 = 1: {numbers[2]:.4g}" in texts(display.ax_) or f"x2 = 1: {numbers[2]:.3f}" in texts(display.ax_)


def test_numbers_of_a_large_network_are_its_strongest(X):
    inputs = [na.Numbers(0), na.OneHot(2, levels=500)]
    net = network(X, inputs)
    weights = [array.copy() for array in net.weights]
    weights[0][1 + 2] *= 1e3  # level 3
    display = NetworkDisplay.from_estimator(net.set_parameters(weights), X, max_neurons=3, feature_names="abc")
    assert 3 in display.columns[0].shown
    assert {"c = 3", "… 498 more"} <= set(texts(display.ax_))


def test_names_of_columns_are_part_of_the_names_of_numbers(X):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["age", "$5_x", "colour"])
    display = NetworkDisplay.from_estimator(network(X), frame)
    assert {"age, periodic 1", "$5_x", "colour = 2"} <= set(texts(display.ax_))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("columns", [(0, 2), (2,), (1,), (1, 0)])
def test_responses_over_one_or_two_columns(X, columns, dtype):
    net, resolution = network(X, dtype=dtype), 24
    display = NeuronResponseDisplay.from_estimator(net, X, X[:, 0], columns=columns, resolution=resolution)
    limits = display.responses.limits
    across, up = np.meshgrid(np.linspace(*limits[:2], resolution), np.linspace(*limits[2:], resolution))
    row = [*X[:, :2].mean(axis=0), np.bincount(X[:, 2].astype(int)).argmax()]
    rows = np.tile(row, (resolution**2, 1))
    for column, values in zip(columns, (across, up), strict=False):
        rows[:, column] = np.clip(np.rint(values.ravel()), 0, 3) if column == 2 else values.ravel()
    near = {"rtol": 1e-5, "atol": 1e-5}
    tile = display.responses.values[-1][0].ravel()
    np.testing.assert_allclose(tile, net.predict(rows)[:, 0], **near)
    numbers = numbers_of(net, rows)[:, display.columns[0].shown]
    np.testing.assert_allclose(display.responses.values[0].reshape(len(numbers.T), -1), numbers.T, **near)
    levels = {"nearest"} if 2 in columns else {"bilinear"}
    assert {tile.get_interpolation() for tiles in display.tiles_ for tile in tiles} == levels
    places = np.asarray(display.ax_.collections[-1].get_offsets())
    left, right, bottom, top = display.tiles_[-1][0].get_extent()
    assert ((places > [left, bottom]) & (places < [right, top])).all()


def test_a_level_is_a_step_as_wide_as_another(X):
    net = network(X, [na.Numbers(0), na.OneHot(2, levels=3)])
    display = NeuronResponseDisplay.from_estimator(net, X, resolution=40)  # x1 is not taken: the plane is x0 and x2
    assert display.responses.limits[2:] == (-0.5, 3.5)
    tile = display.responses.values[0][display.columns[0].shown.tolist().index(2)]  # x2 = 2
    np.testing.assert_array_equal(tile, np.repeat([[0], [0], [1], [0]], 10, axis=0) * np.ones((40, 40)))


@pytest.mark.parametrize("columns", [[], [0, 1, 2], [3], [-1], [1, 1]])
def test_columns_of_responses_are_checked(X, columns):
    with pytest.raises(ValueError, match="columns must be one or two of X's 3 columns"):
        NeuronResponseDisplay.from_estimator(network(X), X, columns=columns)


def test_what_cannot_be_drawn_says_what_to_do(X):
    with pytest.raises(ValueError, match=r"this one has 3\. Choose one or two columns of X with columns="):
        NeuronResponseDisplay.from_estimator(network(X), X)
    net = network(X[:, [0, 2]], [na.Numbers(0), na.Embedding(1, levels=3, size=2)])
    with pytest.raises(ValueError, match=r"column 1 of X holds levels\. Use NeuronResponseDisplay"):
        FitDisplay.from_estimator(net, X[:, [0, 2]], X[:, 0])
    NeuronResponseDisplay.from_estimator(net, X[:, [0, 2]], X[:, 0])


def test_a_fit_over_a_periodic_column(X):
    net = network(X[:, :1], [na.Periodic(0)])
    display = FitDisplay.from_estimator(net, X[:, :1], X[:, 0])
    curve = display.ax_.get_lines()[1]
    np.testing.assert_allclose(curve.get_ydata(), net.predict(curve.get_xdata()[:, np.newaxis])[:, 0])


def test_a_report_has_the_picture_of_a_network_with_inputs(X, tmp_path):
    network(X).report(tmp_path / "report.html", X, X[:, 0])
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.count('<figure role="img"') == 3
    assert "x0, periodic 2" in text[text.index('aria-label="The network') : text.index("</main>")]
