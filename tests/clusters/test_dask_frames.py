# SPDX-License-Identifier: BSD-3-Clause
"""Frames and arrays of Dask: lazy answers, the estimator's face, and errors that name the partition."""

import pickle
import subprocess
import sys
from copy import deepcopy

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError

da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")
pd = pytest.importorskip("pandas")
distributed = pytest.importorskip("distributed")

import neuract as na  # noqa: E402
from neuract.dask import DaskMLPClassifier, DaskMLPRegressor  # noqa: E402

QUICK = {"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def frame(rows):
    """X with an index without order, and y of text."""
    x, y, weights = rows
    index = np.random.default_rng(0).permutation(len(x))
    X = pd.DataFrame(x, columns=list("abcd"), index=index)
    X["b"] = (X["b"] > 0).astype("int32")
    return X, pd.Series(np.array(["no", "yes"])[y], index=index), pd.Series(weights, index=index)


def pieces(*data, size=150):
    """Returns the data as Dask collections with these partitions, in the order of the rows."""
    starts = range(0, len(data[0]), size)
    made = [
        dd.from_map(lambda start, of: of.iloc[start : start + size], starts, of=of, meta=of.iloc[:0]) for of in data
    ]
    return made if len(made) > 1 else made[0]


@pytest.fixture(scope="module")
def model(threads, frame):
    X, y, _ = frame
    return DaskMLPClassifier(client=threads, n_shards=1, shuffle=False, **QUICK).fit(*pieces(X, y))


# ---- frames --------------------------------------------------------------------------------------


def test_a_frame_learns_what_pandas_learns_whatever_its_index(model, frame):
    X, y, _ = frame
    local = na.MLPClassifier(shuffle=False, **QUICK).fit(X, y)
    assert all(np.array_equal(a, b) for a, b in zip(model.coefs_, local.coefs_, strict=True))
    assert model.feature_names_in_.tolist() == list("abcd")
    assert model.classes_.tolist() == ["no", "yes"]


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # Dask's, with pandas 3.1
def test_columns_of_one_parquet_frame_have_its_partitions(threads, frame, tmp_path):
    """Dask reads small files together where few columns are wanted."""
    pytest.importorskip("pyarrow")
    X, y, _ = frame
    for number, start in enumerate(range(0, len(X), 150)):
        part = X.assign(label=y)[start : start + 150]
        part.to_parquet(tmp_path / f"{number}.parquet", index=False)
    whole = dd.read_parquet(tmp_path)
    fitted = DaskMLPClassifier(client=threads, n_shards=4, **QUICK).fit(whole.drop(columns="label"), whole["label"])
    assert fitted.classes_.tolist() == ["no", "yes"]


def test_answers_to_a_frame_are_lazy_and_keep_the_index(model, frame):
    X, y, _ = frame
    answers, probabilities = model.predict(pieces(X)), model.predict_proba(pieces(X))
    assert isinstance(answers, dd.Series)
    assert isinstance(probabilities, dd.DataFrame)
    local, found = model.to_local(), answers.compute()
    assert found.index.tolist() == X.index.tolist()
    assert found.tolist() == local.predict(X).tolist()
    assert found.dtype == answers.dtype
    assert probabilities.columns.tolist() == ["no", "yes"]
    np.testing.assert_array_equal(probabilities.compute(), local.predict_proba(X))
    np.testing.assert_array_equal(model.predict_log_proba(pieces(X)).compute(), local.predict_log_proba(X))
    assert model.score(*pieces(X, y)) == pytest.approx(local.score(X, y))


def test_answers_to_an_array_have_its_chunks(threads, rows):
    x, y, _ = rows
    X, Y = da.from_array(x, chunks=(250, 3)), da.from_array(y, chunks=100)
    model = DaskMLPClassifier(client=threads, **QUICK).fit(X, Y)
    answers, probabilities = model.predict(X), model.predict_proba(X)
    assert answers.chunks == ((250, 250, 100),)
    assert probabilities.chunks == ((250, 250, 100), (2,))
    assert (answers.dtype, probabilities.dtype) == (y.dtype, np.float64)
    np.testing.assert_array_equal(probabilities.compute(), model.to_local().predict_proba(x))
    empty = da.concatenate([X.rechunk((250, -1)), da.zeros((0, 4))])
    assert model.predict(empty).compute().tolist() == answers.compute().tolist()


def test_answers_to_a_frame_by_a_regressor_with_several_outputs(threads, frame):
    X, _, weights = frame
    Y = pd.DataFrame({"first": X["a"] + X["b"], "second": X["c"]})
    model = DaskMLPRegressor(client=threads, **QUICK).fit(*pieces(X, Y, weights))
    found = model.predict(pieces(X)).compute()
    assert found.shape == (600, 2)
    assert found.index.tolist() == X.index.tolist()
    np.testing.assert_array_equal(found, model.to_local().predict(X))


def test_numbers_of_pandas_own_dtypes(threads, frame):
    X, y, _ = frame
    plain = DaskMLPClassifier(client=threads, **QUICK).fit(*pieces(X, y))
    nullable = X.astype({"a": "Float64", "b": "Int32"})
    model = DaskMLPClassifier(client=threads, **QUICK).fit(*pieces(nullable, y))
    assert all(np.array_equal(a, b) for a, b in zip(model.coefs_, plain.coefs_, strict=True))


def test_float32_stays_float32(threads, frame):
    X, y, _ = frame
    model = DaskMLPClassifier(client=threads, **QUICK).fit(*pieces(X.astype("float32"), y))
    assert model.network_.dtype == "float32"
    assert model.predict_proba(pieces(X.astype("float32"))).compute().dtypes.unique().tolist() == [np.float32]


# ---- the estimator's face ------------------------------------------------------------------------


def test_parameters_are_those_of_the_local_estimator_and_three_more():
    for kind, local in ((DaskMLPClassifier, na.MLPClassifier), (DaskMLPRegressor, na.MLPRegressor)):
        own = {"client": None, "n_shards": None, "local_steps": None}
        assert kind().get_params() == {**local().get_params(), **own}
        assert all(f"{name} :" in kind.__doc__ for name in own)
    assert repr(DaskMLPClassifier((3,), "tanh", n_shards=2)) == (
        "DaskMLPClassifier(activation='tanh', hidden_layer_sizes=(3,), n_shards=2)"
    )
    assert is_classifier(DaskMLPClassifier())
    assert is_regressor(DaskMLPRegressor())
    with pytest.raises(TypeError, match="lr"):
        DaskMLPClassifier(lr=1)


def test_copies_have_no_client(model, frame, tmp_path):
    X = frame[0]
    expected = model.to_local().predict_proba(X)
    for copied in (pickle.loads(pickle.dumps(model)), deepcopy(model)):
        assert copied.client is None
        np.testing.assert_array_equal(copied.to_local().predict_proba(X), expected)
    cloned = clone(model)
    assert cloned.client is None
    assert cloned.get_params() == {**model.get_params(), "client": None}
    with pytest.raises(NotFittedError):
        cloned.predict(pieces(X))
    model.save(tmp_path / "model.safetensors")
    loaded = na.load(tmp_path / "model.safetensors")
    assert type(loaded) is na.MLPClassifier
    np.testing.assert_array_equal(loaded.predict_proba(X), expected)


def test_to_local_is_a_copy(model):
    local = model.to_local()
    assert type(local) is na.MLPClassifier
    local.coefs_ = [np.zeros_like(weights) for weights in local.coefs_]
    assert model.coefs_[0].any()
    with pytest.raises(AttributeError, match="no attribute 'oops_'"):
        _ = model.oops_


def test_without_dask_the_error_says_what_to_install():
    script = "import sys; sys.modules['dask'] = None; import neuract.dask"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert 'pip install "neuract[dask]"' in done.stderr


# ---- errors --------------------------------------------------------------------------------------


def changed(frame, change):
    """Returns X and y as collections whose partition 2 is changed after the meta is settled."""
    X, y, _ = frame

    def part(start):
        x, labels = X.iloc[start : start + 150], y.iloc[start : start + 150]
        return change(x, labels) if start == 300 else (x, labels)

    starts = range(0, 600, 150)
    return [dd.from_map(lambda start, i=i: part(start)[i], starts, meta=of.iloc[:0]) for i, of in enumerate((X, y))]


def with_value(x, row, column, value):
    x = x.copy()
    x.iloc[row, column] = value
    return x


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda x, y: (x[["b", "a", "c", "d"]], y),
            r"in partition 2: X has the columns \['b', 'a', 'c', 'd'\], but the "
            r"whole frame has \['a', 'b', 'c', 'd'\], in this order",
        ),
        (
            lambda x, y: (x.astype({"c": "int64"}), y),
            "in partition 2: column 'c' has dtype int64, but the whole collection has floats there",
        ),
        (lambda x, y: (with_value(x, 5, 2, np.nan), y), "in partition 2: X contains NaN .first in row 5, column 'c'"),
        (lambda x, y: (with_value(x, 7, 0, np.inf), y), "in partition 2: X contains infinity .*row 7, column 'a'"),
        (lambda x, y: (x, y.where(np.arange(150) != 4)), "in partition 2: y has (nan|<NA>) in row 4"),
        (lambda x, y: (x, y.eq("yes").astype(int)), "in partition 2: y has NumPy's kind 'i' of dtype"),
        (lambda x, y: (x, y.iloc[1:]), "in partition 2: X has 150 rows, y 149"),
        (lambda x, y: (x.iloc[:0], y.iloc[:0]), r"shard 2 \(partition 2\) has no rows; lower n_shards"),
    ],
    ids=["order", "dtype", "nan", "infinity", "no label", "kind of y", "rows", "empty"],
)
def test_a_partition_unlike_the_others_is_named(threads, frame, change, message):
    with pytest.raises(ValueError, match=message):
        DaskMLPClassifier(client=threads, **QUICK).fit(*changed(frame, change))


