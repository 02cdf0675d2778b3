# SPDX-License-Identifier: BSD-3-Clause
"""Batches and arrays as sources: what a batch may be, and errors that name the batch and its row."""

from functools import partial

import numpy as np
import pytest

import neuract as na
from neuract.data import Arrays, Batches
from oracle.source_rows import batches_of, fitted, in_arrays, in_batches, network, rows_of

ROWS = 1000
X, y = rows_of(ROWS)
HALF = slice(500), slice(500, ROWS)
BUFFERS = pytest.mark.parametrize("buffer", [200, ROWS], ids=["in windows", "in memory"])


def fit(batches, model=None, buffer=200, **settings):
    return fitted(Batches(lambda: iter(batches), shuffle_buffer=buffer, **settings), model)


def frame(X, y=None, names="abc"):
    pd = pytest.importorskip("pandas")
    columns = {name: X[:, i] for i, name in enumerate(names)}
    return pd.DataFrame(columns if y is None else {**columns, "y": y})


# ---- what a batch may be ---------------------------------------------------------------------------


def test_empty_batches():
    none = (X[:0], y[:0])
    assert fit([none, (X[:3], y[:3]), none, (X[3:], y[3:]), none]) == fitted(in_arrays(X, y))


def test_frames_with_columns_in_another_order():
    first, second = (frame(X[half], y[half]) for half in HALF)
    expected = fitted(in_arrays(X, y))
    assert fit([first, second[["c", "y", "a", "b"]]], target="y") == expected
    assert fit([(first[["a", "b", "c"]], y[HALF[0]]), (second[["c", "a", "b"]], y[HALF[1]])]) == expected


def test_frames_with_any_index_and_with_numbers_as_names():
    parts = [frame(X[half], y[half]).set_index(np.arange(500)[::-1]) for half in HALF]
    expected = fitted(in_arrays(X, y))
    assert fit(parts, target="y") == expected
    assert fit([part.rename(columns={"a": 0, "b": 1, "c": 2}) for part in parts], target="y") == expected


@pytest.mark.parametrize("module", ["pandas", "polars", "pyarrow"])
@BUFFERS
def test_whole_numbers_that_become_others(module, buffer):
    """As chunks of CSV do, where a later one has a missing or a broken number."""
    frames = pytest.importorskip(module)
    make = frames.table if module == "pyarrow" else frames.DataFrame
    columns = [np.arange(500) % 5, np.arange(500) % 5 + 0.5]
    parts = [make({"a": column, "y": y[half]}) for column, half in zip(columns, HALF, strict=True)]
    expected = fitted(in_arrays(np.concatenate(columns)[:, np.newaxis], y, shuffle_buffer=buffer))
    assert fit(parts, target="y", buffer=buffer) == expected


def test_chosen_columns():
    part = frame(X, y)
    assert fit([part], target="y", columns=["c", "a"]) == fitted(in_arrays(X[:, [2, 0]], y))
    with_weights = part.assign(w=np.arange(ROWS) % 2)
    expected = fitted(Arrays(X, y, np.arange(ROWS) % 2, shuffle_buffer=200))
    assert fit([with_weights], target="y", sample_weight="w") == expected


def test_function_is_called_anew_for_each_pass():
    """Twice where the rows are cached, and a list serves as well as a generator."""
    calls = []

    def function():
        calls.append(1)
        return [(X, y)]

    assert fitted(Batches(function, shuffle_buffer=200), network(epochs=5)) is not None
    assert len(calls) == 2


def test_what_is_not_read_to_its_end_is_closed():
    closed = []

    def batches(fails):
        try:
            yield X[:500], y[:500]
            yield X[500:] if fails else (X[500:], y[500:])
            yield X[:0], y[:0]
        finally:
            closed.append(1)

    fitted(Batches(lambda: batches(False), shuffle_buffer=200))
    assert len(closed) == 2
    with pytest.raises(ValueError, match="batch 1") as caught:
        fitted(Batches(lambda: batches(True), shuffle_buffer=200))
    assert len(closed) == 3, caught  # which still holds the frames


