# SPDX-License-Identifier: BSD-3-Clause
"""Schedules: each step has its share of the learning rate, of dropout and of weight decay."""

import pickle
from dataclasses import dataclass

import numpy as np
import pytest

import neuract as na
from neuract.schedules import SCHEDULES, Schedule
from oracle import reference as ref
from oracle.comparisons import assert_same, assert_same_bits

ROWS, BATCH, EPOCHS = 23, 7, 4
STEPS = 4  # of an epoch; the last has two rows
WHOLE = [lambda epoch: 1.0] * 2


@dataclass(frozen=True, repr=False)
class Part(Schedule):
    """The same share in each step."""

    part: float = 0.5

    def share(self, epoch, epochs):
        return self.part


@pytest.fixture
def data(rng):
    X = rng.normal(size=(ROWS, 3))
    return X, X[:, 0] * X[:, 1]


@pytest.fixture
def start(rng):
    return [rng.normal(size=(3, 5)), rng.normal(size=(5, 1))], [rng.normal(size=5), rng.normal(size=1)]


def network(start, *, dropout=0.0, **settings):
    default = {"optimizer": na.AdamW(weight_decay=0.25), "learning_rate": 0.02, "batch_size": BATCH, "epochs": EPOCHS}
    layers = [na.Dense(5, "tanh", dropout=dropout), na.Dense(1)]
    settings = default | {"shuffle": False, "init": start, "dtype": "float64", "random_state": 0} | settings
    return na.Network(layers, **settings)


# ---- the oracle --------------------------------------------------------------------------------


def waves(epoch):
    """DoublingCycles(1.5)."""
    return (1 - np.cos(2 * np.pi * np.log2(1 + epoch / 1.5))) / 2


def falls(epoch):
    """Fade(1.25, 2)."""
    return (1 + np.cos(np.pi * np.clip((epoch - 1.25) / 2, 0, 1))) / 2


def cosine(epoch):
    return (1 + np.cos(np.pi * epoch / EPOCHS)) / 2


def warmed(epoch):
    """WarmUp(2, then=DoublingCycles(1.5))."""
    return (epoch + 1) / 3 if epoch < 2 else waves(epoch - 2)


KNOWN = [
    (None, lambda epoch: 1.0),
    (na.schedules.DoublingCycles(1.5), waves),
    (na.schedules.Fade(1.25, 2), falls),
    ("cosine", cosine),
    (na.schedules.WarmUp(2, then=na.schedules.DoublingCycles(1.5)), warmed),
]


