# SPDX-License-Identifier: BSD-3-Clause
"""A frame of the Adult data to probabilities: TabularClassifier beside LightGBM, CatBoost, scikit-learn's boosted trees
and a scikit-learn pipeline of encoders and MLPClassifier.

Measured are preparation and answers of 10,000 rows, one row, and a fit of 20,000 rows with the share that preparation
takes of it. Needs ../shared/data; peers that are not installed are left out, with a line that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import options, report
from benchmarks.measure import Work, interleaved

ADULT = Path(__file__).parents[2] / "shared" / "data" / "adult.csv.gz"
ROWS, TRAINED, QUICK_TRAINED = 10_000, 20_000, 1000
Fitted = tuple[Any, Callable[[Any], Any]]  # a model, and what makes X for its predict_proba


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
    models = {row.pop("name"): row.pop("fitted") for row in measured["fits"]}
    measured["answers"] = answers(models, new, settings.rounds)
    report.show(f"A fit of {trained:,} rows", [shown_fit(row) for row in measured["shown"]], [], settings.markdown)
    report.show(f"Probabilities of {ROWS:,} rows, and of one", measured["answers"], [], settings.markdown)
    del measured["fits"]
    report.keep(settings.json, "columns", vars(settings), [measured])


# ---- models ----------------------------------------------------------------------------------------


def neuract_model(threads: int) -> tuple[Any, Callable[[Any], Any]]:
    import neuract as na

    return na.TabularClassifier(random_state=0, n_jobs=threads), lambda X: X


def pipeline(threads: int) -> tuple[Any, Callable[[Any], Any]]:
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
    perceptron = na.MLPClassifier((128, 128), early_stopping=True, random_state=0, dtype="float32", n_jobs=threads)
    return make_pipeline(columns, perceptron), lambda X: X


def boosted_by_scikit_learn(threads: int) -> tuple[Any, Callable[[Any], Any]]:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0), categories


def lightgbm(threads: int) -> tuple[Any, Callable[[Any], Any]]:
    from lightgbm import LGBMClassifier

    return LGBMClassifier(n_jobs=threads, verbose=-1, random_state=0), categories


def catboost(threads: int) -> tuple[Any, Callable[[Any], Any]]:
    from catboost import CatBoostClassifier

    text = ["workclass", "education", "marital_status", "occupation", "relationship", "race", "sex", "native_country"]
    quiet = {"verbose": 0, "allow_writing_files": False}
    model = CatBoostClassifier(thread_count=threads, random_seed=0, cat_features=text, **quiet)
    return model, lambda X: X.assign(**{name: X[name].astype(object).fillna("missing") for name in text})


def categories(X: Any) -> Any:
    """Returns X with categories in place of text, which these models need."""
    return X.astype({name: "category" for name in X.columns if X[name].dtype.kind not in "if"})


MODELS: dict[str, Callable[[int], tuple[Any, Callable[[Any], Any]]]] = {
    "TabularClassifier": neuract_model,
    "pipeline, MLPClassifier": pipeline,
    "HistGradientBoosting": boosted_by_scikit_learn,
    "LightGBM": lightgbm,
    "CatBoost": catboost,
}


# ---- measuring -------------------------------------------------------------------------------------


def fits(frame: Any, y: Any, settings: Any) -> dict[str, Any]:
    """Fits each model once, since a fit takes seconds; of TabularClassifier also times the preparation alone."""
    found: dict[str, Any] = {"fits": [], "shown": []}
    for name, make in MODELS.items():
        try:
            model, prepared = make(settings.threads)
        except ImportError as error:
            print(f"{name} is left out: {error}")
            continue
        start = perf_counter()
        model.fit(prepared(frame), y)
        seconds = perf_counter() - start
        found["fits"].append({"name": name, "fitted": (model, prepared)})
        found["shown"].append({"name": name, "seconds": seconds, "share": share_of_preparation(model, frame, seconds)})
    return found


def share_of_preparation(model: Any, frame: Any, seconds: float) -> float | None:
    if not hasattr(model, "columns_"):
        return None
    import neuract as na

    start = perf_counter()
    na.Columns().fit_transform(frame)
    return (perf_counter() - start) / seconds


def answers(models: dict[str, Fitted], new: Any, rounds: int) -> list[dict[str, str]]:
    """Returns a row for each model and form of X: milliseconds of all rows, microseconds of one."""
    whole: dict[str, Work] = {}
    one: dict[str, Work] = {}
    for name, (model, prepared) in models.items():
        for form, X, row in forms(name, new):
            label = f"{name}, {form}" if form else name
            whole[label] = lambda model=model, prepared=prepared, X=X: model.predict_proba(prepared(X))
            one[label] = lambda model=model, prepared=prepared, row=row: model.predict_proba(prepared(row))
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
