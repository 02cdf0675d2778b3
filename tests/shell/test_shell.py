# SPDX-License-Identifier: BSD-3-Clause
"""python -m neuract COMMAND: what goes in comes out right, from every kind of file, and errors are one line."""

import csv
import datetime
import decimal
import gzip
import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

import neuract as na
from neuract.shell._main import main
from oracle.paths import ROOT

SHARED = ROOT.parent / "shared" / "data"
HEADER = ["id", "size", "town", "built", "garden", "price"]
ODD = 'a "b",\n;c'  # a level that CSV must quote


def frame(rows=60):
    rng = np.random.default_rng(0)
    size = rng.uniform(20, 200, rows).round(1)
    towns = np.array(["Ulm", "Bonn", ODD])[np.arange(rows) % 3]
    built = pd.Timestamp("1990-01-01") + pd.to_timedelta(rng.integers(0, 9999, rows), "D")
    table = {"id": [f"{k:05}" for k in range(rows)], "size": size, "town": towns, "built": built}
    table |= {"garden": np.arange(rows) % 2 == 0, "price": (1000 * size + 7.5).round(2)}
    table = pd.DataFrame(table)
    table.loc[3, "size"] = np.nan
    return table.assign(town=table.town.where(table.index != 5))


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(here, capsys):
    def run(*arguments, code=0):
        got = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert got == code, err
        assert "Traceback" not in err
        return err if code else out

    return run


def fitted(run, *options, target="price", source="train.csv", **written):
    if source == "train.csv":
        frame().to_csv(source, index=False, **written)
    return run("fit", source, "--target", target, "--drop", "id", "--epochs", 3, *options)


def scores(text):
    return list(csv.reader(io.StringIO(text)))


def write(path, text, encoding="utf-8"):
    Path(path).write_bytes(text.encode(encoding))
    return path


def fails(run, *arguments):
    """Returns the error's line."""
    error = run(*arguments, code=1)
    assert error.count("\n") == 1
    return error.removeprefix("neuract: ").rstrip()


def fails_to_fit(run, text, *options, target="y"):
    return fails(run, "fit", write("t.csv", text), "--target", target, *options)


# ---- every way in gives the same model and the same predictions -------------------------------------


def test_fit_says_what_it_did(run):
    said = fitted(run)
    assert "task     regression of 'price': the target is a number" in said
    assert "rows     60" in said
    assert "columns  4: 1 number, 1 category, 1 date, 1 bool; left out: 'id' (--drop)" in said
    assert "3 epochs" in said
    assert "files    model.safetensors" in said
    model = na.load("model.safetensors")
    assert model.target_name_ == "price"
    assert model.columns_.feature_names_in_.tolist() == ["size", "town", "built", "garden"]
    table = frame()
    alike = na.TabularRegressor(max_iter=3, random_state=0).fit(table[HEADER[1:5]], table.price)
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


# ---- tasks ------------------------------------------------------------------------------------------


def test_a_classifier_writes_probabilities(run):
    said = fitted(run, "--drop", "price", target="town", source=write_without_gaps())
    assert "classification of 'town': the target is text" in said
    rows = scores(run("predict", "model.safetensors", "g.csv"))
    assert rows[0] == ["prediction", "probability of Bonn", "probability of Ulm", f"probability of {ODD}"]
    model, table = na.load("model.safetensors"), pd.read_csv("g.csv", dtype={"id": str}, parse_dates=["built"])
    X = table[["size", "built", "garden"]]
    assert [row[0] for row in rows[1:]] == model.predict(X).tolist()
    assert np.array([row[1:] for row in rows[1:]], float).tolist() == model.predict_proba(X).astype(float).tolist()


def write_without_gaps():
    frame().dropna().to_csv("g.csv", index=False)
    return "g.csv"


@pytest.mark.parametrize(
    ("values", "kind", "classes"),
    [
        ("0 1", "whole numbers", [0, 1]),
        ("1 2 3", "whole numbers", [1, 2, 3]),
        ("true false", "true and false", [False, True]),
        ("01 02", "text", ["01", "02"]),
        ("yes no", "text", ["no", "yes"]),
    ],
)
def test_targets_of_classifiers(run, values, kind, classes):
    labels = values.split() * 30
    write("t.csv", "x,y\n" + "".join(f"{k},{label}\n" for k, label in enumerate(labels)))
    said = run("fit", "t.csv", "--target", "y", "--epochs", 2)
    assert "classification of 'y': the target" in said
    assert kind in said
    assert na.load("model.safetensors").classes_.tolist() == classes
    assert {row[0] for row in scores(run("predict", "model.safetensors", "t.csv"))[1:]} <= {str(c) for c in classes}
    if classes == [0, 1]:
        run("report", "model.safetensors", "t.csv")


