# SPDX-License-Identifier: BSD-3-Clause
"""Dask estimators learn what the local ones learn, with the same bits on every cluster."""

import numpy as np
import pytest

da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

import neuract as na  # noqa: E402
from neuract.dask import DaskMLPClassifier, DaskMLPRegressor  # noqa: E402
from neuract.dask import _rounds as rounds_module  # noqa: E402
from neuract.dask._fitting import WARM_ROUNDS, Rounds  # noqa: E402
from neuract.dask._rounds import Recipe, Turn, read, trained  # noqa: E402
from neuract.inputs._data import Data  # noqa: E402

QUICK = {"hidden_layer_sizes": (8,), "max_iter": 3, "random_state": 0, "batch_size": 32}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def split(*arrays, chunk=50):
    return [da.from_array(array, chunks=(chunk, *array.shape[1:])) for array in arrays]


def parameters(model):
    return [*model.coefs_, *model.intercepts_]


def same(model, other):
    return all(np.array_equal(a, b) for a, b in zip(parameters(model), parameters(other), strict=True))


# ---- the same bits -------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{}, {"solver": "sgd", "local_steps": 2, "dropout": 0.2}, {"solver": "lbfgs"}])
def test_the_bits_depend_neither_on_workers_nor_on_where_the_partitions_lie(four, two, threads, rows, settings):
    X, y, weights = split(*rows)
    model = DaskMLPClassifier(**QUICK, **settings, n_shards=5)

    def fitted(client, workers=None):
        placed = client.persist([X, y, weights], workers=workers) if workers else (X, y, weights)
        return model.set_params(client=client).fit(*placed).to_local()

    of_threads = fitted(threads)
    four.wait_for_workers(4)  # another test may have killed one
    assert same(fitted(two), of_threads)
    addresses = list(four.scheduler_info()["workers"])
    assert len(addresses) == 4
    for workers in (None, addresses[:1], addresses[2:]):
        assert same(fitted(four, workers), of_threads)


def test_the_bits_depend_on_shards_but_not_on_partitions(threads, rows):
    x, y, _ = rows
    fits = [
        DaskMLPClassifier(client=threads, n_shards=n, **QUICK).fit(*split(x, y, chunk=chunk))
        for n, chunk in ((2, 50), (2, 300), (3, 50))
    ]
    assert same(fits[0], fits[1])
    assert not same(fits[0], fits[2])


def test_a_worker_uses_all_its_threads_and_the_bits_are_the_same(threads, rows):
    x, y, _ = rows
    fits = [DaskMLPClassifier(client=threads, n_jobs=n, **QUICK).fit(*split(x, y)) for n in (None, 1)]
    assert same(*fits)
    assert threads.submit(rounds_module._threads_of_worker).result() == 2


# ---- what the local estimator learns -------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"solver": "sgd", "learning_rate": "invscaling", "max_iter": 6},
        {
            "solver": "sgd",
            "learning_rate": "adaptive",
            "momentum": 0.5,
            "tol": 1.0,
            "n_iter_no_change": 1,
            "max_iter": 9,
        },
        {"learning_rate": "doubling_cycles", "max_iter": 5},
        {"dtype": "float32", "l1": 0.01, "max_grad_norm": 0.1, "weight_decay": 0.1},
        {"class_weight": "balanced"},
        {"class_weight": {0: 3.0, 1: 0.5}},
        {"loss": "focal", "activation": na.PReLU(), "batch_size": "auto"},
        {"tol": 10.0, "n_iter_no_change": 1, "max_iter": 20},
    ],
    ids=str,
)
def test_one_shard_in_order_learns_the_local_model_bit_for_bit(threads, rows, settings):
    x, y, weights = rows
    settings = {**QUICK, "shuffle": False, **settings}
    local = na.MLPClassifier(**settings).fit(x, y, weights)
    model = DaskMLPClassifier(client=threads, n_shards=1, **settings).fit(*split(x, y, weights))
    assert same(model, local)
    for name in ("loss_curve_", "n_iter_", "best_loss_", "t_", "n_features_in_", "n_outputs_", "out_activation_"):
        assert getattr(model, name) == getattr(local, name)
    assert model.score(*split(x, y)) == pytest.approx(local.score(x, y))


