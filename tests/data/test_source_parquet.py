# SPDX-License-Identifier: BSD-3-Clause
"""Parquet files and Arrow datasets as sources: paths, folders, types, and errors that name the file and its row."""

import datetime
import decimal
import os
import sys

import numpy as np
import pytest

from neuract.data import Parquet
from oracle.source_rows import COLUMNS, fitted, in_arrays, network, rows_of

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
datasets = pytest.importorskip("pyarrow.dataset")
pytest.importorskip("narwhals")

ROWS = 1000
X, y = rows_of(ROWS)
EXPECTED = fitted(in_arrays(X, y))
TABLE = pa.table({**{name: X[:, i] for i, name in enumerate(COLUMNS)}, "y": y})
BUFFERS = pytest.mark.parametrize("buffer", [200, 5000], ids=["in windows", "in memory"])


def source(path, **settings):
    return Parquet(path, **{"target": "y", "shuffle_buffer": 200, **settings})


def write(folder, name, table, row_group_size=100):
    folder.mkdir(exist_ok=True)
    pq.write_table(table, folder / name, row_group_size)
    return folder / name


@pytest.fixture
def files(tmp_path):
    """A folder of 20 files."""
    for number in range(20):
        write(tmp_path / "rows", f"file{number:02}.parquet", TABLE.slice(50 * number, 50), 20)
    return tmp_path / "rows"


def with_column(name, values, table=TABLE):
    return table.set_column(table.schema.names.index(name), name, pa.array(values))


# ---- paths -----------------------------------------------------------------------------------------


def test_ways_to_name_files(files, monkeypatch):
    names = sorted(files.glob("*.parquet"))

    class PathLike:
        def __fspath__(self):
            return str(files)

    every = [files, str(files), f"{files}/*.parquet", files / "*.parquet", names, [*map(str, names)], iter(names)]
    for path in [*every, PathLike(), datasets.dataset(str(files)), datasets.dataset([str(name) for name in names])]:
        assert fitted(source(path)) == EXPECTED, path
    monkeypatch.chdir(files.parent)
    assert fitted(source("rows")) == fitted(source("r*s/*")) == EXPECTED


def test_files_of_a_sequence_keep_its_order(files):
    names = sorted(files.glob("*.parquet"))[::-1]
    order = np.arange(ROWS).reshape(20, 50)[::-1].ravel()
    assert fitted(source(names)) == fitted(in_arrays(X[order], y[order]))


@pytest.mark.parametrize("name", ["größe 数.parquet", "part[1].parquet", "what?.parquet", "with space.parquet"])
def test_names_of_any_characters(name, tmp_path):
    if os.name == "nt" and "?" in name:
        pytest.skip("Windows has no such names")
    write(tmp_path, name, TABLE)
    assert fitted(source(tmp_path / name)) == EXPECTED
    folder = tmp_path / name.removesuffix(".parquet")
    write(folder, name, TABLE)
    assert fitted(source(folder)) == EXPECTED


@pytest.mark.parametrize("path", ["none.parquet", "none*.parquet", "none/*"])
def test_no_files(path, tmp_path):
    with pytest.raises(FileNotFoundError, match="none"):
        source(tmp_path / path)
    with pytest.raises(ValueError, match="path is an empty sequence"):
        source([])
    with pytest.raises(ValueError, match="has no rows"):
        fitted(source(tmp_path))


def test_repr(tmp_path):
    path = write(tmp_path, "rows.parquet", TABLE)
    assert repr(source(path, cache=False)) == (
        f"Parquet(path={str(path)!r}, target='y', cache=False, shuffle_buffer=200)"
    )


# ---- datasets --------------------------------------------------------------------------------------