@BUFFERS
def test_arrays_that_the_function_fills_anew(buffer):
    """As readers do that save memory: fit keeps no reference to the arrays of a batch."""

    def batches():
        x, t, weights = np.empty((100, 3)), np.empty(100), np.ones(100)
        for at in range(0, ROWS, 100):
            x[:], t[:] = X[at : at + 100], y[at : at + 100]
            yield x, t, weights
        x[:] = t[:] = weights[:] = np.nan

    expected = fitted(Arrays(X, y, np.ones(ROWS), shuffle_buffer=buffer))
    assert fitted(Batches(batches, shuffle_buffer=buffer)) == expected


def test_readers_are_closed():
    """Which are no generators, and hold a file or a connection."""
    closed = []

    class Reader:
        def __iter__(self):
            return iter([(X[:500], y[:500]), (X[500:], y[500:])])

        def close(self):
            closed.append(1)

    source = Batches(Reader, shuffle_buffer=200)
    fitted(source)
    assert len(closed) == 2
    next(pieces := source.pieces())
    pieces.close()
    assert len(closed) == 3


def test_subclasses_of_arrays():
    with pytest.raises(ValueError, match=r"batch 0 .*: y has masked values \(first in row 3\)"):
        fit([(X, np.ma.masked_where(np.arange(ROWS) == 3, y))])
    with pytest.raises(ValueError, match=r"batch 1 .*: X has masked values \(first in row 4, column 2\)"):
        fit([(X[:9], y[:9]), (np.ma.masked_equal(X[9:], X[13, 2]), y[9:])])


# ---- errors of one batch ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ((X,), r"a batch must be \(X, y\), \(X, y, sample_weight\) or a frame; got a tuple of 1"),
        ([X, y], "a batch must be a tuple .* or a frame, got list"),
        (None, "a batch must be a tuple .* or a frame, got NoneType"),
        (X, "fit needs y"),
        ((X, None), "fit needs y"),
        ((X[:, 0], y), r"X must have 2 dimensions \(rows, columns\), got shape \(1000,\)"),
        ((X, y[:10]), "X has 1000 rows, y 10"),
        ((X, y, y[:9]), "X has 1000 rows, sample_weight 9"),
        ((X, y + 0j), "y must hold real numbers, got complex128"),
        ((X.astype(str), y), "X has numbers as text in the columns 0, 1, 2"),
    ],
)
def test_no_batch(batch, message):
    with pytest.raises((ValueError, TypeError), match=rf"batch 0 \(the first is 0\): {message}"):
        fit([batch])


def test_sparse_batch():
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(
        TypeError, match=r"batch 0 .*: a source gives arrays or frames, got a sparse matrix; give X.toarray\(\)"
    ):
        fit([(sparse.csr_matrix(X), y)])
    with pytest.raises(TypeError, match="got a sparse matrix"):
        Arrays(sparse.csr_matrix(X), y)


@pytest.mark.parametrize("name", ["target", "sample_weight", "columns"])
def test_names_of_columns_for_tuples(name):
    with pytest.raises(ValueError, match=f"batch 0 .*: {name} names columns of frames, but this batch is a tuple"):
        fit([(X, y)], **{name: ["a"] if name == "columns" else "a"})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"target": "z"}, "there is no column 'z'; the columns are 'a', 'b', 'c', 'y'"),
        ({"target": "y", "sample_weight": "w"}, "there is no column 'w'"),
        ({"target": "y", "columns": ["a", "q"]}, "there is no column 'q'"),
        ({"target": "y", "columns": ["a", "y"]}, "columns names 'y', which is y or weights"),
        ({"target": "y", "columns": ["a", "a"]}, "columns names 'a', which is twice there"),
        ({"target": "y", "columns": []}, "no column is left for X"),
        ({"target": ["a", "b", "c", "y"]}, "no column is left for X"),
        ({}, "fit needs y: name the column by target="),
    ],
)
def test_names_of_columns_for_frames(given, message):
    with pytest.raises(ValueError, match=f"batch 0 .*: {message}"):
        fit([frame(X, y)], **given)


