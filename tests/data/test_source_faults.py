# SPDX-License-Identifier: BSD-3-Clause
"""Fits of a source that fail: an error that says why, a model as documented, and nothing left on the disk."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import neuract as na
from neuract.data import Batches
from neuract.data._source import Piece, hashes
from neuract.data._windows import Cached, Shape, Windows
from neuract.inputs._data import Data
from oracle.paths import TESTS
from oracle.source_rows import Pieces, batches_of, bits, in_arrays, in_batches, network, rows_of

ROWS = 1000
X, y = rows_of(ROWS)
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals and limits")


@pytest.fixture(autouse=True)
def nothing_stays_open(tmp_path):
    """Fails a test after which the folder has a file, or the process holds one that has no name."""
    yield
    assert not list(tmp_path.iterdir())
    handles = Path("/proc/self/fd")
    if handles.exists():
        targets = [str(each.readlink()) for each in handles.iterdir() if each.is_symlink()]
        assert not [target for target in targets if target.startswith(str(tmp_path))]


class InEpochs(Pieces):
    """A source that is read anew in each epoch; `fault` changes what it gives from a half of an epoch on.

    Windows come in random order: their number tells how far the training is.
    """

    def __init__(self, fault, epoch):
        super().__init__(X, y, [], False, 96)
        self.fault, self.calls = fault, 0
        self.from_call = (epoch + 0.5) * -(-ROWS // 12) + 1  # of windows, after one call for the survey

    def pieces(self, first=0):
        self.calls += 1
        for piece in super().pieces(first):
            yield self.fault(piece) if self.calls > self.from_call else piece


def after(epochs, **settings):
    return bits(network(epochs=epochs, **settings).fit(InEpochs(None, 10**6)))


# ---- before the training: the model does not change -------------------------------------------------


def assert_unchanged(source, error, message):
    new, known = network(), network().fit(X[:50], y[:50])
    before = bits(known)
    for model in (new, known):
        with pytest.raises(error, match=message):
            model.fit(source)
    with pytest.raises(ValueError, match="not fitted"):
        new.predict(X[:1])
    assert bits(known) == before


def in_second_pass(second):
    """Batches of which every second pass is another one."""
    passes = itertools.count()
    return lambda: (second if next(passes) % 2 else batches_of(X, y, 77))()


def breaks():
    for number, batch in enumerate(batches_of(X, y, 77)()):
        if number == 7:
            raise ConnectionError("the database is gone")
        yield batch


@pytest.mark.parametrize("function", [breaks, in_second_pass(breaks)])
def test_source_that_fails(function, tmp_path):
    source = Batches(function, cache=tmp_path, shuffle_buffer=200)
    assert_unchanged(source, ConnectionError, "the database is gone")


def test_source_that_fails_says_how_far_it_came():
    with pytest.raises(ConnectionError) as caught:
        network().fit(Batches(breaks))
    assert [note.split(" after ")[1] for note in caught.value.__notes__] == ["7 batches of 539 rows"]
    with pytest.raises(ValueError, match="batch 1") as caught:
        network().fit(Batches(lambda: [(X, y), (X, y, y, y)]))
    assert not hasattr(caught.value, "__notes__")


@pytest.mark.parametrize("rows", [500, 999, 1001, 1077, 0])
def test_source_that_changes(rows, tmp_path):
    other = rows_of(2000)
    second = batches_of(other[0][:rows], other[1][:rows], 77)
    source = Batches(in_second_pass(second), cache=tmp_path, shuffle_buffer=200)
    assert_unchanged(source, ValueError, "has other rows than in the pass before; it must give the same rows each time")


@pytest.mark.parametrize("cache", [True, False])
def test_rows_too_many_are_found_where_they_would_be_left_out(cache):
    """Of rows that a validation has held out, none is trained on: also the one too many would not be."""
    limit = int(hashes(ROWS, 1)[0]) + 1
    windows = Cached if cache else Windows
    longer = Pieces(*rows_of(ROWS + 1), [], cache, 100)
    shape = Shape(3, 1, False, np.dtype("float32"))
    prepare = lambda X, y, weights: Data(X.astype("f4"), y[:, np.newaxis].astype("f4"), weights)  # noqa: E731
    with pytest.raises(ValueError, match="has other rows than in the pass before"):
        read_all(windows(longer, ROWS, shape, prepare, limit))


def read_all(windows):
    for number in np.flatnonzero(windows.counts).tolist():
        windows.read(number, windows.shape.room(int(windows.counts[number])))


def test_source_that_can_be_read_once(tmp_path):
    once = batches_of(X, y, 77)()
    with pytest.raises(ValueError, match="has other rows than in the pass before"):
        network().fit(Batches(lambda: once, cache=tmp_path, shuffle_buffer=200))


def test_broken_number_in_the_second_pass(tmp_path):
    broken = np.where(np.arange(ROWS)[:, np.newaxis] == 617, np.nan, X)
    source = Batches(in_second_pass(batches_of(broken, y, 77)), cache=tmp_path, shuffle_buffer=200)
    assert_unchanged(source, ValueError, r"batch 8 .*: X contains NaN \(first in row 1, column 0\)")


def test_label_that_only_the_second_pass_has(tmp_path):
    labels = np.where(y > 0, "p", "q")
    other = np.where(np.arange(ROWS) == 617, "r", labels)
    passes = itertools.count()
    function = lambda: batches_of(X, other if next(passes) else labels, 77)()  # noqa: E731
    source = Batches(function, cache=tmp_path, shuffle_buffer=200)
    with pytest.raises(ValueError, match=r"batch 8 .*: unknown label 'r' in row 1 of y; the classes are 2"):
        network("sigmoid").fit(source)


# ---- a full disk -----------------------------------------------------------------------------------


def test_too_little_room_on_the_disk(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10_000))
    message = r"the prepared rows need 0\.0 MB in .*, which has 0\.0 MB free; name another folder by cache="
    assert_unchanged(in_batches(X, y, cache=tmp_path), OSError, message)


LIMITED = """
import resource, signal, sys
import numpy as np
import neuract as na

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
X = np.random.default_rng(0).normal(size=(5000, 3))
source = na.data.Batches(lambda: [(X, X[:, 0])], cache=sys.argv[1], shuffle_buffer=200)
net = na.Network([na.Dense(1, "linear")])
try:
    net.fit(source)
