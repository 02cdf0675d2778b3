# SPDX-License-Identifier: BSD-3-Clause
"""What fit learns, says and writes, and what report and show tell of it."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import neuract as na
from neuract.estimators import _recipe as recipe
from neuract.shell._arguments import EFFORTS
from oracle.paths import ROOT
from oracle.tables import HEADER, ODD, fails, fitted, frame, scores, write

SHARED = ROOT.parent / "shared" / "data"


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


def test_out_of_fold_score_is_said(run):
    said = fitted(run)
    score = na.load("model.safetensors").oof_score_
    for text in (said, run("show", "model.safetensors")):
        assert f"R² {score!r} on the training rows, each by the networks that have not seen it" in text
    write("t.csv", "x,y\n1,2\n")
    said = run("fit", "t.csv", "--target", "y", "--task", "regression", "--epochs", 1)
    assert "not known: too few rows to leave some out" in said


def test_effort(run):
    assert EFFORTS == recipe.EFFORTS
    fitted(run, "--effort", "quick")
    assert na.load("model.safetensors").effort == "quick"
    assert "effort='quick'" in run("show", "model.safetensors")


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


def test_report_and_show(run):
    fitted(run, "--report", "fit.html")
    assert "<html" in Path("fit.html").read_text(encoding="utf-8")
    run("report", "model.safetensors", "train.csv", "--out", "rows.html")
    run("report", "model.safetensors", "--out", "bare.html")
    run("report", "model.safetensors", "train.csv", "--unit", "k€", "--out", "unit.html")
    told = Path("unit.html").read_text(encoding="utf-8")
    assert "<h1>Prediction of price</h1>" in told
    assert '"words": {"target": "price", "unit": "k\\u20ac"}' in told
    assert Path("rows.html").stat().st_size > Path("bare.html").stat().st_size > 1000
    said = run("show", "model.safetensors")
    assert "target    'price'" in said
    assert "settings  max_iter=3, members=2, random_state=0" in said
    assert "town    category  3 levels" in said
    assert "members   6 networks in 3 groups, of 3 epochs and 3 epochs and 3 epochs" in said
    assert "the first of 6 networks" in said
    assert said.count("\n") < 30  # no line of its own for the break in a level


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


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data")
@pytest.mark.parametrize(
    ("name", "target", "options", "least"),
    [("adult", "income", [], 0.83), ("ames", "Sale_Price", ["--missing", "NA"], 0.5)],
)
def test_data_sets_in_one_line(name, target, options, least, run):
    path = SHARED / f"{name}.csv.gz"
    said = run("fit", path, "--target", target, "--epochs", 2 if name == "adult" else 15, "--members", 1, *options)
    assert float(re.search(r"(?:accuracy|R²) (\S+) on", said)[1]) > least
    assert len(scores(run("predict", "model.safetensors", path))) > 2900
