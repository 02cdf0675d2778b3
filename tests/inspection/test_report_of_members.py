# SPDX-License-Identifier: BSD-3-Clause
"""The report of models with several members: all of them are in the page, and their mean predicts."""

import dataclasses

import numpy as np
import pytest
from test_report_of_frames import assert_agrees, computed, description_of, element, needs_node

import neuract as na
from neuract.report import _file, _pictures

SETTINGS = {"members": 2, "folds": 2, "max_iter": 2, "hidden_layer_sizes": (7, 4), "random_state": 0}


@pytest.fixture(autouse=True)
def without_pictures(monkeypatch):
    monkeypatch.setattr(_pictures, "_picture", lambda *_: "")  # they cost most of the time


@pytest.fixture(scope="module")
def X():
    rng = np.random.default_rng(0)
    return {"a": rng.standard_normal(80), "town": rng.choice(["Ulm", "Bonn"], 80), "b": rng.standard_normal(80)}


@pytest.fixture(scope="module")
def y(X):
    return 100 + 20 * X["a"] - 9 * X["b"]


@pytest.fixture
def model(X, y):
    return na.TabularRegressor(**SETTINGS).fit(X, y)


def written(model, tmp_path, *data):
    model.report(tmp_path / "report.html", *data)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def first_rows(X, rows=6):
    return {name: column[:rows] for name, column in X.items()}


@needs_node
def test_members_count_by_their_weights(model, X, tmp_path):
    model._ensemble = dataclasses.replace(model._ensemble, weights=np.array([0.6, 0.25, 0.1, 0.05]))
    assert_agrees(model, first_rows(X), computed(written(model, tmp_path, first_rows(X)))[:-1])


@needs_node
@pytest.mark.parametrize("members", [1, 4])
def test_each_member_is_held_within_the_bounds(model, X, tmp_path, members):
    """One member beyond the bounds must not drag the mean along; the bounds also hold for a single network."""
    bounds = np.array([[-0.01], [0.02]])
    model._ensemble = dataclasses.replace(
        model._ensemble, networks=model.networks_[:members], weights=np.full(members, 1 / members), bounds=bounds
    )
    model.networks_ = model.networks_[:members]
    some = first_rows(X)
    each = model._ensemble.each(model._rows(some), 1)
    assert (each < bounds[0]).any() or (each > bounds[1]).any()
    assert_agrees(model, some, computed(written(model, tmp_path, some))[:-1])


@needs_node
def test_one_bound_is_enough(model, X, tmp_path):
    model._ensemble = dataclasses.replace(model._ensemble, bounds=np.array([[-np.inf], [0.02]]))
    assert_agrees(model, first_rows(X), computed(written(model, tmp_path, first_rows(X)))[:-1])


def test_members_share_what_they_have_in_common(model, X, y, tmp_path):
    description = description_of(written(model, tmp_path, X, y))
    same = {"numbers_order", "strongest"}
    assert [{*other} <= same for other in description["others"]] == [True, False, True]  # two groups of two
    assert {*description["others"][1]} >= {"inputs", "numbers"}


def test_a_single_network_has_no_members(tmp_path, rng):
    x = rng.standard_normal((30, 2))
    net = na.Network([na.Dense(1, "linear")], epochs=1, random_state=0).fit(x, x[:, 0])
    text = written(net, tmp_path, x)
    assert not {"others", "weights", "bounds"} & {*description_of(text)}
    assert "<dt>members</dt>" not in text
    assert "networks, the members" not in text


def test_figures_are_those_of_all_members(model, X, y, tmp_path):
    text = written(model, tmp_path, X, y)
    n_parameters = sum(network.n_parameters for network in model.networks_)
    assert f"<dt>members</dt><dd>4</dd></div><div><dt>parameters</dt><dd>{n_parameters:,}</dd>" in text
    best = [min(model.networks_[member].history_["oof_loss"]) for member in (0, 2)]  # of each group
    assert f"<dt>out-of-fold loss, standardised y</dt><dd>{best[0]:.4g}, {best[1]:.4g}</dd>" in text
    last = np.mean([network.history_["loss"][-1] for network in model.networks_])
    assert f"<dt>training loss, standardised y</dt><dd>{last:.4g}</dd>" in text
    assert text.count("the first of 4 networks") == 1
    assert "member 0 of 4; over all of them: loss " in text


def test_a_file_of_members_may_be_larger(model, X, tmp_path, monkeypatch):
    size = len(written(model, tmp_path).encode())
    monkeypatch.setattr(_file, "MOST_MEGABYTES", {"one network": 0, "members": size / 1e6})
    assert element(written(model, tmp_path), "description") != "null"
    monkeypatch.setattr(_file, "MOST_MEGABYTES", {"one network": 2, "members": (size - 1) / 1e6})
    text = written(model, tmp_path)
    assert element(text, "description") == "null"
    assert f"this file would exceed {(size - 1) / 1e6} MB" in text


def test_weights_of_16_members_of_the_usual_size_are_in_the_page(tmp_path):
    """800,000 numbers and more: the page must not fall back to one that cannot be moved."""
    rng = np.random.default_rng(0)
    X = {f"x{k}": rng.standard_normal(60) for k in range(10)}
    settings = {"members": 16, "encodings": "periodic", "max_iter": 1, "folds": 2, "random_state": 0}
    model = na.TabularClassifier(**settings).fit(X, X["x0"] > 0)
    text = written(model, tmp_path)
    numbers = 0.75 * len(element(text, "numbers-of-the-network")) / 4
    assert len(model.networks_) == 16
    assert numbers >= sum(network.n_parameters for network in model.networks_) > 600_000
    assert len(text.encode()) < 6e6
