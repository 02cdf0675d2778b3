# SPDX-License-Identifier: BSD-3-Clause
"""fit: a table and the name of its target become a model file, and a few lines about it."""

from __future__ import annotations

import sys
import time
import warnings
from typing import Any

import numpy as np

import neuract as na
from neuract._typing import Array
from neuract.columns._values import TEXT
from neuract.shell._arguments import reading
from neuract.shell._progress import progress
from neuract.shell._summary import counted, kinds_counted, members_told, out_of_fold_told, score_name, tell_lines
from neuract.shell._tables import Table, taken
from neuract.shell._target import CLASSIFICATION, REGRESSION, Target, target, task
from neuract.shell._words import ShellError, of_library
from neuract.shell._writing import check_writable

Frame = dict[str, Any]
INTERRUPTED = "Training interrupted by user"


def fit(given: Any) -> None:
    """Runs the command."""
    for path in filter(None, (given.out, given.report)):
        if path == "-":
            raise ShellError("a model and a report need files; name one", "standard output")
        check_writable(path, given.train)
    start = time.perf_counter()
    table = reading(given).read(given.train)
    if not table.rows:
        raise ShellError("the file has a header, but no rows", table.file)
    table.check_has([given.target], "--target")
    form = TEXT if given.target in given.text else None
    goal = target(table, given.target, form, drop_missing=given.drop_missing_target)
    what, why = task(goal, given.task, "quantile" if given.quantiles else given.loss)
    frame, weights, unnamed = _frame(table, given), _weights(table, given.weight), "" in table.names
    model = _model(what, goal, table, given)
    training, held_out = _split(goal, what, given.hold_out, given.seed, table)
    _train(model, _part(frame, goal.rows[training]), goal, training, weights, table)
    score = _score(model, frame, goal, held_out, weights, table)
    model.save(given.out)
    if given.report:
        model.report(given.report, _part(frame, goal.rows[training]), goal.y[training])
    if not given.quiet:
        lines = {
            "task": f"{what} of {goal.name!r}: {why}",
            "rows": _rows(goal, len(training), len(held_out)),
            "columns": _columns(model, given, unnamed),
            "score": score,
            "members": members_told(model),
            "time": f"{time.perf_counter() - start:.1f} s",
            "files": ", ".join(filter(None, (given.out, given.report))),
        }
        tell_lines(lines)


# ---- what goes in ------------------------------------------------------------------------------------


def _frame(table: Table, given: Any) -> Frame:
    """Returns the columns to learn from; those without a name are passed over."""
    table.check_has(given.drop, "--drop")
    table.check_has(given.text, "--text")
    others = {given.target, given.weight, "", *given.drop}
    names = [name for name in table.names if name not in others]
    if not names:
        raise ShellError("no column is left to learn from", table.file)
    return {name: table.column(name, TEXT if name in given.text else None) for name in names}


def _weights(table: Table, name: str | None) -> Array | None:
    """Returns the weight of each row; ShellError that names the first that is none."""
    if name is None:
        return None
    table.check_has([name], "--weight")
    values = table.values(name)
    if values.form not in ("number", "bool"):
        raise table.error(f"weights must be numbers, got {values.form}", column=name)
    weights: Array = values.values
    wrong = ~(weights >= 0)
    if wrong.any():
        raise table.error("a weight must be a number >= 0", int(wrong.argmax()) + 1, name)
    return weights


def _model(what: str, goal: Target, table: Table, given: Any) -> Any:
    if what == REGRESSION and goal.form == TEXT:
        raise table.error("the target of a regression must be numbers, got text", column=goal.name)
    loss = na.Quantile(given.quantiles) if given.quantiles else given.loss
    settings = {
        "categorical": [name for name in given.text if name not in (given.target, *given.drop)] or "auto",
        "scaling": None if given.scaling == "none" else given.scaling,
        "effort": given.effort,
        "random_state": given.seed,
        "n_jobs": given.threads,
        "callbacks": progress() if sys.stderr.isatty() and not given.quiet else None,
    }
    chosen = {"loss": loss, "max_iter": given.epochs, "members": given.members}
    settings |= {name: value for name, value in chosen.items() if value is not None}
    kind = na.TabularClassifier if what == CLASSIFICATION else na.TabularRegressor
    return kind(**settings)


def _split(goal: Target, what: str, share: float | None, seed: int, table: Table) -> tuple[Array, Array]:
    """Returns the numbers of the training rows and of those held out, among the rows with a target."""
    every = np.arange(len(goal.y))
    if share is None:
        return every, every[:0]
    from sklearn.model_selection import train_test_split

    counts = np.unique(goal.y, return_counts=True)[1]
    n_out = int(np.ceil(share * len(every)))
    if n_out >= len(every):
        raise table.error(f"--hold-out {share} of {len(every):,} rows leaves none to learn from")
    enough = what == CLASSIFICATION and counts.min() >= 2 and len(counts) <= min(n_out, len(every) - n_out)
    training, held_out = train_test_split(
        every, test_size=n_out, random_state=seed, stratify=goal.y if enough else None
    )
    return np.sort(training), np.sort(held_out)


def _part(frame: Frame, rows: Array) -> Frame:
    return {name: taken(column, rows) for name, column in frame.items()}


# ---- training ----------------------------------------------------------------------------------------


def _train(model: Any, X: Frame, goal: Target, training: Array, weights: Array | None, table: Table) -> None:
    chosen = None if weights is None else weights[goal.rows[training]]
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", INTERRUPTED)
            model.fit(X, goal.y[training], sample_weight=chosen)
    except UserWarning:  # a fit that Ctrl-C ends keeps what it has learned; a pipeline must not take it for finished
        raise KeyboardInterrupt from None
    except (ValueError, TypeError) as error:
        raise table.error(of_library(str(error))) from error
    model.target_name_, model.callbacks = goal.name, None


def _score(model: Any, frame: Frame, goal: Target, held_out: Array, weights: Array | None, table: Table) -> str:
    """Returns the score in words, with the rows that it is of."""
    if len(held_out):
        chosen = None if weights is None else weights[goal.rows[held_out]]
        score = model.score(_part(frame, goal.rows[held_out]), goal.y[held_out], sample_weight=chosen)
        return f"{score_name(model)} {score!r} on the {counted(len(held_out), 'row')} held out"
    return out_of_fold_told(model) or "not known: too few rows to leave some out; --hold-out 0.2 does"


# ---- words -------------------------------------------------------------------------------------------


def _rows(goal: Target, n_training: int, n_held_out: int) -> str:
    parts = [f"{n_training:,}"]
    parts += [f"{n_held_out:,} held out"] if n_held_out else []
    parts += [f"{goal.left_out:,} without a target left out"] if goal.left_out else []
    return ", ".join(parts)


def _columns(model: Any, given: Any, unnamed: bool) -> str:
    """Returns the number of columns of each kind, and those that are left out, with the reasons."""
    columns = model.columns_
    used = [column for column in columns.kinds_ if column.name not in columns.left_out_]
    kinds = kinds_counted(used)
    out = [f"{name!r} ({reason})" for name, reason in columns.left_out_.items()]
    out += [f"{name!r} (--drop)" for name in given.drop]
    out += ["those without a name"] * unnamed
    shown = ", ".join(out[:5]) + f" and {len(out) - 5:,} more" * (len(out) > 5)
    return f"{len(used):,}: {kinds}" + f"; left out: {shown}" * bool(out)