except OSError as error:
    print(error)
try:
    net.predict(X)
except ValueError as error:
    print(error)
"""


@POSIX
def test_disk_that_is_full_after_all(tmp_path):
    run = subprocess.run([sys.executable, "-c", LIMITED, tmp_path], capture_output=True, text=True, timeout=60)
    first, second = run.stdout.splitlines()
    assert "the prepared rows could not be written to" in first
    assert first.endswith("name another folder by cache=")
    assert "not fitted" in second


# ---- in the middle of an epoch: the weights of the epoch before -------------------------------------


def gone(piece):
    raise ConnectionError("the database is gone")


def broken(piece):
    return Piece(np.full_like(piece.X, np.nan), piece.y, None, piece.where, piece.first)


@pytest.mark.parametrize("epoch", [0, 2])
@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [(gone, ConnectionError, "the database is gone"), (broken, ValueError, "the pieces: X contains NaN")],
)
def test_source_that_fails_in_an_epoch(fault, error, message, epoch):
    net = network(epochs=9)
    with pytest.raises(error, match=message):
        net.fit(InEpochs(fault, epoch))
    assert len(net.history_["loss"]) == epoch
    assert bits(net) == after(epoch) if epoch else bits(net) != after(1)
    net.fit(in_arrays(X, y))  # works after that


def interrupt(piece):
    """Ctrl-C, while the thread reads."""
    signal.raise_signal(signal.SIGINT)
    return piece


@contextmanager
def control_c_is_heard():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("epoch", [0, 2])
def test_control_c_in_an_epoch(epoch):
    net = network(epochs=9)
    with pytest.raises(KeyboardInterrupt), control_c_is_heard():
        net.fit(InEpochs(interrupt, epoch))
    assert len(net.history_["loss"]) == epoch
    assert bits(net) == after(epoch) if epoch else bits(net) != after(1)


def test_control_c_between_epochs(tmp_path):
    def stop(net, epoch, logs):
        if epoch == 1:
            raise KeyboardInterrupt

    net = network(epochs=9, callbacks=[stop])
    with pytest.raises(KeyboardInterrupt):
        net.fit(in_batches(X, y, cache=tmp_path))
    assert len(net.history_["loss"]) == 2
    assert bits(net) == bits(network(epochs=2).fit(in_batches(X, y)))


@pytest.mark.parametrize("epoch", [0, 2])
def test_divergence_in_a_late_buffer(epoch):
    def far(piece):
        return Piece(piece.X, np.full_like(piece.y, 1e38), None, piece.where, piece.first)

    net = network(epochs=9)
    with pytest.raises(na.DivergedError, match=f"non-finite parameter weights or loss in epoch {epoch + 1}; that ep"):
        net.fit(InEpochs(far, epoch))
    assert len(net.history_["loss"]) == epoch
    assert bits(net) == after(epoch) if epoch else bits(net) != after(1)
    assert all(np.isfinite(weights).all() for weights in net.weights)


def test_divergence_by_the_learning_rate(tmp_path):
    with pytest.raises(na.DivergedError, match="in epoch 1; that epoch was undone"):
        network(optimizer="sgd", learning_rate=1e30).fit(in_batches(X, y, cache=tmp_path))


ESTIMATORS = {
    "MLP": lambda: na.MLPRegressor(hidden_layer_sizes=(5,), max_iter=9, random_state=0),
    "tabular": lambda: na.TabularRegressor(
        effort="quick", hidden_layer_sizes=(5,), members=2, folds=2, max_iter=9, random_state=0
    ),
}
each_estimator = pytest.mark.parametrize("make", ESTIMATORS.values(), ids=ESTIMATORS)


@each_estimator
@pytest.mark.filterwarnings("ignore:.*Maximum iterations")
def test_estimator_is_as_before_a_fit_that_fails(make):
    model, known = make(), make().fit(X[:100], y[:100])
    before = bits(known)
    for each in (model, known):
        with pytest.raises(ConnectionError, match="the database is gone"):
            each.fit(InEpochs(gone, 2))
    with pytest.raises(NotFittedError):
        model.predict(X)
    assert bits(known) == before


@each_estimator
def test_estimator_keeps_the_epochs_before_control_c(make):
    model = make()
    with pytest.warns(UserWarning, match="Training interrupted by user"), control_c_is_heard():
        model.fit(InEpochs(interrupt, 2))
    assert np.isfinite(model.predict(X)).all()
    if isinstance(model, na.MLPRegressor):
        assert len(model.loss_curve_) == 2
        shorter = make().set_params(max_iter=2)
        with pytest.warns(UserWarning, match="Maximum iterations"):
            assert bits(model) == bits(shorter.fit(InEpochs(None, 10**6)))


@each_estimator
def test_estimator_that_control_c_ends_in_its_first_epoch(make):
    model = make()
    with pytest.raises(KeyboardInterrupt), control_c_is_heard():
        model.fit(InEpochs(interrupt, 0))
    with pytest.raises(NotFittedError):
        model.predict(X)


# ---- kill -9 ---------------------------------------------------------------------------------------

TRAINING = """
import sys
import neuract as na
from oracle.source_rows import in_batches, network, rows_of

def told(net, epoch, logs):
    print("epoch", flush=True)

network(epochs=10**9, callbacks=[told]).fit(in_batches(*rows_of(1000), cache=sys.argv[1]))
"""


@POSIX
def test_kill_leaves_no_file(tmp_path):
    command = [sys.executable, "-c", TRAINING, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=TESTS, env=in_tests()) as process:
        assert process.stdout.readline() == "epoch\n"
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert not list(tmp_path.iterdir())


@POSIX
def test_control_c_leaves_no_file(tmp_path):
    command = [sys.executable, "-c", TRAINING, str(tmp_path)]
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": TESTS, "env": in_tests()}
    with subprocess.Popen(command, **given, preexec_fn=hear_control_c) as process:
        assert process.stdout.readline() == "epoch\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert errors.splitlines()[-1] == "KeyboardInterrupt"
    assert not list(tmp_path.iterdir())


def hear_control_c():
    signal.signal(signal.SIGINT, signal.default_int_handler)


def in_tests():
    paths = [str(TESTS), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(str(Path(path).resolve()) for path in paths if path)}