def test_a_partition_without_rows_is_skipped_if_its_shard_has_others(threads, frame):
    model = DaskMLPClassifier(client=threads, n_shards=2, **QUICK)
    model.fit(*changed(frame, lambda x, y: (x.iloc[:0].astype(object), y.iloc[:0])))
    assert model.t_ == 450 * model.n_iter_
    assert model.score(*changed(frame, lambda x, y: (x.iloc[:0], y.iloc[:0]))) > 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_shards": 5}, "n_shards=5, but X has only 4 partitions"),
        ({"n_shards": 0}, "n_shards must be a whole number >= 1"),
        ({"local_steps": 0}, "local_steps must be a whole number >= 1"),
        ({"early_stopping": True}, "DaskMLPClassifier does not support early_stopping=True: no rows are held out"),
        ({"warm_start": True}, "does not support warm_start=True"),
        ({"monitor_neurons": True}, "does not support monitor_neurons=True"),
        ({"alpha": -1}, "alpha"),
    ],
    ids=str,
)
def test_parameters_that_a_fit_refuses(threads, frame, settings, message):
    X, y, _ = frame
    with pytest.raises(ValueError, match=message):
        DaskMLPClassifier(client=threads, **{**QUICK, **settings}).fit(*pieces(X, y))


def test_data_that_a_fit_refuses(threads, frame, rows):
    X, y, weights = frame
    model = DaskMLPClassifier(client=threads, **QUICK)
    with pytest.raises(TypeError, match="X must be a Dask Array or DataFrame, got DataFrame"):
        model.fit(X, y)
    with pytest.raises(TypeError, match="y must be a Dask collection as X is, got Series"):
        model.fit(pieces(X), y)
    with pytest.raises(ValueError, match="X has 4 partitions, but y has 6 and sample_weight none"):
        model.fit(pieces(X), pieces(y, size=100))
    with pytest.raises(ValueError, match=r"column 'e' has dtype .*; encode text and categories"):
        model.fit(pieces(X.assign(e="text")), pieces(y))
    with pytest.raises(ValueError, match="non-zero number, got only zeros"):
        model.fit(*pieces(X, y, 0 * weights))
    with pytest.raises(ValueError, match="in partition 0: sample_weight must be >= 0"):
        model.fit(*pieces(X, y, -weights))
    with pytest.raises(ValueError, match="X has 600 rows, y has 500"):
        model.fit(da.from_array(rows[0], chunks=100), da.from_array(rows[1][:500], chunks=100))
    with pytest.raises(ValueError, match="2 dimensions"):
        model.fit(da.ones(5), da.ones(5))


def test_without_a_client_the_error_says_how_to_make_one(frame):
    X, y, _ = frame
    with pytest.raises(ValueError, match=r"there is no Dask client: make one with distributed\.Client"):
        DaskMLPClassifier(**QUICK).fit(*pieces(X, y))
