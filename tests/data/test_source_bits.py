# SPDX-License-Identifier: BSD-3-Clause
"""The same bits from any source of the same rows: whatever its pieces, its files, its cache and the threads."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neuract as na
from neuract.data import Arrays, Batches, Parquet
from oracle.source_rows import COLUMNS, Pieces, batches_of, bits, fitted, in_arrays, in_batches, network, rows_of

ROWS = 1000
X, y = rows_of(ROWS)
LABELS = np.where(y > 0, "up", "down")

MODELS = {
    "Network": network,
    "Network of float64": lambda: network(dtype="float64"),
    "Network without shuffling": lambda: network(shuffle=False),
    "Network with dropout and schedules": lambda: na.Network(
        [na.Dense(8, "tanh", dropout=0.2), na.Dense(1, "linear")],
        epochs=2,
        schedule="one_cycle",
        regularization_schedule="fade",
        optimizer="adamw",
        random_state=0,
    ),
    "MLPRegressor": lambda: na.MLPRegressor(hidden_layer_sizes=(6,), max_iter=2, random_state=0),
    "MLPRegressor that stops early": lambda: na.MLPRegressor(
        hidden_layer_sizes=(6,), max_iter=2, early_stopping=True, random_state=0
    ),
    "TabularRegressor": lambda: na.TabularRegressor(
        effort="quick", hidden_layer_sizes=(6,), members=2, folds=2, max_iter=2, random_state=0
    ),
}
each_model = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)


@pytest.fixture(autouse=True)
def unfinished_trainings():
    """Lets models of two epochs warn that they did not converge."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def table_of(X, y):
    pa = pytest.importorskip("pyarrow")
    return pa.table({**{name: X[:, i] for i, name in enumerate(COLUMNS)}, "y": y})


def written(folder, ends, row_group_size):
    """A folder of Parquet files that end at these rows."""
    pq = pytest.importorskip("pyarrow.parquet")
    folder.mkdir(exist_ok=True)
    for number, (begin, end) in enumerate(zip([0, *ends], [*ends, ROWS], strict=True)):
        pq.write_table(table_of(X[begin:end], y[begin:end]), folder / f"{number:03}.parquet", row_group_size)
    return folder


# ---- pieces ----------------------------------------------------------------------------------------


@each_model
def test_any_sizes_of_batches(make):
    expected = fitted(in_batches(X, y, ROWS), make())
    assert fitted(in_batches(X, y, 77), make()) == expected
    assert fitted(in_batches(X, y, 9000), make()) == expected


@each_model
def test_cache_or_not(make, tmp_path):
    expected = fitted(in_arrays(X, y, cache=True), make())
    assert fitted(in_arrays(X, y, cache=False), make()) == expected
    assert fitted(in_arrays(X, y, cache=tmp_path), make()) == expected
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("make", [MODELS["MLPRegressor"], MODELS["TabularRegressor"]])
def test_any_number_of_jobs(make):
    results = {fitted(in_arrays(X, y), make().set_params(n_jobs=n)) for n in (1, 3)}
    assert len(results) == 1


def test_any_number_of_threads():
    wide = lambda n: na.Network(  # noqa: E731
        [na.Dense(200, "tanh"), na.Dense(1, "linear")], epochs=1, batch_size=500, n_threads=n, random_state=0
    )
    results = {fitted(in_arrays(X, y, shuffle_buffer=999), wide(n)) for n in (1, 2, 3)}
    assert len(results) == 1


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_sizes(data):
    rows = data.draw(st.integers(2, 500), "rows")
    buffer = data.draw(st.integers(1, 600), "shuffle_buffer")
    ends = sorted(data.draw(st.sets(st.integers(1, rows), max_size=6), "pieces end at"))
    size = data.draw(st.integers(1, 600), "rows of a batch")
    make = lambda: network(epochs=1, batch_size=data.draw(st.sampled_from([1, 16, 100]), "batch_size"))  # noqa: E731
    X, y = rows_of(rows)
    first = make()
    second, third = (network(epochs=1, batch_size=first.batch_size) for _ in range(2))
    expected = fitted(Batches(batches_of(X, y, size), shuffle_buffer=buffer), first)
    assert fitted(Arrays(X, y, shuffle_buffer=buffer), second) == expected
    assert fitted(Pieces(X, y, ends, shuffle_buffer=buffer), third) == expected


