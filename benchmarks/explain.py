# SPDX-License-Identifier: BSD-3-Clause
"""explain beside SHAP's permutation explainer and Captum's integrated gradients, on the same networks.

Captum gets the weights in torch, SHAP asks `Network.predict`. What takes longer is measured on fewer rows. Modules that
start threads are imported inside functions, after the options have restricted the process.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks import options, report

ROWS, QUICK_ROWS, COLUMNS = 10_000, 64, 30
SHAP_ROWS, CAPTUM_ROWS = 10, 200
STEPS = (50, 500)  # of Captum: its default, and ten times as many
CASES = {"default": ((100,), "relu"), "default-tanh": ((100,), "tanh"), "deep": ((64, 64, 64), "relu")}


def main() -> None:
    parser = options.common("explain", "Time of attributions beside SHAP's and Captum's.")
    settings = options.settled(parser.parse_args())
    from benchmarks import measure

    table, notes, kept = [], [], []
    for case in CASES:
        candidates, exact, change = made(case, settings.quick, notes)
        work = {name: partial(run, rows) for name, (run, rows) in candidates.items()}
        seconds = measure.interleaved(work, settings.rounds)
        for name, (run, rows) in candidates.items():
            found = run(rows)
            errors = {"rest": rest(found, change[:rows]), "error": error(found, exact[:rows])}
            kept.append({"case": case, "candidate": name, "rows": rows, "seconds": seconds[name], **errors})
            table.append(shown(kept[-1]))
    title = f"Attributions of a class, {COLUMNS} columns, baseline of one row: {settings.threads} thread(s)"
    report.show(title, table, notes, settings.markdown)
    report.keep(settings.json, "explain", vars(settings), kept)


def made(case: str, quick: bool, notes: list[str]) -> tuple[dict[str, Any], Any, Any]:
    """Returns functions of a number of rows that give its values, each with the rows that it gets; the values of the
    smallest tolerance, and the change of the answers."""
    import numpy as np

    import neuract as na

    hidden, activation = CASES[case]
    rows, random = QUICK_ROWS if quick else ROWS, np.random.default_rng(0)
    x = random.normal(size=(rows, COLUMNS)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] + x[:, 2] > 0).astype(int)
    layers = [*(na.Dense(units, activation) for units in hidden), na.Dense(2, "softmax")]
    network = na.Network(layers, epochs=20, random_state=0).fit(x, y)
    baseline = x.mean(axis=0)
    exact = na.explain(network, x[:CAPTUM_ROWS], baseline, tolerance=1e-8)
    candidates: dict[str, Any] = {
        "neuract": (lambda n: na.explain(network, x[:n], baseline).values[:, :, 1], rows),
    }
    for name, peer in (("captum", _captum), ("shap", _shap)):
        try:
            candidates |= peer(network, activation, x, baseline)
        except ImportError as missing:
            notes.append(f"{name} is not installed ({missing})")
    return candidates, exact.values[:, :, 1], (exact.predictions - exact.base_values)[:, 1]


def _captum(network: Any, activation: str, x: Any, baseline: Any) -> dict[str, Any]:
    import numpy as np
    import torch
    from captum.attr import IntegratedGradients

    modules: list[Any] = []
    for weights, biases in zip(network.weights, network.biases, strict=True):
        linear = torch.nn.Linear(*weights.shape)
        linear.weight.data, linear.bias.data = torch.tensor(weights.T.copy()), torch.tensor(biases)
        modules += [linear, torch.nn.ReLU() if activation == "relu" else torch.nn.Tanh()]
    model = torch.nn.Sequential(*modules[:-1], torch.nn.Softmax(dim=1))
    given, begin, method = torch.tensor(x), torch.tensor(baseline)[None], IntegratedGradients(model)
    assert np.allclose(model(given[:100]).detach(), network.predict(x[:100]), atol=1e-5)

    def run(steps: int, n: int) -> Any:
        found = method.attribute(given[:n], begin, target=1, n_steps=steps, internal_batch_size=10_000)
        return found.numpy()

    return {f"captum, {steps} nodes": (partial(run, steps), min(len(x), CAPTUM_ROWS)) for steps in STEPS}


def _shap(network: Any, activation: str, x: Any, baseline: Any) -> dict[str, Any]:
    import shap

    answer: Any = lambda rows: network.predict(rows.astype("float32"))[:, 1]  # noqa: E731
    explainer = shap.explainers.Permutation(answer, baseline[None])
    return {"shap, permutation": (lambda n: explainer(x[:n], silent=True).values, min(len(x), SHAP_ROWS))}


def rest(found: Any, change: Any) -> float:
    """Returns the largest difference between the change of an answer and the sum of the values."""
    return float(abs(change - found[: len(change)].sum(axis=1)).max())


def error(found: Any, exact: Any) -> float:
    """Returns the largest difference to the exact values."""
    return float(abs(found[: len(exact)] - exact[: len(found)]).max())


def shown(row: dict[str, Any]) -> dict[str, str]:
    of_shapley = row["candidate"].startswith("shap")
    return {
        "case": row["case"],
        "candidate": row["candidate"],
        "rows": f"{row['rows']:,}",
        "1 row, µs": report.microseconds(row["seconds"] / row["rows"]),
        f"{ROWS:,} rows, s": f"{row['seconds'] / row['rows'] * ROWS:.3g}",
        "does not add up by": f"{row['rest']:.0e}",
        "error of a value": report.NOTHING if of_shapley else f"{row['error']:.0e}",
    }


if __name__ == "__main__":
    main()