def test_partitioned_folders(tmp_path):
    """The names of folders are a column, for given datasets and for folders."""
    years = 2 * (np.arange(ROWS) // 500) - 1
    for value in (-1, 1):
        write(tmp_path / f"year={value}", "rows.parquet", TABLE.filter(pa.array(years == value)))
    expected = fitted(in_arrays(np.c_[X, years], y))
    assert fitted(source(tmp_path)) == expected
    assert fitted(source(datasets.dataset(str(tmp_path), partitioning="hive"))) == expected
    assert fitted(source(tmp_path, columns=["year", "a"])) == fitted(in_arrays(np.c_[years, X[:, 0]], y))


def test_filtered_dataset(files):
    kept = X[:, 0] > -1
    dataset = datasets.dataset(str(files)).filter(datasets.field("a") > -1)
    assert fitted(source(dataset)) == fitted(in_arrays(X[kept], y[kept]))
    assert fitted(source(dataset, columns=["c"])) == fitted(in_arrays(X[kept][:, 2:], y[kept]))
    with pytest.raises(ValueError, match="cache=False reads windows of rows in random order, which Parquet cannot"):
        source(dataset, cache=False)


def test_datasets_of_other_kinds(tmp_path):
    assert fitted(source(datasets.dataset(TABLE))) == EXPECTED
    feather = pytest.importorskip("pyarrow.feather")
    feather.write_feather(TABLE, tmp_path / "rows.arrow", compression="uncompressed")
    assert fitted(source(datasets.dataset(str(tmp_path / "rows.arrow"), format="feather"))) == EXPECTED
    write(tmp_path, "rows.parquet", TABLE)
    one = datasets.dataset(str(tmp_path / "rows.parquet"))
    assert fitted(source(datasets.dataset([one, one]))) == fitted(in_arrays(np.r_[X, X], np.r_[y, y]))


def test_dataset_with_types_of_its_own(files):
    schema = pa.schema([(name, pa.float32()) for name in TABLE.schema.names])
    expected = fitted(in_arrays(X.astype("f4"), y.astype("f4")), network(dtype="float64"))
    assert fitted(source(datasets.dataset(str(files), schema=schema)), network(dtype="float64")) == expected


@pytest.mark.parametrize("cache", [True, False])
def test_files_without_rows(cache, files):
    for name in ("file", "file07b.parquet", "zz.parquet"):
        write(files, name, TABLE.slice(0, 0))
    assert fitted(source(files, cache=cache)) == EXPECTED


def test_columns_in_any_order_and_columns_too_many(files):
    write(files, "file17.parquet", TABLE.slice(850, 50).select(["y", "c", "b", "a"]).append_column("z", [[1] * 50]))
    assert fitted(source(files)) == EXPECTED
    assert fitted(source(files, columns=["c", "a"])) == fitted(in_arrays(X[:, [2, 0]], y))


# ---- files that do not fit --------------------------------------------------------------------------


@BUFFERS
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: with_column("b", ["text"] * 50, t), "column 'b' is string, but double in"),
        (lambda t: with_column("b", np.arange(50), t), "column 'b' is int64, but double in"),
        (lambda t: with_column("y", ["text"] * 50, t), "column 'y' is string, but double in"),
        (lambda t: t.drop_columns(["c"]), "column 'c' is missing, but double in"),
    ],
)
def test_file_17_has_other_columns(change, message, files, buffer):
    write(files, "file17.parquet", change(TABLE.slice(850, 50)))
    with pytest.raises(ValueError, match=rf"file17\.parquet: {message} .*file00\.parquet; all files of a source need"):
        fitted(source(files, shuffle_buffer=buffer))


@BUFFERS
@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_missing_number_is_named_by_file_and_row(files, buffer, cache, value):
    column = np.where(np.arange(850, 900) == 893, value, X[850:900, 1])
    write(files, "file17.parquet", with_column("b", column, TABLE.slice(850, 50)), 20)
    with pytest.raises(ValueError, match=r"file17\.parquet: X contains .* \((first )?in row 43, column 'b'\)"):
        fitted(source(files, shuffle_buffer=buffer, cache=cache))


