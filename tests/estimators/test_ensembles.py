# SPDX-License-Identifier: BSD-3-Clause
"""Tabular estimators as ensembles: folds, out-of-fold predictions, temperature, uncertainty, few and rare rows."""

import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import log_loss, r2_score
from sklearn.model_selection import GroupKFold, KFold, TimeSeriesSplit, cross_val_predict

import neuract as na
from neuract.estimators import _group
from neuract.estimators._encodings import edges, edges_of, with_rates
from neuract.estimators._folds import dealt
from neuract.estimators._recipe import Kind, recipe
from neuract.outputs._calibration import temperature
from neuract.schedules import DoublingCycles
from neuract.training._together import Together
from oracle.comparisons import assert_same_bits
from oracle.paths import ROOT

SMALL = {"members": 3, "folds": 3, "hidden_layer_sizes": (8,), "max_iter": 3, "random_state": 0}
RNG = np.random.default_rng(0)


def numbers(rows=120, noise=0.1):
    X = np.random.default_rng(1).normal(size=(rows, 3))
    return X, np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + noise * np.random.default_rng(2).normal(size=rows)


def classes(rows=120, n=3):
    X, y = numbers(rows)
    return X, np.digitize(y, np.quantile(y, np.linspace(0, 1, n + 1)[1:-1]))


def regressor(**settings):
    return na.TabularRegressor(**{**SMALL, **settings})


def classifier(**settings):
    return na.TabularClassifier(**{**SMALL, **settings})


# ---- folds and out-of-fold predictions ---------------------------------------------------------------


