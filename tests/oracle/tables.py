# SPDX-License-Identifier: BSD-3-Clause
"""A table for the tests of the shell, and what they do with its commands."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd

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


def fitted(run, *options, target="price", source="train.csv", **written):
    if source == "train.csv":
        frame().to_csv(source, index=False, **written)
    return run("fit", source, "--target", target, "--drop", "id", "--epochs", 3, "--members", 2, *options)


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
