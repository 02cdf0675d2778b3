# SPDX-License-Identifier: BSD-3-Clause
"""Every kind of file gives the same model and the same predictions; columns of new tables are found by name."""

import csv
import datetime
import decimal
import gzip
import io
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

import neuract as na
from neuract.shell._main import main
from oracle.tables import HEADER, fails, fitted, frame, scores, write


def test_fit_says_what_it_did(run):
    said = fitted(run)
    assert "task     regression of 'price': the target is a number" in said
    assert "rows     60" in said
    assert "columns  4: 1 number, 1 category, 1 date, 1 bool; left out: 'id' (--drop)" in said
    assert "members  6 networks in 3 groups, of 3 epochs and 3 epochs and 3 epochs" in said
    assert "files    model.safetensors" in said
    model = na.load("model.safetensors")
    assert model.target_name_ == "price"
    assert model.columns_.feature_names_in_.tolist() == ["size", "town", "built", "garden"]
    table = frame()
    alike = na.TabularRegressor(members=2, max_iter=3, random_state=0).fit(table[HEADER[1:5]], table.price)
    np.testing.assert_array_equal(model.predict(table[HEADER[1:5]]), alike.predict(table[HEADER[1:5]]))


WAYS = {
    "semicolon.csv": lambda t, f: t.to_csv(f, index=False, sep=";"),
    "tab.tsv": lambda t, f: t.to_csv(f, index=False, sep="\t"),
    "bar.txt": lambda t, f: t.to_csv(f, index=False, sep="|"),
    "quoted.csv": lambda t, f: t.to_csv(f, index=False, quoting=csv.QUOTE_ALL),
    "bom.csv": lambda t, f: t.to_csv(f, index=False, encoding="utf-8-sig"),
    "utf16.csv": lambda t, f: t.to_csv(f, index=False, encoding="utf-16"),
    "windows.csv": lambda t, f: t.to_csv(f, index=False, lineterminator="\r\n"),
    "packed.csv.gz": lambda t, f: t.to_csv(f, index=False),
    "nan.csv": lambda t, f: t.to_csv(f, index=False, na_rep="NaN"),
    "index.csv": lambda t, f: t.to_csv(f),
    "t.parquet": lambda t, f: t.to_parquet(f, index=False),
    "t.arrow": lambda t, f: feather.write_feather(pa.Table.from_pandas(t, preserve_index=False), f),
    "content": lambda t, f: t.to_parquet(f, index=False),
}


@pytest.mark.parametrize("name", WAYS)
def test_every_kind_of_file_gives_the_same_model(name, run):
    fitted(run, "--out", "first.safetensors")
    WAYS[name](frame(), name)
    fitted(run, source=name)
    first = run("predict", "first.safetensors", "train.csv", "--keep", "id")
    assert run("predict", "model.safetensors", name, "--keep", "id") == first
    assert [row[0] for row in scores(first)] == ["id", *(f"{k:05}" for k in range(60))]


def test_decimal_commas_and_spaces(run):
    fitted(run)
    first = run("predict", "model.safetensors", "train.csv")
    frame().to_csv("comma.csv", index=False, sep=";", decimal=",")
    error = fails(run, "predict", "model.safetensors", "comma.csv")
    assert error.startswith("comma.csv, row 1, column 'size': '")
    assert error.endswith("is not a number; --decimal , reads a decimal comma")
    assert run("predict", "model.safetensors", "comma.csv", "--decimal", ",") == first
    write("spaced.csv", 'size, town, built, garden\n50, "Ulm", 2000-01-01, true\n')
    write("dense.csv", "size,town,built,garden\n50,Ulm,2000-01-01T00:00,True\n")
    assert run("predict", "model.safetensors", "spaced.csv") == run("predict", "model.safetensors", "dense.csv")


