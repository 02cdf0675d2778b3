# SPDX-License-Identifier: BSD-3-Clause
"""Processes and threads at once: fork, spawn, Python threads, joblib. None hangs, none changes a bit."""

import contextlib
import copy
import multiprocessing
import os
import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import joblib
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

import neuract as na
from neuract import MLPClassifier, MLPRegressor
from oracle.marks import not_sanitized

LINUX = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in Linux's /proc")
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
MANY = 8  # Python threads
FOREVER = 10**6  # epochs
# Time limits in seconds of a child, which may hang. The second is for forks, which import nothing.
LONGEST, LONGEST_OF_FORKS = 120, 20
QUICKEST = ("fork", LONGEST_OF_FORKS) if hasattr(os, "fork") else ("spawn", LONGEST)
METHODS = [
    pytest.param("fork", LONGEST_OF_FORKS, marks=FORKS),
    pytest.param("forkserver", LONGEST, marks=FORKS),
    ("spawn", LONGEST),
]

# From Python 3.12 a fork warns if the process has threads, and the pool's are threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


@pytest.fixture(scope="module")
def data():
    return made_data()


def made_data():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((5_000, 50)).astype(np.float32)
    return X, X @ rng.standard_normal(50).astype(np.float32)


def network(**settings):
    # Large enough that a step uses several threads.
    layers = [na.Dense(128, "tanh"), na.Dense(128), na.Dense(1, "linear")]
    return na.Network(layers, **{"batch_size": 512, "epochs": 2, "random_state": 0, "n_threads": 2} | settings)


def train(data):
    return network().fit(*data).predict(data[0])


def train_and_ask(net, data):
    """A child's work: predict with its parent's network, train it further, and train its own."""
    return net.predict(data[0]), net.partial_fit(*data).predict(data[0]), train(data)


def at_once(*tasks):
    """Run each task in its own Python thread, all started together -> what they return or raise."""
    start, results = threading.Barrier(len(tasks)), [None] * len(tasks)

    def run(i):
        start.wait()
        try:
            results[i] = tasks[i]()
        except Exception as error:
            results[i] = error

    workers = [threading.Thread(target=run, args=(i,)) for i in range(len(tasks))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return results


# ---- processes ---------------------------------------------------------------------------------


@pytest.fixture
def expected(data):
    return train_and_ask(network().fit(*data), data)


def in_a_child(method, longest, task, *arguments):
    """What the task returns in a child; the child is killed after this time."""
    with multiprocessing.get_context(method).Pool(1) as pool:
        return pool.apply_async(task, arguments).get(longest)


@pytest.mark.parametrize(("method", "longest"), METHODS)
def test_a_child_trains_and_predicts_as_its_parent(method, longest, data, expected):
    """The parent's pool has run before; a forked child does not have its threads."""
    results = in_a_child(method, longest, train_and_ask, network().fit(*data), data)
    assert all(map(np.array_equal, results, expected))


@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "threading"])
def test_workers_of_joblib_train_and_predict_as_their_parent(backend, data, expected):
    net = network().fit(*data)
    task = joblib.delayed(train_and_ask)
    every = joblib.Parallel(2, backend=backend, timeout=LONGEST)(task(copy.copy(net), data) for _ in range(2))
    assert all(np.array_equal(*pair) for results in every for pair in zip(results, expected, strict=True))


def in_a_fork(task):
    """Whether the task succeeds in a child of os.fork, which then exits at once; a hanging child is killed."""
    child = os.fork()
    if child == 0:
        done = False
        try:
            done = task()
        finally:
            os._exit(0 if done else 1)
    end = time.monotonic() + LONGEST_OF_FORKS
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status == 0
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


class Watch:
    """A callback that lets an endless fit run until `enough` is set, and ends a fit in any other thread."""

    def __init__(self):
        self.begun, self.enough, self.thread = threading.Event(), threading.Event(), None

    def __call__(self, net, epoch, logs):
        self.thread = self.thread or threading.get_ident()
        self.begun.set()
        return self.enough.is_set() or threading.get_ident() != self.thread


