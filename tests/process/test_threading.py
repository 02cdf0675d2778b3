# SPDX-License-Identifier: BSD-3-Clause
"""The number of threads and limits from outside; test_same_bits.py has what they compute."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import threadpoolctl

import neuract as na
import neuract.threading._count as na_threading
import neuract.threadpools

LINUX = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in Linux's /proc")


@pytest.fixture
def default_threads():
    yield
    na.set_num_threads(None)


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
    """Sets the number of processors, and the numbers that successive reads of the CPU quota return (none: no quota)."""

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
    """Protects against reading files in each call, since each asks for the number of threads."""
    processors(8, 2, 3)
    assert [na.get_num_threads(), na.get_num_threads()] == [2, 2]
    na.set_num_threads(None)
    assert [na.get_num_threads(), na.get_num_threads()] == [3, 3]


# Limits from outside: threadpoolctl, joblib.


def ours():
    """The pool as threadpoolctl lists it."""
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
    """Protects a default that follows the processors: threadpoolctl sets every pool's number when a limit ends."""
    processors(4)
    with threadpoolctl.threadpool_limits(1, user_api=api):
        pass
    assert na.get_num_threads() == 4
    processors(3)
    assert na.get_num_threads() == 3


MADE = """
import os, numpy as np, threadpoolctl
import neuract as na, neuract.threadpools
X = np.random.default_rng(0).standard_normal((1000, 100))
before = len(os.listdir("/proc/self/task"))
made = lambda: len(os.listdir("/proc/self/task")) - before
net = na.Network([na.Dense(100), na.Dense(100), na.Dense(1, "linear")], batch_size=1000)
"""


def threads_made(script):
    """The output of the script about `made()`, on a machine that appears to have two processors."""
    environment = os.environ | {"OMP_NUM_THREADS": "2"}
    result = subprocess.run([sys.executable, "-c", MADE + script], capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


@LINUX
@pytest.mark.parametrize("ask", ["partial_fit", "gradients", "loss", "predict"])
def test_a_limit_holds_for_training_that_has_begun(ask):
    """Protects against a trainer that keeps its first number of threads."""
    script = f"""
na.set_num_threads(1)
net.partial_fit(X, X[:, 0])
na.set_num_threads(None)  # the trainer may use two now, and has not yet
with threadpoolctl.threadpool_limits(1):
    net.{ask}(*(X, X[:, 0])[:{1 if ask == "predict" else 2}])
    print(made())
net.{ask}(*(X, X[:, 0])[:{1 if ask == "predict" else 2}])
print(made())
"""
    assert threads_made(script) == ["0", "1"]


def test_network_needs_no_threadpoolctl():
    script = "import sys, neuract as na; na.Network([na.Dense(1)]); print('threadpoolctl' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout == "False\n", result.stderr
