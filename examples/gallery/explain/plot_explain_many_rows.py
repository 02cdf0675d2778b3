# SPDX-License-Identifier: BSD-3-Clause
"""
Explain many rows: which values raise the prediction
====================================================

One explanation per row, drawn together, shows how a model uses each column. Here a point is a patient; to the right
the column raises the predicted progress of diabetes, to the left it lowers it, and the colour is the value in the
column.
"""

# %%
# A high body mass index (bmi) raises the prediction, a high value of s3, the good cholesterol, lowers it.

import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes

import neuract as na

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
model = na.TabularRegressor(effort="quick", random_state=0).fit(X, y)
explanation = na.explain(model, X.iloc[:200])
print(explanation)

# %%
na.plotting.ExplanationDisplay.from_explanation(explanation)
plt.show()
