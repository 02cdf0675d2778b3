# SPDX-License-Identifier: BSD-3-Clause
"""Memory: any allocation may fail, arrays end where memory ends, sizes exceed 32 bits."""

import copy
import gc
import mmap
import pickle
import re
import subprocess
import sys
import sysconfig
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

import neuract as na
from neuract import _neuract_core as core
from oracle.numpy_memory import FailingMemory
from oracle.paths import TESTS

MOST_FAULTS = 2000  # none of the calls here allocates as often
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


@contextmanager
def cores_allocation_fails(n):
    core.fail_allocation(n)
    try:
        yield core.allocations
    finally:
        core.fail_allocation(-1)


@contextmanager
def numpys_allocation_fails(n):
    memory = FailingMemory(n)
    with memory.in_use():
        yield lambda: (memory.asked, 0)  # arrays belong to Python


fault = pytest.mark.parametrize("fault", [cores_allocation_fails, numpys_allocation_fails])


def assert_survives(call, state, fault, keeps=True):
    """Fail the first, the second, ... allocation of the call, until the call succeeds -> how many failed.

    keeps: whether memory may still be held after the call that has all.
    """
    before = state()
    gc.collect()  # objects of earlier tests must not be released during this count
    for n in range(1, MOST_FAULTS):
        with fault(n) as counts:
            try:
                call()
            except (MemoryError, SystemError) as error:  # NumPy's ufuncs fail without raising
                failed = isinstance(error, MemoryError) or "without setting an exception" in str(error)
            else:
                failed = False
            if FREE_THREADED:
                gc.collect()  # it frees functions and what they refer to
            asked, held = counts()
        assert failed == (asked >= n), f"allocation {n} of {asked}"
        assert held == 0 or (keeps and not failed), f"{held} pieces kept, where allocation {n} of {asked} failed"
        if not failed:
            return n - 1
        assert state() == before, f"changed by allocation {n}, which failed"
    raise AssertionError("the call allocates for ever")


def state_of(model):
    """The whole state of a model, as bytes."""
    attributes = dict(vars(model))
    net = attributes.pop("network_", model)
    learner = net._learner
    training, random = learner.session and learner.session.state(), learner.random and learner.random.get_state()
    if net is model:
        attributes = learner.history
    return pickle.dumps((attributes, learner.known().all(), training, random, learner.history))


def network(**settings):
    layers = [na.Dense(9, na.PReLU(), dropout=0.2), na.Dense(5, "tanh", threshold=0.1), na.Dense(3, "softmax")]
    return na.Network(layers, **{"epochs": 2, "batch_size": 16, "random_state": 0} | settings)


@pytest.fixture
def data(rng):
    X = rng.standard_normal((40, 6)).astype(np.float32)
    return X, rng.integers(0, 3, 40)


def as_sparse(X):
    return sparse.csr_array(np.where(X > 0.5, X, 0).astype(np.float32))


def own_loss(y_true, y_pred):
    difference = y_pred - y_true
    return (difference**2).sum(axis=1), 2 * difference


NETWORKS = {
    "adam": {},
    "float64": {"dtype": "float64"},
    "clipped sgd": {"optimizer": "sgd", "max_grad_norm": 1.0, "shuffle": False},
    "own loss": {"layers": [na.Dense(4, "relu"), na.Dense(3, "linear")], "loss": own_loss, "epochs": 1},
    "lbfgs": {"layers": [na.Dense(4, "tanh"), na.Dense(3, "softmax")], "optimizer": "lbfgs", "epochs": 1},
}


def made(name, **more):
    settings = {"random_state": 0, **NETWORKS[name], **more}
    return na.Network(settings.pop("layers"), **settings) if "layers" in settings else network(**settings)


def targets_for(name, y):
    return np.eye(3, dtype=np.float32)[y] if name == "own loss" else y


@fault
@pytest.mark.parametrize("form", [np.asarray, as_sparse])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_survives_a_fit_without_memory(data, name, form, fault):
    X, y = form(data[0]), targets_for(name, data[1])
    net = made(name).fit(X, y)
    assert assert_survives(lambda: net.fit(X, y), lambda: state_of(net), fault) > 2


@fault
@pytest.mark.parametrize("form", [np.asarray, as_sparse])
@pytest.mark.parametrize("name", ["adam", "clipped sgd"])
def test_a_network_survives_a_partial_fit_without_memory(data, name, form, fault):
    X, y = form(data[0]), targets_for(name, data[1])
    net = made(name).partial_fit(X[:3], y[:3])
    more = form(np.tile(data[0], (2, 1))), np.concatenate([y, y])  # needs more memory for inputs than before
    faults = assert_survives(lambda: net.partial_fit(*more), lambda: state_of(net), fault)
    assert faults > 0 or isinstance(X, np.ndarray)