@pytest.mark.parametrize("rows", [2, 3, 7, 100, 101])
def test_dealt_folds_divide_the_rows(rows):
    folds = dealt(RNG.normal(size=rows), False, min(4, rows), np.random.RandomState(0))
    assert sorted(np.concatenate([fold.held_out for fold in folds])) == list(range(rows))
    for fold in folds:
        assert sorted([*fold.trained, *fold.held_out]) == list(range(rows))
        assert len(fold.held_out) in (rows // len(folds), -(-rows // len(folds)))


def test_dealt_folds_have_the_same_share_of_every_class():
    y = np.repeat([0, 1, 2], [80, 16, 4])
    for fold in dealt(y, True, 4, np.random.RandomState(0)):
        assert np.bincount(y[fold.held_out]).tolist() == [20, 4, 1]


def test_no_class_is_lost_from_the_training_of_a_member():
    y = np.repeat([0, 1, 2, 3], [40, 1, 2, 3])
    for seed in range(20):
        folds = dealt(y, True, 3, np.random.RandomState(seed))
        assert all(set(y[fold.trained]) == {0, 1, 2, 3} for fold in folds)
        assert all(40 not in fold.held_out for fold in folds)  # the only row of class 1
        assert all({*fold.trained, *fold.held_out} == set(range(46)) for fold in folds if 40 in fold.trained)


def test_out_of_fold_predictions_are_of_members_that_have_not_seen_the_row():
    X = RNG.normal(size=(90, 4))
    y = RNG.normal(size=90)  # noise: who has seen a row knows its y, who has not knows nothing
    model = regressor(hidden_layer_sizes=(64, 64), max_iter=60, dropout=0, weight_decay=0, learning_rate="cosine")
    model.fit(X, y, X_val=X, y_val=y)  # ends at the best epoch of the training rows
    assert model.score(X, y) > 0.4
    assert r2_score(y, model.oof_predictions_) < 0.1
    assert model.oof_score_ == pytest.approx(r2_score(y, model.oof_predictions_))


def test_out_of_fold_predictions_are_those_of_the_members():
    X, y = numbers()
    model = regressor(folds=KFold(3), bounded=False).fit(X, y)
    each = model._each(X)
    unit, members = model._unit, model._members()
    for fold, (_, held_out) in enumerate(KFold(3).split(X)):
        chosen = [j for j, left_out in enumerate(members.left_out) if left_out == fold]
        weights = members.weights[chosen] / members.weights[chosen].sum()
        mean = unit.back(np.einsum("m,mro->ro", weights, each[chosen].astype(float)))[held_out, 0]
        np.testing.assert_allclose(model.oof_predictions_[held_out], mean, rtol=1e-5)


def test_the_out_of_fold_score_is_that_of_a_cross_validation():
    X, y = numbers(400, noise=0.3)
    model = na.TabularRegressor(effort="quick", folds=4, max_iter=30, random_state=0)
    found = cross_val_predict(clone(model), X, y, cv=KFold(4, shuffle=True, random_state=1))
    assert model.fit(X, y).oof_score_ == pytest.approx(r2_score(y, found), abs=0.06)


def test_groups_are_in_one_fold():
    X, y = numbers()
    groups = np.repeat(np.arange(12), 10)
    model = regressor(folds=3).fit(X, y, groups=groups)
    same = regressor(folds=list(GroupKFold(3).split(X, y, groups))).fit(X, y)
    assert_same_bits(model.oof_predictions_, same.oof_predictions_)
    other = regressor(folds=3).fit(X, y)
    assert not np.array_equal(model.oof_predictions_, other.oof_predictions_)


def test_folds_may_be_masks():
    X, y = numbers()
    pairs = list(KFold(3).split(X))
    masks = [tuple(np.isin(np.arange(120), part) for part in pair) for pair in pairs]
    assert_same_bits(regressor(folds=masks).fit(X, y).predict(X), regressor(folds=pairs).fit(X, y).predict(X))


def test_few_groups_make_few_folds():
    X, y = numbers()
    assert regressor(members=4, folds=4).fit(X, y, groups=np.arange(120) % 2).settings_["folds"] == 2
    with pytest.raises(ValueError, match="one group for all rows"):
        regressor().fit(X, y, groups=np.zeros(120))


def test_rows_that_no_fold_leaves_out_have_no_prediction():
    X, y = numbers()
    model = regressor(folds=TimeSeriesSplit(3)).fit(X, y)
    assert np.isnan(model.oof_predictions_[:30]).all()
    assert not np.isnan(model.oof_predictions_[30:]).any()
    assert model.oof_score_ == pytest.approx(r2_score(y[30:], model.oof_predictions_[30:]))


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([([0, 1], [1, 2])], "a fold trains on rows that it leaves out"),
        ([([0, 1], [200])], "folds gives row 200 of 120 rows to leave out"),
        ([([0.5], [1])], "numbers of the rows to train"),
        ([], "at least one pair"),
        (1, "folds"),
        ("many", "folds"),
    ],
)
def test_impossible_folds_are_refused(folds, message):
    X, y = numbers()
    model = regressor()
    with pytest.raises(ValueError, match=message):
        model.set_params(folds=folds).fit(X, y)
    assert not hasattr(model, "network_")


# ---- training ----------------------------------------------------------------------------------------


def test_threads_change_no_bit():
    X, y = classes()
    one, three = classifier(n_jobs=1, dropout=0.2).fit(X, y), classifier(n_jobs=3, dropout=0.2).fit(X, y)
    assert_same_bits(one.predict_proba(X), three.predict_proba(X))
    assert_same_bits(one.oof_predictions_, three.oof_predictions_)


def test_members_differ_and_their_mean_predicts():
    X, y = numbers()
    model = regressor(bounded=False).fit(X, y)
    each, weights = model._each(X), model._members().weights
    assert len(model.networks_) == 6
    assert weights.sum() == pytest.approx(1)
    assert not any(np.array_equal(a, b) for a, b in pairwise(each))
    mean = model._unit.back(np.einsum("m,mro->ro", weights, each.astype(float)))[:, 0]
    np.testing.assert_allclose(model.predict(X), mean, rtol=1e-5)
    np.testing.assert_allclose(
        model.predict_spread(X),
        np.sqrt(np.einsum("m,mr->r", weights, (model._unit.back(each)[..., 0] - mean) ** 2)),
        rtol=1e-4,
    )


