# SPDX-License-Identifier: BSD-3-Clause
"""Tabular estimators on a cluster: frames as they are, the same bits on every cluster."""

import pickle

import numpy as np
import pytest

dd = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")
pd = pytest.importorskip("pandas")

import neuract as na  # noqa: E402
from neuract.dask import DaskTabularClassifier, DaskTabularRegressor  # noqa: E402
from neuract.dask import _looks as looks_module  # noqa: E402
from neuract.data._source import Piece, hashes  # noqa: E402
from neuract.inputs._data import Data  # noqa: E402

QUICK = {"members": 2, "folds": 2, "max_iter": 3, "hidden_layer_sizes": (8,), "random_state": 0, "effort": "quick"}
ROWS, SAMPLE = 3000, 1000


@pytest.fixture(autouse=True)
def small_sample(monkeypatch):
    monkeypatch.setattr(looks_module, "SAMPLE_ROWS", SAMPLE)


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "size": random.normal(50, 10, ROWS),
            "town": random.choice(["Ulm", "Bonn", None], ROWS),
            "built": pd.Timestamp("2000-01-01") + pd.to_timedelta(random.integers(0, 9000, ROWS), unit="D"),
        }
    )
    X.loc[random.random(ROWS) < 0.1, "size"] = np.nan
    y = X["size"].fillna(50) + 10 * (X["town"] == "Ulm") + random.normal(0, 2, ROWS)
    return X, y.rename("price")


def collections(X, y, npartitions=6):
    return dd.from_pandas(X, npartitions=npartitions), dd.from_pandas(y, npartitions=npartitions)


def bits(model):
    return [array.tobytes() for network in model.networks_ for array in network.weights]


def test_the_bits_depend_on_the_shards_alone(four, threads, frame):
    X, y = collections(*frame)
    fits = [DaskTabularRegressor(client=client, n_shards=3, **QUICK).fit(X, y) for client in (four, threads)]
    assert bits(fits[0]) == bits(fits[1])
    assert bits(DaskTabularRegressor(client=threads, n_shards=2, **QUICK).fit(X, y)) != bits(fits[0])


def test_shards_learn_what_a_local_fit_learns(threads, frame):
    X, y = frame
    settings = {**QUICK, "max_iter": 20, "hidden_layer_sizes": (32,)}
    model = DaskTabularRegressor(client=threads, n_shards=2, **settings).fit(*collections(X, y))
    assert model.score(*collections(X, y)) == pytest.approx(
        na.TabularRegressor(**settings).fit(X, y).score(X, y), abs=0.03
    )
    assert model.feature_names_in_.tolist() == list(X.columns)


def test_the_out_of_fold_predictions_are_of_the_sample(threads, frame):
    X, y = frame
    model = DaskTabularRegressor(client=threads, n_shards=2, **QUICK).fit(*collections(X, y))
    rows = model.oof_rows_
    assert 0.8 * SAMPLE < len(rows) < 1.2 * SAMPLE
    assert len(model.oof_predictions_) == len(rows)
    errors = model.oof_predictions_ - y.to_numpy()[rows]
    assert np.corrcoef(model.oof_predictions_, y.to_numpy()[rows])[0, 1] > 0.5, errors.std()


def test_shards_have_the_rows_that_the_sample_has_not():
    """Else members would have seen what they leave out."""
    x = np.arange(3000.0)[:, np.newaxis]
    pieces = [Piece(x[at : at + 700], x[at : at + 700, 0], None, "here") for at in range(0, 3000, 700)]
    prepare = lambda X, y, weights: Data(X, y[:, np.newaxis], weights)  # noqa: E731
    limit = looks_module.limit_of(3000, 1)
    look = looks_module.looked(pieces, 0, limit, False)
    data = looks_module.matrix(prepare, 0, limit, pieces)
    assert sorted([*look.numbers, *data.x[:, 0].astype(int)]) == list(range(3000))
    np.testing.assert_array_equal(look.sample.X[:, 0], look.numbers)
    np.testing.assert_array_equal(data.targets, data.x)


def test_few_rows_are_fitted_as_a_frame_is(threads, frame):
    X, y = (each[:500] for each in frame)
    model = DaskTabularRegressor(client=threads, n_shards=2, **QUICK).fit(*collections(X, y))
    assert bits(model) == bits(na.TabularRegressor(**QUICK).fit(X, y.to_numpy()))


def test_a_label_that_the_sample_lacks_is_a_class(threads, frame):
    X, y = frame
    label = pd.Series(np.where(y > y.median(), "dear", "cheap"))
    label[2999 if hashes(2999, 1)[0] > 2**63 else 2998] = "free"
    model = DaskTabularClassifier(client=threads, n_shards=2, **QUICK).fit(*collections(X, label))
    assert model.classes_.tolist() == ["cheap", "dear", "free"]


def test_answers_are_lazy_frames(threads, frame):
    X, y = frame
    label = pd.Series(np.where(y > y.median(), "dear", "cheap"))
    lazy, labels = collections(X, label)
    model = DaskTabularClassifier(client=threads, n_shards=2, **QUICK).fit(lazy, labels)
    assert isinstance(model.predict(lazy), dd.Series)
    found = model.predict_proba(lazy)
    assert found.columns.tolist() == ["cheap", "dear"]
    local = model.to_local()
    np.testing.assert_array_equal(found.compute().to_numpy(), local.predict_proba(X))
    np.testing.assert_array_equal(model.predict(lazy).compute().to_numpy(), local.predict(X))
    assert bits(pickle.loads(pickle.dumps(model))) == bits(local)
    assert model.score(lazy, labels) == pytest.approx(local.score(X, label))


def test_intervals_are_lazy(threads, frame):
    X, y = collections(*frame)
    model = DaskTabularRegressor(client=threads, n_shards=2, **QUICK).fit(X, y)
    local = model.to_local()
    found = model.predict_interval(X, coverage=0.8).compute().to_numpy()
    np.testing.assert_array_equal(found, local.predict_interval(frame[0], coverage=0.8))
    assert model.predict_spread(X).compute().shape == (ROWS,)


def test_sample_weights_and_errors(threads, frame):
    X, y = frame
    weights = pd.Series(np.where(np.arange(ROWS) < 500, 0.0, 1.0))
    parts = [*collections(X, y), dd.from_pandas(weights, npartitions=6)]
    assert np.isfinite(DaskTabularRegressor(client=threads, n_shards=3, **QUICK).fit(*parts).oof_score_)
    bad = y.copy()
    bad[1200] = np.nan
    with pytest.raises(ValueError, match=r"partition 2: y contains NaN.*row 200"):
        DaskTabularRegressor(client=threads, n_shards=3, **QUICK).fit(*collections(X, bad))
