# SPDX-License-Identifier: BSD-3-Clause
"""Errors are one line with file, row and column, and an exit code; nothing is half written."""

import gzip
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import neuract as na
from neuract.shell._main import main
from oracle.tables import fails, fails_to_fit, fitted, frame


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
