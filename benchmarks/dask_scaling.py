# SPDX-License-Identifier: BSD-3-Clause
"""neuract.dask: its accuracy beside the fit on one machine, and what rounds would take on clusters of any size.

The times of clusters are simulated from what is measured here: the rows per second of a worker, and the time that
Dask needs for a round without work. Modules that start threads are imported inside functions, after the options have
restricted the process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import ceil, log
from statistics import mean, median, stdev
from time import perf_counter
from typing import Any

from benchmarks import options, report

SHARDS = (1, 4, 16)
SEEDS, EPOCHS, MOST_ROWS = 3, 40, 40_000
WORKERS = (1, 4, 16, 64, 256)
SHAPES = {
    "20-100-2": (20, (100,), 2),
    "784-256-128-10": (784, (256, 128), 10),
    "100-2048-2048-1": (100, (2048, 2048), 1),
}
GIGABITS = (1, 10)
NUMBERS_A_PARAMETER = 3  # Adam's state: the parameter and two moments
BYTES = 4  # of float32
FAN_IN = 4  # of the tree of sums, which are float64


def main() -> None:
    parser = options.common("dask_scaling", "Accuracy of shards, and the time of rounds on clusters.", threads=2)
    parser.add_argument("--only", choices=("accuracy", "time"), help="one of the two parts")
    parser.add_argument("--rows", type=float, default=1e10, help="of the simulated data (default: 1e10)")
    settings = options.settled(parser.parse_args())
    found: dict[str, Any] = {}
    if settings.only != "time":
        found["accuracy"] = accuracies(settings.quick)
        title = f"Test accuracy after {EPOCHS} epochs, mean ± standard deviation of {SEEDS} seeds"
        report.show(title, [line for each in found["accuracy"] for line in each], [], settings.markdown)
    if settings.only != "accuracy":
        found["time"] = measured(settings)
        show_times(found["time"], settings)
    report.keep(settings.json, "dask_scaling", vars(settings), [found])


# ---- accuracy ------------------------------------------------------------------------------------


def accuracies(quick: bool) -> list[list[dict[str, str]]]:
    """Returns the lines of the table, a list for each set of data."""
    return [accuracy(name, quick) for name in (("made up",) if quick else ("mnist", "covertype_93k"))]


def accuracy(name: str, quick: bool) -> list[dict[str, str]]:
    import dask.array as da
    from distributed import Client

    import neuract as na
    from neuract.dask import DaskMLPClassifier

    x, y, test_x, test_y = rows_of(name)
    settings = {"hidden_layer_sizes": (64,), "max_iter": 2 if quick else EPOCHS, "tol": 0.0, "n_iter_no_change": 10**6}
    lines = [
        scored(name, "one machine", len(x), partial(na.MLPClassifier, **settings), (x, y), (test_x, test_y), quick)
    ]
    with Client(processes=False, dashboard_address=":0") as client:
        chunk = -(-len(x) // max(SHARDS))
        data = da.from_array(x, chunks=(chunk, -1)), da.from_array(y, chunks=chunk)
        for n, local_steps in (*((n, None) for n in SHARDS), (max(SHARDS), 4)):
            fitted = partial(DaskMLPClassifier, n_shards=n, local_steps=local_steps, client=client, **settings)
            what = f"{n} shards" + (f", local_steps={local_steps}" if local_steps else "")
            lines.append(scored(name, what, len(x), fitted, data, (test_x, test_y), quick))
    return lines


def scored(
    name: str, what: str, rows: int, estimator: Any, data: tuple[Any, Any], test: tuple[Any, Any], quick: bool
) -> dict[str, str]:
    """Returns a line: fits with several seeds, their mean test accuracy and loss."""
    import warnings

    scores, losses, begun = [], [], perf_counter()
    for seed in range(1 if quick else SEEDS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = estimator(random_state=seed).fit(*data)
        local = model.to_local() if hasattr(model, "to_local") else model
        scores.append(local.score(*test))
        losses.append(local.loss_)
    seconds = (perf_counter() - begun) / len(scores)
    spread = f" ± {stdev(scores):.4f}" if len(scores) > 1 else ""
    return {
        "data": name,
        "fit": what,
        "rows": f"{rows:,}",
        "accuracy": f"{mean(scores):.4f}{spread}",
        "training loss": f"{mean(losses):.4f}",
        "s per fit": f"{seconds:.1f}",
    }


def rows_of(name: str) -> tuple[Any, Any, Any, Any]:
    """Returns X and y to train, then X and y to test; X float32, standardised or in [0, 1]."""
    import numpy as np

    random = np.random.default_rng(0)
    if name == "made up":
        x = random.standard_normal((600, 8), dtype=np.float32)
        y = (x[:, 0] * x[:, 1] > 0).astype(int)
        return x[:400], y[:400], x[400:], y[400:]
    if name == "mnist":
        with np.load("../shared/data/mnist.npz") as file:
            x, y = file["X"].reshape(70_000, -1).astype(np.float32) / 255, file["y"]
        return x[:60_000][:MOST_ROWS], y[:60_000][:MOST_ROWS], x[60_000:], y[60_000:]
    import pandas as pd

    frame = pd.read_csv(f"../shared/data/{name}.csv.gz")
    y = frame.pop("Cover_Type").to_numpy()
    x = frame.to_numpy(np.float32)
    x = (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-9)
    order = random.permutation(len(x))
    train, test = order[:MOST_ROWS], order[-20_000:]
    return x[train], y[train], x[test], y[test]


# ---- time ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """What was measured. rows: per second and thread, by shape. empty: seconds of a round without work, by shards."""

    rows: dict[str, float]
    parameters: dict[str, int]
    empty: dict[int, float]

    @property
    def a_task(self) -> float:
        """The seconds that Dask needs for each further shard: a task of its own and its share of the sums."""
        few, many = min(self.empty), max(self.empty)
        return max(0.0, (self.empty[many] - self.empty[few]) / (many - few))

    @property
    def a_round(self) -> float:
        """The seconds of a round that do not depend on the shards."""
        return max(0.0, self.empty[min(self.empty)] - min(self.empty) * self.a_task)


def measured(settings: Any) -> Measured:
    shapes = dict(list(SHAPES.items())[:1]) if settings.quick else SHAPES
    speeds = {name: speed(*shape, rounds=settings.rounds, quick=settings.quick) for name, shape in shapes.items()}
    rows, parameters = ({name: each[i] for name, each in speeds.items()} for i in (0, 1))
    return Measured(rows, parameters, latencies(settings.rounds, settings.quick))


def speed(columns: int, hidden: tuple[int, ...], outputs: int, rounds: int, quick: bool) -> tuple[float, int]:
    """Returns the rows per second of a shard's task on one thread, and the number of parameters."""
    import numpy as np

    from neuract import Dense, Network
    from neuract.dask._rounds import Recipe, Turn, read, trained
    from neuract.inputs._data import Data

    random, rows = np.random.default_rng(0), 1_000 if quick else 20_000
    x, y = random.standard_normal((rows, columns), dtype=np.float32), random.standard_normal((rows, outputs))
    network = Network([*map(Dense, hidden), Dense(outputs)], random_state=0, epochs=1, n_threads=1).fit(x[:10], y[:10])
    session, learned = network._learner.session, network._learner.settings
    assert session is not None
    recipe, steps = Recipe(network.layers, learned, network.dtype, 200, True, 0), rows // 200
    state, data = read(session, learned.optimizer), Data(x, y.astype(np.float32), None)
    seconds = []
    for epoch in range(max(2, rounds)):
        begun = perf_counter()
        trained(recipe, Turn(epoch, 0, steps, steps, 1e-4, None), 0, data, state)
        seconds.append(perf_counter() - begun)
    return rows / median(seconds[1:]), network.n_parameters


