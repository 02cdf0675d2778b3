# SPDX-License-Identifier: BSD-3-Clause
"""Model files after a kill during writing, and on a full disk: the old model or the new one, complete.

A program in its own process forks the children that are killed, so that each child starts work at once.
"""

import subprocess
import sys

import pytest

from oracle.marks import not_sanitized

KILLS = 100
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, kills and limits as Linux has them")

# Two networks that differ in their predictions and in the size of their files.
NETWORKS = """
import os, random, resource, signal, sys, time
from pathlib import Path
import numpy as np
import neuract as na

def network(value, units):
    net = na.Network([na.Dense(units, "linear"), na.Dense(1, "linear")], dtype="float64")
    return net.set_parameters([np.full((40, units), value), np.full((units, 1), 1 / units)])

path = Path(sys.argv[1])
OLD, NEW = 1.0, 2.0
old, new = network(OLD, 1000), network(NEW, 1500)

def value():
    return round(float(na.load(path).predict(np.eye(1, 40))[0, 0]), 9)
"""

KILLS_OF = """
def killed(work, seconds):  # this long after its first save
    before = path.stat().st_mtime_ns
    child = os.fork()
    if child == 0:
        work()
    while path.stat().st_mtime_ns == before:
        assert os.waitpid(child, os.WNOHANG) == (0, 0), "it ended by itself"
        time.sleep(0.001)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, "it ended by itself"

def kill_often(work, found):
    na.save(old, path)
    start = time.perf_counter()
    na.save(new, path)
    longest = min(4 * (time.perf_counter() - start), 0.05)
    seen = []
    for _ in range(int(sys.argv[2])):
        killed(work, random.uniform(0, longest))
        seen.append(found())  # raises if the file is incomplete
    strays = set(path.parent.iterdir()) - {path}
    assert all(stray.name.startswith(".neuract-") for stray in strays), strays
    na.save(new, path)  # next to leftover files
    assert value() == NEW
    print(len(set(seen)), len(strays))
"""

SAVING = """
def save_again_and_again():
    while True:
        for net in (old, new):
            na.save(net, path)

def found():
    assert value() in (OLD, NEW)
    return value()

kill_often(save_again_and_again, found)
"""

CHECKPOINT = """
X, y = np.eye(8, 40), np.arange(8.0)

def fit(*callbacks):
    layers = [na.Dense(1000, "tanh"), na.Dense(1, "linear")]
    na.Network(layers, random_state=0, n_threads=1, epochs=30, callbacks=callbacks).fit(X, y)

answers = []
fit(lambda net, epoch, logs: answers.append(net.predict(X).tobytes()))

def fit_again_and_again():
    while True:
        fit(na.callbacks.Checkpoint(path))

def found():
    net = na.load(path)
    epoch = len(net.history_["loss"])
    assert epoch == 0 or net.predict(X).tobytes() == answers[epoch - 1]  # 0: the file from before the first fit
    return epoch

kill_often(fit_again_and_again, found)
"""

FULL = """
na.save(old, path)
size = path.stat().st_size
for limit in (0, 1, 8, 4096, size // 2, size, 3 * size // 2 - 4096):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        na.save(new, path)
        raise AssertionError(f"{limit} bytes were enough")
    except OSError as error:
        refusal = error
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert list(path.parent.iterdir()) == [path], "something was left"
    assert value() == OLD
    print(type(refusal).__name__)
na.save(new, path)
assert value() == NEW
"""


def run(program, *arguments):
    command = [sys.executable, "-c", NETWORKS + program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@not_sanitized("a save is too slow for the moments of the kills")
@pytest.mark.parametrize("program", [SAVING, CHECKPOINT], ids=["save", "Checkpoint"])
def test_a_kill_leaves_the_old_model_or_the_new(program, tmp_path):
    different, strays = map(int, run(KILLS_OF + program, tmp_path / "model.safetensors", KILLS))
    print(f"{KILLS} kills found {different} different models and left {strays} temporary files")
    assert different > 1, "no kill came after a save"
    assert strays > 0, "no kill came while a file was being written"


def test_a_file_that_does_not_fit_is_an_error_and_leaves_the_old_one(tmp_path):
    assert run(FULL, tmp_path / "model.safetensors") == ["OSError"] * 7