def test_answers_are_held_within_what_was_seen():
    X, y = numbers()
    far = 1e6 * np.ones((1, 3))
    assert y.min() <= regressor(scaling="standard").fit(X, y).predict(far)[0] <= y.max()
    free = regressor(scaling="standard", bounded=False).fit(X, y).predict(far)[0]
    assert not y.min() <= free <= y.max()


def test_settings_say_what_was_chosen():
    X, y = numbers()
    settings = na.TabularRegressor(max_iter=2, random_state=0).fit(X, y).settings_
    assert settings["members"] == 8
    assert settings["folds"] == 8
    assert settings["batch_size"] == 32
    assert all(group["epochs"] == 2 and group["best_epoch"] in (1, 2) for group in settings["groups"])
    assert sum(group["weight"] for group in settings["groups"]) == pytest.approx(1)


def test_efforts_and_encodings_choose_the_groups():
    X, y = numbers()
    for effort, networks in (("quick", 8), ("thorough", 64)):
        model = na.TabularRegressor(effort=effort, hidden_layer_sizes=4, max_iter=1, random_state=0).fit(X, y)
        assert len(model.networks_) == networks
    model = regressor(encodings=["numbers", "piecewise_linear"]).fit(X, y)
    kinds = [[type(each).__name__ for each in model.networks_[k].inputs] for k in (0, 3)]
    assert kinds == [["Numbers", "Scale"], ["Periodic", "PiecewiseLinear", "Scale"]]
    with pytest.raises(ValueError, match="encodings"):
        regressor(encodings=["fourier"]).fit(X, y)


def test_validation_rows_choose_the_epoch():
    X, y = numbers(240)
    model = regressor(encodings="numbers", max_iter=8).fit(X[:120], y[:120], X_val=X[120:], y_val=y[120:])
    curve = model.network_.history_["oof_loss"]
    assert model.settings_["groups"][0]["best_epoch"] == 1 + int(np.argmin(curve))
    y_val = model._unit.standard(y[120:])
    best = ((model._unit.standard(model.predict(X[120:])) - y_val) ** 2).mean()
    assert min(curve) == pytest.approx(best, rel=1e-4)


def test_a_member_that_diverges_is_trained_anew(monkeypatch):
    X, y = numbers()
    run, calls = Together.run, []

    def diverging(self, epoch, share=1.0):
        losses = run(self, epoch, share)
        calls.append(len(losses))
        return [None, *losses[1:]] if len(calls) == 2 else losses

    monkeypatch.setattr(Together, "run", diverging)
    with pytest.warns(na.TrainingWarning, match=r"member 0 .* diverged in epoch 2 .* half the learning rate"):
        model = regressor(encodings="numbers").fit(X, y)
    assert calls == [3, 3, 1, 1, 3]  # two epochs of three members, the two of the new one, the last of all
    assert [len(network.history_["loss"]) for network in model.networks_] == [3, 3, 3]
    calls[:] = []
    monkeypatch.setattr(Together, "run", lambda self, epoch, share=1.0: [None] * len(run(self, epoch, share)))
    with pytest.raises(na.DivergedError, match="also with half the learning rate"), pytest.warns(na.TrainingWarning):
        model.fit(X, y)
    assert model.predict(X).shape == (120,)


def test_ctrl_c_keeps_the_best_epoch():
    X, y = numbers()

    def interrupt(members, epoch, logs):
        if epoch == 1:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted"):
        model = regressor(callbacks=interrupt).fit(X, y)
    assert [group["epochs"] for group in model.settings_["groups"]] == [2]
    assert model.predict(X).shape == (120,)