def latencies(rounds: int, quick: bool) -> dict[int, float]:
    """Returns the seconds of a round of a tiny network on two workers, by shards; workers are threads if `quick`."""
    import warnings

    import dask.array as da
    from distributed import Client, LocalCluster

    from neuract.dask import DaskMLPClassifier

    found = {}
    options_of_cluster = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0", "processes": not quick}
    with LocalCluster(**options_of_cluster) as cluster, Client(cluster) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = da.ones((320, 2), chunks=(20, -1))
        for n in SHARDS[:2] if quick else SHARDS:
            ends: list[float] = []
            model = DaskMLPClassifier(
                (2,),
                n_shards=n,
                client=client,
                max_iter=3 + rounds,
                callbacks=lambda *_, to=ends: to.append(perf_counter()),
            )
            model.fit(x, (da.arange(320, chunks=20) % 2))
            found[n] = median(after - before for before, after in pairwise(ends[1:]))
    return found


def round_seconds(about: Measured, shape: str, rows: float, workers: int, gigabits: float) -> tuple[float, float]:
    """Returns the seconds of computing and of the rest of a round that is an epoch; a worker has one thread, one shard.

    A transfer takes bytes / bandwidth. The state goes from the client over the scheduler to a worker, from there to all
    others by doubling; the sums, twice as wide as float32, go up a tree; the mean goes back to the client.
    """
    compute = rows / workers / about.rows[shape]
    state = NUMBERS_A_PARAMETER * BYTES * about.parameters[shape] / (gigabits * 1e9 / 8)
    down = 2 * state + ceil(log(workers, 2)) * state
    levels = ceil(log(workers, FAN_IN) - 1e-9)
    up = (FAN_IN - 1) * state * (1 + 2 * max(0, levels - 1)) * (levels > 0) + 2 * state
    return compute, about.a_round + about.a_task * workers + down + up


