# SPDX-License-Identifier: BSD-3-Clause
"""Diagnosis and pictures of models with several members: one is shown, and what all of them do is told."""

import dataclasses

import numpy as np
import pytest
from matplotlib import pyplot as plt

import neuract as na
from neuract.plotting import DiagnosisDisplay, FitDisplay, HistoryDisplay, NetworkDisplay, NeuronResponseDisplay

SETTINGS = {"members": 2, "folds": 2, "max_iter": 3, "hidden_layer_sizes": (6, 4), "random_state": 0}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def X():
    rng = np.random.default_rng(0)
    return {"a": rng.standard_normal(90), "b": rng.standard_normal(90)}


@pytest.fixture(scope="module")
def y(X):
    return 100 + 20 * np.sin(X["a"]) - 9 * X["b"]


@pytest.fixture
def model(X, y):
    """Two groups of two members."""
    return na.TabularRegressor(**SETTINGS, activation="relu").fit(X, y)


def kill(network, neurons):
    """Makes the first neurons of a network's first layer dead."""
    weights, biases = ([array.copy() for array in arrays] for arrays in (network.weights, network.biases))
    weights[0][:, :neurons], biases[0][:neurons] = 0, -1
    network.set_parameters(weights, biases)


# ---- diagnosis -------------------------------------------------------------------------------------


def test_a_diagnosis_is_that_of_one_member(model, X, y):
    matrix, targets = model._rows(X), model._data(X, y).targets
    for member, network in enumerate(model.networks_):
        of_network = na.diagnose(network, matrix, targets)
        diagnosis = na.diagnose(model, X, y, member=member)
        np.testing.assert_array_equal(diagnosis.layers[0].mean, of_network.layers[0].mean)
        assert diagnosis.loss == of_network.loss == diagnosis.members.losses[member]
        assert diagnosis.members.shown == member
    assert na.diagnose(model, X, y).members.shown == 0


def test_it_counts_the_members_with_a_finding(model, X, y):
    for member, dead in ((1, 3), (2, 4)):
        kill(model.networks_[member], dead)
    diagnosis = na.diagnose(model, X)
    members = diagnosis.members
    assert len(members) == 4
    assert members.dead[1] >= 3
    assert members.dead[2] >= 4
    assert members.findings["dying_relu"] == sum(
        any(each.rule == "dying_relu" for each in na.diagnose(model, X, member=member).warnings) for member in range(4)
    )
    assert members.losses is None
    told = str(diagnosis)
    assert f"member 0 of 4; over all of them: {members.dead.min()} to {members.dead.max()} dead neurons" in told
    assert f"dying_relu in {members.findings['dying_relu']}" in told
    assert f"dying_relu in {members.findings['dying_relu']}" in diagnosis._repr_html_()


def test_it_tells_the_spread_of_the_loss(model, X, y):
    diagnosis = na.diagnose(model, X, y, member=3)
    losses = [na.diagnose(model, X, y, member=member).loss for member in range(4)]
    assert f"member 3 of 4; over all of them: loss {np.mean(losses):.4g} ± {np.std(losses):.2g}," in str(diagnosis)


def test_one_network_has_no_spread(X, y):
    x = np.column_stack([X["a"], X["b"]])
    net = na.Network([na.Dense(3), na.Dense(1, "linear")], epochs=1, random_state=0).fit(x, y)
    assert na.diagnose(net, x, y).members is None
    assert "member" not in str(na.diagnose(net, x, y)) + na.diagnose(net, x, y)._repr_html_()
    with pytest.raises(ValueError, match="member must be 0 for this model, got 1"):
        na.diagnose(net, x, y, member=1)


def test_the_update_of_a_layer_is_in_its_own_rate(X, y):
    x = np.column_stack([X["a"], X["b"]])
    ratios = []
    for rate in (1.0, 0.25):
        net = na.Network([na.Dense(3, rate=rate), na.Dense(1, "linear")], epochs=1, random_state=0)
        rng = np.random.default_rng(0)
        net.set_parameters([rng.standard_normal((2, 3)), rng.standard_normal((3, 1))])
        ratios.append([layer.update_ratio for layer in na.diagnose(net, x, y).layers])
    assert ratios[1] == pytest.approx([0.25 * ratios[0][0], ratios[0][1]])


# ---- pictures --------------------------------------------------------------------------------------

DRAWN = {
    "diagnosis": lambda model, X, member: DiagnosisDisplay.from_estimator(model, X, member=member),
    "network": lambda model, X, member: NetworkDisplay.from_estimator(model, X, member=member),
    "row": lambda model, X, member: NetworkDisplay.from_estimator(model, X, row=1, member=member),
    "responses": lambda model, X, member: NeuronResponseDisplay.from_estimator(model, X, resolution=4, member=member),
    "diagnose": lambda model, X, member: na.diagnose(model, X, member=member),
}


@pytest.mark.parametrize("what", DRAWN)
@pytest.mark.parametrize(("member", "error"), [(4, ValueError), (-1, ValueError), (1.0, TypeError), ("0", TypeError)])
def test_there_is_no_such_member(model, X, what, member, error):
    with pytest.raises(error, match="member must be"):
        DRAWN[what](model, X, member)


