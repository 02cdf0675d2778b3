# SPDX-License-Identifier: BSD-3-Clause
"""Threads: how many, Ctrl-C between them, forks, several at once; what they compute is in test_same_bits.py."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import joblib
import numpy as np
import pytest
import threadpoolctl
from sklearn.model_selection import GridSearchCV

import neuract as na
import neuract.threading as na_threading
from neuract import MLPRegressor  # with the estimators comes threadpoolctl

LINUX = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in Linux's /proc")


@pytest.fixture
def default_threads():
    yield
    na.set_num_threads(None)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20_000, 50)).astype(np.float32)
    return X, X @ rng.standard_normal(50).astype(np.float32)


def network(**settings):
    # Large enough that steps are worth several threads.
    layers = [na.Dense(128, "tanh"), na.Dense(128), na.Dense(1, "linear")]
    return na.Network(layers, **{"batch_size": 512, "epochs": 1, "random_state": 0, "n_threads": 2} | settings)


def test_number_of_threads_is_as_set(default_threads):
    na.set_num_threads(3)
    assert na.get_num_threads() == 3
    na.set_num_threads(None)
    assert na.get_num_threads() >= 1


@pytest.mark.parametrize("bad", [0, -1, 1.5, "2", True])
def test_bad_numbers_of_threads_are_refused(bad, default_threads):
    with pytest.raises((TypeError, ValueError), match="n must be a whole number >= 1"):
        na.set_num_threads(bad)


@pytest.mark.parametrize(("given", "expected"), [("3", 3), ("2,4", 2)])
def test_the_environment_sets_the_default(given, expected, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    assert na.get_num_threads() == expected


def test_nonsense_in_the_environment_is_ignored(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert na.get_num_threads() >= 1


@pytest.fixture
def processors(monkeypatch):
    """Sets how many processors there are to run on, and how many the CPU quota (none: no quota) comes to each time
    that it is read."""

    def have(affinity, *quotas):
        # macOS has no affinity.
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(affinity)), raising=False)
        monkeypatch.setattr(na_threading, "cpu_limit", iter(quotas).__next__ if quotas else lambda: None)

    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    na.set_num_threads(None)
    yield have
    na.set_num_threads(None)


@pytest.mark.parametrize(("affinity", "quota", "expected"), [(4, None, 4), (4, 3, 3), (2, 3, 2), (1, 1, 1)])
def test_the_default_is_what_affinity_and_quota_allow(affinity, quota, expected, processors):
    processors(affinity, quota)
    assert na.get_num_threads() == expected


def test_the_environment_goes_before_the_quota(processors, monkeypatch):
    processors(4, 2)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert na.get_num_threads() == 3


def test_a_changed_affinity_is_seen_at_once(processors):
    processors(4)
    assert na.get_num_threads() == 4
    processors(3)
    assert na.get_num_threads() == 3


def test_the_quota_is_read_once_and_anew_when_the_default_is_asked_for(processors):
    """Protects the calls, each of which asks for the number of threads, from reading files."""
    processors(8, 2, 3)
    assert [na.get_num_threads(), na.get_num_threads()] == [2, 2]
    na.set_num_threads(None)
    assert [na.get_num_threads(), na.get_num_threads()] == [3, 3]


def test_control_c_stops_training_and_keeps_the_last_epoch(data):
    finished = []

    def interrupt_soon(net, epoch, logs):
        """SIGINT in the middle of an epoch to come."""
        finished.append(net.weights)
        if epoch == 0:
            threading.Timer(0.001, os.kill, (os.getpid(), signal.SIGINT)).start()

    net = network(epochs=10**6, callbacks=[interrupt_soon])
    with pytest.raises(KeyboardInterrupt):
        net.fit(*data)
    assert all(map(np.array_equal, net.weights, finished[-1]))
    assert len(net.history_["loss"]) == len(finished)
    net.partial_fit(*data)
    assert len(net.history_["loss"]) == len(finished) + 1


def test_control_c_does_not_wait_for_the_epoch():
    script = """
import os, signal, threading
import numpy as np, neuract as na
X = np.zeros((300_000, 100), dtype=np.float32)  # an epoch of many seconds
net = na.Network([na.Dense(512), na.Dense(512), na.Dense(1, "linear")], epochs=1)
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    net.fit(X, X[:, 0])
except KeyboardInterrupt:
    print("epochs finished:", len(net.history_["loss"]))
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout == "epochs finished: 0\n", result.stderr


