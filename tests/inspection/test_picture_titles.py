# SPDX-License-Identifier: BSD-3-Clause
"""What pictures say: titles with accuracy or R², collapsed networks, the kept epoch, scales and axes that mean it."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

import neuract as na
from neuract.plotting import (
    ActivationDisplay,
    FitDisplay,
    HistoryDisplay,
    NetworkDisplay,
    NeuronResponseDisplay,
)

X = np.random.default_rng(0).normal(size=(40, 2))


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def linear(weights, biases, output="linear", loss=None):
    """A network of one layer."""
    net = na.Network([na.Dense(len(biases), output)], dtype="float64", loss=loss)
    return net.set_parameters([np.asarray(weights, float)], [np.asarray(biases, float)])


def classifier(weights, biases, y):
    """A classifier without hidden layers, with these parameters."""
    model = na.MLPClassifier((), solver="lbfgs", max_iter=500, random_state=0).fit(X, y)
    model.network_.set_parameters([np.asarray(weights, float)], [np.asarray(biases, float)])
    return model


def title(display):
    return display.ax_.get_title()


THREE = np.array(["ant", "bee", "cat"])[np.digitize(X[:, 0], [-0.5, 0.5])]
TWO = np.where(X[:, 0] > 0, "up", "down")
SUM = linear([[1.0], [1.0]], [0.0])


# ---- titles --------------------------------------------------------------------------------------


def test_fits_have_accuracy_or_r2_in_their_title():
    assert title(FitDisplay.from_estimator(SUM, X, X.sum(axis=1))) == "y: R² = 1.00 on 40 rows"
    centred = X.sum(axis=1) - X.sum(axis=1).mean()
    assert title(FitDisplay.from_estimator(SUM, X - X.mean(axis=0), -centred, class_names=["load"])) == (
        "load: R² = \N{MINUS SIGN}3.00 on 40 rows"
    )
    line = linear([[2.0]], [0.0])
    assert title(FitDisplay.from_estimator(line, X[:, :1], 2 * X[:, 0])) == "y: R² = 1.00 on 40 rows"
    two = classifier([[5.0], [0.0]], [0.0], TWO)
    assert title(FitDisplay.from_estimator(two, X, TWO)) == "probability of up: accuracy 1.00 on 40 rows"
    wrong = TWO.copy()
    wrong[:4] = np.where(wrong[:4] == "up", "down", "up")
    assert title(FitDisplay.from_estimator(two, X, wrong)) == "probability of up: accuracy 0.90 on 40 rows"
    three = classifier([[-9.0, 0.0, 9.0], [0.0, 0.0, 0.0]], [-4.5, 0.0, -4.5], THREE)
    assert title(FitDisplay.from_estimator(three, X, THREE)) == "predicted class: accuracy 1.00 on 40 rows"


def test_the_title_of_quantiles_says_how_much_lies_between_them():
    net = linear([[0.0, 2.0]], [0.0, 0.0], loss=na.Quantile([0.1, 0.9]))
    share = (X[:, 0] > 0).mean()
    assert title(FitDisplay.from_estimator(net, X[:, :1], np.abs(X[:, 0]))) == (
        f"y: {share:.0%} of y between the outer quantiles, on 40 rows"
    )


def test_responses_and_networks_say_what_they_show():
    shown = "what each neuron passes on"
    assert title(NeuronResponseDisplay.from_estimator(SUM, X, resolution=4)) == shown
    display = NeuronResponseDisplay.from_estimator(SUM, X, X.sum(axis=1), resolution=4)
    assert title(display) == f"{shown}; R² = 1.00 on 40 rows"
    two = classifier([[5.0], [0.0]], [0.0], TWO)
    display = NeuronResponseDisplay.from_estimator(two, X, TWO, resolution=4)
    assert title(display) == f"{shown}; accuracy 1.00 on 40 rows"
    assert title(NetworkDisplay.from_estimator(two, X)) == "how often each neuron fires on 40 rows"
    assert title(NetworkDisplay.from_estimator(two, X, row=3)) == "what each neuron passes on for row 3"


def test_predictions_that_are_not_finite_are_counted():
    net = linear([[1.0], [0.0]], [0.0], "exponential")
    far = X.copy()
    far[:2, 0] = 1e4
    assert title(NeuronResponseDisplay.from_estimator(net, far, X[:, 0], resolution=4)) == (
        "what each neuron passes on; not finite on 2 of 40 rows"
    )


# ---- collapsed networks --------------------------------------------------------------------------


def test_a_collapsed_network_is_drawn_with_a_sentence():
    zero = linear([[0.0], [0.0]], [1.5])
    said = "The prediction is the same for all rows."
    for display in (
        FitDisplay.from_estimator(zero, X, X[:, 0]),
        NeuronResponseDisplay.from_estimator(zero, X, X[:, 0], resolution=4),
        NeuronResponseDisplay.from_estimator(zero, X, resolution=4),
        NetworkDisplay.from_estimator(zero, X),
    ):
        assert title(display).splitlines()[1] == said
    assert "\n" not in title(FitDisplay.from_estimator(zero, X, np.ones(40)))  # y is the same, too


def test_a_classifier_of_one_class_says_which():
    same = classifier(np.zeros((2, 3)), [0.0, 1.0, 0.0], THREE)
    said = "All rows are predicted as bee, with the same probability."
    assert title(FitDisplay.from_estimator(same, X, THREE)).splitlines() == [
        f"predicted class: accuracy {(THREE == 'bee').mean():.2f} on 40 rows",
        said,
    ]
    assert title(NetworkDisplay.from_estimator(same, X)).endswith(said)
    one = classifier([[0.1], [0.0]], [-9.0], TWO)
    assert title(FitDisplay.from_estimator(one, X, TWO)).endswith("\nAll rows are predicted as down.")
    assert title(NetworkDisplay.from_estimator(one, X)).endswith("\nAll rows are predicted as down.")


# ---- colours of numbers --------------------------------------------------------------------------


def scale(net, y):
    display = FitDisplay.from_estimator(net, X, y)
    surface, points = display.boundary_.surface_, display.ax_.collections[-1]
    assert points.norm is surface.norm
    assert points.get_cmap() is surface.get_cmap()
    return surface.norm, surface.get_cmap()


def test_numbers_have_one_scale_for_predictions_and_data():
    flat = linear([[0.01], [0.01]], [0.0])
    y = np.where(np.arange(40) == 7, -6.0, X[:, 0])
    norm, colours = scale(flat, y)
    assert (norm.vmin, norm.vmax) == (-6, 6)
    red, green, blue, _ = colours(norm(0.0))
    assert min(red, green, blue) > 0.95
    assert colours(norm(3.0))[2] > colours(norm(3.0))[0]  # blue
    assert colours(norm(-3.0))[2] < colours(norm(-3.0))[0]  # orange


@pytest.mark.parametrize("sign", [1, -1])
def test_numbers_of_one_sign_have_one_hue(sign):
    y = sign * (100 + np.arange(40.0))
    norm, colours = scale(linear([[0.0], [0.0]], [sign * 120.0]), y)
    assert sorted(map(abs, (norm.vmin, norm.vmax))) == [100, 139]
    drawn = colours(norm(y))
    assert (np.sign(drawn[:, 2] - drawn[:, 0]) == sign).all()
    assert len(np.unique(drawn[:, 1])) > 30


# ---- learning curves -----------------------------------------------------------------------------


def rings(display):
    lines = [line for ax in display.axes_ for line in ax.get_lines()]
    return [line.get_label() for line in lines if str(line.get_label()).startswith("kept")]


def test_only_the_epoch_of_the_kept_model_is_marked():
    history = {"loss": [3.0, 2.0, 1.0], "validation_loss": [3.0, 1.0, 2.0], "validation_score": [0.9, 0.7, 0.8]}
    assert rings(HistoryDisplay(history).plot()) == []
    assert rings(HistoryDisplay(history, kept="validation_score").plot()) == ["kept: epoch 1\n(by validation score)"]
    with pytest.raises(ValueError, match=r"kept must be one of loss, .* got 'score'"):
        HistoryDisplay(history, kept="score")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_an_estimator_keeps_the_last_epoch_unless_it_stops_early():
    settings = {"max_iter": 4, "random_state": 0, "hidden_layer_sizes": (3,)}
    held_out = {"X_val": X[:9], "y_val": X[:9, 0]}
    model = na.MLPRegressor(**settings).fit(X, X[:, 0], **held_out)
    assert rings(HistoryDisplay.from_estimator(model)) == []
    model = na.MLPRegressor(**settings, early_stopping=True).fit(X, X[:, 0], **held_out)
    best = int(np.argmax(model.validation_scores_)) + 1
    assert rings(HistoryDisplay.from_estimator(model)) == [f"kept: epoch {best}\n(by validation score)"]
    model.partial_fit(X, X[:, 0], **held_out)
    assert rings(HistoryDisplay.from_estimator(model)) == []


def test_the_epoch_of_the_callback_is_marked_until_training_goes_on():
    layers = [na.Dense(3), na.Dense(1)]
    net = na.Network(layers, epochs=4, random_state=0, callbacks=na.callbacks.EarlyStopping()).fit(X, X[:, 0])
    assert rings(HistoryDisplay.from_estimator(net)) == ["kept: epoch 4\n(by training loss)"]
    net.partial_fit(X, X[:, 0])
    assert rings(HistoryDisplay.from_estimator(net)) == []


def test_a_constant_rate_lies_in_the_middle_of_an_axis_from_0():
    history = {"loss": [2.0, 1.0, 0.5], "learning_rate": [0.001] * 3}
    assert HistoryDisplay(history).plot().axes_[1].get_ylim() == pytest.approx((0, 0.002))
    history["learning_rate"] = [0.004, 0.002, 0.001]
    assert HistoryDisplay(history).plot().axes_[1].get_ylim()[1] < 0.005


# ---- activations ---------------------------------------------------------------------------------


def test_a_minimum_is_not_where_the_gradient_vanishes():
    display = ActivationDisplay.from_activations(["gelu", "silu", "mish", "hard_swish"])
    marked = [[(a.get_label(), a.get_datalim(ax.transData).x1) for a in ax.collections] for ax in display.axes_]
    assert [[label for label, _ in each] for each in marked] == [
        ["gradient below 0.01: vanishing"],
        [],
        [],
        ["gradient 0: dying"],
    ]
    assert all(end < -2.9 for each in marked for _, end in each)
