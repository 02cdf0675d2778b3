# SPDX-License-Identifier: BSD-3-Clause
"""A frame of the Adult data to probabilities: TabularClassifier beside LightGBM, CatBoost, scikit-learn's boosted trees
and a scikit-learn pipeline of encoders and MLPClassifier.

Measured are preparation and answers of 10,000 rows, one row, and a fit of 20,000 rows with the share that preparation
takes of it. Needs ../shared/data; peers that are not installed are left out, with a line that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from benchmarks import options, report
from benchmarks.accuracy import models
from benchmarks.accuracy.models import Model
from benchmarks.accuracy.sets import FOLDER
from benchmarks.measure import Work, interleaved

ADULT = FOLDER / "adult.csv.gz"
ROWS, TRAINED, QUICK_TRAINED = 10_000, 20_000, 1000


def main() -> None:
    parser = options.common("columns", "A frame to probabilities, beside boosted trees and a pipeline.")
    settings = options.settled(parser.parse_args())
    if not ADULT.exists():
        raise SystemExit(f"needs {ADULT}")
    import pandas as pd

    frame = pd.read_csv(ADULT, keep_default_na=False, na_values=["", "NA"])
    y = frame.pop("income").to_numpy()
    trained = QUICK_TRAINED if settings.quick else TRAINED
    new = frame.iloc[-ROWS:].reset_index(drop=True)
    measured = fits(frame[:trained], y[:trained], settings)
    fitted = {row["name"]: row["fitted"] for row in measured["fits"]}
    measured["answers"] = answers(fitted, new, settings.rounds)
    report.show(f"A fit of {trained:,} rows", [shown_fit(row) for row in measured["shown"]], [], settings.markdown)
    report.show(f"Probabilities of {ROWS:,} rows, and of one", measured["answers"], [], settings.markdown)
    del measured["fits"]
    report.keep(settings.json, "columns", vars(settings), [measured])


# ---- models ----------------------------------------------------------------------------------------


def pipeline(task: str, seed: int, threads: int) -> Model:
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    import neuract as na

    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    perceptron = na.MLPClassifier((128, 128), early_stopping=True, random_state=seed, dtype="float32", n_jobs=threads)
    return Model(make_pipeline(columns, perceptron))


MODELS: dict[str, Callable[[str, int, int], Model]] = {
    "TabularClassifier": models.neuract,
    "pipeline, MLPClassifier": pipeline,
    "HistGradientBoosting": models.hist_gradient_boosting,
    "LightGBM": models.lightgbm,
    "CatBoost": models.catboost,
}


# ---- measuring -------------------------------------------------------------------------------------


def fits(frame: Any, y: Any, settings: Any) -> dict[str, Any]:
    """Fits each model once, since a fit takes seconds; of TabularClassifier also times the preparation alone."""
    found: dict[str, Any] = {"fits": [], "shown": []}
    for name, make in MODELS.items():
        try:
            model = make("binary", 0, settings.threads)
        except ImportError as error:
            print(f"{name} is left out: {error}")
            continue
        start = perf_counter()
        model.learn(frame)
        model.estimator.fit(model.prepared(frame), y)
        seconds = perf_counter() - start
        found["fits"].append({"name": name, "fitted": model})
        share = share_of_preparation(model.estimator, frame, seconds)
        found["shown"].append({"name": name, "seconds": seconds, "share": share})
    return found


def share_of_preparation(model: Any, frame: Any, seconds: float) -> float | None:
    if not hasattr(model, "columns_"):
        return None
    import neuract as na

    start = perf_counter()
    na.Columns().fit_transform(frame)
    return (perf_counter() - start) / seconds


def answers(fitted: dict[str, Model], new: Any, rounds: int) -> list[dict[str, str]]:
    """Returns a row for each model and form of X: milliseconds of all rows, microseconds of one."""
    whole: dict[str, Work] = {}
    one: dict[str, Work] = {}
    for name, model in fitted.items():
        for form, X, row in forms(name, new):
            label = f"{name}, {form}" if form else name
            whole[label] = lambda model=model, X=X: model.estimator.predict_proba(model.prepared(X))
            one[label] = lambda model=model, row=row: model.estimator.predict_proba(model.prepared(row))
    taken = interleaved(whole, rounds), interleaved(one, rounds)
    return [
        {"model": label, "10,000 rows ms": f"{1e3 * taken[0][label]:.1f}", "one row µs": f"{1e6 * taken[1][label]:.0f}"}
        for label in whole
    ]


def forms(name: str, new: Any) -> list[tuple[str, Any, Any]]:
    """Returns the forms of X that a model is asked with: a name, all rows and one row."""
    found = [("", new, new[:1])]
    if name != "TabularClassifier":
        return found
    record = new.astype(object).where(new.notna(), None).iloc[0].to_dict()
    found = [("pandas", new, new[:1]), ("dict", new.to_dict("list"), record)]
    try:
        import polars
        import pyarrow
    except ImportError:
        return found
    other = polars.from_pandas(new)
    arrow = pyarrow.Table.from_pandas(new)
    return [*found, ("polars", other, other[:1]), ("arrow", arrow, arrow.slice(0, 1))]


def shown_fit(row: dict[str, Any]) -> dict[str, str]:
    share = row["share"]
    return {
        "model": row["name"],
        "seconds": f"{row['seconds']:.2f}",
        "of it preparation": "" if share is None else f"{share:.1%}",
    }


if __name__ == "__main__":
    main()