def test_ctrl_c_at_the_start_of_a_group_keeps_the_groups_before(monkeypatch):
    X, y = numbers()
    run = Together.run

    def interrupted(self, epoch, share=1.0):
        if len(self._members[0].session.parameters.layers) == 1:
            raise KeyboardInterrupt
        return run(self, epoch, share)

    monkeypatch.setattr(Together, "run", interrupted)
    kinds = [Kind("numbers", sizes, 0.0, "relu") for sizes in ((8,), ())]
    monkeypatch.setattr("neuract.estimators._recipe._groups", lambda *_: tuple(kinds))
    with pytest.warns(UserWarning, match="interrupted"):
        model = na.TabularRegressor(members=3, folds=3, max_iter=3, random_state=0).fit(X, y)
    assert len(model.networks_) == 3
    monkeypatch.setattr("neuract.estimators._recipe._groups", lambda *_: tuple(kinds[::-1]))
    with pytest.raises(KeyboardInterrupt):
        na.TabularRegressor(members=3, folds=3, max_iter=3, random_state=0).fit(X, y)


def test_callbacks_see_all_members():
    X, y = numbers()
    seen = []

    def look(members, epoch, logs):
        seen.append((members.encoding, epoch, sorted(logs), len(members.networks)))
        return members.encoding == "periodic"  # ends this group

    model = regressor(encodings=["numbers", "periodic"], callbacks=look).fit(X, y)
    names = ["loss", "validation_loss"]
    assert seen == [("numbers", epoch, names, 3) for epoch in range(3)] + [("periodic", 0, names, 3)]
    assert [group["epochs"] for group in model.settings_["groups"]] == [3, 1]


def test_a_callback_sets_the_learning_rate():
    X, y = numbers()

    def stand_still(members, epoch, logs):
        members.learning_rate = 0.0
        weights.append(members.weights[0])

    weights = []
    regressor(encodings="numbers", callbacks=stand_still).fit(X, y)
    assert_same_bits(weights[0], weights[2])


def test_many_rows_take_fewer_members_and_epochs():
    model = na.TabularRegressor()
    work = {}
    for rows in (16_000, 16_001, 50_000, 100_000, 1_000_000, 10_000_000):
        chosen = recipe(model, rows, False)
        epochs_of_members = len(chosen.groups) * chosen.members * chosen.max_iter
        work[rows] = epochs_of_members * rows
        assert epochs_of_members >= 21
        assert DoublingCycles(chosen.first_cycle).ends_cycle(chosen.max_iter)
    assert work[16_001] <= work[16_000]
    assert work[1_000_000] == 21 * 1_000_000
    assert recipe(model.set_params(members=5), 1_000_000, False).members == 5


def test_a_group_that_falls_behind_ends_with_its_cycle():
    X = RNG.integers(0, 40, (600, 2)).astype(float)
    y = RNG.normal(size=40)[X[:, 0].astype(int)]  # a number for each value, which only intervals can learn
    settings = {"max_iter": 64, "hidden_layer_sizes": (32,)}
    alone = regressor(encodings="numbers", **settings).fit(X, y).settings_["groups"][0]
    second = regressor(encodings=["piecewise_linear", "numbers"], **settings).fit(X, y).settings_["groups"][1]
    assert second["epochs"] == 5 < alone["epochs"]


def test_schedules_may_be_given():
    X, y = numbers()
    models = [regressor(learning_rate=given).fit(X, y) for given in ("cosine", na.schedules.Cosine(), "auto")]
    assert_same_bits(models[0].predict(X), models[1].predict(X))
    assert not np.array_equal(models[0].predict(X), models[2].predict(X))


