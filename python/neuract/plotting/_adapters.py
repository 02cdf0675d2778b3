# SPDX-License-Identifier: BSD-3-Clause
"""Adapters from a network to the estimators that scikit-learn's displays take; needs scikit-learn.

They predict finite numbers only, which contours need; FitDisplay covers the regions of the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from neuract._typing import Array, FittedNetwork
from neuract.plotting._frame import NetworkOfFrame
from neuract.plotting._style import drawable


class _Fitted(BaseEstimator):  # type: ignore[misc]
    def __init__(self, network: FittedNetwork | NetworkOfFrame) -> None:
        self.network = network

    def fit(self, X: Any, y: Any) -> _Fitted:
        """Does nothing; scikit-learn requires this method of an estimator."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True


class NetworkClassifier(ClassifierMixin, _Fitted):  # type: ignore[misc]
    """A classifier whose classes are numbered from 0; a network with one output has two."""

    @property
    def classes_(self) -> Array:
        return np.arange(max(2, self.network.layers[-1].units))

    def predict_proba(self, X: Any) -> Array:
        outputs = _filled(self.network.predict(X), 0.5)
        return outputs if outputs.shape[1] > 1 else np.hstack([1 - outputs, outputs])

    def predict(self, X: Any) -> Array:
        numbers: Array = self.predict_proba(X).argmax(axis=1)
        return numbers


class NetworkRegressor(RegressorMixin, _Fitted):  # type: ignore[misc]
    """A regressor with one output."""

    def predict(self, X: Any) -> Array:
        outputs = self.network.predict(X)[:, 0]
        known = outputs[np.isfinite(drawable(outputs))]
        return _filled(outputs, np.median(known) if known.size else 0.0)


def _filled(outputs: Array, filler: float) -> Array:
    """Returns the outputs with the filler for those that cannot be drawn."""
    return np.where(np.isfinite(drawable(outputs)), outputs, filler)