@contextmanager
def training(fit, watch, data):
    """Another thread is in the watched fit from before the block until after it."""
    worker = threading.Thread(target=fit, args=data)
    worker.start()
    try:
        assert watch.begun.wait(LONGEST)
        yield
    finally:
        watch.enough.set()
        worker.join()


@FORKS
def test_forks_while_another_thread_trains(data):
    """Fork at different moments of a step, while the other thread holds locks and its threads work."""
    watch = Watch()
    want, net = train(data), network(epochs=FOREVER, callbacks=[watch])

    def task():
        own = train(data)
        net.epochs, net.callbacks = 2, []
        return np.array_equal(own, want) and np.array_equal(net.fit(*data).predict(data[0]), want)

    with training(net.fit, watch, data):
        assert all(in_a_fork(task) for _ in range(20))


# ---- threads -----------------------------------------------------------------------------------


def train_many():
    """Whether 8 threads that each train their own network get the same bits."""
    data = made_data()
    want = train(data)
    return all(np.array_equal(result, want) for result in at_once(*[lambda: train(data)] * MANY))


def ask_many():
    """The same for one shared model: with the pool's threads, without, and by the direct path for a few rows."""
    X, y = made_data()
    net = network().fit(X, y)
    want, gradient = net.predict(X), net.gradients(X, y).weights

    def ask():
        few = np.concatenate([net.predict(X[i : i + 5]) for i in range(0, 200, 5)])
        same = np.array_equal(net.predict(X), want) and np.array_equal(few, want[:200])
        return same and all(map(np.array_equal, net.gradients(X, y).weights, gradient))

    return at_once(*[ask] * MANY) == [True] * MANY


@pytest.mark.parametrize("task", [train_many, ask_many])
def test_many_threads_work_at_once(task):
    """In a child, since teams that collide may wait for ever."""
    assert in_a_child(*QUICKEST, task)


def test_two_threads_cannot_train_one_network_at_once(data):
    watch = Watch()
    net = network(epochs=FOREVER, callbacks=[watch])
    with training(net.fit, watch, data):
        for train_too in (net.fit, net.partial_fit):
            with pytest.raises(RuntimeError, match="this network is already being trained, by another thread"):
                train_too(*data)
    net.epochs, net.callbacks = 2, []
    assert np.array_equal(net.fit(*data).predict(data[0]), train(data))


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_two_threads_cannot_train_one_estimator_at_once(method, data):
    """The refused call does not change or restore anything of the running one."""
    X, y = data[0], data[1] > 0
    watch = Watch()
    classifier = MLPClassifier(max_iter=FOREVER, tol=0, n_iter_no_change=FOREVER, random_state=0, callbacks=[watch])
    refused = pytest.raises(RuntimeError, match="this estimator is already being trained, by another thread")
    with training(classifier.fit, watch, (X, y)), refused:
        getattr(classifier, method)(X[:10], y[:10])
    alone = MLPClassifier(max_iter=classifier.n_iter_, tol=0, n_iter_no_change=FOREVER, random_state=0)
    with pytest.warns(ConvergenceWarning):
        alone.fit(X, y)
    assert all(map(np.array_equal, classifier.coefs_, alone.coefs_))
    assert classifier.loss_curve_ == alone.loss_curve_


def test_a_callback_cannot_train_its_own_network(data):
    net = network(callbacks=[lambda net, epoch, logs: net.partial_fit(*data)])
    with pytest.raises(RuntimeError, match="a fit around this call"):
        net.fit(*data)
    net.callbacks = []
    net.fit(*data)  # the network is free again


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_callback_cannot_train_the_network_of_its_estimator(method, data):
    X, y = data[0], data[1] > 0
    model = MLPClassifier(callbacks=[lambda net, epoch, logs: getattr(net, method)(X, y)], random_state=0)
    with pytest.raises(RuntimeError, match=r"this network is already being trained, .* a fit around this call"):
        model.fit(X, y)