# ---- classes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 4])
def test_probabilities_are_calibrated(n):
    X, y = classes(400, n)
    y = np.where(RNG.random(400) < 0.4, RNG.integers(0, n, 400), y)  # noise, of which an over-fitted member is sure
    model = classifier(max_iter=40, hidden_layer_sizes=(64, 64), learning_rate_init=0.1).fit(X, y)
    oof = model.oof_predictions_
    target = y.reshape(-1, 1).astype(float)
    beta = temperature(oof if n > 2 else oof[:, 1:], target, None, "classes")
    assert 0.6 < beta[0] < 1.4


def test_very_rare_classes_are_learned():
    X, y = classes(90, 2)
    y = np.where(np.arange(90) == 7, 5, y)
    model = classifier().fit(X, y)
    assert model.classes_.tolist() == [0, 1, 5]
    assert np.isnan(model.oof_predictions_[7]).all()
    assert np.isfinite(model.oof_score_)


def test_several_labels_have_a_temperature_each():
    X, y = classes(200, 2)
    both = np.column_stack([y, 1 - y, RNG.integers(0, 2, 200)])
    model = classifier(max_iter=10).fit(X, both)
    assert model.oof_predictions_.shape == (200, 3)
    assert model.oof_score_ == (np.asarray(model.oof_predictions_ > 0.5) == both).all(axis=1).mean()
    assert log_loss(both[:, 2], model.oof_predictions_[:, 2]) < 0.75  # what cannot be known is not believed
    with pytest.raises(ValueError, match="several labels"):
        model.predict_set(X)


def test_class_weights_count():
    X, y = classes(200, 2)
    plain, heavy = classifier().fit(X, y), classifier(class_weight={0: 1, 1: 20}).fit(X, y)
    assert heavy.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.1


# ---- uncertainty -------------------------------------------------------------------------------------


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_intervals_cover(coverage):
    X, y = numbers(1500, noise=0.3)
    model = regressor(hidden_layer_sizes=(32,), max_iter=30).fit(X[:500], y[:500])
    low, high = model.predict_interval(X[500:], coverage).T
    assert (low <= high).all()
    assert ((low <= y[500:]) & (y[500:] <= high)).mean() == pytest.approx(coverage, abs=0.035)


def test_the_page_that_the_docstring_names_has_measured_coverages():
    pages = re.findall(r"docs/\w+\.md", na.TabularRegressor.predict_interval.__doc__)
    assert len(pages) == 1
    page = (ROOT / pages[0]).read_text(encoding="utf-8")
    assert re.search(r"within `predict_interval`.*\n+ *\| set \| at 80 % \| at 90 %", page)


def test_intervals_are_in_the_unit_of_y_and_by_output():
    X, y = numbers()
    model = regressor().fit(X, np.column_stack([y, 1000 * y]))
    intervals = model.predict_interval(X)
    assert intervals.shape == (120, 2, 2)
    np.testing.assert_allclose(np.diff(intervals)[:, 1], 1000 * np.diff(intervals)[:, 0], rtol=0.5)
    assert model.predict_spread(X).shape == (120, 2)


def test_sets_cover():
    X, y = classes(1200, 4)
    y = np.where(RNG.random(1200) < 0.2, RNG.integers(0, 4, 1200), y)
    model = classifier(hidden_layer_sizes=(32,), max_iter=20).fit(X[:600], y[:600])
    sets = model.predict_set(X[600:], 0.9)
    assert sets.dtype == bool
    assert sets.any(axis=1).all()
    assert sets[np.arange(600), y[600:]].mean() > 0.87
    assert sets[np.arange(600), model.predict_proba(X[600:]).argmax(axis=1)].all()


@pytest.mark.parametrize("coverage", [0, 1, "much", np.nan])
def test_impossible_coverages_are_refused(coverage):
    X, y = numbers()
    with pytest.raises((TypeError, ValueError), match="coverage"):
        regressor().fit(X, y).predict_interval(X, coverage)
    with pytest.raises((TypeError, ValueError), match="coverage"):
        classifier().fit(X, y > 0).predict_set(X, coverage)


