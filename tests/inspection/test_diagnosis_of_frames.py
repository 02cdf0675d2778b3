# SPDX-License-Identifier: BSD-3-Clause
"""The diagnosis of tabular models: it names the user's columns, and its advice is in the models' own parameters."""

import inspect
import re
import warnings

import numpy as np
import pytest

import neuract as na

FOREIGN = re.compile(r"StandardScaler|OneHot|alpha|\bl1\b|max_grad_norm|init='|other weights|Pipeline|columns of X")
SETTINGS = {"members": 2, "folds": 2, "hidden_layer_sizes": (16, 8), "max_iter": 3, "random_state": 0}
OWN = set(inspect.signature(na.TabularRegressor).parameters)


def frame(rows=400):
    rng = np.random.default_rng(0)
    return {
        "$a_%": (1e4 * rng.normal(size=rows)).tolist(),
        "town": rng.choice(["Ulm", "Bonn", None], rows).tolist(),
        "side": rng.choice(["left", "right"], rows).tolist(),
        "lift": [None if gap else True for gap in rng.random(rows) < 0.5],
    }


def fitted(X, y=None, **settings):
    y = X["$a_%"] if y is None else y
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", na.TrainingWarning)
        return na.TabularRegressor(**SETTINGS | settings).fit(X, y)


CASES = {
    "not scaled": {"scaling": None},
    "too fast": {"learning_rate_init": 100.0},
    "saturated": {"learning_rate_init": 30.0, "activation": "tanh"},
    "deep": {"activation": "sigmoid", "hidden_layer_sizes": (9,) * 8},
    "decayed": {"weight_decay": 12.0, "learning_rate_init": 1e-9},  # the output layer starts at 0
    "decayed to 0": {"weight_decay": 14.0, "max_iter": 9, "hidden_layer_sizes": 3, "activation": "relu"},
}


@pytest.mark.parametrize("case", CASES)
def test_advice_is_in_the_parameters_of_the_model(case):
    X = frame()
    found = na.diagnose(fitted(X, **CASES[case]), X, X["$a_%"]).warnings
    assert found
    for each in found:
        assert not FOREIGN.search(f"{each.message} {each.advice}"), each
        for name in re.findall(r"\b\w+_\w+\b|\bscaling\b", re.sub(r"'[^']*'|\(\w+\)", "", each.advice)):
            assert name in OWN, each


def test_advice_says_how_to_scale():
    X = frame()
    model = fitted(X, scaling=None)
    far = next(each for each in na.diagnose(model, X, X["$a_%"]).warnings if each.rule == "unscaled_inputs")
    assert far.message.startswith("1 of 5 numbers made of X reach beyond [-5, 5]: column '$a_%' from -")
    assert far.advice.startswith("Set scaling='robust', which holds numbers between -3 and 3")
    model = fitted(X, scaling="robust")
    assert not [each for each in na.diagnose(model, X, X["$a_%"]).warnings if each.rule == "unscaled_inputs"]


def test_constant_columns_are_named():
    X = frame()
    some = {name: column[:20] for name, column in X.items()} | {"side": ["right"] * 20, "lift": [None] * 20}
    (same,) = [each for each in na.diagnose(fitted(X), some).warnings if "constant" in each.message]
    assert same.message == "2 of 5 numbers made of X are constant: columns 'side', 'lift is missing'"
    assert "If they differed in the fit, look whether these rows" in same.advice


def test_a_fit_that_collapses_names_columns_and_parameters():
    X = frame()
    with pytest.warns(na.TrainingWarning, match=r"column '\$a_%' from .*Set scaling='robust'"):
        na.TabularRegressor(**SETTINGS, scaling=None).fit(X, X["$a_%"])


def test_validation_rows_far_outside_are_named():
    X, V = frame(), frame(100)
    V["$a_%"] = [1e9 + a for a in V["$a_%"]]
    model = na.TabularRegressor(**SETTINGS, scaling="standard")
    with pytest.warns(na.TrainingWarning, match=r"far outside X in column '\$a_%'.*the same quantities as X") as caught:
        model.fit(X, X["$a_%"], X_val=V, y_val=V["$a_%"])
    assert not any("Pipeline" in str(each.message) for each in caught)


def test_the_network_alone_has_no_frame():
    X = frame()
    model = fitted(X, scaling=None)
    of_network = na.diagnose(model.network_, model.columns_.transform(X)).warnings
    assert any("columns of X reach" in each.message for each in of_network)


def test_weights_of_0_ask_for_less_decay():
    X = frame()
    model = fitted(X, activation="relu")
    biases = [array.copy() for array in model.network_.biases]
    biases[0][:4], biases[0][4:] = -1, 9  # the others fire
    weights = [array.copy() for array in model.network_.weights]
    weights[0][:, :4] = 0
    model.network_.set_parameters(weights, biases)
    (dead,) = [each for each in na.diagnose(model, X).warnings if each.rule == "dying_relu"]
    assert dead.advice.endswith("Their weights are 0: lower weight_decay")
