# SPDX-License-Identifier: BSD-3-Clause
"""Faults: workers and schedulers that are killed, fits that fail or are interrupted, two fits at once."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")
dask = pytest.importorskip("dask")

import neuract as na  # noqa: E402
from neuract.dask import DaskMLPClassifier  # noqa: E402
from neuract.dask._cluster import Cluster  # noqa: E402

QUICK = {"hidden_layer_sizes": (8,), "max_iter": 4, "random_state": 0, "batch_size": 75}
SCHEDULER = """
import sys
import distributed
if __name__ == "__main__":
    with distributed.LocalCluster(n_workers=1, processes=False, protocol="tcp", dashboard_address=":0") as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def split(*arrays, chunk=75):
    return [da.from_array(array, chunks=(chunk, *array.shape[1:])) for array in arrays]


def same(model, other):
    return all(np.array_equal(a, b) for a, b in zip(model.coefs_, other.coefs_, strict=True))


def eventually(condition, seconds=10):
    """Returns whether the condition holds within that time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


# ---- workers -------------------------------------------------------------------------------------


class Killer:
    """Kills a worker that holds a shard, in the second epoch or soon after it; `epoch` is the last that has ended."""

    def __init__(self, client, delay):
        self.client, self.delay, self.epoch, self.killed = client, delay, None, None

    def __call__(self, network, epoch, logs):
        self.epoch = epoch
        if epoch == 0:
            self.thread = threading.Thread(target=self.kill)
            self.thread.start()

    def kill(self):
        holders = [at for at, keys in self.client.has_what().items() if any("neuract-shard" in str(k) for k in keys)]
        pid = self.client.run(os.getpid, workers=holders[:1])[holders[0]]
        time.sleep(self.delay)
        os.kill(pid, signal.SIGKILL)
        self.killed = holders[0], self.epoch


def test_a_worker_that_is_killed_in_mid_round_leaves_the_bits_as_they_are(four, threads, rows):
    x, y, _ = rows
    expected = DaskMLPClassifier(client=threads, n_shards=4, **QUICK).fit(*split(x, y))
    kills = number = 0
    while kills < 20:
        four.wait_for_workers(2)
        killer = Killer(four, delay=0.01 * (number % 6))
        model = DaskMLPClassifier(client=four, n_shards=4, callbacks=killer, **QUICK).fit(*split(x, y))
        killer.thread.join()
        assert same(model, expected)
        worker, epoch = killer.killed
        kills += epoch < QUICK["max_iter"] - 1
        number += 1
    assert number < 40
    assert eventually(lambda: worker not in four.scheduler_info()["workers"])


# ---- the scheduler -------------------------------------------------------------------------------


def test_a_scheduler_that_is_gone_is_an_error(rows):
    x, y, _ = rows
    process = subprocess.Popen(
        [sys.executable, "-c", SCHEDULER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    settings = {"distributed.comm.timeouts.connect": "2s", "distributed.comm.retry.count": 0}
    with process, dask.config.set(settings):
        client = distributed.Client(process.stdout.readline().strip(), set_as_default=False)

        def kill(network, epoch, logs):
            process.kill()

        begun = time.monotonic()
        model = DaskMLPClassifier(client=client, callbacks=kill, **QUICK)
        with pytest.raises(ConnectionError, match="scheduler"):
            model.fit(*split(x, y))
        assert time.monotonic() - begun < 30
        assert not hasattr(model, "local_")
        with pytest.raises(ConnectionError, match="scheduler"):
            model.fit(*split(x, y))
        client.close()


# ---- fits that end early -------------------------------------------------------------------------


def nothing_is_left(client):
    held = lambda: client.run_on_scheduler(lambda dask_scheduler: [k for k in dask_scheduler.tasks if "neuract" in k])  # noqa: E731
    return eventually(lambda: not held())


def test_a_fit_that_fails_releases_the_memory_of_the_workers(threads, rows):
    x, y, _ = rows

    def fail(network, epoch, logs):
        raise OSError("the user's")

    model = DaskMLPClassifier(client=threads, callbacks=fail, **QUICK)
    with pytest.raises(OSError, match="the user's"):
        model.fit(*split(x, y))
    assert nothing_is_left(threads)
    assert not hasattr(model, "local_")


def test_an_interrupted_fit_keeps_its_good_epochs(threads, rows):
    x, y, _ = rows

    def interrupt(network, epoch, logs):
        if epoch == 1:
            raise KeyboardInterrupt

    model = DaskMLPClassifier(client=threads, callbacks=interrupt, **QUICK)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.fit(*split(x, y))
    assert model.n_iter_ == 2
    assert same(model, DaskMLPClassifier(client=threads, **{**QUICK, "max_iter": 2}).fit(*split(x, y)))
    assert nothing_is_left(threads)


def test_an_interrupt_in_a_round_cancels_its_tasks(threads, rows, monkeypatch):
    x, y, _ = rows
    waited = []

    def interrupt(self, futures):
        waited.extend(futures)
        raise KeyboardInterrupt

    gather, rounds = threads.gather, []
    monkeypatch.setattr(
        type(threads), "gather", lambda self, futures: interrupt(self, futures) if rounds else gather(futures)
    )
    mean = Cluster.mean
    monkeypatch.setattr(Cluster, "mean", lambda *given: (rounds.append(1), mean(*given))[1])
    with pytest.raises(KeyboardInterrupt):
        DaskMLPClassifier(client=threads, **QUICK).fit(*split(x, y))
    assert all(future.status == "cancelled" for future in waited)
    monkeypatch.undo()
    assert nothing_is_left(threads)


def test_a_training_that_diverges_keeps_the_epoch_before(threads, rows):
    x, y, _ = rows
    settings = {**QUICK, "solver": "sgd"}
    with pytest.raises(na.DivergedError, match="non-finite parameter weights or loss in epoch 1"):
        DaskMLPClassifier(client=threads, n_shards=2, learning_rate_init=1e300, **settings).fit(*split(x, y))
    model = DaskMLPClassifier(client=threads, n_shards=2, **settings)
    model.set_params(learning_rate=lambda epoch: 0.01 if epoch < 2 else 1e300)
    with pytest.raises(na.DivergedError, match=r"in epoch 3.*the epoch before"):
        model.fit(*split(x, y))
    assert model.n_iter_ == 2
    assert np.isfinite(model.coefs_[0]).all()


# ---- callbacks, the lock, the dashboard ----------------------------------------------------------


def test_callbacks_see_the_network_of_each_round_and_may_end_the_fit(threads, rows):
    x, y, _ = rows
    seen = []

    def watch(network, epoch, logs):
        seen.append((epoch, logs["loss"], network.weights[0].copy()))
        return epoch == 2

    model = DaskMLPClassifier(client=threads, callbacks=watch, **QUICK).fit(*split(x, y))
    assert [epoch for epoch, _, _ in seen] == [0, 1, 2]
    assert [loss for _, loss, _ in seen] == model.loss_curve_
    assert np.array_equal(seen[-1][2], model.coefs_[0])
    assert not np.array_equal(seen[0][2], seen[1][2])


def test_two_fits_at_once_do_not_interleave(threads, rows):
    x, y, _ = rows
    order, models = [], {}

    def fit(name):
        listed = [lambda network, epoch, logs: order.append(name)]
        models[name] = DaskMLPClassifier(client=threads, callbacks=listed, **QUICK).fit(*split(x, y))

    both = [threading.Thread(target=fit, args=(name,)) for name in "ab"]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert "".join(order) in ("aaaabbbb", "bbbbaaaa")
    assert same(models["a"], models["b"])


def test_rounds_are_named_tasks(threads, rows):
    x, y, _ = rows
    DaskMLPClassifier(client=threads, n_shards=5, **{**QUICK, "max_iter": 1}).fit(*split(x, y))
    log = threads.run_on_scheduler(lambda dask_scheduler: [str(entry[0]) for entry in dask_scheduler.transition_log])
    names = {key.rpartition("-")[0] for key in log}
    for name in ("rows-0", "shard-4", "round-0-state", "round-0-shard-4", "round-0-sum-1-0", "round-0-mean"):
        assert f"neuract-{name}" in names
