# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C: it ends a call at once and leaves a usable model; no signal handler of others changes.

docs/trust.md has the delays; here a call that ignored Ctrl-C would run for minutes.
"""

import inspect
import os
import signal
import subprocess
import sys
import threading
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import neuract as na
from neuract import MLPRegressor
from oracle.marks import not_sanitized

LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="handlers in C are read in Linux's /proc")
LARGE = not_sanitized("work of this size takes minutes")  # there test_interrupts_tmpl.c interrupts runs
FOREVER = 10**6  # epochs


@contextmanager
def handled_by(handler):
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def control_c_is_heard():
    """Restores SIGINT, which a shell's background jobs ignore: these tests would run for ever."""
    with handled_by(signal.default_int_handler):
        yield


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20_000, 50)).astype(np.float32)
    return X, X @ rng.standard_normal(50).astype(np.float32)


def network(**settings):
    layers = [na.Dense(128, "tanh"), na.Dense(128), na.Dense(1, "linear")]
    return na.Network(layers, **{"batch_size": 512, "epochs": FOREVER, "random_state": 0} | settings)


def send_control_c():
    """Send SIGINT to this process. On Windows os.kill would end it, and Ctrl-C arrives outside the main thread."""
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGINT)
    else:
        os.kill(os.getpid(), signal.SIGINT)


def press_control_c(after=0.001):
    threading.Timer(after, send_control_c).start()


class PressesAfterTheFirstEpoch:
    """A callback that sends SIGINT in the middle of an epoch and keeps each epoch's weights."""

    def __init__(self):
        self.finished = []

    def __call__(self, net, epoch, logs):
        self.finished.append(net.weights)
        if epoch == 0:
            press_control_c(0.01)  # during the next epoch


# ---- the model after Ctrl-C --------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_a_network_keeps_the_last_finished_epoch(optimizer, data):
    pressing = PressesAfterTheFirstEpoch()
    # With a tolerance of 0 and so many evaluations lbfgs runs until it is stopped.
    optimizer = na.LBFGS(max_evaluations=FOREVER, tol=1e-300) if optimizer == "lbfgs" else optimizer
    net = network(callbacks=[pressing], optimizer=optimizer)
    with pytest.raises(KeyboardInterrupt):
        net.fit(*data)
    assert all(map(np.array_equal, net.weights, pressing.finished[-1]))
    assert len(net.history_["loss"]) == len(pressing.finished)


def test_training_goes_on_after_an_interrupt(data):
    """Training continues from the weights of the last epoch, with a new optimizer state."""
    net = network(callbacks=[PressesAfterTheFirstEpoch()], shuffle=False)
    with pytest.raises(KeyboardInterrupt):
        net.fit(*data)
    epochs = len(net.history_["loss"])
    anew = network(shuffle=False).set_parameters(net.weights, net.biases).partial_fit(*data)
    assert all(map(np.array_equal, net.partial_fit(*data).weights, anew.weights))
    assert len(net.history_["loss"]) == epochs + 1
    net.epochs, net.callbacks = 2, []
    again = network(epochs=2, shuffle=False)
    assert np.array_equal(net.fit(*data).predict(data[0]), again.fit(*data).predict(data[0]))


def test_an_estimator_keeps_the_last_finished_epoch_and_says_so(data):
    """As in scikit-learn, a fit stopped by hand keeps the model so far."""
    pressing = PressesAfterTheFirstEpoch()
    regressor = MLPRegressor(max_iter=FOREVER, tol=0, n_iter_no_change=FOREVER, callbacks=[pressing])
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        regressor.fit(*data)
    assert all(map(np.array_equal, regressor.coefs_, pressing.finished[-1]))
    assert regressor.n_iter_ == len(regressor.loss_curve_) == len(pressing.finished)
    assert np.isfinite(regressor.predict(data[0])).all()


def test_an_estimator_interrupted_in_its_first_epoch_is_as_before(data):
    class Presses:
        def on_fit_begin(self, net):
            press_control_c()

    X, y = np.tile(data[0], (50, 1)), np.tile(data[1], 50)  # an epoch of seconds
    regressor = MLPRegressor(hidden_layer_sizes=(256, 256), max_iter=1, tol=1.0, n_iter_no_change=1)
    with warnings.catch_warnings(action="ignore"):
        regressor.fit(data[0][:100], data[1][:100])
    before, curve = regressor.coefs_, regressor.loss_curve_
    regressor.set_params(callbacks=[Presses()])
    with pytest.raises(KeyboardInterrupt):
        regressor.fit(X, y)
    assert all(map(np.array_equal, regressor.coefs_, before))
    assert regressor.loss_curve_ == curve
    assert regressor.n_iter_ == 1


# ---- how soon ----------------------------------------------------------------------------------


