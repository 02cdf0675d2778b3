# SPDX-License-Identifier: BSD-3-Clause
"""Scores of a model whose outputs are already there: by its own metric, or by a scorer in scikit-learn's form."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, TypeAlias

from neuract._typing import Array, FittedModel
from neuract.inputs._data import Data
from neuract.outputs._kinds import OfClassifier, Quantiles
from neuract.outputs._scored import meaning_of, score_of

Scoring: TypeAlias = str | Callable[[Any, Any, Any], float] | None
Score: TypeAlias = Callable[[Array], float]

# What a scorer may ask of a model next to its predictions; all else would answer for rows that are not shuffled.
ASKED = ("classes_", "n_classes_", "n_features_in_", "feature_names_in_", "n_outputs_", "__sklearn_tags__")


class Answering:
    """A fitted model for a scorer: whatever X is, its answers are those of the given outputs."""

    def __init__(self, model: FittedModel, outputs: Array) -> None:
        self._model, self._outputs, self._meaning = model, outputs, model._meaning()

    def predict(self, X: Any) -> Array:
        """Returns the model's answers; of a Network its outputs."""
        of_network = self._model is self._model._fitted_network()
        return self._outputs if of_network else self._meaning.answers(self._outputs)

    def __getattr__(self, name: str) -> Any:
        if name in ASKED:
            return getattr(self._model, name)
        raise AttributeError(f"a scorer of importance has predict and predict_proba of the model, but not {name!r}")


class AnsweringClassifier(Answering):
    """The same of an estimator that has probabilities."""

    def predict_proba(self, X: Any) -> Array:
        """Returns the probabilities."""
        return self._meaning.columns(self._outputs)


def scorer_of(model: FittedModel, data: Data, X: Any, y: Any, scoring: Scoring) -> tuple[str, Score]:
    """Returns the name of a metric, and what gives it for a network's outputs."""
    if scoring is None:
        return _own_score(model, data)
    if isinstance(scoring, str):
        name, scorer = scoring, _named(scoring)
    elif callable(scoring):
        name, scorer = getattr(scoring, "__name__", "score"), scoring
    else:
        raise TypeError(f"scoring must be None, the name of a scorer or a function of model, X and y; got {scoring!r}")
    kind = AnsweringClassifier if hasattr(model, "predict_proba") else Answering
    return name, lambda outputs: float(scorer(kind(model, outputs), X, y))


def _own_score(model: FittedModel, data: Data) -> tuple[str, Score]:
    """Returns the metric of `score`, in the unit of the network's targets, on which none of these metrics depends."""
    known = model._meaning()
    meaning = known if isinstance(known, OfClassifier) else meaning_of(model._fitted_network())
    kind = "accuracy" if isinstance(meaning, OfClassifier) else "d2" if isinstance(meaning, Quantiles) else "r2"
    return kind, lambda outputs: score_of(meaning, data.targets, outputs, None)[1]


def _named(name: str) -> Callable[[Any, Any, Any], float]:
    try:
        metrics: Any = importlib.import_module("sklearn.metrics")
    except ModuleNotFoundError as error:
        raise ImportError(f"scoring={name!r} needs scikit-learn: pip install scikit-learn") from error
    scorer: Callable[[Any, Any, Any], float] = metrics.get_scorer(name)
    return scorer
