# SPDX-License-Identifier: BSD-3-Clause
"""What a Network does beside the estimators: validation rows, text labels, scores, clones."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.metrics import accuracy_score, d2_pinball_score, r2_score
from sklearn.model_selection import cross_val_score

import neuract as na
from oracle.comparisons import assert_same_bits

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(120, 3))
NAMES = np.array(["low", "middle", "high"])
TEXT = NAMES[np.digitize(X[:, 0], [-0.4, 0.5])]
NUMBERS = np.searchsorted(np.sort(NAMES), TEXT)  # the classes are in alphabetical order: high, low, middle
WEIGHTS = RANDOM.uniform(0.5, 2, len(X))


def network(units=3, output="softmax", **settings):
    settings = {"random_state": 0, "epochs": 30, "learning_rate": 0.02} | settings
    return na.Network([na.Dense(8, "tanh"), na.Dense(units, output)], **settings)


# ---- validation rows -------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [None, WEIGHTS[80:]], ids=["", "weighted"])
@pytest.mark.parametrize("make", [np.asarray, csr_array], ids=["dense", "sparse"])
def test_the_history_has_the_loss_on_validation_rows(make, weights):
    """The loss after every epoch; learning is as without these rows."""
    x, val = make(X[:80]), make(X[80:])
    net = network(alpha=0.1).fit(x, TEXT[:80], X_val=val, y_val=TEXT[80:], sample_weight_val=weights)
    assert len(net.history_["validation_loss"]) == len(net.history_["loss"]) == 30
    assert net.history_["validation_loss"][-1] == net.loss(val, TEXT[80:], weights)
    alone = network(alpha=0.1).fit(x, TEXT[:80])
    assert_same_bits(net.weights, alone.weights)
    assert net.history_["loss"] == alone.history_["loss"]
    shorter = network(alpha=0.1, epochs=7).fit(x, TEXT[:80])
    assert net.history_["validation_loss"][6] == shorter.loss(val, TEXT[80:], weights)


def test_early_stopping_watches_validation_rows_by_default():
    noise = RANDOM.normal(size=(60, 1))
    stop = na.callbacks.EarlyStopping(5)
    net = network(1, "linear", callbacks=[stop], epochs=500, learning_rate=0.05)
    net.fit(X[:60], noise, X_val=X[60:], y_val=noise)
    losses = net.history_["validation_loss"]
    assert len(losses) < 500
    assert len(losses) - 1 - int(np.argmin(losses)) == 5
    assert net.loss(X[60:], noise) == min(losses)
    same = network(1, "linear", callbacks=[na.callbacks.EarlyStopping(5, monitor="validation_loss")], epochs=500)
    same.learning_rate = 0.05
    assert_same_bits(same.fit(X[:60], noise, X_val=X[60:], y_val=noise).weights, net.weights)


def test_checkpoint_keeps_the_best_by_validation_loss(tmp_path):
    noise = RANDOM.normal(size=(60, 1))
    keep = na.callbacks.Checkpoint(tmp_path / "best.safetensors", save_best_only=True)
    net = network(1, "linear", callbacks=[keep], epochs=100, learning_rate=0.05)
    net.fit(X[:60], noise, X_val=X[60:], y_val=noise)
    best = na.load(tmp_path / "best.safetensors")
    assert best.loss(X[60:], noise) == min(net.history_["validation_loss"]) < net.history_["validation_loss"][-1]


def test_a_later_pass_without_validation_rows_has_no_validation_loss():
    net = network().fit(X, TEXT, X_val=X[:9], y_val=TEXT[:9]).partial_fit(X, TEXT)
    assert np.isnan(net.history_["validation_loss"][-1])
    assert "validation_loss" not in net.fit(X, TEXT).history_


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"X_val": X}, "X_val and y_val must be given together"),
        ({"y_val": TEXT}, "X_val and y_val must be given together"),
        ({"sample_weight_val": WEIGHTS}, "sample_weight_val needs both"),
        ({"X_val": X[:, :2], "y_val": TEXT}, "X_val has 2 features"),
        ({"X_val": X, "y_val": TEXT[:5]}, "y_val must"),
        ({"X_val": X[:1], "y_val": ["lowest"]}, "X_val, y_val or sample_weight_val: unknown label 'lowest' in row 0"),
        ({"X_val": X * np.nan, "y_val": TEXT}, "X_val contains NaN"),
    ],
)
def test_validation_rows_that_do_not_fit_are_refused(given, words):
    net = network().fit(X, TEXT)
    before = net.weights
    with pytest.raises(ValueError, match=words):
        net.fit(X, TEXT, **given)
    assert_same_bits(net.weights, before)


def test_lbfgs_takes_no_validation_rows():
    with pytest.raises(ValueError, match="lbfgs does not support X_val and y_val, since it has no epochs"):
        network(optimizer="lbfgs").fit(X, TEXT, X_val=X, y_val=TEXT)


def test_networks_and_estimators_print_the_same_lines(capsys):
    y = X[:, 0]
    settings = {"max_iter": 3, "verbose": True, "random_state": 0, "alpha": 0, "n_iter_no_change": 99, "tol": 0}
    net = network(1, "linear", epochs=3, verbose=True, learning_rate=1e-3, dtype="float64")
    net.fit(X, y, X_val=X, y_val=y)
    ours = capsys.readouterr().out.splitlines()
    model = na.MLPRegressor(hidden_layer_sizes=(8,), activation="tanh", **settings)
    with pytest.warns(match="Maximum iterations"):
        model.fit(X, y, X_val=X, y_val=y)
    lines = capsys.readouterr().out.splitlines()
    assert ours == lines
    assert [line.split(" = ")[0].split(": ")[0] for line in ours] == [
        part for epoch in (1, 2, 3) for part in (f"Iteration {epoch}, loss", "Validation loss")
    ]


# ---- text labels -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        np.asarray,
        list,
        pd.Series,
        lambda y: pd.Series(y, dtype="category"),
        lambda y: y[:, None],
        lambda y: y.astype(np.dtypes.StringDType()) if hasattr(np.dtypes, "StringDType") else y,
    ],
    ids=["array", "list", "series", "category", "column", "StringDType"],
)
def test_text_labels_are_numbers_in_alphabetical_order(make):
    net, same = network().fit(X, make(TEXT)), network().fit(X, NUMBERS)
    assert net.classes_.tolist() == sorted(NAMES)
    assert_same_bits(net.weights, same.weights)
    assert_same_bits(net.predict(X), same.predict(X))
    assert net.loss(X, make(TEXT)) == net.loss(X, NUMBERS) == same.loss(X, NUMBERS)
    assert_same_bits(net.gradients(X, make(TEXT)).weights, same.gradients(X, NUMBERS).weights)
    assert (net.predict_classes(X) == sorted(NAMES)[0]).sum() == (same.predict_classes(X) == 0).sum()
    assert net.score(X, make(TEXT)) == same.score(X, NUMBERS) > 0.8


def test_two_text_labels_for_one_sigmoid_neuron():
    y = np.where(X[:, 1] > 0, "yes", "no")
    net, same = network(1, "sigmoid").fit(X, y), network(1, "sigmoid").fit(X, X[:, 1] > 0)
    assert_same_bits(net.weights, same.weights)
    assert net.classes_.tolist() == ["no", "yes"]
    assert (net.predict_classes(X) == y).mean() == net.score(X, y) == same.score(X, X[:, 1] > 0) > 0.8


def test_partial_fit_keeps_the_classes():
    net = network().partial_fit(X, TEXT)
    few = np.flatnonzero(TEXT == "low")
    assert net.partial_fit(X[few], TEXT[few]).classes_.tolist() == sorted(NAMES)
    with pytest.raises(ValueError, match=r"unknown label 'lowest' in row 1 of y; the classes are 3 \('high', 'low'"):
        net.partial_fit(X[:2], ["low", "lowest"])
    assert net.fit(X, NUMBERS).predict_classes(X[:2]).dtype.kind == "i"
    assert not hasattr(net, "classes_")


@pytest.mark.parametrize(
    ("net", "y", "words"),
    [
        (network(4), TEXT, "y must have 4 different labels for this output layer; got 3"),
        (network(1, "sigmoid"), TEXT, "y must have 2 different labels for this output layer; got 3"),
        (network(1, "linear"), TEXT, r"y holds text, such as .*softmax"),
        (network(3, "sigmoid"), TEXT, r"y holds text, such as .*softmax"),
        (network(), np.where(X[:, 0] > 2, None, TEXT), r"y must have a label in each row; got None in row \d+"),
        (network(), np.where(X[:, 0] > 2, np.nan, TEXT.astype(object)), r"y must have a label in each row; got nan"),
        (network(), np.column_stack([TEXT, TEXT]), "y must have one text label per row"),
        (network().fit(X, NUMBERS), None, "this network was not fitted to text labels"),
    ],
)
def test_text_labels_that_do_not_fit_are_refused(net, y, words):
    with pytest.raises(ValueError, match=words):
        net.loss(X, TEXT) if y is None else net.fit(X, y)


@pytest.mark.parametrize("units", [3, 1])
def test_text_labels_go_with_the_network(tmp_path, units):
    y = TEXT if units == 3 else np.where(X[:, 1] > 0, "$yes", "_no")
    net = network(units, "softmax" if units == 3 else "sigmoid").fit(X, y)
    net.save(tmp_path / "net.safetensors")
    copies = [na.load(tmp_path / "net.safetensors"), pickle.loads(pickle.dumps(net)), copy.deepcopy(net)]
    for twin in copies:
        assert twin.classes_.tolist() == net.classes_.tolist()
        assert twin.predict_classes(X).tolist() == net.predict_classes(X).tolist()
    session = onnxruntime.InferenceSession(net.to_onnx().SerializeToString())
    label, probabilities = session.run(None, {"X": X.astype("f4")})
    assert label.tolist() == net.predict_classes(X).tolist()
    assert probabilities.shape == (len(X), max(2, units))
    net.to_c(tmp_path / "net.c")
    assert all(f'"{name}"' in (tmp_path / "net.c").read_text() for name in net.classes_)
    net.report(tmp_path / "net.html", X, y)
    assert net.classes_[0] in (tmp_path / "net.html").read_text()
    assert na.diagnose(net, X, y).layers


@pytest.mark.parametrize("classes", ["abc", ["a"], ["b", "a", "c"], ["a", "a", "b"], [1, 2, 3]])
def test_classes_that_a_file_may_not_have(classes):
    from neuract.files._format import unpack
    from neuract.files._network import network_bytes

    state = network().fit(X, TEXT)._state()

    class Written(list):
        def tolist(self):
            return classes

    state["learned"]["classes"] = Written()
    with pytest.raises(ValueError, match="classes must be"):
        na.Network.__new__(na.Network)._become(unpack(network_bytes(state, training=False)))


# ---- scores ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
def test_scores_are_those_of_scikit_learn(weights):
    classes = network().fit(X, NUMBERS)
    chosen = classes.predict(X).argmax(axis=1)
    assert classes.score(X, NUMBERS, weights) == pytest.approx(accuracy_score(NUMBERS, chosen, sample_weight=weights))
    assert classes.score(X, np.eye(3)[NUMBERS], weights) == classes.score(X, NUMBERS, weights)
    labels = (X > 0.3).astype(int)
    several = network(3, "sigmoid").fit(X, labels)
    assert several.predict_classes(X).shape == (120, 3)
    expected = accuracy_score(labels, several.predict(X) > 0.5, sample_weight=weights)
    assert several.score(X, labels, weights) == pytest.approx(expected)
    numbers = network(3, "linear").fit(X, X**2)
    expected = r2_score(X**2, numbers.predict(X), sample_weight=weights)
    assert numbers.score(X, X**2, weights) == pytest.approx(expected, rel=1e-6)
    assert numbers.evaluate(X, X**2, weights) == {
        "loss": numbers.loss(X, X**2, weights),
        "r2": numbers.score(X, X**2, weights),
    }


def test_quantiles_are_scored_by_d2():
    y, quantiles = X[:, 0] ** 2, (0.1, 0.5, 0.9)
    net = network(3, "linear", loss=na.Quantile(quantiles)).fit(X, y)
    each = [d2_pinball_score(y, p, alpha=q) for q, p in zip(quantiles, np.sort(net.predict(X)).T, strict=True)]
    assert net.score(X, y) == pytest.approx(np.mean(each), abs=5e-3)  # scikit-learn interpolates y's quantiles
    heavy = np.r_[np.ones(60), np.full(60, 2.0)]
    twice = np.r_[0:120, 60:120]
    assert net.score(X, y, heavy) == pytest.approx(net.score(X[twice], y[twice]))
    constant = na.Network([na.Dense(1, "linear")], loss="quantile").set_parameters([[[0.0]] * 3])
    assert constant.score(X, np.zeros(120)) == 1
    assert constant.score(X, np.ones(120)) == 0


def test_a_network_that_predicts_numbers_has_no_classes():
    with pytest.raises(ValueError, match=r"this network predicts numbers.*softmax, or sigmoid with log_loss"):
        network(1, "linear").fit(X, X[:, 0]).predict_classes(X)


# ---- scikit-learn, notebooks -----------------------------------------------------------------------


def test_scikit_learn_clones_and_cross_validates():
    stop = na.callbacks.EarlyStopping(3)
    net = network(alpha=0.1, callbacks=[stop], loss=na.LogLoss(0.1)).fit(X, TEXT)
    net.user = "mine"
    twin = clone(net)
    assert repr(twin) == repr(net)
    assert twin.alpha == 0.1
    assert not hasattr(twin, "history_")
    assert not hasattr(twin, "user")
    assert_same_bits(twin.fit(X, TEXT).weights, net.weights)
    assert twin.callbacks[0].on_epoch_end.__self__ is not stop
    scores = cross_val_score(network(), X, TEXT, cv=3)
    assert scores.shape == (3,)
    assert scores.mean() > 0.8
    assert np.isfinite(cross_val_score(network(1, "linear"), X, X[:, 0], cv=3)).all()


def test_a_clone_has_the_same_random_state():
    net = network(random_state=np.random.RandomState(5))
    twin = clone(net)
    assert twin.random_state is not net.random_state
    assert_same_bits(twin.fit(X, TEXT).weights, net.fit(X, TEXT).weights)


def test_notebooks_show_the_summary_and_the_training():
    net = na.Network([na.Dense(4, "leaky_relu"), na.Dense(3, "softmax")], epochs=3, random_state=0)
    before = net._repr_html_()
    assert "not fitted" in before
    assert before.count("<tr>") == 4
    after = net.fit(X, TEXT)._repr_html_()
    assert f"31 parameters, 3 epochs, loss {net.history_['loss'][-1]:.4g}" in after
    assert "not fitted" not in after


def test_scores_and_text_labels_need_no_scikit_learn():
    code = """
import sys
sys.modules["sklearn"] = None
import numpy as np, neuract as na
X = np.eye(4)
net = na.Network([na.Dense(2, "softmax")], random_state=0).fit(X, ["a", "b", "a", "b"], X_val=X, y_val=list("abab"))
print(net.score(X, list("abab")), net.predict_classes(X), net.evaluate(X, list("abab")), net._repr_html_())
"""
    subprocess.run([sys.executable, "-c", code], check=True)
