# SPDX-License-Identifier: BSD-3-Clause
"""WeightsDisplay and CalibrationDisplay, checked by their artists."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from sklearn.calibration import CalibrationDisplay as OfSklearn
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression

import neuract as na
from neuract.plotting import CalibrationDisplay, WeightsDisplay
from neuract.plotting._style import BLUE, LOST, ORANGE

rng = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    figures = [plt.figure(number) for number in plt.get_fignums()]
    for figure in figures:
        figure.canvas.draw()
    plt.close("all")


def network(*units, n_inputs, output="linear", seed=0):
    random = np.random.default_rng(seed)
    net = na.Network([*map(na.Dense, units[:-1]), na.Dense(units[-1], output)], dtype="float64")
    return net.set_parameters(
        [random.normal(size=shape) for shape in zip([n_inputs, *units[:-1]], units, strict=True)],
        [random.normal(size=n) for n in units],
    )


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


# ---- weights -------------------------------------------------------------------------------------


def test_weights_of_pixels_are_an_image_for_each_neuron():
    net = network(3, 2, n_inputs=6)
    display = WeightsDisplay.from_estimator(net, image_shape=(2, 3))
    assert len(display.axes_) == 3
    for number, ax in enumerate(display.axes_):
        (image,) = ax.get_images()
        np.testing.assert_array_equal(image.get_array(), net.weights[0][:, number].reshape(2, 3))
        assert (image.norm.vmax, image.norm.vmin) == (np.abs(net.weights[0]).max(), -np.abs(net.weights[0]).max())
        assert ax.get_title() == str(number)
    assert display.figure_.get_suptitle() == "weights of hidden 1: 3 neurons, as images of 2 × 3"
    red, _, blue, _ = image.cmap(image.norm(1.0))
    assert blue > red


def test_other_weights_are_a_map_with_names():
    net = network(3, 2, n_inputs=4)
    display = WeightsDisplay.from_estimator(net, feature_names=["a", "b", "$c", "d"])
    (ax,) = display.axes_
    np.testing.assert_array_equal(ax.get_images()[0].get_array(), net.weights[0])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "$c", "d"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "1", "2"]
    assert ax.get_title() == "weights of hidden 1\n3 neurons, 4 inputs"
    plt.close("all")
    (ax,) = WeightsDisplay.from_estimator(net, layer=-1, class_names=["low", "high"]).axes_
    np.testing.assert_array_equal(ax.get_images()[0].get_array(), net.weights[1])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["low", "high"]
    assert ax.get_title() == "weights of output\n2 neurons, 3 inputs"


def test_the_strongest_neurons_and_inputs_are_shown():
    net = network(90, 1, n_inputs=60)
    weights = [array.copy() for array in net.weights]
    weights[0][:, [5, 80]] *= 50
    weights[1][[5, 80]] = 9
    weights[1][7] = 5000  # its incoming weights are as small as those of most others
    weights[0][[3, 59]] *= 20
    net.set_parameters(weights)
    display = WeightsDisplay.from_estimator(net, max_neurons=3)
    assert display.weights.neurons == ["5", "7", "80"]
    assert len(display.weights.inputs) == 40
    assert {"x3", "x59"} < set(display.weights.inputs)
    assert display.axes_[0].get_title() == "weights of hidden 1\n3 of 90 neurons, 40 of 60 inputs"
    plt.close("all")
    display = WeightsDisplay.from_estimator(net, image_shape=(6, 10))
    assert len(display.axes_) == 32
    assert {"5", "7", "80"} < {ax.get_title() for ax in display.axes_}


def test_numbers_of_encoded_columns_have_their_names():
    net = na.Network([na.Dense(2, "linear")], inputs=[na.OneHot(0, 3), na.Numbers([1])], epochs=1, random_state=0)
    X = np.column_stack([1 + np.arange(9) % 3, np.arange(9)]).astype(float)
    (ax,) = WeightsDisplay.from_estimator(net.fit(X, X)).axes_
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert len(names) == len(net.weights[0])
    assert {"x0 = 1", "x1"} < set(names)


def test_weights_that_are_not_finite_are_purple():
    net = network(2, 1, n_inputs=4)
    array = net.weights[0].copy()
    array[1, 0] = np.nan
    net._known().core.set(0, "weights", array)  # `set_parameters` refuses NaN
    display = WeightsDisplay.from_estimator(net)
    image = display.axes_[0].get_images()[0]
    assert tuple(image.cmap(image.norm(image.get_array()))[1, 0, :3]) == to_rgb(LOST)
    assert display.figure_.axes[-1].get_ylabel() == "weight (purple: not finite)"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"image_shape": (2, 3)}, r"whose product is 4, the number of inputs of the layer; got \(2, 3\)"),
        ({"image_shape": (4,)}, "a height and a width"),
        ({"image_shape": (2.0, 2)}, "a height and a width"),
        ({"layer": 2}, "layer must be from -2 to 1 for this model, got 2"),
        ({"layer": -3}, "layer"),
        ({"max_neurons": 0}, "max_neurons"),
        ({"member": 1}, "member must be 0"),
        ({"feature_names": ["a"]}, "feature_names must have 4 names"),
    ],
)
def test_settings_of_weights_are_checked(settings, message):
    with pytest.raises(ValueError, match=message):
        WeightsDisplay.from_estimator(network(3, 1, n_inputs=4), **settings)
    assert not plt.get_fignums()


def test_weights_take_axes_and_figures_of_the_user():
    figure, axes = plt.subplots(1, 2, layout="constrained")
    display = WeightsDisplay.from_estimator(network(3, 1, n_inputs=4), image_shape=(2, 2), ax=axes[1])
    assert display.figure_ is figure
    figure.canvas.draw()
    assert all(ax.get_position().x0 > axes[0].get_position().x1 for ax in display.axes_)
    assert figure.get_suptitle() == ""


# ---- calibration ---------------------------------------------------------------------------------


def test_two_classes_have_the_curve_of_scikit_learn():
    X = rng.normal(size=(200, 1))
    p = 1 / (1 + np.exp(-3 * X[:, 0]))
    y = np.where(rng.random(200) < p, "up", "down")
    net = na.Network([na.Dense(1, "sigmoid")], dtype="float64").set_parameters([[[3.0]]], [[0.0]])
    for strategy in ("uniform", "quantile"):
        display = CalibrationDisplay.from_estimator(net, X, y == "up", n_bins=5, strategy=strategy, class_names=["up"])
        (curve,) = display.curves_
        assert isinstance(curve, OfSklearn)
        true, predicted = calibration_curve(y == "up", p, n_bins=5, strategy=strategy)
        np.testing.assert_allclose(curve.line_.get_xdata(), predicted)
        np.testing.assert_allclose(curve.line_.get_ydata(), true)
        assert curve.line_.get_color() == BLUE
        if strategy == "quantile":  # bins of equally many rows
            assert display.errors_[0] == pytest.approx(np.abs(true - predicted).mean())
        assert legend(display.ax_) == [f"up: error {display.errors_[0]:.3f}", "calibrated"]
        assert display.ax_.get_xlabel() == "predicted probability of up"
        plt.close("all")


def test_several_classes_have_a_curve_each():
    X = rng.normal(size=(90, 2))
    y = np.array(["ant", "$bee", "cat"])[np.digitize(X[:, 0] + rng.normal(size=90), [-0.5, 0.5])]
    model = na.MLPClassifier((), solver="lbfgs", max_iter=500).fit(X, y)
    display = CalibrationDisplay.from_estimator(model, X, y, n_bins=4)
    probabilities = model.predict_proba(X)
    assert [text.split(":")[0] for text in legend(display.ax_)[:-1]] == model.classes_.tolist()
    for number, (curve, name) in enumerate(zip(display.curves_, model.classes_, strict=True)):
        true, predicted = calibration_curve(y == name, probabilities[:, number], n_bins=4)
        np.testing.assert_allclose(curve.line_.get_xdata(), predicted, rtol=1e-5)
        np.testing.assert_allclose(curve.line_.get_ydata(), true)
    assert [curve.line_.get_color() for curve in display.curves_[:2]] == [BLUE, ORANGE]
    assert len({curve.line_.get_marker() for curve in display.curves_}) == 3
    assert display.ax_.get_title().endswith("on 90 rows")


def test_a_frame_has_the_mean_of_the_members():
    frame = {"a": rng.normal(size=80).tolist()}
    y = np.where(np.array(frame["a"]) + rng.normal(size=80) > 0, "up", "down")
    model = na.TabularClassifier(max_iter=2, hidden_layer_sizes=3, random_state=0).fit(frame, y)
    display = CalibrationDisplay.from_estimator(model, frame, y)
    np.testing.assert_allclose(display.probabilities[:, 0], model.predict_proba(frame)[:, 1], rtol=1e-5)
    assert display.ax_.get_xlabel() == "predicted probability of up"


def test_probabilities_that_are_not_finite_are_left_out_and_counted():
    p = np.array([[0.1], [0.9], [np.nan], [0.8]])
    display = CalibrationDisplay(p, [[0], [1], [1], [1]], ["y"], 2).plot()
    assert display.ax_.get_title().endswith("on 3 of 4 rows; the others are not finite")
    plt.close("all")
    display = CalibrationDisplay(p * np.nan, [[0], [1], [1], [1]], ["y"], 2).plot()
    assert display.curves_ == []


def test_models_without_probabilities_are_refused():
    X = rng.normal(size=(9, 2))
    with pytest.raises(ValueError, match=r"the output of this model is Linear\. Use FitDisplay"):
        CalibrationDisplay.from_estimator(network(3, 1, n_inputs=2), X, X[:, 0])
    net = network(3, 1, n_inputs=2, output="sigmoid")
    with pytest.raises(ValueError, match="n_bins"):
        CalibrationDisplay.from_estimator(net, X, X[:, 0] > 0, n_bins=0)
    with pytest.raises(ValueError, match="strategy must be 'uniform' or 'quantile', got 'equal'"):
        CalibrationDisplay.from_estimator(net, X, X[:, 0] > 0, strategy="equal")
    for draw in (lambda m: CalibrationDisplay.from_estimator(m, X, X[:, 0] > 0), WeightsDisplay.from_estimator):
        with pytest.raises(TypeError, match="Network"):
            draw(LogisticRegression().fit(X, X[:, 0] > 0))
    assert not plt.get_fignums()