def test_a_pass_with_a_loss_that_has_no_memory_is_undone(data):
    X, y = data[0], targets_for("own loss", data[1])
    net = made("own loss").partial_fit(X, y)

    def state():  # but the optimizer, which starts anew
        return pickle.dumps(net._known().all()), net.history_["loss"].copy()

    assert assert_survives(lambda: net.partial_fit(X, y), state, numpys_allocation_fails) > 2


ASKING = {
    "predict": lambda net, X, y: net.predict(X),
    "forward": lambda net, X, y: net.forward(X),
    "fired": lambda net, X, y: net.fired(X),
    "loss": lambda net, X, y: net.loss(X, y),
    "gradients": lambda net, X, y: net.gradients(X, y),
}


@fault
@pytest.mark.parametrize("form", [np.asarray, as_sparse])
@pytest.mark.parametrize("rows", [1, 40])
@pytest.mark.parametrize("what", ASKING)
def test_a_network_that_is_asked_survives_without_memory(data, what, rows, form, fault):
    X, y = form(data[0][:rows]), data[1][:rows]
    net = network().fit(*data)
    assert assert_survives(lambda: ASKING[what](net, X, y), lambda: state_of(net), fault, keeps=False) > 0


ignore_convergence = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ESTIMATORS = {
    "classifier": lambda: na.MLPClassifier(hidden_layer_sizes=8, max_iter=2, dropout=0.1, random_state=0),
    "early stopping": lambda: na.MLPClassifier(hidden_layer_sizes=8, max_iter=2, early_stopping=True, random_state=0),
    "warm start": lambda: na.MLPRegressor(hidden_layer_sizes=8, max_iter=2, warm_start=True, random_state=0),
    "lbfgs": lambda: na.MLPRegressor(hidden_layer_sizes=8, solver="lbfgs", max_iter=1, random_state=0),
}


@fault
@ignore_convergence
@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimator_survives_a_fit_without_memory(data, name, fault):
    model = ESTIMATORS[name]().fit(*data)
    assert assert_survives(lambda: model.fit(*data), lambda: state_of(model), fault) > 2


@fault
@ignore_convergence
@pytest.mark.parametrize("name", ["classifier", "warm start"])
@pytest.mark.parametrize("method", ["partial_fit", "predict"])
def test_an_estimator_survives_other_calls_without_memory(data, name, method, fault):
    X, y = data
    model = ESTIMATORS[name]().fit(X, y)
    call = {"partial_fit": lambda: model.partial_fit(X, y), "predict": lambda: model.predict(X)}[method]
    assert assert_survives(call, lambda: state_of(model), fault) > 0


MODELS = {"network": network, "classifier": ESTIMATORS["classifier"]}


@fault
@ignore_convergence
@pytest.mark.parametrize("name", MODELS)
def test_saving_without_memory_leaves_the_old_file(data, tmp_path, name, fault):
    model, path = MODELS[name]().fit(*data), tmp_path / "model.safetensors"
    path.write_bytes(b"what was there")

    def state():
        return state_of(model), [(file.name, file.read_bytes()) for file in tmp_path.iterdir()]

    faults = assert_survives(lambda: na.save(model, path, state=True), state, fault)
    assert faults > 2 or fault is cores_allocation_fails  # saving has none


@fault
@ignore_convergence
@pytest.mark.parametrize("name", MODELS)
def test_loading_without_memory(data, tmp_path, name, fault):
    model, path = MODELS[name]().fit(*data), tmp_path / "model.safetensors"
    na.save(model, path, state=True)
    assert assert_survives(lambda: na.load(path), path.read_bytes, fault) > 1


# ---- where arrays end ----------------------------------------------------------------------------