@pytest.mark.parametrize("buffer", [200, ROWS])
@pytest.mark.parametrize("row", [0, 76, 77, 617, 999])
@pytest.mark.parametrize("of_frames", [False, True])
def test_missing_number_is_named_by_batch_and_row(buffer, row, of_frames):
    broken = X.copy()
    broken[row, 1] = np.nan
    place = rf"batch {row // 77} \(the first is 0\): X contains NaN \((first )?in row {row % 77}, column "
    parts = [(broken[at : at + 77], y[at : at + 77]) for at in range(0, ROWS, 77)]
    target = {"target": "y"} if of_frames else {}
    with pytest.raises(ValueError, match=place + ("'b'" if of_frames else "1")):
        fit([frame(*part) for part in parts] if of_frames else parts, buffer=buffer, **target)


@pytest.mark.parametrize("made", [na.MLPRegressor, na.TabularRegressor])
@BUFFERS
def test_missing_target_is_named_by_estimators_too(made, buffer):
    broken = np.where(np.arange(ROWS) == 617, np.nan, y)
    with pytest.raises(ValueError, match=r"batch 8 \(the first is 0\): y contains NaN \((first )?in row 1\)"):
        made().fit(in_batches(X, broken, shuffle_buffer=buffer))


# ---- batches that do not agree ----------------------------------------------------------------------


def different(name):
    """Pairs of batches that do not go together."""
    (X0, y0), (X1, y1) = ((X[half], y[half]) for half in HALF)
    text = np.where(y1 > 0, "p", "q")
    pairs = {
        "columns": [(X0, y0), (X1[:, :2], y1)],
        "text": [(X0, y0), (X1.astype(str), y1)],
        "labels": [(X0, (y0 > 0).astype(int)), (X1, (y1 > 0).astype(int).astype(str))],
        "labels as objects": [(X0, y0), (X1, text.astype(object))],
        "no y": [(X0, y0), (X1, None)],
        "weights": [(X0, y0), (X1, y1, y1)],
        "no weights": [(X0, y0, np.ones(500)), (X1, y1)],
        "shape of y": [(X0, y0[:, np.newaxis]), (X1, y1)],
    }
    if name in pairs:
        return pairs[name]
    first, second = frame(X0, y0), frame(X1, y1)
    return {
        "lost column": [first, second.drop(columns="b")],
        "new column": [first, second.assign(z=1)],
        "text in a column": [first, second.assign(b="text")],
        "frames": [(first[["a", "b", "c"]], y0), (X1, y1)],
    }[name]


@BUFFERS
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("columns", "the number of columns is 2, but 3 in batch 0"),
        ("text", "what X holds is text, but numbers in batch 0"),
        ("labels", "y is text, but numbers in batch 0"),
        ("labels as objects", "y is text, but numbers in batch 0"),
        ("no y", "y is missing, but numbers in batch 0"),
        ("weights", "sample_weight is given, but missing in batch 0"),
        ("no weights", "sample_weight is missing, but given in batch 0"),
        ("shape of y", r"the shape of a row's y is \(\), but \(1,\) in batch 0"),
        ("lost column", r"column 'b' is missing, but batch 0 \(the first is 0\) has it"),
        ("new column", r"column 'z' is missing in batch 0"),
        ("text in a column", "column 'b' is text, but numbers in batch 0"),
        ("frames", "X is an array, but a frame of pandas in batch 0"),
    ],
)
def test_batches_that_do_not_agree(name, message, buffer):
    target = {"target": "y"} if "column" in name and name != "columns" else {}
    with pytest.raises(ValueError, match=rf"batch 1 \(the first is 0\): {message}"):
        fit(different(name), network("sigmoid") if name == "labels" else None, buffer, **target)


def test_list_of_labels_with_a_gap():
    for gap in (None, np.nan):
        labels = ["p", "q"] * 250
        with pytest.raises(ValueError, match=rf"batch 1 .*: y has {gap!r} in row 1; leave out rows without a label"):
            fit([(X[:500], labels), (X[500:], ["p", gap] * 250)], network("sigmoid"))


# ---- arrays and settings ----------------------------------------------------------------------------


def test_arrays_of_other_lengths():
    with pytest.raises(ValueError, match="X has 1000 rows, y 9"):
        Arrays(X, y[:9])
    with pytest.raises(ValueError, match="X has 1000 rows, sample_weight 9"):
        Arrays(X, y, y[:9])
    with pytest.raises(ValueError, match=r"X must have 2 dimensions \(rows, columns\), got shape \(1000,\)"):
        Arrays(y, y)


