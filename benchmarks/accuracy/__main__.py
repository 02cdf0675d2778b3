# SPDX-License-Identifier: BSD-3-Clause
"""`python -m benchmarks.accuracy --out results.jsonl` measures, and shows a table; run again, it goes on.

A row per set, split and model: the main error (RMSE, 1 - area under the ROC curve, or share of wrong classes), log
loss, seconds by the clock and of the processor, versions and date. What the file already has is not measured again,
except fits that failed; `--only-table` measures nothing.
"""

from __future__ import annotations

import argparse
import json
import traceback
import warnings
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from benchmarks import machine, report
from benchmarks.accuracy import summary
from benchmarks.accuracy.models import MODELS, Model
from benchmarks.accuracy.sets import FOLDER, LARGE, SETS, Split, split

KEYS = ("set", "split", "model", "rows", "threads")
QUICK_ROWS, QUICK_SETS = 300, ("credit_g", "energy_efficiency")

Key = tuple[Any, ...]
"""The values of KEYS, which name a fit."""


def main() -> None:
    given = options()
    machine.restrict(given.threads)
    path = Path(given.out)
    wanted = list(product(given.sets, range(given.splits), given.models, [given.rows], [given.threads]))
    done = read(path)
    if not given.only_table:
        if not FOLDER.exists():
            raise SystemExit(f"needs {FOLDER}")
        warnings.simplefilter("ignore")
        for key in wanted:
            if "error" not in done.get(key, {}):
                done[key] = measured(dict(zip(KEYS, key, strict=True)))
                with path.open("a") as file:
                    file.write(json.dumps(done[key]) + "\n")
    show([done[key] for key in wanted if key in done], given)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--out", default="accuracy.jsonl", help="the file of results (default: %(default)s)")
    parser.add_argument("--sets", nargs="+", choices=SETS | LARGE, default=list(SETS), metavar="NAME")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS), metavar="NAME")
    parser.add_argument("--splits", type=int, default=3, help="splits of each set (default: 3)")
    parser.add_argument("--rows", type=int, default=8000, help="most training rows (default: 8000)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--reference",
        nargs="+",
        choices=MODELS,
        default=["CatBoost", "LightGBM"],
        metavar="NAME",
        help="the models to compare with (default: CatBoost LightGBM)",
    )
    parser.add_argument("--only-table", action="store_true", help="measure nothing")
    parser.add_argument("--markdown", action="store_true", help="tables as Markdown")
    parser.add_argument("--quick", action="store_true", help="two small sets, one split: tests function, not accuracy")
    given = parser.parse_args()
    if given.quick:
        given.sets, given.splits, given.rows = list(QUICK_SETS), 1, QUICK_ROWS
    return given


def read(path: Path) -> dict[Key, dict[str, Any]]:
    """Returns the rows of the file; of a fit that was repeated, the last one."""
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return {tuple(row[key] for key in KEYS): row for row in rows}


# ---- measuring -------------------------------------------------------------------------------------


def measured(fit: dict[str, Any]) -> dict[str, Any]:
    """Returns the row of one fit, which KEYS name; one that fails has the last line of its traceback."""
    date = datetime.now(UTC).isoformat(timespec="seconds")
    row = fit | {"date": date, "processor": machine.processor(), "commit": machine.commit()}
    what = f"{fit['set']} {fit['split']} {fit['model']}"
    try:
        model, data = MODELS[fit["model"]], split((SETS | LARGE)[fit["set"]], fit["split"], fit["rows"])
        row |= results(model(data.task, fit["split"], fit["threads"]), data)
        print(f"{what}: {row['error']:.5g} in {row['fit_seconds']:.1f} s", flush=True)
    except Exception as failure:
        row["failed"] = traceback.format_exception_only(failure)[-1].strip()
        print(f"{what} failed: {row['failed']}", flush=True)
    return row


def results(model: Model, data: Split) -> dict[str, Any]:
    versions = machine.versions(model.packages)
    start, started = perf_counter(), process_time()
    model.learn(data.X)
    model.estimator.fit(model.prepared(data.X), data.y)
    fitted, used = perf_counter(), process_time()
    X = model.prepared(data.X_test)
    answers = model.estimator.predict(X) if data.task == "regression" else model.estimator.predict_proba(X)
    return errors(data, answers) | {
        "fit_seconds": fitted - start,
        "cpu_seconds": used - started,
        "predict_seconds": perf_counter() - fitted,
        "test_rows": len(data.y_test),
        "versions": {package: version for package, version in versions.items() if version},
    }


def errors(data: Split, answers: Any) -> dict[str, Any]:
    """Returns the main error with its name, and the log loss of classes."""
    from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error

    if data.task == "regression":
        return {"metric": "RMSE", "error": root_mean_squared_error(data.y_test, answers)}
    loss = log_loss(data.y_test, answers, labels=range(answers.shape[1]))
    if data.task == "binary":
        return {"metric": summary.BINARY, "error": 1 - roc_auc_score(data.y_test, answers[:, 1]), "log_loss": loss}
    return {"metric": "wrong", "error": float((answers.argmax(axis=1) != data.y_test).mean()), "log_loss": loss}


# ---- showing ---------------------------------------------------------------------------------------


def show(rows: list[dict[str, Any]], given: argparse.Namespace) -> None:
    if missing := sorted({f"{row['model']}: {row['failed']}" for row in rows if "failed" in row}):
        print("\n".join(["left out:", *missing]))
    found = [row for row in rows if "error" in row]
    if shared := summary.shared(found):
        fits = {(row["set"], row["split"]) for row in shared}
        sets = {name for name, _ in fits}
        print(f"\nMeans over what every model has, {len(sets)} sets and {len(fits)} splits\n")
        print(report.table(summary.table(shared, given.reference), given.markdown))
    if found:
        print("\nErrors, means over the splits that all models of a set have\n")
        print(report.table(summary.details(found), given.markdown))
        print(f"\n{summary.origin(found)}")


if __name__ == "__main__":
    main()
