# SPDX-License-Identifier: BSD-3-Clause
"""Permutation importances: what predict says of shuffled copies of X, column by column of the user's frame."""

import warnings

import numpy as np
import pytest
from scipy import sparse

import neuract as na
from neuract.inspection import _importance

pd = pytest.importorskip("pandas")
inspection = pytest.importorskip("sklearn.inspection")

ROWS = 150
QUICK = {"effort": "quick", "max_iter": 4, "random_state": 0}


def drawn(columns=5, rows=ROWS, dtype="float64"):
    return np.random.default_rng(3).normal(size=(rows, columns)).astype(dtype)


def frame(rows=ROWS):
    rng = np.random.default_rng(1)
    days = pd.Timestamp("2023-05-01") + pd.to_timedelta(rng.integers(0, 800, rows), unit="D")
    numbers = np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows))
    town = rng.choice(["Ulm", "Bonn", "Köln", None], rows)
    return pd.DataFrame({"size": numbers, "town": town, "same": 1.0, "when": days, "noise": rng.normal(size=rows)})


def quietly(model, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(X, y)


def network(dtype, layers, **settings):
    X, rng = drawn(), np.random.default_rng(7)
    net = na.Network(layers, dtype=dtype, epochs=1, random_state=0, **settings).fit(X, rng.normal(size=ROWS))
    return net, X, net.predict(X)[:, 0] + 0.1 * rng.normal(size=ROWS)


def inputs():
    return [
        na.Periodic([0, 3], frequencies=4, size=3),
        na.Numbers([1, 3]),
        na.PiecewiseLinear(0, edges=[-2, -1, 0, 1, 2]),
        na.Scale(),
    ]


def regressors():
    X = drawn()
    y = X[:, 0] - X[:, 1] ** 2
    yield (
        "MLP",
        quietly(na.MLPRegressor(hidden_layer_sizes=(20,), max_iter=20, dtype="float64", random_state=0), X, y),
        X,
        y,
    )
    yield "quantiles", quietly(na.MLPRegressor(na.Quantile([0.1, 0.9]), max_iter=5, random_state=0), X, y), X, y
    table = frame()
    y = table["size"].fillna(0) + (table["town"] == "Ulm") + table["when"].dt.month / 6
    yield "tabular", quietly(na.TabularRegressor(**QUICK), table, y), table, y


def classifiers():
    X = drawn()
    labels = np.where(X[:, 0] > 0.5, "high", np.where(X[:, 1] > 0, "middle", "low"))
    several = (X[:, :2] > 0).astype(int)
    for name, y in {"three": labels, "two": labels == "high", "several": several}.items():
        yield name, quietly(na.MLPClassifier((20,), max_iter=20, random_state=0), X, y), X, y
    table = frame()
    y = np.where(table["town"] == "Ulm", "a", "b")
    yield "tabular", quietly(na.TabularClassifier(**QUICK), table, y), table, y


def networks():
    layers = [na.Dense(17, "tanh"), na.Dense(9, threshold=0.05), na.Dense(1)]
    for dtype in ("float32", "float64"):
        yield dtype, *network(dtype, layers)
    yield "one layer", *network("float64", [na.Dense(1)])
    yield "inputs", *network("float32", layers, inputs=inputs())


MODELS = {f"{of.__name__} {name}": rest for of in (regressors, classifiers, networks) for name, *rest in of()}


def orders_of(seed, repeats, rows=ROWS):
    random = np.random.default_rng(seed)
    return [random.permutation(rows) for _ in range(repeats)]


def with_shuffled(X, column, order):
    copied = X.copy()
    if isinstance(X, np.ndarray):
        copied[:, column] = X[order, column]
    else:
        copied.isetitem(column, X.iloc[order, column].reset_index(drop=True))
    return copied


@pytest.mark.parametrize("name", MODELS)
def test_importances_are_those_of_shuffled_copies(name):
    model, X, y = MODELS[name]
    found = na.importance(model, X, y, repeats=3, random_state=5)
    assert found.base_score == pytest.approx(model.score(X, y), abs=1e-6)
    for column in range(X.shape[1]):
        for repeat, order in enumerate(orders_of(5, 3)):
            lost = model.score(X, y) - model.score(with_shuffled(X, column, order), y)
            assert found.values[column, repeat] == pytest.approx(lost, abs=2e-5)


@pytest.mark.parametrize("name", ["networks float64", "networks inputs", "classifiers three", "regressors tabular"])
def test_the_outputs_are_those_of_shuffled_copies(name):
    """To rounding: the first layer adds up the columns in another order."""
    model, X, _ = MODELS[name]
    x, members = model._rows(X), model._members()
    columns = _importance._columns_of(model, X, x.shape[1])[1]
    orders = np.array(orders_of(2, 2), np.uint32)
    size = np.finfo(x.dtype).eps * 100
    for column, repeat, outputs in _importance._shuffled(members, x, columns, orders, 1):
        shuffled = x.copy()
        shuffled[:, columns == column] = x[orders[repeat]][:, columns == column]
        wanted = members.predict(shuffled, 1)
        np.testing.assert_allclose(outputs, wanted, rtol=size, atol=size * np.abs(wanted).max())


def test_a_huge_number_leaves_nothing_behind_where_it_is_shuffled_away():
    """A sum from which the old number was taken back would have lost all others."""
    X = drawn(dtype="float32")
    X[0, 2] = 1e30
    net = na.Network([na.Dense(1)]).set_parameters([np.ones((5, 1))])
    order = np.roll(np.arange(ROWS, dtype=np.uint32), 1)[np.newaxis]
    y = net._known().predict_shuffled(X, 5, np.arange(5), order, 1)
    np.testing.assert_allclose(y[2, 0, 0], X[0, [0, 1, 3, 4]].sum() + X[-1, 2], rtol=1e-5)


@pytest.mark.parametrize("limit", [1, 700, 4000])
def test_little_memory_changes_no_importance(limit, monkeypatch):
    model, X, y = MODELS["regressors tabular"]
    wanted = na.importance(model, X, y, repeats=3, random_state=0)
    monkeypatch.setattr(_importance, "MOST_AT_ONCE", limit)
    found = na.importance(model, X, y, repeats=3, random_state=0)
    np.testing.assert_allclose(found.values, wanted.values, atol=1e-6)


@pytest.mark.parametrize("rows", [2, 3, 15, 16, 17, 33])
def test_few_rows(rows):
    X = drawn(rows=rows)
    net = na.Network([na.Dense(3, "linear"), na.Dense(1, "linear")], dtype="float64")
    net.set_parameters([np.arange(15.0).reshape(5, 3), [[1.0], [2.0], [-1.0]]])
    found = na.importance(net, X, net.predict(X), repeats=2, random_state=1)
    for column in range(5):
        for repeat, order in enumerate(orders_of(1, 2, rows)):
            lost = 1 - net.score(with_shuffled(X, column, order), net.predict(X))
            assert found.values[column, repeat] == pytest.approx(lost, abs=1e-9)


def test_noise_is_worth_nothing_and_unused_columns_exactly_nothing():
    model, X, y = MODELS["regressors tabular"]
    found = dict(zip(X.columns, na.importance(model, X, y, random_state=0).mean, strict=True))
    assert found["same"] == 0
    assert abs(found["noise"]) < 0.1 < found["size"]
    net, X, y = MODELS["networks inputs"]
    values = na.importance(net, X, y).values
    assert not values[[2, 4]].any()
    assert values[[0, 1, 3]].all()


@pytest.mark.parametrize("scoring", [None, "neg_mean_squared_error", "neg_max_error"])
def test_scikit_learn_agrees_on_the_same_orders(scoring, monkeypatch):
    """scikit-learn, too, shuffles all columns in the same orders; each is a shuffle of the one before."""
    from sklearn.utils import check_random_state

    model, X, y = MODELS["regressors MLP"]
    wanted = inspection.permutation_importance(model, X, y, n_repeats=4, random_state=0, scoring=scoring)
    random = np.random.RandomState(check_random_state(0).randint(np.iinfo(np.int32).max + 1))
    order, shuffle, orders = np.arange(ROWS), np.arange(ROWS), []
    for _ in range(4):
        random.shuffle(shuffle)
        order = order[shuffle]
        orders.append(order)
    monkeypatch.setattr(_importance, "_orders", lambda *given: np.array(orders, np.uint32))
    found = na.importance(model, X, y, repeats=4, scoring=scoring)
    np.testing.assert_allclose(found.values, wanted.importances, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.std, wanted.importances_std, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("scoring", ["roc_auc", "neg_log_loss", "f1"])
def test_scorers_of_probabilities(scoring):
    from sklearn.metrics import get_scorer

    model, X, y = MODELS["classifiers two"]
    found, scorer = na.importance(model, X, y, repeats=2, scoring=scoring, random_state=5), get_scorer(scoring)
    for repeat, order in enumerate(orders_of(5, 2)):
        lost = scorer(model, X, y) - scorer(model, with_shuffled(X, 0, order), y)
        assert found.values[0, repeat] == pytest.approx(lost, abs=1e-6)
    assert found.scoring == scoring


def test_a_function_scores_the_answers_and_cannot_ask_for_others():
    model, X, y = MODELS["classifiers three"]

    def share_of_high(model, X, y):
        return float((model.predict(X) == "high").mean())

    found = na.importance(model, X, y, scoring=share_of_high)
    assert found.scoring == "share_of_high"
    assert found.base_score == share_of_high(model, X, y)
    for ask in (lambda m, X, y: m.score(X, y), lambda m, X, y: m.predict_log_proba(X).sum()):
        with pytest.raises(AttributeError, match="has predict and predict_proba of the model, but not"):
            na.importance(model, X, y, scoring=ask)
    net, X, y = MODELS["networks float64"]
    assert na.importance(net, X, y, scoring=lambda m, X, y: m.predict(X).shape[1]).base_score == 1


@pytest.mark.parametrize("name", ["networks float32", "regressors tabular"])
def test_neither_threads_nor_anything_else_changes_a_bit(name, monkeypatch):
    model, X, y = MODELS[name]
    first, again, state = (
        na.importance(model, X, y, random_state=seed).values for seed in (1, 1, np.random.RandomState(1))
    )
    monkeypatch.setattr("neuract.threading._count._n_threads", 4)
    monkeypatch.setattr("neuract.layers._parameters.threads_of", lambda n: 4)
    threads = na.importance(model, X, y, random_state=1).values
    assert (first == again).all()
    assert (first == threads).all()
    assert (first != state).any()


def test_many_rows_on_many_threads():
    X = drawn(4, 5000)
    net = na.Network([na.Dense(64), na.Dense(64), na.Dense(2)], random_state=0, epochs=1).fit(X, X[:, :2])
    orders = np.array(orders_of(0, 3, 5000), np.uint32)
    one, four = (net._known().predict_shuffled(net._rows(X), 4, np.arange(4), orders, n) for n in (1, 4))
    assert (one == four).all()


def test_table_names_and_picture():
    model, X, y = MODELS["regressors tabular"]
    found = na.importance(model, X, y, random_state=0)
    lines = str(found).splitlines()
    assert found.names == tuple(X.columns)
    assert lines[1].split()[0] == found.names[found.order[0]]
    assert [float(line.split()[1]) for line in lines[1:6]] == sorted(map(float, [f"{m:.3g}" for m in found.mean]))[::-1]
    assert lines[-1].endswith("mean and standard deviation of 5 repeats on 150 rows")
    html = found._repr_html_()
    assert html.count("<tr>") == 6
    assert list(found.to_frame()["column"]) == [found.names[k] for k in found.order]
    assert na.importance(*MODELS["classifiers two"]).names == ("x0", "x1", "x2", "x3", "x4")


def test_a_long_table_ends_and_html_escapes_names():
    X = drawn(60)
    net = na.Network([na.Dense(1, "linear")]).set_parameters([np.ones((60, 1))])
    table = pd.DataFrame(X, columns=["<b>", *map(str, range(59))])
    X[:, 0] *= 9
    found = na.importance(net, table.assign(**{"<b>": X[:, 0]}), X.sum(axis=1), repeats=1)
    assert "<td>&lt;b&gt;</td>" in found._repr_html_()
    assert "and 10 columns of less importance" in str(found)
    assert "one repeat" in str(found)


def test_picture_shows_the_first_columns_in_order():
    pytest.importorskip("matplotlib").use("agg")
    import matplotlib.pyplot as plt

    model, X, y = MODELS["regressors tabular"]
    found = na.importance(model, X, y, random_state=0)
    display = found.plot(max_columns=3)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == [found.names[k] for k in found.order[:3]]
    assert "the first 3 of 5 columns" in display.ax_.get_title()
    bars = [bar.get_width() for bar in display.ax_.patches]
    assert bars == sorted(found.mean.tolist())[::-1][:3]
    again = na.plotting.ImportanceDisplay.from_estimator(model, X, y, random_state=0, max_columns=3)
    assert [bar.get_width() for bar in again.ax_.patches] == bars
    plt.close("all")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"y": np.zeros(10)}, ValueError, "150, 10"),
        ({"X": sparse.csr_array(drawn())}, ValueError, "X is sparse"),
        ({"X": na.data.Arrays(drawn(), np.zeros(ROWS))}, TypeError, "is a source of neuract.data"),
        ({"X": drawn()[:1], "y": [0.0]}, ValueError, "two rows or more"),
        ({"X": drawn(4)}, ValueError, "5 features"),
        ({"scoring": "accurate"}, ValueError, "'accurate' is not a valid scoring value"),
        ({"scoring": 3}, TypeError, "scoring must be None"),
        ({"repeats": 0}, ValueError, "repeats must be"),
        ({"random_state": -1}, ValueError, "random_state must be"),
        ({"model": "net"}, TypeError, "importance takes a Network"),
        ({"model": na.MLPRegressor()}, ValueError, "not fitted"),
    ],
)
def test_errors_in_the_users_words(change, error, words):
    model, X, y = MODELS["regressors MLP"]
    with pytest.raises(error, match=words):
        na.importance(**{"model": model, "X": X, "y": y} | change)


def test_the_core_checks_what_it_gets():
    net, X, _ = MODELS["networks float64"]
    known, order = net._known(), np.arange(ROWS, dtype=np.uint32)[np.newaxis]
    wrong = [(4, np.arange(5) + 1, order), (5, np.arange(5) - 1, order), (5, np.arange(5), order + 1)]
    for n_sets, sets, orders in wrong:
        with pytest.raises(ValueError, match=r"out of range|not there"):
            known.predict_shuffled(X, n_sets, sets, orders, 1)
    with pytest.raises(ValueError, match="sparse"):
        known.core.predict_shuffled(ROWS, net._rows(sparse.csr_array(X)), 5, np.arange(5), order, np.empty(0), 1)