def test_the_optimizer_goes_on_after_to_local(threads, rows):
    x, y, _ = rows
    local = na.MLPClassifier(shuffle=False, **QUICK).fit(x, y)
    model = DaskMLPClassifier(client=threads, n_shards=1, shuffle=False, **QUICK).fit(*split(x, y)).to_local()
    assert same(model.partial_fit(x, y), local.partial_fit(x, y))


def test_lbfgs_finds_the_local_model_to_rounding(threads, rows):
    x, y, weights = rows
    settings = {**QUICK, "solver": "lbfgs", "max_iter": 8, "alpha": 0.1}
    local = na.MLPClassifier(**settings).fit(x, y, weights)
    model = DaskMLPClassifier(client=threads, n_shards=7, **settings).fit(*split(x, y, weights))
    assert model.loss_ == pytest.approx(local.loss_, rel=1e-12)
    assert model.n_iter_ == local.n_iter_
    for a, b in zip(parameters(model), parameters(local), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-9)


def test_shards_learn_together(threads, rows):
    x, y, _ = rows
    settings = {**QUICK, "max_iter": 50, "learning_rate_init": 0.05}
    local = na.MLPClassifier(**settings).fit(x, y)
    model = DaskMLPClassifier(client=threads, n_shards=4, **settings).fit(*split(x, y))
    assert model.score(*split(x, y)) > local.score(x, y) - 0.03 > 0.9


def test_a_regressor_with_several_outputs(threads, rows):
    x, _, weights = rows
    y = np.stack([x[:, 0] + x[:, 1], np.sin(x[:, 2])], axis=1)
    settings = {**QUICK, "shuffle": False}
    local = na.MLPRegressor(**settings).fit(x, y, weights)
    model = DaskMLPRegressor(client=threads, n_shards=1, **settings).fit(*split(x, y, weights))
    assert same(model, local)
    X, Y, W = split(x, y, weights)
    np.testing.assert_array_equal(model.predict(X).compute(), local.predict(x))
    assert model.score(X, Y, W) == pytest.approx(local.score(x, y, weights))


@pytest.mark.parametrize("kind", [DaskMLPClassifier, DaskMLPRegressor])
def test_a_score_brings_no_rows_to_the_client(threads, rows, kind, monkeypatch):
    X, y, weights = split(*rows)
    model = kind(client=threads, **QUICK).fit(X, y)
    gather, sizes = threads.gather, []

    def watched(self, futures):
        found = gather(futures)
        sizes.extend(len(part) for part in found)
        return found

    monkeypatch.setattr(type(threads), "gather", watched)
    monkeypatch.setattr(type(X), "__array__", None)
    assert model.score(X, y, weights) == pytest.approx(model.to_local().score(*rows))
    assert max(sizes) <= 4 < len(sizes)


