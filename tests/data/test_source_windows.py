# SPDX-License-Identifier: BSD-3-Clause
"""Windows of rows: each row once in an epoch, in another order each time, and never changed under the core's hands."""

import threading
import time
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuract.data import Arrays
from neuract.data._opened import Opened, opened
from neuract.data._source import hashes
from neuract.data._windows import Cached, Windows
from neuract.inputs._data import Data
from neuract.training._passes import StreamPasses
from oracle.source_rows import Pieces, in_arrays, network, rows_of


def prepare(X, y, weights):
    """Row numbers, as the core would take them."""
    weights = None if weights is None else np.asarray(weights, np.float32)
    return Data(np.ascontiguousarray(X, np.float32), np.asarray(y, np.float32)[:, np.newaxis], weights)


def numbered(rows, cache, buffer, ends=()):
    """A source whose X and y are the numbers of its rows."""
    numbers = np.arange(rows)
    return Pieces(numbers[:, np.newaxis], numbers, ends, cache, buffer)


def stream_of(source, limit=0):
    found = opened(source, classes=False)
    assert isinstance(found, Opened)
    return found.stream(prepare, found.learned(prepare), limit)


def epoch(stream, random):
    """The row numbers of each buffer of an epoch."""
    result = []
    for data in stream.buffers(stream.order(random)):
        assert (data.x[:, 0] == data.targets[:, 0]).all()
        result.append(data.x[:, 0].astype(int))
    return result


# ---- each row once ---------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(2, 400),
    buffer=st.integers(1, 399),
    cache=st.booleans(),
    share=st.sampled_from([0, 0.1, 0.9]),
    ends=st.lists(st.integers(0, 400), max_size=5).map(sorted),
)
def test_each_row_once_in_an_epoch(rows, buffer, cache, share, ends):
    buffer = min(buffer, rows - 1)
    source, limit = numbered(rows, cache, buffer, [end for end in ends if end < rows]), int(share * 2**64)
    taken = np.flatnonzero(hashes(0, rows) >= np.uint64(limit))
    with stream_of(source, limit) as stream:
        assert stream.rows == len(taken)
        for _ in range(2):
            found = epoch(stream, np.random.RandomState(0)) if len(taken) else []
            assert sorted(np.concatenate([[], *found]).astype(int)) == taken.tolist()
            assert all(len(buffer_) <= buffer for buffer_ in found)


@pytest.mark.parametrize("cache", [True, False])
def test_orders_differ_from_epoch_to_epoch(cache):
    random = np.random.RandomState(0)
    with stream_of(numbered(1000, cache, 100)) as stream:
        first, second = (np.concatenate(epoch(stream, random)) for _ in range(2))
    assert (first != second).mean() > 0.9


def test_windows_are_runs_of_rows_from_far_away():
    with stream_of(numbered(10_000, True, 1000)) as stream:
        window = stream.windows.window
        for rows in epoch(stream, np.random.RandomState(0)):
            runs = rows.reshape(-1, window)
            assert (np.diff(runs, axis=1) == 1).all()
            assert len(runs) >= 8
            assert np.ptp(runs[:, 0]) > 3000


@pytest.mark.parametrize("cache", [True, False])
def test_without_shuffling_rows_keep_their_order(cache):
    with stream_of(numbered(1000, cache, 90)) as stream:
        assert np.concatenate(epoch(stream, None)).tolist() == list(range(1000))


def test_without_shuffling_the_steps_are_those_of_arrays():
    """With buffers of whole batches, so that no batch ends early."""
    X, y = rows_of(960)
    made = {"shuffle": False, "batch_size": 32, "epochs": 3}
    of_source = network(**made).fit(Arrays(X, y, shuffle_buffer=320))
    of_arrays = network(**made).fit(X, y)
    assert all((a == b).all() for a, b in zip(of_source.weights, of_arrays.weights, strict=True))
    assert of_source.history_["loss"] == pytest.approx(of_arrays.history_["loss"], rel=1e-12)