@pytest.mark.parametrize("buffer", [200, ROWS])
def test_arrays_are_what_they_are_in_batches(buffer):
    expected = fitted(in_arrays(X, y, shuffle_buffer=buffer))
    assert fitted(in_arrays(X.tolist(), y.tolist(), shuffle_buffer=buffer)) == expected
    pd = pytest.importorskip("pandas")
    backwards = pd.Series(y, index=np.arange(ROWS)[::-1])
    assert fitted(in_arrays(X, backwards, shuffle_buffer=buffer)) == expected
    with pytest.raises(ValueError, match=r"X has masked values \(first in row 4, column 2\)"):
        in_arrays(np.ma.masked_equal(X, X[4, 2]), y)
    with pytest.raises(ValueError, match=r"y has masked values \(first in row 4\)"):
        in_arrays(X, np.ma.masked_equal(y, y[4]))


@pytest.mark.parametrize("rows", [700, ROWS])
def test_missing_number_in_arrays(rows):
    broken = np.where(np.arange(ROWS)[:, np.newaxis] == 617, np.nan, X)
    for cache in (True, False):
        with pytest.raises(ValueError, match=r"the arrays: X contains NaN \((first )?in row 617, column 0\)"):
            fitted(Arrays(broken, y, cache=cache, shuffle_buffer=rows))


def test_settings_of_sources(tmp_path):
    with pytest.raises(TypeError, match=r"Batches needs a function .* got list_iterator. Give for example lambda"):
        Batches(iter([]))
    with pytest.raises(ValueError, match="cache=False reads windows of rows in random order, which Batches cannot"):
        in_batches(X, y, cache=False)
    with pytest.raises(ValueError, match="cache must be True, False or an existing folder, got"):
        in_arrays(X, y, cache=tmp_path / "none")
    with pytest.raises(ValueError, match="shuffle_buffer"):
        in_arrays(X, y, shuffle_buffer=0)
    for given in ({"y": y}, {"sample_weight": y}):
        with pytest.raises(ValueError, match="a source has y and sample_weight itself: give fit the source alone"):
            network().fit(in_arrays(X, y), **given)
    assert repr(in_arrays(X, y)) == "<Arrays of 1,000 rows and 3 columns>"
    assert repr(Batches(len, target="y", cache=tmp_path)) == (
        f"Batches(function=<built-in function len>, target='y', cache={str(tmp_path)!r})"
    )


def test_lbfgs_needs_all_rows():
    model = network(optimizer="lbfgs").fit(X, y)
    before = [array.copy() for array in model.weights]
    with pytest.raises(ValueError, match="lbfgs needs all rows in memory"):
        model.fit(in_arrays(X, y))
    assert all((a == b).all() for a, b in zip(model.weights, before, strict=True))
    assert fitted(in_arrays(X, y, shuffle_buffer=ROWS), network(optimizer="lbfgs")) is not None
    with pytest.raises(ValueError, match="lbfgs needs all rows in memory"):
        na.MLPRegressor(solver="lbfgs").fit(in_arrays(X, y))


def test_sources_are_no_arrays():
    """Only fit takes them: what else needs rows says so."""
    source, model = in_arrays(X, y), na.MLPRegressor(max_iter=100, tol=1).fit(X, y)
    net = model.network_
    calls = [net.predict, net.forward, model.predict, lambda X: net.partial_fit(X, y), lambda X: na.diagnose(net, X)]
    calls += [partial(validated, each) for each in (net, model)]
    for call in calls:
        with pytest.raises(TypeError, match=r"(needs arrays|X(_val)? is a source).*na.data.predict\(model, source\)"):
            call(source)
    with pytest.raises(TypeError, match="partial_fit takes arrays, one batch in each call; give the source to fit"):
        model.partial_fit(source, None)


def validated(model, X_val):
    model.fit(in_arrays(X, y), X_val=X_val, y_val=y)


def test_no_rows():
    for source in (Batches(lambda: []), Batches(batches_of(X[:0], y[:0], 1)), Arrays(X[:0], y[:0])):
        with pytest.raises(ValueError, match="has no rows"):
            network().fit(source)


def test_one_column_and_two_rows():
    assert fitted(Arrays(X[:2, :1], y[:2], shuffle_buffer=1)) == fitted(in_batches(X[:2, :1], y[:2], shuffle_buffer=1))
