# SPDX-License-Identifier: BSD-3-Clause
"""Sums up rows of results: mean ranks, errors relative to a reference, sets won, times."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log
from statistics import mean, median, stdev
from typing import Any

Results = dict[str, dict[str, list[dict[str, Any]]]]
"""Rows by set and model."""
FLOOR = 1e-6  # of an error, so that its logarithm is finite


def by_set_and_model(rows: list[dict[str, Any]]) -> Results:
    """Arranges the rows that have results."""
    results: Results = {}
    for row in rows:
        if "error" in row:
            results.setdefault(row["set"], {}).setdefault(row["model"], []).append(row)
    return results


def table(rows: list[dict[str, Any]], reference: str) -> list[dict[str, str]]:
    """Returns a row per model, over the sets that all of them have; reference: the model to compare with."""
    results = by_set_and_model(rows)
    models = list(dict.fromkeys(row["model"] for row in rows if "error" in row))
    sets = [name for name, found in results.items() if set(models) <= found.keys()]
    return [_line(model, models, sets, results, reference) for model in models] if sets else []


def _line(model: str, models: list[str], sets: list[str], results: Results, reference: str) -> dict[str, str]:
    own = [row for name in sets for row in results[name][model]]
    line = {"model": model, "sets": str(len(sets)), "mean rank": f"{_rank(model, models, sets, results):.2f}"}
    if reference in models:
        line |= {
            f"error / {reference}": _ratio(model, reference, sets, results, "error"),
            f"log loss / {reference}": _ratio(model, reference, sets, results, "log_loss"),
            f"won against {reference}": f"{_won(model, reference, sets, results):.0%}",
        }
    fits = [row["fit_seconds"] for row in own]
    asked = [row["predict_seconds"] / row["test_rows"] for row in own]
    return line | {
        "median fit s": f"{median(fits):.1f}",
        "longest fit s": f"{max(fits):.1f}",
        "predict µs a row": f"{1e6 * median(asked):.1f}",
    }


def _mean(results: Results, name: str, model: str, what: str) -> float:
    return max(FLOOR, mean(row[what] for row in results[name][model]))


def _rank(model: str, models: list[str], sets: list[str], results: Results) -> float:
    """Returns the mean rank by the mean error of a set's splits; equal ones share their ranks."""
    ranks = []
    for name in sets:
        errors = {each: _mean(results, name, each, "error") for each in models}
        below = sum(error < errors[model] for error in errors.values())
        equal = sum(error == errors[model] for error in errors.values())
        ranks.append(below + (equal + 1) / 2)
    return mean(ranks)


def _ratio(model: str, reference: str, sets: list[str], results: Results, what: str) -> str:
    """Returns the geometric mean of the ratios of the sets, and the standard error over sets."""
    known = [name for name in sets if all(what in row for row in results[name][model] + results[name][reference])]
    if not known:
        return "–"
    of: Callable[[str, str], float] = lambda name, each: _mean(results, name, each, what)  # noqa: E731
    logarithms = [log(of(name, model) / of(name, reference)) for name in known]
    spread = stdev(logarithms) / len(known) ** 0.5 if len(known) > 1 else 0.0
    return f"{exp(mean(logarithms)):.3f} ± {spread:.3f}"


def _won(model: str, reference: str, sets: list[str], results: Results) -> float:
    return mean(_mean(results, name, model, "error") < _mean(results, name, reference, "error") for name in sets)


def details(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Returns a row per set, with the mean error of each model."""
    results = by_set_and_model(rows)
    return [
        {"set": name} | {model: f"{_mean(results, name, model, 'error'):.5g}" for model in found}
        for name, found in results.items()
    ]