def test_missing_target_is_named_by_file_and_row(files):
    for name, message in {"y": "y contains NaN", "a": "X contains NaN"}.items():
        values = [None if row == 43 else float(row) for row in range(50)]
        write(files, "file17.parquet", with_column(name, values, TABLE.slice(850, 50)), 20)
        with pytest.raises(ValueError, match=rf"file17\.parquet: {message} \((first )?in row 43"):
            fitted(source(files))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([datetime.date(2026, 1, 1)] * ROWS, "X has dates in the column 'b'"),
        ([datetime.timedelta(1)] * ROWS, "X has time spans in the column 'b'"),
        (["1.5"] * ROWS, "X has numbers as text in the column 'b'"),
        (["text"] * ROWS, "X has text in the column 'b'"),
        (pa.array(["text"] * ROWS).dictionary_encode(), "X has categories in the column 'b'"),
        ([[1.0, 2.0]] * ROWS, "X has list<.*> in the column 'b', not numbers"),
        ([{"u": 1.0}] * ROWS, "X has struct<.*> in the column 'b', not numbers"),
        (pa.nulls(ROWS), r"X contains NaN \((first )?in row \d+, column 'b'\)"),
        ([None, *[True] * (ROWS - 1)], r"X contains NaN \((first )?in row 0, column 'b'\)"),
        ([None, *[1] * (ROWS - 1)], r"X contains NaN \((first )?in row 0, column 'b'\)"),
    ],
)
def test_columns_that_are_no_numbers(values, message, tmp_path):
    write(tmp_path, "rows.parquet", with_column("b", values))
    with pytest.raises(ValueError, match=rf"rows\.parquet: {message}"):
        fitted(source(tmp_path))


def test_columns_that_are_not_read_may_differ(files):
    write(files, "file17.parquet", with_column("b", ["text"] * 50, TABLE.slice(850, 50)))
    assert fitted(source(files, columns=["c", "a"])) == fitted(in_arrays(X[:, [2, 0]], y))


def test_decimals_are_numbers(tmp_path):
    rounded = np.round(X[:, 1], 2)
    decimals = [decimal.Decimal(f"{number:.2f}") for number in rounded]
    write(tmp_path, "rows.parquet", with_column("y", decimals, with_column("b", decimals)))
    expected = fitted(in_arrays(np.c_[X[:, 0], rounded, X[:, 2]], rounded))
    assert fitted(source(tmp_path)) == expected


# ---- files that are broken --------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"garbage" * 100, None], ids=["empty", "garbage", "half"])
def test_file_that_is_no_parquet(content, files):
    path = files / "file17.parquet"
    path.write_bytes(path.read_bytes()[:400] if content is None else content)
    with pytest.raises(ValueError, match=r"file17\.parquet"):
        fitted(source(files))


def test_broken_page(files):
    write(files, "file17.parquet", TABLE.slice(850, 50), 20)
    pq.write_table(TABLE.slice(850, 50), files / "file17.parquet", compression="gzip")
    content = bytearray((files / "file17.parquet").read_bytes())
    content[60:200] = b"\xff" * 140
    (files / "file17.parquet").write_bytes(content)
    with pytest.raises((OSError, ValueError), match=r"file17\.parquet, from row 0: "):
        fitted(source(files))


def test_file_that_is_gone(files):
    given = source(files)
    (files / "file17.parquet").unlink()
    with pytest.raises(OSError, match=r"file17\.parquet, from row 0: "):
        fitted(given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"target": "z"}, "there is no column 'z'; the columns are 'a', 'b', 'c', 'y'"),
        ({"target": None}, "fit needs y: name the column by target="),
        ({"sample_weight": "w"}, "there is no column 'w'"),
        ({"columns": ["a", "q"]}, "there is no column 'q'"),
        ({"columns": ["a", "y"]}, "columns names 'y', which is y or weights"),
        ({"columns": []}, "no column is left for X"),
    ],
)
def test_names_of_columns(given, message, files):
    with pytest.raises(ValueError, match=message):
        fitted(source(files, **given))


def test_without_pyarrow(monkeypatch, files):
    monkeypatch.setitem(sys.modules, "pyarrow.dataset", None)
    with pytest.raises(ImportError, match=r'Parquet needs pyarrow, which is not installed: pip install "neuract\['):
        source(files)