def test_text_labels_that_no_partition_has_all_of(threads, rows):
    x = rows[0]
    labels = np.array(["low", "middle", "high"])[np.arange(600) // 200]
    model = DaskMLPClassifier(client=threads, n_shards=6, **QUICK).fit(*split(x, labels))
    assert model.classes_.tolist() == ["high", "low", "middle"]
    assert set(model.predict(split(x)[0]).compute()) <= set(labels)


def test_several_labels_a_row(threads, rows):
    x = rows[0]
    labels = (x[:, :3] > 0).astype(int)
    settings = {**QUICK, "shuffle": False}
    local = na.MLPClassifier(**settings).fit(x, labels)
    model = DaskMLPClassifier(client=threads, n_shards=1, **settings).fit(*split(x, labels))
    assert same(model, local)
    np.testing.assert_array_equal(model.predict(split(x)[0]).compute(), local.predict(x))


def test_missing_zero_counts_nan_as_0(threads, rows):
    x, y, _ = rows
    x = x.copy()
    x[3, 2] = np.nan
    settings = {**QUICK, "missing": "zero", "shuffle": False}
    model = DaskMLPClassifier(client=threads, n_shards=1, **settings).fit(*split(x, y))
    assert same(model, na.MLPClassifier(**settings).fit(x, y))


# ---- rounds --------------------------------------------------------------------------------------


class Averaged:
    """Stands in for a cluster of two shards: remembers the turns."""

    n_shards = 2

    def __init__(self, state):
        self.turns, self.rates, self._state = [], [], state

    def mean(self, work, arguments, state, dtype):
        self.turns.append((arguments[1].epoch, arguments[1].first, arguments[1].last))
        self.rates.append(arguments[1].rate)
        return rounds_module.Part(self._state.vector, 1.0, 0.5, 0.0, 7)


@pytest.mark.parametrize(
    ("local_steps", "n_shards", "ends"),
    [(None, 2, [*range(1, 11), 15, 15]), (4, 2, [*range(1, 11), 14, 15, 4, 8, 12, 15]), (None, 1, [15, 15])],
)
def test_the_first_rounds_have_one_step_then_local_steps(rows, local_steps, n_shards, ends):
    session, recipe, _ = fixed(rows)
    cluster = Averaged(read(session, recipe.settings.optimizer))
    cluster.n_shards = n_shards
    ended, made = [], Rounds(cluster, recipe, session, local_steps, [150, 148])
    made.run(0.1, ended, 2, None)
    assert WARM_ROUNDS == 10
    assert [last for _, _, last in cluster.turns] == ends
    assert len(ended) == 2
    assert session.trainer.steps == 7


@pytest.mark.parametrize(("n_shards", "rate"), [(1, 0.5), (4, 2.0), (100, 8.0)])
def test_the_rate_grows_with_the_shards_up_to_16_times(rows, n_shards, rate):
    session, recipe, _ = fixed(rows)
    cluster = Averaged(read(session, recipe.settings.optimizer))
    cluster.n_shards = n_shards
    Rounds(cluster, recipe, session, None, [150]).run(0.5, [], 1, None)
    assert set(cluster.rates) == {rate}


def fixed(rows):
    x, y, _ = rows
    local = na.MLPClassifier(hidden_layer_sizes=(3,), batch_size=10, max_iter=1).fit(x, y)
    network = local.network_
    recipe = Recipe(network.layers, network._learner.settings, network.dtype, 10, True, 5)
    return network._learner.session, recipe, Data(x[:150], y[:150, None].astype(float), None)


def test_the_rounds_of_an_epoch_are_the_epoch(rows, monkeypatch):
    session, recipe, data = fixed(rows)
    start = read(session, recipe.settings.optimizer)
    whole = trained(recipe, Turn(0, 0, 15, 15, 0.01, None), 0, data, start)
    monkeypatch.setattr(rounds_module, "ROWS_AT_ONCE", 30)
    assert np.array_equal(whole.vector, trained(recipe, Turn(0, 0, 15, 15, 0.01, None), 0, data, start).vector)
    state, loss = start, 0.0
    for first, last in ((0, 1), (1, 8), (8, 15)):
        part = trained(recipe, Turn(0, first, last, 15, 0.01, None), 0, data, state)
        state, loss = rounds_module.State(part.vector, part.steps), loss + part.loss
    assert np.array_equal(whole.vector, state.vector)
    assert loss == pytest.approx(whole.loss)
    assert whole.weight == 150


def test_each_shard_and_epoch_has_an_order_of_its_own(rows):
    _, recipe, _ = fixed(rows)
    orders = {tuple(recipe.order(20, shard, epoch)) for shard in (0, 1) for epoch in (0, 1)}
    assert len(orders) == 4
    assert all(sorted(order) == list(range(20)) for order in orders)
    assert tuple(recipe.order(20, 1, 1)) in orders


def test_the_mean_weighs_by_rows():
    parts = [rounds_module.Part(np.full(2, value, "f4"), weight, 0.0, 0.0, 3) for value, weight in ((1, 10), (4, 20))]
    mean = rounds_module.mean(rounds_module.summed(parts), "float32")
    assert mean.vector.dtype == np.float32
    assert mean.vector.tolist() == [3.0, 3.0]
    assert mean.weight == 30
