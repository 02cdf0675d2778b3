# SPDX-License-Identifier: BSD-3-Clause
"""Estimators: scikit-learn's MLPClassifier and MLPRegressor, trained by a neuract Network.

They have the same parameters and attributes and, from the same random_state, learn the same model.
"""

import neuract.threadpools  # noqa: F401 (registers our threads with threadpoolctl)
from neuract.estimators._classifier import MLPClassifier
from neuract.estimators._regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
