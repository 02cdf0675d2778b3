# SPDX-License-Identifier: BSD-3-Clause
"""Sums up rows of results: mean ranks, errors relative to other models, sets won, times, versions."""

from __future__ import annotations

from math import exp, log
from statistics import mean, median, stdev
from typing import Any

Rows = list[dict[str, Any]]
Results = dict[str, dict[str, Rows]]
"""Rows by set and model."""
BINARY = "1 - AUC"
FLOOR = 1e-6  # of an error, so that its logarithm is finite
NOTHING = "–"


def shared(rows: Rows) -> Rows:
    """Returns the rows of those splits that every model has."""
    models = {row["model"] for row in rows}
    found: dict[tuple[str, int], set[str]] = {}
    for row in rows:
        found.setdefault((row["set"], row["split"]), set()).add(row["model"])
    return [row for row in rows if found[row["set"], row["split"]] == models]


def by_set_and_model(rows: Rows) -> Results:
    results: Results = {}
    for row in rows:
        results.setdefault(row["set"], {}).setdefault(row["model"], []).append(row)
    return results


def names(rows: Rows) -> list[str]:
    """Returns the models, in their order of appearance."""
    return list(dict.fromkeys(row["model"] for row in rows))


def table(rows: Rows, references: list[str]) -> list[dict[str, str]]:
    """Returns a line per model; every model has rows of each set and split. References: the models to compare with."""
    results, models = by_set_and_model(rows), names(rows)
    return [_line(model, models, results, references) for model in models]


def _line(model: str, models: list[str], results: Results, references: list[str]) -> dict[str, str]:
    line = {"model": model, "mean rank": f"{_rank(model, models, results):.2f}"}
    for reference in references:
        if reference in models:
            line |= {
                f"error / {reference}": _ratio(model, reference, results, "error"),
                f"log loss / {reference}": _ratio(model, reference, results, "log_loss"),
                f"won against {reference}": NOTHING if model == reference else _won(model, reference, results),
            }
    return line | {"AUC": _auc(model, results)} | _times([row for found in results.values() for row in found[model]])


def _mean(results: Results, name: str, model: str, what: str) -> float:
    return max(FLOOR, mean(row[what] for row in results[name][model]))


def _rank(model: str, models: list[str], results: Results) -> float:
    """Returns the mean rank by the mean error of a set's splits; equal ones share their ranks."""
    ranks = []
    for name in results:
        found = {each: _mean(results, name, each, "error") for each in models}
        below = sum(error < found[model] for error in found.values())
        equal = sum(error == found[model] for error in found.values())
        ranks.append(below + (equal + 1) / 2)
    return mean(ranks)


def _ratio(model: str, reference: str, results: Results, what: str) -> str:
    """Returns the geometric mean of the ratios of the sets, and the standard error over sets."""
    known = [name for name, found in results.items() if all(what in row for row in found[model] + found[reference])]
    if not known:
        return NOTHING
    logarithms = [log(_mean(results, name, model, what) / _mean(results, name, reference, what)) for name in known]
    spread = stdev(logarithms) / len(known) ** 0.5 if len(known) > 1 else 0.0
    return f"{exp(mean(logarithms)):.3f} ± {spread:.3f}"


def _won(model: str, reference: str, results: Results) -> str:
    won = [_mean(results, name, model, "error") < _mean(results, name, reference, "error") for name in results]
    return f"{mean(won):.0%}"


def _auc(model: str, results: Results) -> str:
    """Returns the mean area under the ROC curve of the binary sets."""
    rows = [row for found in results.values() for row in found[model]]
    areas = [1 - row["error"] for row in rows if row["metric"] == BINARY]
    return f"{mean(areas):.4f}" if areas else NOTHING


def _times(rows: Rows) -> dict[str, str]:
    fits, used = [row["fit_seconds"] for row in rows], [row["cpu_seconds"] for row in rows]
    asked = [row["predict_seconds"] / row["test_rows"] for row in rows]
    return {
        "median fit s": f"{median(fits):.1f}",
        "longest fit s": f"{max(fits):.1f}",
        "median CPU s": f"{median(used):.1f}",
        "predict µs a row": f"{1e6 * median(asked):.1f}",
    }


def details(rows: Rows) -> list[dict[str, str]]:
    """Returns a line per set, with the mean error of each model over the splits that all models of the set have."""
    lines = []
    for name in dict.fromkeys(row["set"] for row in rows):
        own = shared([row for row in rows if row["set"] == name])
        splits = {row["split"] for row in own}
        line = {"set": name, "splits": str(len(splits)), "error": own[0]["metric"] if own else NOTHING}
        for model in names(rows):
            found = [row["error"] for row in own if row["model"] == model]
            line[model] = f"{mean(found):.5g}" if found else NOTHING
        lines.append(line)
    return lines


def origin(rows: Rows) -> str:
    """Returns when, on what and with which versions the rows were measured; of neuract also with which commit."""
    dates = {row["date"][:10] for row in rows}
    days = " to ".join(sorted({min(dates), max(dates)}))
    settings = {f"{row['rows']:,} training rows at most, threads: {row['threads']}" for row in rows}
    versions = {
        f"{package} {version}" + (f" ({row['commit']})" if package == "neuract" and row["commit"] else "")
        for row in rows
        for package, version in row["versions"].items()
    }
    lists = ({row["processor"] for row in rows}, settings, versions)
    return " · ".join([days, *(", ".join(sorted(each)) for each in lists)])