def trained_by_the_oracle(start, data, rate, other, batch=BATCH):
    weights, biases = ([a.copy() for a in part] for part in start)
    layers = [ref.Layer(w, b, name) for w, b, name in zip(weights, biases, ("tanh", "linear"), strict=True)]
    layers[1].parameter = 1.0
    optimizer, steps = ref.Optimizer("adamw", 0.02, weight_decay=0.25), -(-ROWS // batch)
    X, y = data
    for epoch in range(EPOCHS):
        schedule = [(rate(epoch + step / steps), other(epoch + step / steps)) for step in range(steps)]
        ref.epoch(layers, ref.Loss("squared_error"), optimizer, X, y, np.arange(ROWS), batch, schedule=schedule)
    return [layer.weights for layer in layers]


@pytest.mark.parametrize("of_rate", KNOWN, ids=lambda known: str(known[0]))
@pytest.mark.parametrize("of_other", KNOWN[:4], ids=lambda known: str(known[0]))
def test_each_step_has_the_shares_of_its_time(data, start, of_rate, of_other):
    net = network(start, schedule=of_rate[0], regularization_schedule=of_other[0]).fit(*data)
    assert_same(net.weights, trained_by_the_oracle(start, data, of_rate[1], of_other[1]), 1e-9)


def test_a_batch_of_all_rows_has_one_share_an_epoch(data, start):
    net = network(start, schedule="cosine", batch_size=1000).fit(*data)
    assert_same(net.weights, trained_by_the_oracle(start, data, cosine, WHOLE[0], 1000), 1e-9)


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_by_name(data, start, name):
    by_name = network(start, schedule=name, regularization_schedule=name).fit(*data)
    kind = SCHEDULES[name]()
    assert_same_bits(network(start, schedule=kind, regularization_schedule=kind).fit(*data).weights, by_name.weights)
    whole = network(start).fit(*data).weights[0].tobytes() == by_name.weights[0].tobytes()
    assert whole == (name == "fade")  # for 32 epochs


# ---- what is shared ----------------------------------------------------------------------------


def test_shares_are_products(data, start):
    """Bit for bit: halves are exact."""
    half = Part(0.5)
    plain = {"optimizer": "adam"}
    pairs = [
        ({"schedule": half}, {"learning_rate": 0.01}),
        ({"dropout": 0.5, "regularization_schedule": half, **plain}, {"dropout": 0.25, **plain}),
        ({"regularization_schedule": half}, {"optimizer": na.AdamW(weight_decay=0.125)}),
        ({"schedule": Part(1.0), "regularization_schedule": Part(1.0), "dropout": 0.3}, {"dropout": 0.3}),
        ({"regularization_schedule": Part(0.0), "dropout": 0.3}, {"optimizer": "adam"}),
    ]
    for scheduled, whole in pairs:
        fitted = [network(start, **settings).fit(*data) for settings in (scheduled, whole)]
        assert_same_bits(fitted[0].weights, fitted[1].weights)
        assert fitted[0].history_ == fitted[1].history_
    penalised = {"alpha": 0.3, "l1": 0.1, **plain}
    fitted = [network(start, **penalised, **more).fit(*data) for more in ({}, {"regularization_schedule": half})]
    assert_same_bits(fitted[0].weights, fitted[1].weights)


def test_no_rate_changes_nothing(data, start):
    net = network(start, schedule=Part(0.0)).fit(*data)
    assert_same_bits(net.weights, start[0])


def test_epochs_count_from_the_start_of_a_fit(data, start):
    net = network(start, schedule="cosine")
    first = net.fit(*data).weights
    assert_same_bits(net.fit(*data).weights, first)
    changed = network(start)
    changed.schedule = "cosine"
    assert_same_bits(changed.fit(*data).weights, first)


def test_partial_fit_has_the_whole_rate(data, start):
    fitted = [network(start, dropout=0.3, **more) for more in ({}, {"schedule": Part(0.1)})]
    fitted.append(network(start, dropout=0.3, regularization_schedule=Part(0.1)))
    for net in fitted:
        assert_same_bits(net.partial_fit(*data).partial_fit(*data).weights, fitted[0].weights)


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_no_bit(rng, threads):
    X = rng.normal(size=(3000, 40))
    layers = [na.Dense(150, dropout=0.2), na.Dense(1)]
    settings = {"schedule": "cosine", "regularization_schedule": "fade", "epochs": 2, "batch_size": 500}
    fitted = [na.Network(layers, random_state=0, n_threads=n, **settings).fit(X, X[:, 0]) for n in (1, threads)]
    assert_same_bits(fitted[0].weights, fitted[1].weights)


# ---- callbacks ---------------------------------------------------------------------------------


def test_a_schedule_gives_shares_of_the_rate_that_a_callback_sets(data, start):
    by_epoch = [na.callbacks.LearningRateSchedule(lambda epoch, r=r: r / (epoch + 1)) for r in (0.02, 0.01)]
    half = network(start, schedule=Part(0.5), callbacks=by_epoch[0]).fit(*data)
    assert_same_bits(network(start, callbacks=by_epoch[1]).fit(*data).weights, half.weights)
    assert half.learning_rate == 0.02


def test_the_history_has_the_rate_of_the_last_step(data, start):
    net = network(start, schedule="cosine").fit(*data, monitor_neurons=True)
    expected = [0.02 * cosine(epoch + 3 / 4) for epoch in range(EPOCHS)]
    np.testing.assert_allclose(net.history_["learning_rate"], expected, rtol=1e-9)


def test_a_callback_between_epochs_refuses_what_changes_within(data):
    for schedule in ("doubling_cycles", "fade", na.schedules.WarmUp(3, then="fade")):
        with pytest.raises(ValueError, match="changes within an epoch"):
            na.callbacks.LearningRateSchedule(schedule)


# ---- settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["schedule", "regularization_schedule"])
def test_what_is_refused(data, start, name):
    for wrong, words in ((3, f"{name} must be a Schedule object"), ("cosin", f"unknown {name} 'cosin'.*'cosine'")):
        with pytest.raises((TypeError, ValueError), match=words):
            network(start, **{name: wrong})
        with pytest.raises((TypeError, ValueError), match=words):
            setattr(network(start), name, wrong)
    words = rf"lbfgs does not support {name}=Cosine\(\), since it has no steps; use adam or sgd"
    with pytest.raises(ValueError, match=words):
        network(start, optimizer="lbfgs", **{name: "cosine"})
    net = network(start, optimizer="lbfgs")
    setattr(net, name, "cosine")
    with pytest.raises(ValueError, match=words):
        net.fit(*data)


def test_files_pickles_and_reprs_have_them(data, start, tmp_path):
    given = {"schedule": na.schedules.WarmUp(2, then="fade"), "regularization_schedule": na.schedules.Fade(1, 2)}
    net = network(start, **given).fit(*data)
    net.save(tmp_path / "net.safetensors")
    for again in (na.load(tmp_path / "net.safetensors"), pickle.loads(pickle.dumps(net))):
        assert {name: getattr(again, name) for name in given} == given
        assert_same_bits(again.fit(*data).weights, net.weights)
    text = "schedule=WarmUp(epochs=2, then=Fade()), regularization_schedule=Fade(whole=1.0, falling=2.0)"
    assert text in repr(net)
    assert "schedule" not in repr(network(start))


# ---- estimators --------------------------------------------------------------------------------


def regressor(start, **settings):
    default = {"hidden_layer_sizes": (5,), "activation": "tanh", "learning_rate_init": 0.02, "batch_size": BATCH}
    default |= {"max_iter": EPOCHS, "alpha": 0.0, "shuffle": False, "tol": 0, "n_iter_no_change": 100}
    return na.MLPRegressor(**{**default, "dtype": "float64", "init": start, **settings})


BY_STEP = [("doubling_cycles", SCHEDULES["doubling_cycles"]()), *[(known, known) for known, _ in KNOWN[1:3]]]


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize(("given", "schedule"), BY_STEP, ids=str)
def test_estimators_follow_from_step_to_step(data, start, given, schedule):
    model = regressor(start, learning_rate=given).fit(*data)
    net = network(start, schedule=schedule, optimizer="adam").fit(*data)
    assert_same_bits(model.coefs_, net.weights)
    parts = regressor(start, learning_rate=given)
    for _ in range(EPOCHS):
        parts = pickle.loads(pickle.dumps(parts.partial_fit(*data)))
    assert_same_bits(parts.coefs_, net.weights)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("name", ["cosine", "one_cycle", "warm_up"])
def test_estimators_follow_the_others_from_epoch_to_epoch(data, start, name):
    rates = [0.02 * SCHEDULES[name]().share(epoch, EPOCHS) for epoch in range(EPOCHS + 1)]
    by_hand = regressor(start, learning_rate=lambda epoch: rates[epoch]).fit(*data)
    assert_same_bits(regressor(start, learning_rate=name).fit(*data).coefs_, by_hand.coefs_)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_a_rate_that_a_callback_sets_holds_along_the_steps(data, start):
    def halve(net, epoch, logs):
        if epoch == 1:
            net.learning_rate = 0.01

    rates = []
    model = regressor(
        start,
        learning_rate=na.schedules.DoublingCycles(1.5),
        callbacks=[halve, lambda net, epoch, logs: rates.append(logs["learning_rate"])],
    ).fit(*data)
    whole = [0.02, 0.02, 0.01, 0.01]
    np.testing.assert_allclose(rates, [rate * waves(epoch + 3 / 4) for epoch, rate in enumerate(whole)], rtol=1e-9)
    assert model.network_.learning_rate == 0.01