def most_workers(about: Measured, shape: str, rows: float, gigabits: float) -> int:
    """Returns the number of workers, a power of 2, from which on twice as many save less than a fifth of the time."""
    workers = 1
    while True:
        now, twice = (sum(round_seconds(about, shape, rows, n, gigabits)) for n in (workers, 2 * workers))
        if twice > 0.8 * now:
            return workers
        workers *= 2


def show_times(about: Measured, settings: Any) -> None:
    """Prints the measurements, then the simulated tables."""
    empty = ", ".join(f"{1e3 * seconds:.0f} ms with {n} shards" for n, seconds in about.empty.items())
    notes = [
        f"Measured: a round without work takes {empty}, on two workers of this machine",
        f"which is {1e3 * about.a_round:.0f} ms a round and {1e3 * about.a_task:.1f} ms a shard",
        "Simulated: one shard a worker, one round an epoch",
    ]
    title = f"An epoch of {settings.rows:g} rows, one thread a worker: simulated"
    report.show(title, epochs(about, settings.rows), notes, settings.markdown)
    report.show("Where more workers stop paying: simulated", limits(about), [], settings.markdown)


def epochs(about: Measured, rows: float) -> list[dict[str, str]]:
    lines = []
    for shape in about.rows:
        for workers in (*WORKERS[1:-1], 100):
            line = {
                "network": shape,
                "workers": str(workers),
                "computing": duration(rows / workers / about.rows[shape]),
            }
            for gigabits in GIGABITS:
                rest = round_seconds(about, shape, rows, workers, gigabits)[1]
                line[f"rest, {gigabits} Gbit/s"] = duration(rest)
            line["GB a worker"] = f"{rows * BYTES * SHAPES[shape][0] / workers / 1e9:,.1f}"
            lines.append(line)
    return lines


def limits(about: Measured) -> list[dict[str, str]]:
    lines = []
    for shape in about.rows:
        for rows in (1e6, 1e8, 1e10):
            line = {"network": shape, "parameters": f"{about.parameters[shape]:,}", "rows": f"{rows:g}"}
            line["one worker"] = duration(rows / about.rows[shape])
            for gigabits in GIGABITS:
                workers = most_workers(about, shape, rows, gigabits)
                seconds = sum(round_seconds(about, shape, rows, workers, gigabits))
                line[f"workers, {gigabits} Gbit/s"] = f"{workers:,}: {duration(seconds)}"
            lines.append(line)
    return lines


def duration(seconds: float) -> str:
    for size, unit in ((3600, "h"), (60, "min"), (1, "s")):
        if seconds >= min(size, 2 * size - 1):
            return f"{seconds / size:.3g} {unit}"
    return f"{1e3 * seconds:.3g} ms"


if __name__ == "__main__":
    main()
