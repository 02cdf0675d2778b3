# SPDX-License-Identifier: BSD-3-Clause
"""The models whose accuracy is measured, with their defaults; each takes the frame in the form that it needs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Prepared = Callable[[Any], Any]


def as_it_is(X: Any) -> Any:
    return X


def learn_nothing(X: Any) -> None:
    pass


@dataclass(frozen=True)
class Model:
    """An estimator, and what makes X for it; `learn` sees the training frame before the first `prepared`.

    packages: those that do the work, whose versions belong to a result.
    """

    estimator: Any
    prepared: Prepared = as_it_is
    learn: Callable[[Any], None] = learn_nothing
    packages: tuple[str, ...] = ("scikit-learn",)


class Categories:
    """Makes categories of text, with the levels of the training frame: the most frequent ones, at most `most`.

    Other levels become missing, as do missing ones.
    """

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self.dtypes: dict[str, Any] = {}

    def learn(self, X: Any) -> None:
        import pandas as pd

        for name in X.columns:
            if X[name].dtype.kind not in "biuf":
                levels = X[name].value_counts().index[: self.most]
                self.dtypes[name] = pd.CategoricalDtype(sorted(map(str, levels)))

    def __call__(self, X: Any) -> Any:
        text = {name: X[name].map(str, na_action="ignore") for name in self.dtypes}
        return X.assign(**{name: text[name].astype(dtype) for name, dtype in self.dtypes.items()})


class Imputed(Categories):
    """Categories; and the mean of the training frame for missing numbers, with columns of 0 and 1 that mark them.

    For models that refuse NaN in numbers.
    """

    def learn(self, X: Any) -> None:
        super().learn(X)
        numbers = X[[name for name in X.columns if name not in self.dtypes]].astype(float)
        self.means = numbers.mean().fillna(0.0)
        self.marked = [name for name in numbers.columns if numbers[name].isna().any()]

    def __call__(self, X: Any) -> Any:
        filled = {name: X[name].astype(float).fillna(mean) for name, mean in self.means.items()}
        marks = {f"{name} is missing": X[name].isna().astype(float) for name in self.marked}
        return super().__call__(X).assign(**filled, **marks)


def neuract(task: str, seed: int, threads: int) -> Model:
    import neuract as na

    kind = na.TabularRegressor if task == "regression" else na.TabularClassifier
    return Model(kind(random_state=seed, n_jobs=threads), packages=("neuract",))


def hist_gradient_boosting(task: str, seed: int, threads: int) -> Model:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    categories = Categories(most=250)
    return Model(kind(categorical_features="from_dtype", random_state=seed), categories, categories.learn)


def lightgbm(task: str, seed: int, threads: int) -> Model:
    from lightgbm import LGBMClassifier, LGBMRegressor

    categories = Categories()
    kind = LGBMRegressor if task == "regression" else LGBMClassifier
    return Model(kind(random_state=seed, n_jobs=threads, verbose=-1), categories, categories.learn, ("lightgbm",))


def xgboost(task: str, seed: int, threads: int) -> Model:
    from xgboost import XGBClassifier, XGBRegressor

    categories = Categories()
    kind = XGBRegressor if task == "regression" else XGBClassifier
    estimator = kind(random_state=seed, n_jobs=threads, enable_categorical=True)
    return Model(estimator, categories, categories.learn, ("xgboost", "xgboost-cpu"))


def catboost(task: str, seed: int, threads: int) -> Model:
    from catboost import CatBoostClassifier, CatBoostRegressor

    text: list[str] = []

    def learn(X: Any) -> None:
        text[:] = [name for name in X.columns if X[name].dtype.kind not in "biuf"]
        estimator.set_params(cat_features=list(text))

    def prepared(X: Any) -> Any:
        return X.assign(**{name: X[name].astype(object).fillna("missing").astype(str) for name in text})

    kind = CatBoostRegressor if task == "regression" else CatBoostClassifier
    estimator = kind(random_seed=seed, thread_count=threads, verbose=0, allow_writing_files=False)
    return Model(estimator, prepared, learn, ("catboost",))


def scikit_learns_perceptron(task: str, seed: int, threads: int) -> Model:
    from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    if task != "regression":
        return Model(make_pipeline(columns, MLPClassifier(random_state=seed)))
    scaled = TransformedTargetRegressor(MLPRegressor(random_state=seed), transformer=StandardScaler())
    return Model(make_pipeline(columns, scaled))


def real_mlp(task: str, seed: int, threads: int) -> Model:
    from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

    return pytabkit(RealMLP_TD_Regressor if task == "regression" else RealMLP_TD_Classifier, seed, threads)


def simplified_real_mlp(task: str, seed: int, threads: int) -> Model:
    from pytabkit import RealMLP_TD_S_Classifier, RealMLP_TD_S_Regressor

    return pytabkit(RealMLP_TD_S_Regressor if task == "regression" else RealMLP_TD_S_Classifier, seed, threads)


def tabm(task: str, seed: int, threads: int) -> Model:
    from pytabkit import TabM_D_Classifier, TabM_D_Regressor

    return pytabkit(TabM_D_Regressor if task == "regression" else TabM_D_Classifier, seed, threads)


def pytabkit(kind: Any, seed: int, threads: int) -> Model:
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)  # its advice at every fit
    imputed = Imputed()
    estimator = kind(random_state=seed, n_threads=threads, device="cpu")
    return Model(estimator, imputed, imputed.learn, ("pytabkit", "torch"))


MODELS: dict[str, Callable[[str, int, int], Model]] = {
    "neuract": neuract,
    "CatBoost": catboost,
    "LightGBM": lightgbm,
    "XGBoost": xgboost,
    "HistGradientBoosting": hist_gradient_boosting,
    "MLP": scikit_learns_perceptron,
    "RealMLP-TD-S": simplified_real_mlp,
    "RealMLP-TD": real_mlp,
    "TabM-D": tabm,
}
"""Every model by name, made for a task, a seed and a number of threads."""
