# SPDX-License-Identifier: BSD-3-Clause
"""
Explain many rows: which values raise the prediction
====================================================

One explanation per row, drawn together, shows how a model uses each column. A point
is a patient. The further to the right it lies, the more the column raises the
predicted progress of diabetes. Its colour is the value in the column.
"""

# %%
# Explain 200 patients. The text has the mean size of each contribution.

import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes

import neuract as na

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
model = na.TabularRegressor(effort="quick", random_state=0).fit(X, y)
explanation = na.explain(model, X.iloc[:200])
print(explanation)

# %%
# A high body mass index (bmi) raises the prediction. A high value of s3, the HDL
# cholesterol, lowers it.

display = na.plotting.ExplanationDisplay.from_explanation(explanation)
display.ax_.set_xlabel("added to the predicted progress (score)")
plt.show()
