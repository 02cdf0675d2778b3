# SPDX-License-Identifier: BSD-3-Clause
"""scikit-learn's MLP in the case's dtype: partial_fit is one epoch with the batches of fit."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.cases import Case
from benchmarks.data import Data

# Fewer rows than a batch: the construction below and --quick do this.
warnings.filterwarnings("ignore", message="Got `batch_size` less than 1")


class Perceptron:
    def __init__(self, case: Case, data: Data, threads: int) -> None:
        kind = MLPClassifier if case.classifies else MLPRegressor
        settings = {"activation": case.hidden, "alpha": 0, "batch_size": case.batch, "random_state": 0}
        self.model = kind(hidden_layer_sizes=case.sizes[1:-1], **settings)
        self.data = data
        # scikit-learn converts a single output given as a column, with a warning.
        self.targets = data.targets.ravel() if case.sizes[-1] == 1 else data.targets
        self._build(case)
        self.predict = self.model.predict_proba if case.classifies else self.model.predict

    def train_epoch(self) -> None:
        self.model.partial_fit(self.data.x, self.targets)

    def _build(self, case: Case) -> None:
        """Replaces the weights, which a first step makes, and resets Adam."""
        classes = {"classes": np.arange(case.sizes[-1])} if case.classifies else {}
        self.model.partial_fit(self.data.x[:2], self.targets[:2], **classes)
        del self.model._optimizer
        parameters = [*self.model.coefs_, *self.model.intercepts_]
        for parameter, value in zip(parameters, [*self.data.weights, *self.data.biases], strict=True):
            assert parameter.dtype == value.dtype, f"scikit-learn computes in {parameter.dtype}"
            parameter[...] = value