@pytest.fixture
def alarms():
    """A list that grows with each handled signal, and a list for an exception that the handler raises."""
    seen, to_raise = [], []

    def handle(*_):
        seen.append(True)
        if to_raise:
            raise to_raise.pop()

    before = signal.signal(signal.SIGALRM, handle)
    yield seen, to_raise
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@LARGE
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers that send signals")
@pytest.mark.parametrize("n_threads", [1, 2])
def test_it_is_looked_for_within_a_chunk(n_threads, alarms):
    """Protects large layers: handlers run during the rows between two barriers, at least half a second's work."""
    seen, to_raise = alarms
    X = np.random.default_rng(0).standard_normal((1024, 64))
    layers = [na.Dense(2000), na.Dense(2000), na.Dense(1, "linear")]
    settings = {"batch_size": 1024, "dtype": "float64", "n_threads": n_threads, "random_state": 0, "max_grad_norm": 1.0}
    net = na.Network(layers, **settings).partial_fit(X, X[:, 0])
    weights = net.weights
    to_raise.append(KeyboardInterrupt())
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.01)
    with pytest.raises(KeyboardInterrupt):
        net.partial_fit(X, X[:, 0])
    assert all(map(np.array_equal, net.weights, weights))
    seen.clear()
    net.partial_fit(X, X[:, 0])
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert len(seen) >= 4  # without checks within the chunk there would be 2
    assert np.isfinite(net.history_["loss"]).all()


@LARGE
@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("ask", ["predict", "forward"])
def test_it_is_looked_for_between_a_few_rows_of_a_wide_network(ask, n_threads, alarms):
    """Protects predictions that take half a second or more per 1,000 rows."""
    seen, _ = alarms
    X = np.zeros((4096, 8), np.float32)
    net = na.Network([na.Dense(2000), na.Dense(2000), na.Dense(1, "linear")], n_threads=n_threads)
    net.set_parameters([np.zeros((8, 2000)), np.zeros((2000, 2000)), np.zeros((2000, 1))])
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    getattr(net, ask)(X)
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert len(seen) >= 10  # slices of 1,024 rows give one after each of 4, and some at the ends


CALLS = {
    "fit": "net.fit(X, X[:, 0])",
    "sparse": "net.fit(sparse, X[:, 0])",
    "own loss": "net_of(lambda t, y: (np.abs(y - t)[:, 0], np.sign(y - t))).fit(X, X[:, 0])",
    "predict": "fitted.predict(X)",
    "gradients": "fitted.gradients(X, X[:, 0])",
    "loss": "fitted.loss(X, X[:, 0])",
}


@LARGE
@pytest.mark.parametrize("call", CALLS)
def test_control_c_does_not_wait_for_the_end(call):
    """The call takes minutes, on a million rows of a wide network: its process ends before one epoch does.

    The test kills a call that ignores Ctrl-C after a limit of its own.
    """
    script = f"""
import os, signal, sys, threading
import numpy as np, scipy.sparse, neuract as na
X = np.broadcast_to(np.float32(1), (1_000_000, 64)).copy()
def net_of(loss): return na.Network([na.Dense(2048), na.Dense(2048), na.Dense(1, "linear")], loss=loss, epochs=1)
sparse = scipy.sparse.csr_matrix(X)
net, fitted = net_of(None), net_of(None).fit(X[:10], X[:10, 0])
{inspect.getsource(send_control_c)}
threading.Timer(0.5, send_control_c).start()
try:
    {CALLS[call]}
except KeyboardInterrupt:
    print("interrupted")
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert result.stdout == "interrupted\n", result.stderr


# ---- whose signals -----------------------------------------------------------------------------

INSTALLED = "[signal.getsignal(s) for s in signal.valid_signals()] + [re.findall('Sig(?:Cgt|Ign|Blk).*', status())]"


@LINUX
def test_no_signal_handler_changes():
    """Import and training, in any thread, change no signal handler, Python's or C's."""
    script = f"""
import re, signal, threading
import numpy as np
def status():
    with open("/proc/self/status") as file:
        return file.read()
def handlers():
    return {INSTALLED}
before = handlers()
import neuract as na
X = np.ones((2000, 100), dtype=np.float32)
def train():
    na.Network([na.Dense(256), na.Dense(256), na.Dense(1, "linear")], n_threads=2, epochs=3).fit(X, X[:, 0])
    assert handlers() == before
train()
worker = threading.Thread(target=train)
worker.start()
worker.join()
assert handlers() == before
print("the same")
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout == "the same\n", result.stderr


def test_a_handler_of_the_users_runs_during_fit_and_its_exception_ends_it(data):
    class Enough(Exception):
        pass

    def handler(number, frame):
        raise Enough

    with handled_by(handler), pytest.raises(Enough):
        network(callbacks=[PressesAfterTheFirstEpoch()]).fit(*data)


def test_training_in_another_thread_leaves_control_c_to_the_main_thread(data):
    """As in a worker of a notebook or server: the main thread gets the signal, the fit runs to its end."""
    handled = []
    net = network(epochs=20)
    worker = threading.Thread(target=net.fit, args=data)
    with handled_by(lambda number, frame: handled.append(threading.current_thread())):
        worker.start()
        send_control_c()
        worker.join()
    assert handled == [threading.main_thread()]
    assert np.array_equal(net.predict(data[0]), network(epochs=20).fit(*data).predict(data[0]))


def test_other_threads_run_during_a_call(data):
    """Protects programs that train next to a window or a server: the core works without the GIL."""
    beats, done = [], threading.Event()

    def beat():
        while not done.wait(0.001):
            beats.append(len(net.history_["loss"]))

    net = network(epochs=1, n_threads=1)
    X, y = np.tile(data[0], (25, 1)), np.tile(data[1], 25)
    net.fit(data[0][:10], data[1][:10])
    worker = threading.Thread(target=beat)
    worker.start()
    net.fit(X, y)
    done.set()
    worker.join()
    assert beats.count(0) > 10  # during the one epoch; some come before it
