# SPDX-License-Identifier: BSD-3-Clause
"""Sparse X: the bits of X.toarray() in every format; never made dense, never changed; invalid ones refused."""

import pickle
import subprocess
import sys
import warnings
from functools import partial
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import neuract as na
from oracle.comparisons import assert_same_bits
from oracle.twins import parameters

FORMATS = ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"]
KINDS = [f"{name}_{kind}" for name in FORMATS for kind in ("matrix", "array")]


def random_rows(rows, features, density, dtype="float64", seed=0):
    """Dense, with zeros."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random((rows, features)) < density, rng.standard_normal((rows, features)), 0).astype(dtype)


def stored(X, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sparse.SparseEfficiencyWarning)  # of many diagonals
        return getattr(sparse, kind)(X)


def network(*units, **changed):
    hidden = [na.Dense(n, f) for n, f in zip(units, ("relu", "tanh"), strict=False)]
    settings = {"random_state": 0, "epochs": 2, "batch_size": 32}
    return na.Network([*hidden, na.Dense(2, "linear")], **settings | changed)


def targets(rows, seed=1):
    return np.random.default_rng(seed).standard_normal((rows, 2))


def assert_asked_alike(ours, expected, S, X, y, weight=None):
    """Two networks of the same parameters: one gets sparse rows, the other the same rows dense."""
    assert_same_bits([ours.predict(S)], [expected.predict(X)])
    assert_same_bits(ours.forward(S), expected.forward(X))
    assert_same_bits(ours.fired(S), expected.fired(X))
    assert_same_bits(parameters(ours.gradients(S, y, weight)), parameters(expected.gradients(X, y, weight)))
    assert ours.loss(S, y, weight) == expected.loss(X, y, weight)


def assert_alike(S, X=None, **changed):
    """Networks trained on S and applied to S have the bits of networks with X instead."""
    X = S.toarray() if X is None else X
    y = targets(X.shape[0])
    ours, expected = network(20, **changed).fit(S, y), network(20, **changed).fit(X, y)
    assert_same_bits(parameters(ours), parameters(expected))
    assert ours.history_ == expected.history_
    assert_asked_alike(ours, expected, S, X, y)


# ---- the same bits -----------------------------------------------------------------------------


@st.composite
def cases(draw):
    number = lambda low, high: draw(st.integers(low, high))  # noqa: E731
    X = random_rows(number(1, 70), number(1, 70), draw(st.sampled_from([0, 0.02, 0.3, 1])), seed=number(0, 99))
    X[:, draw(st.lists(st.integers(0, X.shape[1] - 1)))] = 0
    return X, {
        "units": [number(1, 70) for _ in range(number(0, 2))],
        "dtype": draw(st.sampled_from(["float32", "float64"])),
        "n_threads": number(1, 2),
        "batch_size": number(1, 80),
        "optimizer": draw(st.sampled_from(["sgd", "adam", "adamw"])),
        "shuffle": draw(st.booleans()),
        "alpha": draw(st.sampled_from([0, 0.1])),
    }


@settings(deadline=None, max_examples=150)
@given(cases(), st.sampled_from(KINDS), st.booleans())
def test_random_shapes(case, kind, weighted):
    X, changed = case[0], dict(case[1])
    units, y = changed.pop("units"), targets(len(X))
    weight = np.random.default_rng(2).uniform(0.5, 2, len(X)) if weighted else None
    S = stored(X, kind)
    ours, expected = (network(*units, **changed).fit(x, y, weight) for x in (S, X))
    assert_same_bits(parameters(ours), parameters(expected))
    assert_same_bits(parameters(ours.partial_fit(S, y, weight)), parameters(expected.partial_fit(X, y, weight)))
    assert_asked_alike(ours, expected, S, X, y, weight)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("units", [3, 100])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_enough_work_for_threads_and_batches_of_several_chunks(dtype, units, n_threads):
    X, y = random_rows(2100, 800, 0.02, dtype), targets(2100)
    settings = {"batch_size": 2050, "epochs": 3, "dtype": dtype, "optimizer": "adam"}
    ours = network(units, 5, n_threads=n_threads, **settings).fit(sparse.csr_array(X), y)
    expected = network(units, 5, n_threads=1, **settings).fit(X, y)
    assert_same_bits(parameters(ours), parameters(expected))
    assert_asked_alike(ours, expected, sparse.csr_array(X), X, y)


def test_dropout_thresholds_and_learned_slopes():
    X, y = random_rows(300, 40, 0.1), targets(300)
    layers = [na.Dense(33, na.PReLU(), threshold=0.1, dropout=0.3), na.Dense(2, "linear")]
    ours, expected = (na.Network(layers, random_state=0, epochs=3).fit(x, y) for x in (sparse.csr_matrix(X), X))
    assert_same_bits(parameters(ours), parameters(expected))


def test_lbfgs():
    X = random_rows(90, 20, 0.2)
    assert_alike(sparse.csr_array(X), optimizer="lbfgs", dtype="float64", epochs=20)


def test_one_network_may_see_both_in_turn():
    """Each partial_fit has the memory for its inputs, more or fewer than in the last call."""
    y = targets(64)
    ours, expected = network(20), network(20)
    for density in (0.1, 0.9, 0.0, 0.5):
        X = random_rows(64, 30, density)
        for S in (sparse.csr_array(X), X):
            assert_same_bits(parameters(ours.partial_fit(S, y)), parameters(expected.partial_fit(X, y)))


def test_few_rows_have_the_bits_of_many():
    S = sparse.csr_array(random_rows(100, 50, 0.1))
    net = network(70, 20).fit(S, targets(100))
    for rows in (1, 2, 3, 4, 17):
        for at in range(0, 100 - rows, 7):
            assert_same_bits([net.predict(S[at : at + rows])], [net.predict(S)[at : at + rows]])


def test_negative_zeros():
    """Adding a zero with a positive weight turns a sum of only a bias of -0 into +0."""
    X = random_rows(40, 9, 0.1)
    net = na.Network([na.Dense(7, "linear")])
    weights = np.random.default_rng(0).standard_normal((9, 7)) - 1
    weights[:, 0] = -1
    net.set_parameters([weights], [np.full(7, -0.0)])
    expected = net.predict(X)
    assert np.signbit(expected[expected == 0]).any()
    assert_same_bits([net.predict(sparse.csr_array(X)), net.predict(sparse.csr_array(X[:1]))], [expected, expected[:1]])
    assert_same_bits(net.forward(sparse.csr_array(X)), [expected])


def test_a_training_that_diverges_is_undone_alike():
    X, y = random_rows(60, 20, 0.2), targets(60)
    for x in (sparse.csr_array(X), X):
        net = network(8).fit(x, y)
        before = parameters(net)
        with pytest.raises(ValueError, match="non-finite parameter weights"):
            net.partial_fit(x * 1e30, y * 1e30)
        assert_same_bits(parameters(net), before)


# ---- accepted matrices -------------------------------------------------------------------------


def with_duplicates(X):
    """Each entry in four parts of very different sizes, so that the last bits show the order of their sum."""
    rows, columns = np.nonzero(X)
    parts = np.random.default_rng(3).standard_normal((len(rows), 4)) * [1e3, 1, 1e-3, 1e3]
    order = np.random.default_rng(4).permutation(parts.size)
    entries = parts.ravel()[order], (np.repeat(rows, 4)[order], np.repeat(columns, 4)[order])
    return sparse.coo_array(entries, X.shape)


def csr_with_duplicates(X):
    """The same as unsorted CSR, made from arrays because SciPy would add the parts."""
    given = with_duplicates(X)
    order = np.argsort(given.row, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(given.row, minlength=X.shape[0]))])
    return sparse.csr_array((given.data[order], given.col[order], starts), X.shape)


def unsorted(X):
    S = sparse.csr_array(X)
    for start, end in zip(S.indptr[:-1], S.indptr[1:], strict=True):
        S.indices[start:end] = S.indices[start:end][::-1].copy()
        S.data[start:end] = S.data[start:end][::-1].copy()
    return S


def with_long_indices(X):
    S = sparse.csr_array(X)
    S.indices, S.indptr = S.indices.astype(np.int64), S.indptr.astype(np.int64)
    return S


def with_room(X):
    """Arrays longer than the stored entries, with garbage after them."""
    S = sparse.csr_array(X)
    S.data, S.indices = np.append(S.data, [np.nan] * 3), np.append(S.indices, [-7, 1, 10**6]).astype(S.indices.dtype)
    return S


def with_stored_zeros(X):
    S = sparse.csr_array(X)
    S.data[::2] = 0
    S.data[::4] = -0.0
    return S


def read_only(X):
    S = sparse.csr_array(X)
    for array in (S.data, S.indices, S.indptr):
        array.flags.writeable = False
    return S


def big_endian(X):
    S = sparse.csr_array(X)
    S.data = S.data.astype(">f8")
    return S


FORMS = {
    **{kind: partial(stored, kind=kind) for kind in KINDS},
    "blocks of two": lambda X: sparse.bsr_array(X, blocksize=(2, 3)),
    "coo duplicates": with_duplicates,
    "csr duplicates": csr_with_duplicates,
    "csc duplicates": lambda X: csr_with_duplicates(X.T).T,
    "unsorted": unsorted,
    "int64 indices": with_long_indices,
    "room": with_room,
    "stored zeros": with_stored_zeros,
    "read-only": read_only,
    "big-endian": big_endian,
    "float32": lambda X: sparse.csr_array(X.astype("float32")),
    "int8": lambda X: sparse.csc_array((9 * X).astype("int8")),
    "bool": lambda X: sparse.csr_array(X > 0),
    "nothing stored": lambda X: sparse.csr_array(X.shape),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_forms(form, dtype):
    X = random_rows(60, 30, 0.2)
    S = form(X)
    before = pickle.dumps(S)
    assert_alike(S, S.toarray(), dtype=dtype)
    assert pickle.dumps(S) == before, "X was changed"


def test_nothing_is_copied_where_nothing_must_be():
    from neuract.inputs._sparse import sparse_rows

    S = sparse.csr_array(random_rows(60, 30, 0.2))
    rows = sparse_rows(S)
    assert np.shares_memory(rows.values, S.data)
    assert np.shares_memory(rows.columns, S.indices)


def test_a_network_is_asked_while_another_thread_imports_scipy(monkeypatch):
    """A module is in sys.modules before it has its contents."""
    net = network().fit(X := random_rows(5, 3, 1.0), X[:, :2])
    monkeypatch.setitem(sys.modules, "scipy.sparse", ModuleType("scipy.sparse"))
    assert net.predict(X).shape == (5, 2)


def test_the_core_takes_int64_whichever_type_of_c_it_is():
    """A long on Linux, a long long on Windows, where int32 is a long."""
    from neuract._neuract_core import rows_are_sorted

    columns, starts = np.array([0, 2, 1], np.int32), np.array([0, 2, 3])
    assert rows_are_sorted(2, 3, columns, starts.astype(np.int64))
    assert rows_are_sorted(2, 3, columns, starts.astype(np.longlong))
    with pytest.raises(ValueError, match="expected 3 numbers of type 'i8', got 3 of 'u8'"):
        rows_are_sorted(2, 3, columns, starts.astype(np.uint64))
    with pytest.raises(ValueError, match="expected 3 numbers of type 'i4', got 3 of 'i8'"):
        rows_are_sorted(2, 3, starts, starts)


MEMORY = """
import resource, sys
import numpy as np, neuract as na
from scipy import sparse
unit = 1 if sys.platform == "darwin" else 1024
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
rng = np.random.default_rng(0)
S = sparse.random(20_000, 100_000, density=1e-5, format="csr", rng=rng)
y = rng.standard_normal(20_000)
regressor = na.MLPRegressor(hidden_layer_sizes=8, max_iter=2, early_stopping=True, n_iter_no_change=5)
before = peak()
for S in (S, S.tocoo()):
    net = na.Network([na.Dense(8), na.Dense(1, "linear")], batch_size=1024, epochs=1, random_state=0, n_threads=2)
    net.fit(S, y).partial_fit(S, y)
    net.predict(S), net.forward(S), net.fired(S), net.loss(S, y)
    regressor.fit(S, y).predict(S)