def test_few_different_numbers_alone_make_no_classifier(run):
    for values in (range(8), [1.5, 2.5] * 20, range(100)):
        write("t.csv", "x,y\n" + "".join(f"{k},{y}\n" for k, y in enumerate(values)))
        assert "regression of 'y': the target is a number" in run("fit", "t.csv", "--target", "y", "--epochs", 1)
    write("t.csv", "x,y\n" + "1,0\n2,1\n" * 9)
    assert "regression of 'y': by --task" in run("fit", "t.csv", "--target", "y", "--epochs", 1, "--task", "regression")
    assert "regression of 'y': the loss is poisson" in run(
        "fit", "t.csv", "--target", "y", "--epochs", 1, "--loss", "poisson"
    )


def test_quantiles(run):
    fitted(run, "--quantiles", "0.1,0.5,0.9")
    rows = scores(run("predict", "model.safetensors", "train.csv"))
    assert rows[0] == ["quantile 0.1", "quantile 0.5", "quantile 0.9"]
    assert all(row == sorted(row, key=float) for row in rows[1:])
    assert re.search(r"loss=Quantile\(.*0\.1, 0\.5, 0\.9", run("show", "model.safetensors"))


def test_options_reach_the_estimator(run):
    frame().assign(w=2.0).to_csv("w.csv", index=False)
    said = fitted(
        run, "--weight", "w", "--scaling", "none", "--seed", 7, "--threads", 1, "--text", "garden", source="w.csv"
    )
    model = na.load("model.safetensors")
    assert (model.scaling, model.random_state, model.n_jobs, model.categorical) == (None, 7, 1, ["garden"])
    assert model.columns_.feature_names_in_.tolist() == ["size", "town", "built", "garden"]
    assert "2 category" in said
    assert {type(kind).__name__ for kind in model.columns_.kinds_ if kind.name == "garden"} == {"Category"}


def test_hold_out_scores_rows_that_training_has_not_seen(run):
    said = fitted(run, "--hold-out", "0.25", "--out", "a.safetensors")
    assert "rows     45, 15 held out" in said
    score = float(re.search(r"R² (\S+) on the 15 rows held out", said)[1])
    from sklearn.model_selection import train_test_split

    _, held_out = train_test_split(np.arange(60), test_size=15, random_state=0)
    rows = frame().iloc[np.sort(held_out)]
    assert na.load("a.safetensors").score(rows[HEADER[1:5]], rows.price) == score


def test_validation_score_is_said(run):
    frame(400).to_csv("many.csv", index=False)
    said = fitted(run, source="many.csv")
    assert f"R² {na.load('model.safetensors').best_validation_score_!r} on a tenth of the rows" in said


def test_missing_targets(run):
    table = frame().assign(price=frame().price.where(frame().index != 16))
    table.to_csv("gap.csv", index=False)
    command = ["fit", "gap.csv", "--target", "price", "--epochs", 1]
    error = fails(run, *command)
    assert error == (
        "gap.csv, row 17, column 'price': the target is missing (1 such rows); --drop-missing-target leaves them out"
    )
    assert "rows     59, 1 without a target left out" in run(*command, "--drop", "id", "--drop-missing-target")
    table.drop(16).to_csv("rest.csv", index=False)
    fitted(run, "--out", "rest.safetensors", source="rest.csv")
    whole, rest = (na.load(name).network_.weights for name in ("model.safetensors", "rest.safetensors"))
    assert all((a == b).all() for a, b in zip(whole, rest, strict=True)) is False  # of 1 and of 3 epochs


# ---- columns at predict -------------------------------------------------------------------------------


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


# ---- report, show -------------------------------------------------------------------------------------


def test_report_and_show(run):
    fitted(run, "--report", "fit.html")
    assert "<html" in Path("fit.html").read_text(encoding="utf-8")
    run("report", "model.safetensors", "train.csv", "--out", "rows.html")
    run("report", "model.safetensors", "--out", "bare.html")
    assert Path("rows.html").stat().st_size > Path("bare.html").stat().st_size > 1000
    said = run("show", "model.safetensors")
    assert "target    'price'" in said
    assert "settings  max_iter=3, random_state=0" in said
    assert "town    category  3 levels" in said
    assert said.count("\n") < 25  # no line of its own for the break in a level