def test_rows_of_a_buffer_are_shuffled():
    """The core sees each row, and not in the order of the windows."""
    seen = []

    class Kept:
        trainer = type("Trainer", (), {"batch_size": 10})
        parameters = network().fit(*rows_of(50))._learner.parameters

        def run(self, data, order, rate, ended, passes, shares):
            order.shuffle()
            seen.append(np.asarray(data.x[:, 0])[order.numbers].astype(int))
            ended.append((1.0, 0.0))

    with stream_of(numbered(500, True, 100)) as stream:
        StreamPasses(Kept(), stream, np.random.RandomState(0)).run(1.0, ended := [], 2, None)
    rows = np.concatenate(seen)
    assert sorted(rows) == sorted([*range(500)] * 2)
    assert (np.diff(rows) == 1).mean() < 0.1
    assert ended == [(1.0, 0.0)] * 2


# ---- where prepared rows lie ------------------------------------------------------------------------


def test_cache_false_keeps_no_file():
    with stream_of(numbered(500, False, 100)) as stream:
        assert type(stream.windows) is Windows
    with stream_of(numbered(500, True, 100)) as stream:
        assert type(stream.windows) is Cached


def test_file_has_no_name(tmp_path):
    with stream_of(numbered(500, tmp_path, 100)):
        assert not list(tmp_path.iterdir())


def test_size_is_said_before(capsys, tmp_path):
    X, y = rows_of(1000)
    network(verbose=True, epochs=1).fit(in_arrays(X, y, cache=tmp_path))
    first, second = capsys.readouterr().out.splitlines()[:2]
    assert first == f"1,000 rows × 3 columns, prepared: 0.0 MB in {tmp_path}"
    assert "loss" in second.lower()


# ---- the thread that reads ---------------------------------------------------------------------------


class Slow(Pieces):
    """Takes its time to read."""

    def pieces(self, first=0):
        for piece in super().pieces(first):
            time.sleep(0.001)
            yield piece


@pytest.mark.parametrize(("reading", "training"), [(0, 0.003), (0.001, 0)])
def test_buffers_do_not_change_in_use(reading, training):
    kind = Slow if reading else Pieces
    numbers = np.arange(600)
    with stream_of(kind(numbers[:, np.newaxis], numbers, [], False, 60)) as stream:
        for data in stream.buffers(stream.order(np.random.RandomState(0))):
            before = data.x.copy()
            time.sleep(training)
            assert (data.x == before).all()
            data.x[:] = -1  # would show in a buffer that is read from elsewhere


def test_reads_ahead():
    """While one buffer is in use, the next is read, and no more."""

    class Counted(Pieces):
        calls = 0

        def pieces(self, first=0):
            self.calls += 1
            return super().pieces(first)

    numbers = np.arange(600)
    source = Counted(numbers[:, np.newaxis], numbers, [], False, 60)
    with stream_of(source) as stream:
        source.calls = 0
        with closing(stream.buffers(stream.order(None))) as buffers:
            next(buffers)
            end = time.monotonic() + 10
            while source.calls < 2 * stream.windows.at_once and time.monotonic() < end:
                time.sleep(0.001)
            time.sleep(0.01)
            assert source.calls == 2 * stream.windows.at_once


def test_no_thread_is_left():
    before = threading.active_count()
    X, y = rows_of(1000)
    network().fit(in_arrays(X, y))
    assert threading.active_count() == before


class Interrupted:
    """A session that Ctrl-C ends in its second buffer."""

    trainer = type("Trainer", (), {"batch_size": 10})
    parameters = network().fit(*rows_of(50))._learner.parameters

    def __init__(self):
        self.runs, self.undone = 0, False

    def run(self, data, order, rate, ended, passes, shares):
        self.runs += 1
        if self.runs == 2:
            raise KeyboardInterrupt
        ended.append((1.0, 0.0))

    def undo(self, parameters):
        self.undone = True


def test_reader_has_ended_before_an_error_leaves_the_passes():
    """The error holds the frames of the passes: a reader in them would go on, in a file that is closed by then."""
    numbers, session = np.arange(600), Interrupted()
    before = threading.active_count()
    with stream_of(Slow(numbers[:, np.newaxis], numbers, [], False, 60)) as stream:
        with pytest.raises(KeyboardInterrupt) as caught:
            StreamPasses(session, stream, None).run(1.0, [], 1, None)
        assert threading.active_count() == before
    assert session.undone
    assert caught.value.__traceback__ is not None