def test_small_source_equals_arrays():
    expected = bits(network().fit(X, y))
    assert fitted(in_batches(X, y, shuffle_buffer=ROWS)) == expected
    assert fitted(in_arrays(X, y, shuffle_buffer=ROWS)) == expected
    assert fitted(in_arrays(X, y, shuffle_buffer=ROWS - 1)) != expected


@pytest.mark.parametrize("size", [77, ROWS])
def test_weights(size):
    weights = np.where(np.arange(ROWS) < 500, 0, 1 + np.arange(ROWS) % 3)  # of whole windows they are 0

    def batches():
        for at in range(0, ROWS, size):
            yield X[at : at + size], y[at : at + size], weights[at : at + size]

    expected = fitted(Arrays(X, y, weights, shuffle_buffer=200))
    assert fitted(Batches(batches, shuffle_buffer=200)) == expected
    assert fitted(in_arrays(X, y)) != expected


def test_rows_of_weight_0_are_as_good_as_absent():
    there = np.arange(ROWS) >= 500
    changed = np.where(there[:, np.newaxis], X, 7.0)
    fits = [fitted(Arrays(x, y, there, shuffle_buffer=200)) for x in (X, changed)]
    assert fits[0] == fits[1]


# ---- kinds of sources ------------------------------------------------------------------------------


@pytest.mark.parametrize("module", ["pandas", "polars", "pyarrow"])
def test_frames(module):
    frames = pytest.importorskip(module)
    pytest.importorskip("narwhals")
    columns = {**{name: X[:, i] for i, name in enumerate(COLUMNS)}, "y": y}
    whole = frames.table(columns) if module == "pyarrow" else frames.DataFrame(columns)

    def part(frame, at):
        return frame.slice(at, 77) if module == "pyarrow" else frame[at : at + 77]

    expected = fitted(in_batches(X, y))
    of_frames = Batches(lambda: (part(whole, at) for at in range(0, ROWS, 77)), target="y", shuffle_buffer=200)
    assert fitted(of_frames) == expected
    apart = whole.select(COLUMNS) if module != "pandas" else whole[COLUMNS]
    of_pairs = Batches(
        lambda: ((part(apart, at), part(whole["y"], at)) for at in range(0, ROWS, 77)), shuffle_buffer=200
    )
    assert fitted(of_pairs) == expected


def test_record_batch_reader():
    pa = pytest.importorskip("pyarrow")
    table = table_of(X, y)
    source = Batches(
        lambda: pa.RecordBatchReader.from_batches(table.schema, table.to_batches(77)), target="y", shuffle_buffer=200
    )
    assert fitted(source) == fitted(in_batches(X, y))


def test_mapped_arrays(tmp_path):
    for name, array in {"X": X, "y": y}.items():
        np.save(tmp_path / f"{name}.npy", array)
    mapped = [np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("X", "y")]
    assert fitted(in_arrays(*mapped)) == fitted(in_arrays(X, y))


@pytest.mark.parametrize("ends", [[], [1], [300, 700, 999], list(range(50, ROWS, 50))])
@pytest.mark.parametrize("row_group_size", [13, 10_000])
def test_parquet_files(ends, row_group_size, tmp_path):
    folder = written(tmp_path / "rows", ends, row_group_size)
    given = {"target": "y", "shuffle_buffer": 200}
    expected = fitted(in_arrays(X, y))
    assert fitted(Parquet(folder, **given)) == expected
    assert fitted(Parquet(f"{folder}/*.parquet", **given, cache=False)) == expected


