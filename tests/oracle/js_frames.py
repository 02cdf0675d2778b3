# SPDX-License-Identifier: BSD-3-Clause
"""Frames with every kind of column, and their rows as JavaScript has them."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np

NASTY = '</script>"\\\n*/ ${x} \u2028'


def frame(rows=60, seed=0):
    """Rows with every kind of column, with and without missing values; JavaScript has them without change."""
    rng = np.random.default_rng(seed)
    gaps = lambda values: [None if gap else value for gap, value in zip(rng.random(rows) < 0.15, values, strict=True)]  # noqa: E731
    minutes = rng.integers(0, 9**6, rows)
    return {
        "size": (80 + 20 * rng.standard_normal(rows)).tolist(),
        "rooms": gaps(rng.integers(1, 9, rows).tolist()),
        "lift": gaps((rng.random(rows) < 0.5).tolist()),
        "lease": gaps([dt.timedelta(hours=int(hours)) for hours in rng.integers(1, 40, rows)]),
        NASTY: gaps(rng.choice(["Ulm", "Köln", NASTY, "(rare)", "(unknown)"], rows).tolist()),
        "side": rng.choice(["left", "right"], rows).tolist(),
        "id": gaps([f"a{number:03}" for number in rng.integers(0, 400, rows)]),
        "code": rng.choice([3, 2.5, 1e-5, 1e22, 0.0001, 123456.75], rows).tolist(),
        "flag": gaps((rng.random(rows) < 0.5).tolist()),
        "built": gaps([dt.date(1990, 1, 1) + dt.timedelta(days=int(days)) for days in rng.integers(0, 9000, rows)]),
        "seen": [dt.datetime(2020, 1, 1) + dt.timedelta(minutes=int(m)) for m in minutes],
        "opens": [dt.time(int(hour), 30) for hour in rng.integers(0, 24, rows)],
        "same": [1] * rows,
    }


def training_frame():
    """The same with numbers and truths as text, as levels have them in Python."""
    X = frame()
    return X | {name: [None if value is None else str(value) for value in X[name]] for name in ("code", "flag")}


def strange_rows():
    """Rows with values that no training row had: unknown and missing ones, extreme ones, of other types."""
    X = {name: column[:5] for name, column in frame(seed=1).items()}
    huge = {"size": 1e200, "rooms": -1e9, NASTY: "Mars", "side": "middle", "built": dt.date(9999, 12, 31)}
    odd = {"rooms": 2.5, "side": "", NASTY: "3", "seen": dt.datetime(1, 1, 1, 0, 0, 1), "id": "(missing)"}
    other = {"rooms": True, "lift": 1, "code": "1e-05", "flag": "True", "size": -0.0}
    changes: list[dict[str, Any]] = [dict.fromkeys(X), huge, odd, other, {"code": -0.0, "flag": 1}]
    rows = [{name: change.get(name, X[name][k]) for name in X} for k, change in enumerate(changes)]
    return {name: [row[name] for row in rows] for name in X}


def in_javascript(X, model, named):
    """The rows of a frame as JavaScript has them: dates as ISO text, durations in days."""
    written: dict[type, Callable[[Any], Any]] = {
        dt.date: str,
        dt.datetime: lambda value: value.isoformat(),
        dt.time: str,
        dt.timedelta: lambda value: value / dt.timedelta(days=1),
    }
    used = [kind.name for kind in model.columns_.kinds_]
    plain = lambda value: written.get(type(value), lambda value: value)(value)  # noqa: E731
    rows = [[plain(X[name][row]) for name in used] for row in range(len(X["size"]))]
    return [dict(zip(used, row, strict=True)) for row in rows] if named else rows
