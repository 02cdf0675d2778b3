# SPDX-License-Identifier: BSD-3-Clause
"""Models in scikit-learn's style: for data frames as they are, and for arrays of numbers.

From the same random_state MLPClassifier and MLPRegressor learn the same model as scikit-learn's, with the same
parameters and attributes.
"""

import neuract.threadpools  # noqa: F401 (registers our threads with threadpoolctl)
from neuract.estimators._classifier import MLPClassifier
from neuract.estimators._regressor import MLPRegressor
from neuract.estimators._tabular_classifier import TabularClassifier
from neuract.estimators._tabular_regressor import TabularRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "TabularClassifier", "TabularRegressor"]