def run_one_trainer_at_once():
    """Calls that free the memory of a run, from 8 threads: each runs alone or is refused -> what they return."""
    X, y = made_data()
    net = network().fit(X, y)
    trainer, targets = net._learner.session.trainer, np.ascontiguousarray(y[:, None])
    losses = []
    calls = [
        lambda: trainer.run(len(X), X, targets, None, None, 1e-3, losses),
        lambda: trainer.gradients(len(X), X, targets, None),
        lambda: trainer.loss(len(X), X, targets, None),
        lambda: trainer.reserve(len(X), X),
    ]

    def often(call):
        def run():
            for _ in range(10):
                with contextlib.suppress(RuntimeError):
                    call()

        return run

    results = at_once(*map(often, calls * 2))
    calls[0]()
    return results, losses[-1][0]


def test_the_core_refuses_two_runs_of_one_trainer():
    """The core refuses even without the Python layer. In a child, since runs that collide may wait for ever."""
    results, loss = in_a_child(*QUICKEST, run_one_trainer_at_once)
    assert results == [None] * 8
    assert np.isfinite(loss)


def test_a_model_may_be_asked_while_it_is_trained(data):
    """Predictions belong to no particular step, but they are finite, and the training does not change."""
    watch = Watch()
    net = network(epochs=FOREVER, callbacks=[watch])

    def ask():
        for _ in range(20):
            assert net.predict(data[0]).shape == (len(data[0]), 1)
            assert np.isfinite(net.loss(*data))
            assert len(copy.deepcopy(net).weights) == 3
        return True

    with training(net.fit, watch, data):
        assert at_once(ask, ask) == [True, True]
    epochs = len(net.history_["loss"])
    assert np.array_equal(net.predict(data[0]), network(epochs=epochs).fit(*data).predict(data[0]))


# ---- how many threads run ----------------------------------------------------------------------


def threads_allowed(estimator, X, y):
    """A scorer that returns how many threads a fit in its process may use."""
    return na.get_num_threads()


def test_workers_of_joblib_share_the_processors(monkeypatch):
    """Protects a grid search from oversubscription: joblib sets each worker's share in OMP_NUM_THREADS."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    X = np.random.default_rng(0).standard_normal((40, 3))
    grid = {"hidden_layer_sizes": [(3,), (4,)]}
    regressor = MLPRegressor(max_iter=3, tol=1.0, n_iter_no_change=1)
    search = GridSearchCV(regressor, grid, scoring=threads_allowed, cv=2, n_jobs=2, refit=False).fit(X, X[:, 0])
    share = max(1, joblib.cpu_count() // 2)
    assert [search.cv_results_[f"split{i}_test_score"].tolist() for i in range(2)] == [[share, share]] * 2


def descendants():
    """The descendants of this process."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = {os.getpid()}
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}


def runnable(process):
    """How many threads of a process are running or runnable."""
    states = []
    for stat in Path(f"/proc/{process}/task").glob("*/stat"):
        with contextlib.suppress(OSError):
            states.append(stat.read_text().rpartition(")")[2].split()[0])
    return states.count("R")


@contextmanager
def runnable_counted():
    """Sample the descendants -> a list of how many of their threads run, without zeros."""
    counts, done = [], threading.Event()

    def watch():
        while not done.wait(0.005):
            if count := sum(map(runnable, descendants())):
                counts.append(count)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield counts
    finally:
        done.set()
        watcher.join()


@LINUX
@not_sanitized("it counts threads at work, which other tests start too")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_grid_search_runs_no_more_threads_than_there_are_processors(data, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    grid = {"alpha": [1e-4, 1e-3, 1e-2, 1e-1]}
    regressor = MLPRegressor(hidden_layer_sizes=(256, 256), batch_size=512, max_iter=30, tol=0, n_iter_no_change=99)
    search = GridSearchCV(regressor, grid, cv=2, n_jobs=2, refit=False, error_score="raise")
    search.fit(data[0][:1200], data[1][:1200])  # starts the workers, with their imports
    with runnable_counted() as counts:
        search.fit(*data)
    assert len(counts) > 20
    assert median(counts) <= joblib.cpu_count()