@pytest.mark.parametrize("what", ["network", "row"])
def test_a_network_of_each_member(model, X, what):
    for member, network in enumerate(model.networks_):
        display = DRAWN[what](model, X, member)
        np.testing.assert_array_equal(display.weights[0], network.weights[0])
        assert len(display.names[0]) == len(network.weights[0])
        if what == "row":
            answer = network.predict(model._rows(X))[1, 0]
            np.testing.assert_allclose(display.shading.values[-1], answer, rtol=1e-5)


def test_the_title_of_a_diagnosis_names_the_member(model, X):
    assert DRAWN["diagnosis"](model, X, 2).axes_[0].get_title().endswith("on 90 rows, member 2 of 4")


@pytest.mark.parametrize("what", ["network", "row", "responses"])
def test_titles_of_networks_name_the_member(X, what):
    frame = {"a": X["a"]}
    model = na.TabularRegressor(**SETTINGS).fit(frame, np.arange(len(X["a"])))
    assert DRAWN[what](model, frame, 1).ax_.get_title().splitlines()[0].endswith("; member 1")


def test_a_curve_is_the_mean_in_a_band_of_the_spread(X, y):
    frame = {"a": X["a"]}
    model = na.TabularRegressor(**SETTINGS).fit(frame, y)
    model._ensemble = dataclasses.replace(model._ensemble, bounds=np.array([[-0.01], [0.02]]))
    display = FitDisplay.from_estimator(model, frame, y)
    curve = display.ax_.get_lines()[1]
    at = {"a": curve.get_xdata()}
    mean, spread = model.predict(at), model.predict_spread(at)
    np.testing.assert_allclose(curve.get_ydata(), mean, rtol=1e-5)
    band = display.band_.get_paths()[0].vertices
    (low, high), n = np.array([mean - spread, mean + spread]), len(mean)
    np.testing.assert_allclose(band[1 : n + 1, 1], low, rtol=1e-5)
    np.testing.assert_allclose(band[n + 2 : 2 * n + 2, 1], high[::-1], rtol=1e-5)
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels[-1] == "± standard deviation of the members"


def test_a_band_of_probabilities(X, y):
    frame = {"a": X["a"]}
    model = na.TabularClassifier(**SETTINGS).fit(frame, y > 100)
    display = FitDisplay.from_estimator(model, frame, y > 100)
    at = {"a": display.ax_.get_lines()[1].get_xdata()}
    band = display.band_.get_paths()[0].vertices[1 : len(at["a"]) + 1, 1]
    np.testing.assert_allclose(band, (model.predict_proba(at) - model.predict_spread(at))[:, 1], rtol=1e-5)


def test_one_member_and_quantiles_have_no_band(X, y):
    frame = {"a": X["a"]}
    for settings in ({"members": 1, "encodings": "numbers"}, {"loss": na.Quantile((0.1, 0.9))}):
        model = na.TabularRegressor(**SETTINGS | settings).fit(frame, y)
        assert FitDisplay.from_estimator(model, frame, y).band_ is None


def test_learning_curves_of_all_members(model):
    display = HistoryDisplay.from_estimator(model)
    (panel,) = display.axes_
    lines = panel.get_lines()
    histories = [network.history_ for network in model.networks_]
    for line, history in zip(lines[:4], histories, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), history["loss"])
        assert line.get_linewidth() < 1
    for line, history in zip(lines[4:6], histories[::2], strict=True):  # one for each group
        np.testing.assert_array_equal(line.get_ydata(), history["oof_loss"])
    best = [int(np.argmin(history["oof_loss"])) + 1 for history in histories[::2]]
    np.testing.assert_array_equal(lines[6].get_xdata(), best)
    epochs = [*dict.fromkeys(best)]
    told = f"kept: epoch{'s' * (len(epochs) > 1)} {', '.join(map(str, epochs))}\n(by out-of-fold loss)"
    assert [text.get_text() for text in panel.get_legend().get_texts()] == ["training, 4 members", "out of fold", told]


def test_out_of_fold_loss_is_drawn_like_a_validation_loss():
    curves = {"loss": [0.7, 0.4, 0.3], "oof_loss": [0.8, 0.5, 0.6]}
    (panel,) = HistoryDisplay(curves, kept="oof_loss").plot().axes_
    labels = ["training", "out of fold", "kept: epoch 2\n(by out-of-fold loss)"]
    assert [line.get_label() for line in panel.get_lines()] == labels
    as_validation = HistoryDisplay(
        {"loss": curves["loss"], "validation_loss": curves["oof_loss"]}, kept="validation_loss"
    ).plot()
    for line, other in zip(panel.get_lines(), as_validation.axes_[0].get_lines(), strict=True):
        assert (line.get_color(), line.get_linestyle()) == (other.get_color(), other.get_linestyle())
        np.testing.assert_array_equal(line.get_xydata(), other.get_xydata())


def test_groups_of_members_have_best_epochs_of_their_own():
    first, second = {"loss": [1, 2], "oof_loss": [1.0, 2.0]}, {"loss": [3, 4], "oof_loss": [2.0, 1.0]}
    (panel,) = HistoryDisplay(first, [first, second, second], "oof_loss").plot().axes_
    assert panel.get_lines()[-1].get_label() == "kept: epochs 1, 2\n(by out-of-fold loss)"
    assert len(panel.get_lines()) == 4 + 2 + 1