@each_model
def test_parquet_and_arrays(make, tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pq.write_table(table_of(X, y), tmp_path / "rows.parquet")
    source = Parquet(tmp_path / "rows.parquet", target="y", shuffle_buffer=200)
    batches = table_of(X, y).to_batches(77)
    of_batches = Batches(lambda: [pa.table(batch) for batch in batches], target="y", shuffle_buffer=200)
    assert fitted(source, make()) == fitted(of_batches, make())


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool", "float32", "int8", "uint64"])
def test_types_of_columns(dtype, tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    numbers = np.arange(ROWS) % 2 if dtype == "bool" else np.arange(ROWS) % 100
    column = numbers.astype(dtype)
    table = table_of(X, y).set_column(0, "a", pa.array(column))
    pq.write_table(table, tmp_path / "rows.parquet")
    source = Parquet(tmp_path / "rows.parquet", target="y", shuffle_buffer=200)
    assert fitted(source, network(epochs=1)) == fitted(in_arrays(np.c_[column, X[:, 1:]], y), network(epochs=1))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_whole_numbers(dtype, tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    column = 2**24 + 1 + 2 * np.arange(ROWS)  # which float32 does not have
    table = table_of(X, y).set_column(0, "a", pa.array(column))
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=100)
    model = lambda: network(dtype=dtype, epochs=1, learning_rate=1e-9)  # noqa: E731
    source = Parquet(tmp_path / "rows.parquet", target="y", shuffle_buffer=200)
    assert fitted(source, model()) == fitted(in_arrays(np.c_[column, X[:, 1:]], y), model())


# ---- targets ---------------------------------------------------------------------------------------


def test_text_labels(tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    make = lambda: network("sigmoid")  # noqa: E731
    expected = fitted(in_arrays(X, LABELS), make())
    for kind in (pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())):
        column = pa.array(LABELS.tolist(), kind)
        pq.write_table(table_of(X, y).set_column(3, "y", column), tmp_path / "rows.parquet", row_group_size=100)
        source = Parquet(tmp_path / "rows.parquet", target="y", shuffle_buffer=200)
        assert fitted(source, make()) == expected
    assert fitted(in_batches(X, LABELS), make()) == expected
    assert fitted(Batches(lambda: [(X.tolist(), LABELS.tolist())], shuffle_buffer=200), make()) == expected


def test_dictionaries_that_differ_by_file(tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    names = {}
    for number, labels in enumerate((["u", "v", "w"], ["x", "w", "v"])):
        column = np.resize(labels, 300)
        names[number] = column
        table = pa.table({"a": X[:300, 0], "y": pa.array(column.tolist()).dictionary_encode()})
        pq.write_table(table, tmp_path / f"{number}.parquet")
    make = lambda: network("softmax", 4)  # noqa: E731
    expected = fitted(in_arrays(np.r_[X[:300, :1], X[:300, :1]], np.r_[names[0], names[1]]), make())
    assert fitted(Parquet(tmp_path, target="y", shuffle_buffer=200), make()) == expected


def test_several_targets(tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(table_of(X, y).append_column("z", [2 * y]), tmp_path / "rows.parquet")
    source = Parquet(tmp_path / "rows.parquet", target=["y", "z"], shuffle_buffer=200)
    expected = fitted(in_arrays(X, np.c_[y, 2 * y]), network(units=2))
    assert fitted(source, network(units=2)) == expected
    assert fitted(in_batches(X, np.c_[y, 2 * y]), network(units=2)) == expected


def test_classifiers_of_numbers_and_text():
    make = lambda: na.MLPClassifier((6,), max_iter=2, random_state=0)  # noqa: E731
    for labels in (LABELS, y > 0, np.digitize(y, [-1, 0, 1]), LABELS.astype(object)):
        expected = fitted(in_arrays(X, labels), make())
        assert fitted(in_batches(X, labels), make()) == expected
    model = make().fit(in_arrays(X, LABELS))
    assert model.classes_.tolist() == ["down", "up"]
    assert set(model.predict(X[:9])) <= {"down", "up"}