print(peak() - before)
"""


def test_a_sparse_matrix_is_never_written_out():
    """A dense copy takes 8 GB, one of a chunk of rows 400 MB; parameters, moments and copies take 6 MB each."""
    result = subprocess.run([sys.executable, "-W", "ignore", "-c", MEMORY], capture_output=True, text=True)
    assert int(result.stdout) < 250e6, result.stderr


# ---- refused matrices --------------------------------------------------------------------------


def spoiled(value, entry=5):
    S = sparse.csr_array(random_rows(20, 3, 0.6))
    S.data[entry] = value
    return S


BAD = {
    "nan": (lambda: spoiled(np.nan), ["X", "NaN", "row 4, column 1"]),
    "inf": (lambda: spoiled(-np.inf).tocsc(), ["X", "infinity", "row 4, column 1"]),
    "too large": (lambda: spoiled(1e200), ["X", "too large for float32", "row 4, column 1"]),
    "features": (lambda: sparse.csr_array((20, 2)), ["2 features", "expecting 3 features as input"]),
    "no rows": (lambda: sparse.csr_array((0, 3)), ["at least one row", "(0, 3)"]),
    "no features": (lambda: sparse.csc_matrix((20, 0)), ["at least one row", "(20, 0)"]),
    "one dimension": (lambda: sparse.coo_array(np.ones(20)), ["2 dimensions", "(20,)", "reshape"]),
    "complex": (lambda: sparse.csr_array(np.full((20, 3), 1j)), ["real numbers", "complex128"]),
}


@pytest.mark.parametrize("what", ["predict", "forward", "fired", "partial_fit", "gradients"])
@pytest.mark.parametrize(("bad", "words"), BAD.values(), ids=BAD)
def test_bad_data_is_refused_and_changes_nothing(bad, words, what):
    net = network(4).fit(random_rows(20, 3, 0.6), targets(20))
    before = parameters(net)
    with pytest.raises(ValueError, match=r"^X ") as error:
        getattr(net, what)(bad(), *([targets(20)] if what in ("partial_fit", "gradients") else []))
    for word in words:
        assert word in str(error.value)
    assert_same_bits(parameters(net), before)


def test_more_features_than_the_core_can_count_are_refused():
    with pytest.raises(ValueError, match=r"2147483648 features.*at most 2147483647"):
        network(1).fit(sparse.csr_array((2, 2**31)), targets(2))


def corrupt(kind, **arrays):
    """A matrix of 6 × 4 with its arrays replaced unchecked."""
    S = getattr(sparse, f"{kind}_array")(np.arange(24.0).reshape(6, 4) % 5)
    for name, change in arrays.items():
        setattr(S, name, change(getattr(S, name).copy()))
    return S


def put(at, value):
    def change(array):
        array[at] = value
        return array

    return change


def corrupt_list():
    S = sparse.lil_array(np.eye(6, 4))
    S.rows[2] = [10**6]
    return S


CORRUPT = {
    "negative column": lambda: corrupt("csr", indices=put(3, -1)),
    "column beyond": lambda: corrupt("csr", indices=put(3, 4)),
    "column far beyond": lambda: corrupt("csr", indices=lambda a: put(3, 2**32)(a.astype(np.int64))),
    "starts beyond": lambda: corrupt("csr", indptr=put(-1, 10**6)),
    "starts fall": lambda: corrupt("csr", indptr=put(2, 0)),
    "starts late": lambda: corrupt("csr", indptr=put(0, 1)),
    "starts missing": lambda: corrupt("csr", indptr=lambda a: a[:-1]),
    "values missing": lambda: corrupt("csr", data=lambda a: a[:-1]),
    "negative row": lambda: corrupt("csc", indices=put(3, -1)),
    "row beyond": lambda: corrupt("csc", indices=put(3, 6)),
    "block beyond": lambda: corrupt("bsr", indices=put(0, 4)),
    "coordinate beyond": lambda: corrupt("coo", row=put(0, 6)),
    "negative coordinate": lambda: corrupt("coo", col=put(0, -1)),
    "list beyond": corrupt_list,
}


@pytest.mark.parametrize("make", CORRUPT.values(), ids=CORRUPT)
def test_corrupt_matrices_crash_nothing(make):
    net = network(4).fit(np.ones((6, 4)), targets(6))
    for ask in (net.predict, net.forward, lambda S: net.fit(S, targets(6)), na.MLPRegressor().fit):
        with pytest.raises((ValueError, IndexError, TypeError)):
            ask(make())


def test_a_matrix_that_is_changed_while_it_is_learned_crashes_nothing():
    """The core reads the user's arrays, so it checks the indices again before each epoch."""
    S = sparse.csr_array(random_rows(60, 30, 0.2))

    def spoil(network, epoch, logs):
        S.indices[3] = 10**6

    with pytest.raises(ValueError, match="sparse rows"):
        network(8, callbacks=[spoil]).fit(S, targets(60))
