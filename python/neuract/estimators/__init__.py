# SPDX-License-Identifier: BSD-3-Clause
"""Estimators: scikit-learn's MLPClassifier and MLPRegressor, learned by a neuract Network.

Same parameters, same attributes and, from the same random_state, the same model.
"""

import neuract.threadpools  # noqa: F401 (from here on threadpoolctl knows our threads)
from neuract.estimators._classifier import MLPClassifier
from neuract.estimators._regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
