# SPDX-License-Identifier: BSD-3-Clause
"""Pipelines of scikit-learn in place of a model: the functions that ask a model fold them first."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

Asking = TypeVar("Asking", bound=Callable[..., Any])


def without_pipeline(model: Any) -> Any:
    """Returns the model that a fitted Pipeline folds into; any other model as it is."""
    pipelines = sys.modules.get("sklearn.pipeline")  # a Pipeline comes from there
    if pipelines is None or not isinstance(model, pipelines.Pipeline):
        return model
    from neuract.pipelines._folded import folded

    return folded(model)


def takes_pipelines(method: Asking) -> Asking:
    """Decorates the function of a class method whose first argument is a model."""

    @wraps(method)
    def folding(cls: type, model: Any, *args: Any, **settings: Any) -> Any:
        return method(cls, without_pipeline(model), *args, **settings)

    return cast("Asking", folding)