def test_nothing_around_an_array_is_touched():
    program = [sys.executable, "-m", "oracle.guarded_calls"]
    result = subprocess.run(program, cwd=TESTS, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert int(re.search(r"guarded arrays: (\d+)", result.stdout)[1]) > 5_000


# ---- sizes ---------------------------------------------------------------------------------------

refuses_what_it_cannot_have = pytest.mark.skipif(
    Path("/proc/sys/vm/overcommit_memory").exists()
    and Path("/proc/sys/vm/overcommit_memory").read_text().strip() == "1",
    reason="this system promises any amount of memory, and ends who uses it",
)
T = 2**40
SIZES = {
    "inputs x units": [na.Dense(T), na.Dense(1, "linear")],
    "units x units": [na.Dense(2**21), na.Dense(2**21), na.Dense(1, "linear")],
    "beyond 2^63": [na.Dense(2**62), na.Dense(1, "linear")],
    "sum of layers beyond 2^64": [*(na.Dense(2**31) for _ in range(5)), na.Dense(1, "linear")],
    "2^62 numbers, 2^64 bytes": [na.Dense(2**59), na.Dense(3, "linear")],
}


@refuses_what_it_cannot_have
@pytest.mark.parametrize("layers", SIZES.values(), ids=SIZES)
def test_networks_larger_than_memory_are_refused(rng, layers):
    X = rng.standard_normal((10, 4))
    with pytest.raises(MemoryError, match="not enough memory for this network"):
        na.Network(layers).fit(X, X[:, : layers[-1].units])


@refuses_what_it_cannot_have
@pytest.mark.parametrize("units", [T, 2**62, 2**70])
def test_estimators_larger_than_memory_are_refused(rng, units):
    X = rng.standard_normal((10, 4))
    with pytest.raises((MemoryError, ValueError), match=r"not enough memory|must be from 1 to"):
        na.MLPRegressor(hidden_layer_sizes=units).fit(X, X[:, 0])


@refuses_what_it_cannot_have
def test_sparse_rows_with_more_features_than_memory_has_room_for():
    X = sparse.csr_array((np.ones(3), [0, 5, 2**31 - 2], [0, 1, 2, 3]), shape=(3, 2**31 - 1))
    with pytest.raises(MemoryError, match="not enough memory for this network"):
        na.Network([na.Dense(2**10), na.Dense(1, "linear")]).fit(X, np.zeros(3))


@pytest.mark.parametrize("batch_size", [2**31, 2**62, 2**63, 2**70])
def test_a_batch_may_be_larger_than_any_data(rng, batch_size):
    X = rng.standard_normal((10, 4))
    fits = [na.Network([na.Dense(3, "linear")], batch_size=size, random_state=0) for size in (10, batch_size)]
    ours, other = (net.fit(X, X[:, :3]).predict(X) for net in fits)
    assert np.array_equal(ours, other)


def test_the_core_checks_products():
    nothing = np.empty(0, np.float32)
    with pytest.raises(ValueError, match="cannot have 4294967296 x 4294967296 numbers"):
        core.apply_softmax("float32", 2**32, 2**32, nothing, nothing)
    for rows in (-1, 2**63 - 1):
        with pytest.raises(ValueError, match=f"number of rows {rows} is out of range"):
            core.rows_are_sorted(rows, 1, np.empty(0, np.int32), np.empty(0, np.int64))
    net = core.Network("float32", 4, [(2, "linear", 1.0, False, None, 0.0, np.ones(3))])
    with pytest.raises(ValueError, match="cannot have 4611686018427387904 x 4 numbers"):
        net.predict(2**62, nothing, nothing, 1)
    with pytest.raises(ValueError, match="cannot have"):
        net.predict(-1, nothing, nothing, 1)


# ---- more than 2^31 numbers ----------------------------------------------------------------------

FEATURES, MANY_ROWS = 512, 5 * 2**20  # the last slice of a prediction begins beyond 2^31


@pytest.fixture
def zeros():
    """More than 2^31 numbers; they take no memory until they are written to."""
    if not sys.platform.startswith("linux"):
        pytest.skip("zeros without memory are Linux's")
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0x4000)
    try:
        memory = mmap.mmap(-1, 4 * MANY_ROWS * FEATURES, flags=flags)
    except OSError as error:
        pytest.skip(f"no address space for them: {error}")
    return np.frombuffer(memory, np.float32).reshape(MANY_ROWS, FEATURES)


def test_more_numbers_than_32_bits_count(zeros, rng):
    X, special = zeros, np.array([0, 2**21 - 1, 2**21, 2**22 - 1, 2**22, MANY_ROWS - 1])  # the last two: beyond 2^31
    assert X.size > 2**31
    X[special] = rng.standard_normal((len(special), FEATURES))
    net = na.Network([na.Dense(1, "tanh")], batch_size=MANY_ROWS, random_state=0).partial_fit(X[special], special % 7)
    y = net.predict(X)
    assert np.array_equal(y[special], net.predict(X[special]))
    assert np.array_equal(np.delete(y, special), np.repeat(net.predict(np.zeros((1, FEATURES))), len(y) - len(special)))

    targets, weights = np.arange(MANY_ROWS) % 7 / 7, np.zeros(MANY_ROWS)
    weights[special] = 1
    few, many = copy.deepcopy(net), net
    few.partial_fit(X[special], targets[special])
    many.partial_fit(X, targets, weights)
    np.testing.assert_allclose(many.weights[0], few.weights[0], rtol=1e-5, atol=1e-7)
    loss = many.loss(X, targets, weights)  # takes the rows in place; training takes them in an order
    np.testing.assert_allclose(loss, many.loss(X[special], targets[special]), rtol=1e-5)