def test_control_characters_are_escaped(run):
    nasty = "a\x1b[31m\u202eb"
    write("t.csv", f"{nasty},y\n" + "1,2\n3,5\n" * 20)
    said = run("fit", "t.csv", "--target", "y", "--epochs", 1, "--task", "regression")
    shown = run("show", "model.safetensors")
    error = fails(run, "fit", "t.csv", "--target", nasty + "c")
    for text in (said, shown, error):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "a\\x1b[31m\\u202eb" in shown


# ---- errors --------------------------------------------------------------------------------------------


def test_errors_of_files(run):
    assert fails(run, "fit", "none.csv", "--target", "y") == "none.csv: no such file or directory"
    assert fails_to_fit(run, "") == "t.csv: the file is empty"
    assert fails_to_fit(run, "\n \n") == "t.csv: the file is empty"
    assert fails_to_fit(run, "x,y\n") == "t.csv: the file has a header, but no rows"
    assert fails_to_fit(run, "x,y,x\n1,2,3\n") == "t.csv: the header has 'x' more than once"
    assert fails_to_fit(run, "x,y\n1,2\n3,4,5\n").startswith("t.csv, row 2: 3 fields, but the header has 2")
    assert fails_to_fit(run, 'x,y\n1,"2\n3,4\n') == "t.csv: line 3: unexpected end of data; is a quote not closed?"
    Path("t.csv").write_bytes(b"x,y\n1,2\n\xe4,3\n")
    assert fails(run, "fit", "t.csv", "--target", "y").startswith("t.csv: line 3 is not text in utf-8-sig; give --enc")
    Path("t.parquet").write_bytes(b"x,y\n1,2\n")
    assert fails(run, "fit", "t.parquet", "--target", "y").startswith("t.parquet: cannot read it as Parquet: ")
    Path("t.csv.gz").write_bytes(gzip.compress(b"x,y\n1,2\n" * 100)[:-9])
    assert fails(run, "fit", "t.csv.gz", "--target", "y").startswith("t.csv.gz: the gzip file is damaged")


def test_errors_of_columns(run):
    good = "Price,size,town\n" + "1.5,2,Ulm\n2.5,3,Bonn\n" * 20
    assert fails_to_fit(run, good, target="price") == "t.csv: no column 'price' for --target; did you mean 'Price'?"
    assert fails_to_fit(run, good, target="q").endswith("for --target; the columns are 'Price', 'size', 'town'")
    for option in ("--drop", "--text", "--weight"):
        assert f"no column 'sizes' for {option}; did you mean 'size'?" in fails_to_fit(
            run, good, option, "sizes", target="Price"
        )
    odd = good.replace("2.5,3,", "2.5,?,", 1)
    assert fails_to_fit(run, odd, target="Price") == (
        "t.csv, row 2, column 'size': '?' is not a number; --missing '?' reads it as missing, and --text size "
        "reads the column as text; nearly all other rows have numbers"
    )
    for options in (["--missing", "?"], ["--text", "size"]):
        run("fit", "t.csv", "--target", "Price", "--epochs", 1, *options)
    assert "a weight must be a number >= 0" in fails_to_fit(
        run, good.replace("2.5,3,", "2.5,-3,", 1), "--weight", "size", target="Price"
    )
    assert "must be numbers, got text" in fails_to_fit(run, good, "--task", "regression", target="town")
    assert "no row has a target" in fails_to_fit(run, "x,y\n1,\n2,\n")
    assert fails_to_fit(run, "y\n1\n2\n") == "t.csv: no column is left to learn from"


def test_nothing_is_trained_for_an_output_that_cannot_be_written(run):
    fitted(run)
    before = Path("model.safetensors").read_bytes()
    command = ["fit", "train.csv", "--target", "price"]
    assert fails(run, *command, "--out", "no/m.safetensors") == "no: no such folder"
    assert fails(run, *command, "--report", ".") == ".: is a folder; name a file in it"
    assert fails(run, *command, "--out", "train.csv").startswith("train.csv: is an input too")
    assert fails(run, "predict", "model.safetensors", "train.csv", "--out", "train.csv").startswith("train.csv: is an")
    assert fails(run, "predict", "model.safetensors", "train.csv", "--out", "s.xls").startswith("s.xls: its name must")
    assert Path("model.safetensors").read_bytes() == before