def test_models_of_quantiles_have_no_intervals():
    X, y = numbers()
    model = regressor(loss=na.Quantile((0.1, 0.9))).fit(X, y)
    assert np.isfinite(model.oof_score_)
    assert model.oof_predictions_.shape == (120, 2)
    with pytest.raises(ValueError, match="quantiles"):
        model.predict_interval(X)


# ---- few rows, weights, losses -----------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 20])
def test_few_rows_never_fail(rows):
    X = pd.DataFrame({"a": np.arange(rows) * 1.0, "b": list("xyzuv" * 4)[:rows]})
    model = na.TabularRegressor(max_iter=2, random_state=0).fit(X, np.arange(rows) * 1.0)
    assert np.isfinite(model.predict(X)).all()
    model = na.TabularClassifier(max_iter=2, random_state=0).fit(X, list("pq" * 10)[:rows])
    assert np.isfinite(model.predict_proba(X)).all()
    if rows == 1:
        with pytest.raises(ValueError, match="rows that members left out"):
            na.TabularRegressor(max_iter=2).fit(X, [1.0]).predict_interval(X)


@pytest.mark.parametrize("loss", ["absolute_error", "huber", "poisson", "gamma", na.Quantile(0.7)])
def test_other_losses_are_judged_by_themselves(loss):
    X, y = numbers()
    model = regressor(loss=loss, encodings="numbers").fit(X, np.exp(y))
    losses = model.network_.history_["oof_loss"]
    assert np.isfinite(losses).all()
    assert model.settings_["groups"][0]["oof_loss"] == min(losses)


def test_rows_of_weight_0_do_not_count():
    X, y = numbers()
    weights = np.where(np.arange(120) < 100, 1.0, 0.0)
    spoilt = np.where(weights > 0, y, 1e3)
    model = regressor(folds=KFold(3, shuffle=True, random_state=0), encodings="numbers", bounded=False)
    score = model.fit(X, spoilt, weights).oof_score_
    assert score == pytest.approx(r2_score(spoilt[:100], model.oof_predictions_[:100]))


# ---- encodings ---------------------------------------------------------------------------------------


def test_edges_are_quantiles_in_which_no_value_counts_too_much():
    assert edges(np.array([3.0, 1, 2, 2]), 16) == (1, 2, 3)
    many = np.concatenate([np.zeros(920), np.arange(1, 81)])  # plain quantiles would all be 0
    found = edges(many, 8)
    assert found[0] == 0
    assert found[-1] == 80
    assert 5 <= len(found) <= 9
    assert len(edges(RNG.normal(size=1000), 16)) == 17
    np.testing.assert_allclose(edges(np.arange(1001.0), 4), [0, 250, 500, 750, 1000], atol=1)


def test_columns_with_few_values_have_an_edge_at_each():
    x = np.column_stack([np.arange(1000.0), np.arange(1000) % 100, np.arange(1000) % 3, np.zeros(1000)])
    found = edges_of(x, [0, 1, 2, 3])
    assert found[1] == tuple(range(100))
    assert found[2] == (0, 1, 2)
    assert 3 not in found
    many = edges_of(RNG.normal(size=(300, 60)), range(60))
    assert sum(len(of_column) - 1 for of_column in many.values()) <= 512


def test_rates_are_those_of_the_recipe():
    layers = [na.Dense(4, "selu", dropout=0.1), na.Dense(9, "selu"), na.Dense(1, "sigmoid")]
    first, second, last = with_rates(layers, (), 16)
    assert first.rate == pytest.approx({"weights": 1 / 4, "biases": 0.1, "slopes": 0.1})
    assert second.rate == pytest.approx({"weights": 1 / 2, "biases": 0.1, "slopes": 0.1})
    assert last.rate == pytest.approx({"weights": 2 / 3, "biases": 0.2, "slopes": 0.1})
    assert first.dropout == 0.1
    assert _group.LEAST_GAIN == 0.02
