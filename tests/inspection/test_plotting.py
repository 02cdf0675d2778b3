# SPDX-License-Identifier: BSD-3-Clause
"""The pictures, checked by their artists: labels, numbers of lines, hollow neurons; never by pixels."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb, to_rgba
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

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
from neuract.plotting._style import BLUE, ORANGE

NAMES = ["ant", "bee", "cat"]


@pytest.fixture(autouse=True)
def close_figures():
    """Each picture opens at most one figure, and the figure can be drawn."""
    yield
    figures = [plt.figure(number) for number in plt.get_fignums()]
    plt.close("all")
    for figure in figures:
        figure.canvas.draw()
    assert len(figures) <= 1


def network(*units, activation="relu", output="linear", n_inputs=2, seed=0):
    """With random weights, in float64."""
    random = np.random.default_rng(seed)
    layers = [*(na.Dense(n, activation) for n in units[:-1]), na.Dense(units[-1], output)]
    sizes = [n_inputs, *units]
    weights = [random.normal(size=shape) for shape in zip(sizes[:-1], units, strict=True)]
    return na.Network(layers, dtype="float64").set_parameters(weights, [random.normal(size=n) for n in units])


@pytest.fixture
def X(rng):
    return rng.normal(size=(60, 2))


def fitted(estimator, X, y, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, y, **settings)


@pytest.fixture
def classifier(X):
    pd = pytest.importorskip("pandas")
    labels = np.array(NAMES)[np.digitize(X[:, 0], [-0.5, 0.5])]
    frame = pd.DataFrame(X, columns=["length", "width"])
    model = na.MLPClassifier((5,), max_iter=3, random_state=0, early_stopping=True)
    return fitted(model, frame, labels), frame, labels


def texts(ax):
    return [text.get_text() for text in ax.texts]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def run(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)


# ---- the module ----------------------------------------------------------------------------------


def test_importing_the_package_leaves_matplotlib_alone():
    result = run("import sys, neuract; from neuract import *; print('matplotlib' in sys.modules)")
    assert result.stdout == "False\n", result.stderr
    assert "plotting" in dir(na)


def test_without_matplotlib_the_error_says_what_to_install():
    result = run("import sys; sys.modules['matplotlib'] = None; import neuract; neuract.plotting")
    assert result.returncode == 1
    assert "ImportError: pictures need matplotlib" in result.stderr
    assert "pip install neuract[plot]" in result.stderr


def test_a_diagnosis_plots_itself(X):
    assert isinstance(na.diagnose(network(3, 1), X).plot(), DiagnosisDisplay)


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: ActivationDisplay.from_activations(["relu", "tanh"], ax=ax),
        lambda ax: HistoryDisplay({"loss": [2.0, 1.0], "learning_rate": [0.1, 0.1]}).plot(ax),
        lambda ax: DiagnosisDisplay.from_estimator(network(3, 1), np.eye(2), [0.0, 1.0], ax=ax),
        lambda ax: NetworkDisplay.from_estimator(network(3, 1), np.eye(2), ax=ax),
        lambda ax: NeuronResponseDisplay.from_estimator(network(3, 1), np.eye(2), ax=ax),
        lambda ax: FitDisplay.from_estimator(network(3, 1), np.eye(2), [0.0, 1.0], ax=ax),
        lambda ax: WeightsDisplay.from_estimator(network(3, 1), ax=ax),
        lambda ax: CalibrationDisplay.from_estimator(network(1, output="sigmoid"), np.eye(2), [0, 1], ax=ax),
        lambda ax: FitDisplay.from_estimator(network(3, 1, n_inputs=1), [[0.0], [1.0]], [0.0, 1.0], ax=ax),
    ],
    ids=["activation", "history", "diagnosis", "network", "responses", "plane", "weights", "calibration", "line"],
)
def test_every_picture_takes_the_axes_of_the_user(draw):
    figure, axes = plt.subplots(1, 2, layout="constrained")
    display = draw(axes[1])
    assert display.figure_ is figure
    if hasattr(display, "ax_"):
        assert display.ax_ is axes[1]
    else:
        assert {ax.figure for ax in display.axes_} == {figure}
        figure.canvas.draw()
        assert all(ax.get_position().x0 > axes[0].get_position().x1 for ax in display.axes_)
    assert not axes[0].has_data()


def test_axes_may_be_in_a_part_of_a_figure():
    figure = plt.figure(layout="constrained")
    left, right = figure.subfigures(1, 2)
    assert NetworkDisplay.from_estimator(network(3, 1), np.eye(2), ax=left.subplots()).figure_ is figure
    display = HistoryDisplay({"loss": [2.0, 1.0]}).plot(right.subplots())
    assert display.figure_ is figure
    assert all(ax.figure is right for ax in display.axes_)


def test_several_panels_need_axes_with_a_place():
    ax = plt.figure().add_axes((0, 0, 1, 1))
    with pytest.raises(ValueError, match=r"ax must come from plt\.subplots"):
        HistoryDisplay({"loss": [1.0]}).plot(ax)


@pytest.mark.parametrize(
    "draw",
    [
        NetworkDisplay.from_estimator,
        NeuronResponseDisplay.from_estimator,
        DiagnosisDisplay.from_estimator,
        lambda model, X: HistoryDisplay.from_estimator(model),
        lambda model, X: FitDisplay.from_estimator(model, X, np.zeros(len(X))),
    ],
)
def test_models_that_cannot_be_drawn_are_refused(draw, X):
    for unfitted in (na.MLPClassifier(), na.Network([na.Dense(1)])):
        with pytest.raises(NotFittedError):
            draw(unfitted, X)
    fit = LogisticRegression().fit(X, X[:, 0] > 0)
    for other in (fit, "net"):
        with pytest.raises(TypeError, match="Network"):
            draw(other, X)
    with pytest.raises(ValueError, match=r"step 'logisticregression' of the pipeline \(LogisticRegression\)"):
        draw(make_pipeline(fit), X)


# ---- activations ---------------------------------------------------------------------------------


def test_activations_show_both_curves_and_where_the_gradient_is_lost():
    display = ActivationDisplay.from_activations(["relu", na.Sigmoid(), "leaky_relu"], limits=(-8, 8))
    marks = [[area.get_label() for area in ax.collections] for ax in display.axes_]
    assert marks == [["gradient 0: dying"], ["gradient below 0.01: vanishing"], []]
    z, derivative = display.axes_[1].get_lines()[-1].get_data()
    np.testing.assert_array_equal(derivative, na.Sigmoid().derivative(z))
    np.testing.assert_array_equal(display.axes_[1].get_lines()[-2].get_ydata(), na.Sigmoid()(z))
    (dying,) = display.axes_[0].collections
    assert dying.get_datalim(display.axes_[0].transData).x1 == 0
    entries = [text.get_text() for text in display.figure_.legends[0].get_texts()]
    assert entries == ["f(z)", "its derivative f′(z)", "gradient below 0.01: vanishing", "gradient 0: dying"]


def test_curves_have_gaps_where_they_jump_and_only_there():
    display = ActivationDisplay.from_activations(["relu", "tanh", na.HardSigmoid()], limits=(-100, 100))
    gaps = [[int(np.isnan(line.get_ydata()).sum()) for line in ax.get_lines()[-2:]] for ax in display.axes_]
    assert gaps == [[0, 1], [0, 0], [0, 2]]


def test_activations_of_every_name_can_be_drawn():
    names = [name for name in na.ACTIVATIONS if name != "softmax"]
    display = ActivationDisplay.from_activations(names)
    assert len(display.axes_) == len(names) == len(display.figure_.axes)
    titles = [ax.get_title() for ax in display.axes_]
    assert "ReLU(max_value=6.0)" in titles
    assert "PReLU" in titles


@pytest.mark.parametrize(
    ("activations", "limits", "message"),
    [([], (-1, 1), "at least one"), ("relu", (1, 1), "limits"), ("softmax", (-1, 1), "no elementwise derivative")],
)
def test_activations_that_cannot_be_drawn_are_refused(activations, limits, message):
    with pytest.raises(ValueError, match=message):
        ActivationDisplay.from_activations(activations, limits=limits)
    assert not plt.get_fignums()


# ---- networks ------------------------------------------------------------------------------------


def test_a_network_has_a_neuron_for_each_neuron_and_an_edge_for_each_weight(X):
    net = network(3, 4, 1)
    display = NetworkDisplay.from_estimator(net, X)
    assert [len(neurons.get_offsets()) for neurons in display.neurons_] == [2, 3, 4, 1]
    assert [len(edges.get_segments()) for edges in display.edges_] == [6, 12, 4]
    for edges, weights, left, right in zip(
        display.edges_, net.weights, display.columns[:-1], display.columns[1:], strict=True
    ):
        assert edges.get_linewidths()[-1] == pytest.approx(3.2)  # the largest is on top
        for (start, end), colour, width in zip(
            edges.get_segments(), edges.get_colors(), edges.get_linewidths(), strict=True
        ):
            weight = weights[list(left.y).index(start[1]), list(right.y).index(end[1])]
            assert tuple(colour[:3]) == to_rgb(BLUE if weight > 0 else ORANGE)
            assert width == pytest.approx(3.2 * abs(weight) / np.abs(weights).max())


def hollow(neurons):
    """Which neurons of a column are white and dashed."""
    white = (neurons.get_facecolors() == 1).all(axis=1)
    dashed = [dashes is not None for _, dashes in neurons.get_linestyles()]
    assert list(white) == dashed
    return np.flatnonzero(white).tolist()


def test_neurons_are_shaded_by_how_often_they_fire_and_hollow_where_never(X):
    net = network(4, 1)
    biases = [np.array([0.0, -1e6, 0.3, 1e6]), np.zeros(1)]
    net.set_parameters(biases=biases)
    display = NetworkDisplay.from_estimator(net, X)
    assert [hollow(neurons) for neurons in display.neurons_] == [[], [1], []]
    shares = net.fired(X)[0].mean(axis=0)
    lightness = display.neurons_[1].get_facecolors()[:, :3].mean(axis=1)
    assert np.argsort(-lightness).tolist() == np.argsort(shares).tolist()


def test_a_row_shows_what_neurons_pass_on_and_fades_edges_that_carry_nothing():
    net = network(3, 1).set_parameters(
        [np.array([[1.0, -1.0, 2.0], [0.0, 0.0, 0.0]]), np.ones((3, 1))], [np.zeros(3), np.zeros(1)]
    )
    X = np.array([[-1.0, 0.0], [3.0, 0.0]])
    display = NetworkDisplay.from_estimator(net, X, row=1, feature_names=["heat", "cold"], class_names=["price"])
    assert [hollow(neurons) for neurons in display.neurons_] == [[1], [1], []]
    red, _, blue = display.neurons_[1].get_facecolors()[2, :3]
    assert blue > red  # positive
    assert {"heat = 3", "cold = 0.000", "price = 9"} <= set(texts(display.ax_))
    alphas = display.edges_[1].get_colors()[:, 3]
    assert sorted(alphas)[0] < 0.2 < sorted(alphas)[1]
    plt.close("all")
    assert hollow(NetworkDisplay.from_estimator(net, X, row=-2).neurons_[1]) == [0, 2]


def test_shades_of_a_row_are_relative_to_the_largest_output_of_the_layer_also_if_it_is_not_shown():
    net = network(3, 1).set_parameters(
        [np.array([[1.0, 2.0, 100.0], [0.0, 0.0, 0.0]]), np.array([[500.0], [500.0], [1.0]])],
        [np.zeros(3), np.zeros(1)],
    )
    display = NetworkDisplay.from_estimator(net, np.array([[1.0, 0.0]]), row=0, max_neurons=2)
    assert display.columns[1].shown.tolist() == [0, 1]
    assert (display.neurons_[1].get_facecolors()[:, :3] > 0.9).all()  # 1 % and 2 % of the largest


def test_large_layers_show_their_strongest_neurons_and_how_many_more():
    net = network(256, 128, 10, n_inputs=784, output="softmax")
    X = np.random.default_rng(0).normal(size=(20, 784))
    weights = [array.copy() for array in net.weights]
    weights[1][[5, 250]] *= 100
    net.set_parameters(weights=weights)
    display = NetworkDisplay.from_estimator(net, X)
    assert [len(neurons.get_offsets()) for neurons in display.neurons_] == [16, 16, 16, 10]
    assert [text for text in texts(display.ax_) if "more" in text] == ["… 768 more", "… 240 more", "… 112 more"]
    assert {5, 250} <= set(display.columns[1].shown)
    assert "5" in texts(display.ax_)
    assert "250" in texts(display.ax_)
    plt.close("all")
    display = NetworkDisplay.from_estimator(net, X, max_neurons=3)
    assert [len(each.shown) for each in display.columns] == [3, 3, 3, 3]


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_names_come_from_the_model(classifier):
    model, frame, _ = classifier
    display = NetworkDisplay.from_estimator(model, frame.to_numpy())
    assert {"length", "width", *NAMES} <= set(texts(display.ax_))
    assert {"inputs\n2", "hidden 1\n5 × relu", "output\n3 × softmax"} <= set(texts(display.ax_))


def test_long_names_lose_their_middle(X):
    names = ["length in millimetres, left wing", "length in millimetres, right wing"]
    display = NetworkDisplay.from_estimator(network(3, 1), X, feature_names=names)
    assert {"length in m…, left wing", "length in m…right wing"} <= set(texts(display.ax_))


def test_names_come_from_the_data_where_the_model_has_none(classifier):
    _, frame, _ = classifier
    assert {"length", "width", "y"} <= set(texts(NetworkDisplay.from_estimator(network(3, 1), frame).ax_))


def test_two_classes_have_the_name_of_the_one_that_is_likely(X):
    model = fitted(na.MLPClassifier((2,), max_iter=2), X, np.where(X[:, 0] > 0, "up", "down"))
    assert "up" in texts(NetworkDisplay.from_estimator(model, X).ax_)


def test_sparse_rows_and_missing_values_are_drawn(X):
    sparse = pytest.importorskip("scipy.sparse")
    net = network(3, 1)
    display = NetworkDisplay.from_estimator(net, sparse.coo_matrix(X), row=1)
    np.testing.assert_allclose(display.shading.values[1], net.forward(X)[0][1])
    model = fitted(na.MLPRegressor(hidden_layer_sizes=(3,), max_iter=2, missing="zero"), X, X[:, 0])
    X[1] = np.nan
    plt.close("all")
    display = NetworkDisplay.from_estimator(model, X, row=1)
    assert display.shading.values[0].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"row": 60}, "one of X's 60 rows"),
        ({"max_neurons": 0}, "max_neurons must be at least 1"),
        ({"feature_names": ["a"]}, "feature_names must have 2 names"),
        ({"class_names": ["a", "b", "c"]}, "class_names must have 1 names"),
    ],
)
def test_settings_of_network_pictures_are_checked(settings, message, X):
    with pytest.raises(ValueError, match=message):
        NetworkDisplay.from_estimator(network(3, 1), X, **settings)


# ---- learning curves -----------------------------------------------------------------------------


def test_history_has_the_curves_of_an_estimator(classifier):
    model, _, _ = classifier
    display = HistoryDisplay.from_estimator(model)
    assert [ax.get_title() for ax in display.axes_][:2] == ["loss", "validation score"]
    training, validation = display.axes_[0].get_lines()
    assert training.get_ydata().tolist() == model.loss_curve_
    assert training.get_xdata().tolist() == [1, 2, 3]
    assert validation.get_ydata().tolist() == model.validation_loss_curve_
    assert legend(display.axes_[0]) == ["training", "validation"]
    kept = display.axes_[1].get_lines()[1]
    assert kept.get_ydata()[0] == max(model.validation_scores_)
    assert legend(display.axes_[1])[1] == f"kept: epoch {int(kept.get_xdata()[0])}\n(by validation score)"


def test_history_shows_what_was_kept():
    epochs = np.arange(1, 40)
    history = {"loss": 1 / epochs**2, "gradient_norm": 1 / epochs, "dead_share": epochs / 400, "unknown": epochs}
    display = HistoryDisplay({**history, "validation_loss": []}).plot()
    assert [ax.get_title() for ax in display.axes_] == ["loss", "gradient norm", "share of dead neurons"]
    assert [ax.get_yscale() for ax in display.axes_] == ["log", "log", "linear"]
    assert len(display.figure_.axes) == 3


def test_history_has_no_half_epochs_and_no_shares_below_zero():
    """Protects the axes of nearly empty pictures: one epoch, no dead neuron."""
    display = HistoryDisplay({"loss": [1.0], "dead_share": [0.0]}).plot()
    loss, dead = display.axes_
    assert [tick for tick in loss.get_xticks() if loss.get_xlim()[0] < tick < loss.get_xlim()[1]] == [1]
    assert dead.get_ylim()[0] == 0 < dead.get_ylim()[1]
    (zeros,) = dead.get_lines()
    assert not zeros.get_clip_on()
    assert zeros.get_zorder() > dead.spines["bottom"].get_zorder()


def test_history_of_a_network_and_of_lbfgs(X):
    net = na.Network([na.Dense(1)], epochs=1, random_state=0).fit(X, X[:, 0])
    (line,) = HistoryDisplay.from_estimator(net).axes_[0].get_lines()
    assert line.get_marker() == "o"  # one epoch is a point
    plt.close("all")
    model = fitted(na.MLPRegressor(solver="lbfgs", max_iter=4), X, X[:, 0])
    (line,) = HistoryDisplay.from_estimator(model).axes_[0].get_lines()
    assert line.get_ydata().tolist() == model.network_.history_["loss"]


def test_history_without_epochs_is_refused():
    with pytest.raises(ValueError, match="no history"):
        HistoryDisplay.from_estimator(network(3, 1))
    with pytest.raises(ValueError, match="at least one epoch"):
        HistoryDisplay({"lost": [1.0]})


# ---- diagnoses -----------------------------------------------------------------------------------


def cells(mesh):
    return mesh.get_array().ravel()


def test_a_diagnosis_has_a_strip_a_layer_with_the_dead_marked(X):
    net = network(5, 200, 1)
    biases = [np.zeros(5), np.zeros(200), np.zeros(1)]
    biases[0][:] = [9, -1e6, 9, 9, -1e6]
    biases[1][:] = 1e6
    biases[1][7] = -1e6
    diagnosis = na.diagnose(net.set_parameters(biases=biases), X, np.zeros(60))
    display = DiagnosisDisplay(diagnosis).plot()
    strips, gradients = display.axes_
    meshes = [each for each in strips.collections if each.get_array() is not None]
    for mesh, layer in zip(meshes, diagnosis.layers, strict=True):
        assert cells(mesh).tolist() == sorted(layer.firing_share)
    dead = [int(layer.dead.sum()) for layer in diagnosis.layers]
    marks = [each for each in strips.collections if each.get_array() is None]
    assert [len(mark.get_paths()) for mark in marks] == [n for n in dead if n]
    assert all(tuple(mark.get_facecolor()[0]) == to_rgba(ORANGE) for mark in marks)
    assert dead == [2, 1, 0]
    assert texts(strips)[0].startswith("2 dead")
    assert all(mark.get_datalim(strips.transData).width >= 0.0059 for mark in marks)
    (line,) = gradients.get_lines()
    assert line.get_xdata().tolist() == [layer.gradient_norm for layer in diagnosis.layers]
    assert line.get_ydata().tolist() == [0, 1, 2]


def test_a_diagnosis_without_targets_has_no_gradients(X):
    display = DiagnosisDisplay.from_estimator(network(3, 1), X)
    assert len(display.axes_) == 1
    assert [label.get_text() for label in display.axes_[0].get_yticklabels()] == [
        "hidden 1\n3 × relu",
        "output\n1 × linear",
    ]
    top, bottom = display.axes_[0].get_ylim()[::-1]
    assert top < bottom  # the first layer is above


# ---- responses of neurons ------------------------------------------------------------------------


def test_tiles_show_what_each_neuron_computes(X):
    net = network(3, 1)
    display = NeuronResponseDisplay.from_estimator(net, X, resolution=30)
    assert [len(tiles) for tiles in display.tiles_] == [2, 3, 1]
    assert [len(edges.get_segments()) for edges in display.edges_] == [6, 3]
    low0, high0, low1, high1 = display.responses.limits
    assert low0 < X[:, 0].min() < X[:, 0].max() < high0
    corner = net.forward([[high0, low1]])[0][0]
    drawn = [tile.get_array()[0, -1] for tile in display.tiles_[1]]
    np.testing.assert_allclose(drawn, corner, rtol=1e-12)
    # The inputs themselves: one grows to the right, the other upwards.
    assert display.tiles_[0][0].get_array()[0, [0, -1]].tolist() == [low0, high0]
    assert display.tiles_[0][1].get_array()[[0, -1], 0].tolist() == [low1, high1]
    for tiles in display.tiles_:
        assert tiles[0].origin == "lower"
        assert tiles[0].norm.vmin == -tiles[0].norm.vmax


def test_tiles_of_dead_neurons_are_dashed_and_others_have_their_border(X):
    net = network(3, 1).set_parameters([np.eye(2, 3), np.ones((3, 1))], [np.array([0.0, 0.0, -1.0]), np.zeros(1)])
    display = NeuronResponseDisplay.from_estimator(net, X)
    frames = [patch.get_linestyle() for patch in display.ax_.patches]
    assert [frame != "-" for frame in frames] == [False, False, False, False, True, False]
    contours = [each for each in display.ax_.get_children() if type(each).__name__ == "QuadContourSet"]
    assert len(contours) == 3  # neurons 0, 1, and the output, a sum of them


def test_data_are_drawn_on_the_tiles_of_the_outputs(classifier):
    model, frame, labels = classifier
    display = NeuronResponseDisplay.from_estimator(model, frame, labels)
    points = [each for each in display.ax_.collections if len(each.get_offsets()) == len(frame)]
    assert len(points) == 3
    for number, each in enumerate(points):
        blue = each.get_facecolors()[:, 2] > each.get_facecolors()[:, 0]
        assert blue.tolist() == (labels == NAMES[number]).tolist()
        (left, right, bottom, top) = display.tiles_[-1][number].get_extent()
        x, y = np.asarray(each.get_offsets()).T
        assert left < x.min() < x.max() < right
        assert bottom < y.min() < y.max() < top
    assert (display.tiles_[-1][0].norm.vmin, display.tiles_[-1][0].norm.vmax) == (0, 1)
    assert {"length", "width", *NAMES} <= set(texts(display.ax_))


def test_tiles_of_large_layers_and_of_quantiles(X):
    model = na.MLPRegressor(loss=na.Quantile([0.1, 0.9]), hidden_layer_sizes=(40,), max_iter=2)
    display = NeuronResponseDisplay.from_estimator(fitted(model, X, X[:, 0]), X, X[:, 0], max_neurons=5)
    assert [len(tiles) for tiles in display.tiles_] == [2, 5, 2]
    assert "… 35 more" in texts(display.ax_)


def test_tiles_need_two_inputs(X):
    with pytest.raises(ValueError, match="must have 2 inputs; this one has 3"):
        NeuronResponseDisplay.from_estimator(network(3, 1, n_inputs=3), np.ones((2, 3)))
    with pytest.raises(ValueError, match="resolution must be at least 2"):
        NeuronResponseDisplay.from_estimator(network(3, 1), X, resolution=1)
    with pytest.raises(ValueError, match=r"y must have shape \(60,\) or \(60, 1\), got \(3,\)"):
        NeuronResponseDisplay.from_estimator(network(3, 1), X, [0, 1, 0])


# ---- fits ----------------------------------------------------------------------------------------


def test_one_input_shows_data_a_straight_line_and_the_network():
    x = np.linspace(-1, 1, 41).reshape(-1, 1)
    # |x| = relu(x) + relu(-x), which no straight line approximates.
    net = network(2, 1, n_inputs=1).set_parameters(
        [np.array([[1.0, -1.0]]), np.ones((2, 1))], [np.zeros(2), np.zeros(1)]
    )
    display = FitDisplay.from_estimator(net, x, np.abs(x[:, 0]), feature_names=["time"], class_names=["load"])
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("time", "load")
    assert legend(display.ax_) == ["data", "straight line: R² = 0.00", "network: R² = 1.00"]
    line, curve = display.ax_.get_lines()
    np.testing.assert_allclose(line.get_ydata(), np.abs(x).mean(), atol=1e-12)
    np.testing.assert_allclose(curve.get_ydata(), np.abs(curve.get_xdata()), atol=1e-12)
    (points,) = display.ax_.collections
    np.testing.assert_allclose(np.asarray(points.get_offsets()), np.hstack([x, np.abs(x)]))


def test_one_input_and_two_classes_or_quantiles():
    x = np.linspace(-1, 1, 40).reshape(-1, 1)
    model = fitted(na.MLPClassifier((3,), max_iter=2), x, np.where(x[:, 0] > 0, "on", "off"))
    display = FitDisplay.from_estimator(model, x, np.where(x[:, 0] > 0, "on", "off"))
    assert display.ax_.get_ylabel() == "probability of on"
    assert set(np.asarray(display.ax_.collections[0].get_offsets())[:, 1]) == {0, 1}
    quantiles = na.MLPRegressor(loss=na.Quantile([0.1, 0.5, 0.9]), max_iter=2)
    plt.close("all")
    display = FitDisplay.from_estimator(fitted(quantiles, x, x[:, 0]), x, x[:, 0])
    assert legend(display.ax_)[-1] == "network: its quantiles"
    assert len([line for line in display.ax_.get_lines() if line.get_color() == BLUE]) == 3


def test_two_inputs_and_several_classes_show_their_regions(classifier):
    model, frame, labels = classifier
    display = FitDisplay.from_estimator(model, frame, labels)
    assert isinstance(display.boundary_, DecisionBoundaryDisplay)
    grid = np.column_stack([display.boundary_.xx0.ravel(), display.boundary_.xx1.ravel()])
    numbers = model.network_.predict(grid).argmax(axis=1)
    assert display.boundary_.response.ravel().tolist() == numbers.tolist()
    assert legend(display.ax_) == NAMES
    assert display.boundary_.surface_.get_clim() == (-0.5, 2.5)
    points = display.ax_.collections[-3:]
    assert [len(each.get_offsets()) for each in points] == [(labels == name).sum() for name in NAMES]
    region = display.boundary_.surface_.cmap(display.boundary_.surface_.norm(1))
    assert tuple(region[:3]) == tuple(points[1].get_facecolors()[0, :3])
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("length", "width")


def test_two_inputs_and_two_classes_show_the_probability(X):
    net = network(4, 1, output="sigmoid")
    display = FitDisplay.from_estimator(net, X, X[:, 0] > 0, class_names=["low", "high"])
    grid = np.column_stack([display.boundary_.xx0.ravel(), display.boundary_.xx1.ravel()])
    np.testing.assert_allclose(display.boundary_.response.ravel(), net.predict(grid)[:, 0], rtol=1e-12)
    assert legend(display.ax_) == ["low", "high"]
    assert display.figure_.axes[-1].get_ylabel() == "probability of high"


def test_two_inputs_and_a_number_show_the_predictions(X):
    model = fitted(na.MLPRegressor(hidden_layer_sizes=(4,), max_iter=2), X, X[:, 0])
    display = FitDisplay.from_estimator(model, X, X[:, 0])
    points = display.ax_.collections[-1]
    assert points.get_array().tolist() == X[:, 0].tolist()
    assert points.norm is display.boundary_.surface_.norm


def test_many_classes_have_colours_of_their_own(X):
    net = network(3, 14, output="softmax")
    display = FitDisplay.from_estimator(net, X, np.arange(60) % 14)
    assert len({tuple(colour) for colour in display.boundary_.surface_.cmap.colors}) == 14


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (network(3, 1, n_inputs=3), "1 or 2 inputs; this one has 3"),
        (network(3, 2, n_inputs=2), "one output, or one of several classes; this model has 2 outputs"),
        (network(3, 3, n_inputs=1, output="softmax"), "one output or two classes; this model has 3 outputs"),
        (network(3, 2, n_inputs=2, output="sigmoid"), "this model has 2 outputs"),
    ],
)
def test_fits_that_cannot_be_drawn_are_refused(model, message):
    with pytest.raises(ValueError, match=message):
        FitDisplay.from_estimator(model, np.ones((4, len(model.weights[0]))), np.zeros(4))
    assert not plt.get_fignums()


def test_names_of_classes_are_counted(X):
    with pytest.raises(ValueError, match="class_names must have 2 names"):
        FitDisplay.from_estimator(network(3, 1, output="sigmoid"), X, X[:, 0] > 0, class_names=["one"])