@pytest.mark.parametrize("name", ["s.csv", "s.csv.gz", "s.tsv", "s.parquet", "s.arrow", "s.feather"])
def test_outputs_by_suffix(name, run):
    fitted(run)
    rows = scores(run("predict", "model.safetensors", "train.csv", "--keep", "town"))
    run("predict", "model.safetensors", "train.csv", "--keep", "town", "--out", name)
    if name.endswith((".parquet", ".arrow", ".feather")):
        read = (parquet.read_table if "parquet" in name else feather.read_table)(name)
        columns, values = read.column_names, zip(*read.to_pydict().values(), strict=True)
        written = [columns, *([town, repr(price)] for town, price in values)]
    else:
        data = Path(name).read_bytes()
        text = (gzip.decompress(data) if name.endswith("gz") else data).decode()
        written = list(csv.reader(io.StringIO(text), delimiter="\t" if "tsv" in name else ","))
    assert written == rows
    model, table = na.load("model.safetensors"), frame()
    predicted = model.predict(table[HEADER[1:5]])
    assert [float(row[1]) for row in rows[1:]] == predicted.tolist()


def test_a_pipe_without_files(run, monkeypatch):
    fitted(run)
    wanted = run("predict", "model.safetensors", "train.csv")
    for data, options in (
        (Path("train.csv").read_bytes(), []),
        (gzip.compress(Path("train.csv").read_bytes()), []),
        (Path("train.csv").read_bytes(), ["--format", "csv"]),
    ):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert run("predict", "model.safetensors", "-", *options) == wanted
    stream = io.BytesIO()
    table = pa.Table.from_pandas(frame(), preserve_index=False)
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stream.getvalue())))
    assert run("predict", "model.safetensors", "-") == wanted


def test_columns_in_any_order_with_others_next_to_them(run):
    fitted(run)
    first = run("predict", "model.safetensors", "train.csv")
    frame()[["garden", "built", "size", "town"]].to_csv("new.csv", index=False)
    assert run("predict", "model.safetensors", "new.csv") == first
    frame()[["garden", "built", "size", "town"]].to_parquet("new.parquet")
    assert run("predict", "model.safetensors", "new.parquet") == first


def test_text_that_looks_like_numbers_stays_text(run):
    """A column of levels is read as text in predict too, even if all its values there look like numbers."""
    write("t.csv", "code,y\n" + "".join(f"{c},{c == '01'}\n" for c in ["01", "02", "A"] * 20))
    run("fit", "t.csv", "--target", "y", "--epochs", 60)
    rows = scores(run("predict", "model.safetensors", write("n.csv", "code\n01\n02\n")))
    assert [row[0] for row in rows[1:]] == ["True", "False"]


def test_codes_with_few_leading_zeros_are_text(run):
    codes = ["01234", *(str(90000 + k % 3) for k in range(59))]
    write("t.csv", "code,y\n" + "".join(f"{code},{k}\n" for k, code in enumerate(codes)))
    assert "columns  1: 1 category" in run("fit", "t.csv", "--target", "y", "--epochs", 1)


def test_missing_and_unknown_levels(run, capsys):
    fitted(run)
    frame().assign(town=["Rom", *frame().town[1:]]).to_csv("new.csv", index=False)
    assert main(["predict", "model.safetensors", "new.csv"]) == 0
    assert capsys.readouterr().err == (
        "neuract: warning: new.csv, row 1, column 'town': level 'Rom' is new to the model; 1 of 60 rows have new "
        "levels\n"
    )
    assert main(["predict", "model.safetensors", "new.csv", "--quiet"]) == 0
    assert not capsys.readouterr().err
    error = fails(run, "predict", "model.safetensors", frame()[["size", "town", "built"]].to_csv("c.csv") or "c.csv")
    assert error.startswith("c.csv: no column 'garden' for which the model needs")
    frame()[["size", "town"]].rename(columns={"town": "Town"}).to_csv("c.csv")
    error = fails(run, "predict", "model.safetensors", "c.csv")
    assert error == "c.csv: 3 columns that the model needs are not there: 'town', 'built', 'garden'"


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("size", "big", "'big' is not a number; --missing big reads it as missing"),
        ("size", "1e999", "'1e999' is not a number; --missing 1e999 reads it as missing"),
        ("built", "1.2.2000", "'1.2.2000' is not a date (such as 2024-01-31 or 2024-01-31 12:00)"),
        ("built", "2000-02-31", "'2000-02-31' is not a date"),
        ("garden", "maybe", "'maybe' is not true or false"),
    ],
)
def test_wrong_values_at_predict_name_row_and_column(column, value, words, run):
    fitted(run)
    table = frame().astype({column: object})
    table.loc[41, column] = value
    table.to_csv("new.csv", index=False)
    error = fails(run, "predict", "model.safetensors", "new.csv", "--out", "s.csv")
    assert error.startswith(f"new.csv, row 42, column '{column}': {words}")
    assert not Path("s.csv").exists()
    assert run("predict", "model.safetensors", "new.csv", "--missing", value)


