# SPDX-License-Identifier: BSD-3-Clause
"""`python -m benchmarks.accuracy --out results.jsonl` measures, and shows a table; run again, it goes on.

A row per set, model and split: the main error (RMSE, 1 - area under the ROC curve, or share of wrong classes), log loss
and times. What the file already has is not measured again; `--only-table` measures nothing.
"""

from __future__ import annotations

import argparse
import json
import traceback
import warnings
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import machine, report
from benchmarks.accuracy import summary
from benchmarks.accuracy.models import MODELS
from benchmarks.accuracy.sets import FOLDER, SETS, Split, split

KEYS = ("set", "model", "split", "rows", "threads")
QUICK_ROWS, QUICK_SETS = 300, ("credit_g", "energy_efficiency")


def main() -> None:
    given = options()
    machine.restrict(given.threads)
    path, done = Path(given.out), read(Path(given.out))
    known = {tuple(row[key] for key in KEYS) for row in done}
    if not given.only_table:
        if not FOLDER.exists():
            raise SystemExit(f"needs {FOLDER}")
        warnings.simplefilter("ignore")
        for name, number, model in product(given.sets, range(given.splits), given.models):
            if (name, model, number, given.rows, given.threads) not in known:
                done.append(measured(name, model, number, given))
                with path.open("a") as file:
                    file.write(json.dumps(done[-1]) + "\n")
    show([row for row in done if row["model"] in given.models and row["set"] in given.sets], given)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--out", default="accuracy.jsonl", help="the file of results (default: %(default)s)")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), metavar="NAME")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS), metavar="NAME")
    parser.add_argument("--splits", type=int, default=3, help="splits of each set (default: 3)")
    parser.add_argument("--rows", type=int, default=8000, help="most training rows (default: 8000)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--reference", default="CatBoost", choices=MODELS, help="the model to compare with")
    parser.add_argument("--only-table", action="store_true", help="measure nothing")
    parser.add_argument("--markdown", action="store_true", help="tables as Markdown")
    parser.add_argument("--quick", action="store_true", help="two small sets, one split: tests function, not accuracy")
    given = parser.parse_args()
    if given.quick:
        given.sets, given.splits, given.rows = list(QUICK_SETS), 1, QUICK_ROWS
    return given


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def measured(name: str, model: str, number: int, given: argparse.Namespace) -> dict[str, Any]:
    """Returns the row of one fit; one that fails has the last line of its traceback."""
    row = {"set": name, "model": model, "split": number, "rows": given.rows, "threads": given.threads}
    try:
        row |= results(model, split(SETS[name], number, given.rows), number, given.threads)
        print(f"{name} {number} {model}: {row['error']:.5g} in {row['fit_seconds']:.1f} s", flush=True)
    except Exception as failure:
        row["failed"] = traceback.format_exception_only(failure)[-1].strip()
        print(f"{name} {number} {model} failed: {row['failed']}", flush=True)
    return row


def results(name: str, data: Split, seed: int, threads: int) -> dict[str, Any]:
    from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error

    model = MODELS[name](data.task, seed, threads)
    start = perf_counter()
    model.learn(data.X)
    model.estimator.fit(model.prepared(data.X), data.y)
    fitted = perf_counter()
    X = model.prepared(data.X_test)
    classes = data.task != "regression"
    answers = model.estimator.predict_proba(X) if classes else model.estimator.predict(X)
    times = {"fit_seconds": fitted - start, "predict_seconds": perf_counter() - fitted, "test_rows": len(data.y_test)}
    if not classes:
        return {"error": root_mean_squared_error(data.y_test, answers)} | times
    loss = log_loss(data.y_test, answers, labels=range(answers.shape[1]))
    if data.task == "binary":
        return {"error": 1 - roc_auc_score(data.y_test, answers[:, 1]), "log_loss": loss} | times
    return {"error": float((answers.argmax(axis=1) != data.y_test).mean()), "log_loss": loss} | times


def show(rows: list[dict[str, Any]], given: argparse.Namespace) -> None:
    if missing := sorted({f"{row['model']}: {row['failed']}" for row in rows if "failed" in row}):
        print("\n".join(["left out:", *missing]))
    if summed := summary.table(rows, given.reference):
        report.show("Mean over the sets that every model has", summed, [], given.markdown)
        report.show("Errors", summary.details(rows), [], given.markdown)


if __name__ == "__main__":
    main()