def test_errors_of_models(run):
    frame().to_csv("train.csv", index=False)
    assert fails(run, "predict", "train.csv", "train.csv").startswith("train.csv: cannot load the model: ")
    assert fails(run, "show", "none.safetensors") == "none.safetensors: no such file or directory"
    na.save(na.TabularRegressor(), "bare.safetensors")
    assert "not fitted" in fails(run, "predict", "bare.safetensors", "train.csv")
    fitted(run)
    assert "--keep would hide" in fails(
        run,
        "predict",
        "model.safetensors",
        frame().assign(prediction=1).to_csv("p.csv") or "p.csv",
        "--keep",
        "prediction",
    )


def test_pyarrow_is_asked_for(run, monkeypatch):
    frame().to_parquet("t.parquet")
    frame().to_csv("train.csv", index=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    error = fails(run, "fit", "t.parquet", "--target", "price")
    assert error == "t.parquet: Parquet and Arrow files need pyarrow: pip install pyarrow"


def test_control_c_changes_no_file(run, monkeypatch):
    fitted(run)
    before = Path("model.safetensors").read_bytes()

    class Interruption:
        def on_epoch_end(self, network, epoch, logs):
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("neuract.shell._fit.progress", lambda: [Interruption()])
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert (
        run("fit", "train.csv", "--target", "price", "--drop", "id", code=130)
        == "neuract: interrupted; no file was changed\n"
    )
    assert Path("model.safetensors").read_bytes() == before
    assert {path.name for path in Path().iterdir()} == {"train.csv", "model.safetensors"}


@pytest.mark.parametrize(
    "wrong",
    [
        ["fit"],
        ["fly"],
        ["fit", "t.csv", "--target", "y", "--hold-out", "2"],
        ["fit", "t.csv", "--target", "y", "--quantiles", "0.9,0.1"],
        ["predict", "m", "t", "--separator", "ab"],
    ],
)
def test_wrong_usage_is_2(wrong, capsys):
    with pytest.raises(SystemExit) as end:
        main(wrong)
    assert end.value.code == 2
    assert "usage: python -m neuract" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["fit"], ["predict"], ["report"], ["show"]])
def test_help_has_examples(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([*command, "--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert "example" in said
    assert f"python -m neuract {command[0] if command else 'fit'} " in said
    assert max(map(len, said.splitlines())) <= 130


def test_traceback_only_if_asked_for(here, capsys):
    assert main(["show", "none", "--traceback"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_progress_is_for_terminals(run, monkeypatch, capsys):
    frame().to_csv("train.csv", index=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    command = ["fit", "train.csv", "--target", "price", "--epochs", "2", "--drop", "id"]
    assert main(command) == 0
    shown = capsys.readouterr().err
    assert "epoch 1/2  loss" in shown
    assert shown.endswith("\r")
    assert main([*command, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_the_reader_of_the_output_may_leave(run, monkeypatch):
    class Left(io.RawIOBase):
        def writable(self):
            return True

        def write(self, data):
            raise BrokenPipeError

    fitted(run)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(Left(), 1)))
    monkeypatch.setattr("neuract.shell._main._write_no_more", lambda: None)  # it would change pytest's own output
    assert main(["predict", "model.safetensors", "train.csv"]) == 141
    sys.stdout.buffer.raw.close()


# ---- as a program --------------------------------------------------------------------------------------


def test_a_pipeline(run):
    frame(3000).to_csv("train.csv", index=False)
    fitted(run, "--epochs", 1, source="train.csv")
    python = f"{sys.executable} -m neuract"
    script = f"""
    cat train.csv | {python} predict model.safetensors - --keep id | head -n 2
    echo "${{PIPESTATUS[1]}}"
    """
    environment = os.environ | {"PYTHONPATH": str(Path(na.__file__).parents[1])}
    ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120, env=environment)
    lines = ended.stdout.splitlines()
    assert lines[0] == "id,prediction"
    assert lines[1].startswith("00000,")
    assert lines[2] in ("0", "141")  # head may leave before or after the last byte
    assert ended.stderr == ""


# ---- data of others ------------------------------------------------------------------------------------


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data")
@pytest.mark.parametrize(
    ("name", "target", "options", "least"),
    [("adult", "income", [], 0.83), ("ames", "Sale_Price", ["--missing", "NA"], 0.5)],
)
def test_data_sets_in_one_line(name, target, options, least, run):
    path = SHARED / f"{name}.csv.gz"
    said = run("fit", path, "--target", target, "--epochs", 2 if name == "adult" else 15, *options)
    assert float(re.search(r"(?:accuracy|R²) (\S+) on", said)[1]) > least
    assert len(scores(run("predict", "model.safetensors", path))) > 2900