def test_wrong_types_in_parquet_name_the_column(run):
    fitted(run)
    frame().assign(size="big").to_parquet("new.parquet")
    error = fails(run, "predict", "model.safetensors", "new.parquet")
    assert error == "new.parquet: column 'size' must hold numbers, as in fit; got text, 'big' in row 0"
    frame().assign(size=np.r_[1.0, np.inf, np.ones(58)]).to_parquet("new.parquet")
    error = fails(run, "predict", "model.safetensors", "new.parquet")
    assert error == "new.parquet, row 2, column 'size': infinity is not a number to learn from"


def test_types_of_parquet(run):
    n = 40
    moments = [datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(k) for k in range(n)]
    columns = {
        "null": pa.nulls(n),
        "levels": pa.array(["a", "b"] * 20).dictionary_encode(),
        "exact": pa.array([decimal.Decimal("1.5"), None, decimal.Decimal("2.5"), None] * 10),
        "moment": pa.array(moments),
        "span": pa.array([datetime.timedelta(hours=k) for k in range(n)]),
        "y": pa.array([1.0, 2.5] * 20),
    }
    parquet.write_table(pa.table(columns), "t.parquet")
    said = run("fit", "t.parquet", "--target", "y", "--epochs", 1)
    assert "columns  4: 1 category, 1 number, 1 date, 1 duration; left out: 'null' (it has no values)" in said
    kept = [word for name in columns for word in ("--keep", name)]
    rows = scores(run("predict", "model.safetensors", "t.parquet", *kept))
    assert rows[1][:5] == ["", "a", "1.5", "2020-01-01 00:00:00+00:00", "0:00:00"]
    parquet.write_table(pa.table(columns | {"list": pa.array([[1]] * n)}), "t.parquet")
    for target in ("y", "list"):
        error = fails(run, "fit", "t.parquet", "--target", target)
        assert error.startswith("t.parquet: column 'list' has lists; ")
    error = fails(run, "fit", "t.parquet", "--target", "moment")
    assert error.startswith("t.parquet, column 'moment': a date cannot be the target")


def test_no_rows_give_no_predictions(run):
    fitted(run)
    frame().iloc[:0].to_csv("none.csv", index=False)
    assert run("predict", "model.safetensors", "none.csv", "--keep", "id") == "id,prediction\n"
    run("predict", "model.safetensors", "none.csv", "--keep", "id", "--out", "none.parquet")
    assert parquet.read_table("none.parquet").num_rows == 0


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_other_models_predict_too(run):
    table = frame()[["size", "price"]].fillna(50.0)
    table.to_csv("n.csv", index=False)
    mlp = na.MLPRegressor(max_iter=2, random_state=0).fit(table[["size"]] / 100, table.price / 1e5)
    net = na.Network([na.Dense(3, "softmax")], epochs=1, random_state=0).fit(table.to_numpy() / 1e5, np.arange(60) % 3)
    for model, X in ((mlp, table[["size"]]), (net, table)):
        na.save(model, "m.safetensors")
        rows = scores(run("predict", "m.safetensors", "n.csv"))
        assert np.array(rows[1:], float).ravel().tolist() == model.predict(X).astype(float).ravel().tolist()
        assert "parameters" in run("show", "m.safetensors")
    assert fails(run, "predict", "m.safetensors", "n.csv", "--keep", "size").startswith("n.csv: ")