def test_a_forked_child_trains_and_predicts_as_its_parent(data):
    parent = network().fit(*data).predict(data[0][:5])
    with multiprocessing.get_context("fork").Pool(1) as pool:
        child = pool.apply_async(train, (data,)).get(timeout=60)
    assert np.array_equal(child, parent)


def train(data):
    return network().fit(*data).predict(data[0][:5])


def test_many_threads_train_their_own_networks_at_once(data):
    expected, results = train(data), []
    workers = [threading.Thread(target=lambda: results.append(train(data))) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(results) == 6
    assert all(np.array_equal(result, expected) for result in results)


def test_two_threads_cannot_train_one_network_at_once(data):
    net, refusals = network(n_threads=1).fit(*data), []

    def train_often():
        for _ in range(20):
            try:
                net.partial_fit(*data)
            except RuntimeError as error:
                refusals.append(str(error))

    workers = [threading.Thread(target=train_often) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert refusals
    assert all("trained by another thread" in refusal for refusal in refusals)
    assert len(net.history_["loss"]) == 1 + 40 - len(refusals)


# Limits from outside: threadpoolctl, joblib.


def ours():
    """What threadpoolctl says of us."""
    pools = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "neuract"]
    assert len(pools) == 1
    return pools[0]


def test_threadpoolctl_lists_our_pool(default_threads):
    na.set_num_threads(5)
    pool = ours()
    assert (pool["internal_api"], pool["num_threads"], pool["version"]) == ("neuract", 5, na.__version__)
    assert Path(pool["filepath"]).samefile(na_threading.core.__file__)


@pytest.mark.parametrize("api", ["neuract", None])
def test_threadpoolctl_limits_and_restores(api, default_threads):
    na.set_num_threads(5)
    with threadpoolctl.threadpool_limits(2, user_api=api):
        assert (na.get_num_threads(), ours()["num_threads"]) == (2, 2)
    assert na.get_num_threads() == 5


def test_limits_of_others_leave_us_alone(default_threads):
    na.set_num_threads(5)
    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        assert na.get_num_threads() == 5


@pytest.mark.parametrize("api", ["neuract", "blas"])
def test_the_default_is_still_the_default_after_a_limit(api, processors):
    """Protects a default that follows the processors: at a limit's end threadpoolctl sets every pool's number."""
    processors(4)
    with threadpoolctl.threadpool_limits(1, user_api=api):
        pass
    assert na.get_num_threads() == 4
    processors(3)
    assert na.get_num_threads() == 3


@LINUX
def test_a_limit_holds_for_training_that_has_begun():
    """Protects against a trainer that goes on with the threads it was made for."""
    script = """
import copy, os, numpy as np, threadpoolctl
import neuract as na, neuract.threadpools
X = np.random.default_rng(0).standard_normal((1000, 100))
before = len(os.listdir("/proc/self/task"))
made = lambda: len(os.listdir("/proc/self/task")) - before
net = na.Network([na.Dense(100), na.Dense(100), na.Dense(1, "linear")], batch_size=1000)
na.set_num_threads(1)
net.partial_fit(X, X[:, 0])
na.set_num_threads(2)
net = copy.deepcopy(net)  # its trainer is made for two, and has not worked yet
with threadpoolctl.threadpool_limits(1):
    net.partial_fit(X, X[:, 0])
    print(made())
net.partial_fit(X, X[:, 0])
print(made())
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout.split() == ["0", "1"], result.stderr


def test_network_needs_no_threadpoolctl():
    script = "import sys, neuract as na; na.Network([na.Dense(1)]); print('threadpoolctl' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout == "False\n", result.stderr


def threads_allowed(estimator, X, y):
    """A scorer that tells how many threads a fit in its process may use."""
    return na.get_num_threads()


def test_workers_of_joblib_share_the_processors(monkeypatch):
    """Protects a grid search from oversubscription: joblib tells its workers their share by OMP_NUM_THREADS."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    X = np.random.default_rng(0).standard_normal((40, 3))
    grid = {"hidden_layer_sizes": [(3,), (4,)]}
    regressor = MLPRegressor(max_iter=3, tol=1.0, n_iter_no_change=1)
    search = GridSearchCV(regressor, grid, scoring=threads_allowed, cv=2, n_jobs=2, refit=False).fit(X, X[:, 0])
    share = max(1, joblib.cpu_count() // 2)
    assert [search.cv_results_[f"split{i}_test_score"].tolist() for i in range(2)] == [[share, share]] * 2
