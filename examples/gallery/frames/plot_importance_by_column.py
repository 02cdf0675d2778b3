# SPDX-License-Identifier: BSD-3-Clause
"""
Permutation importance by column of a data frame
================================================

Shuffle one column of the test rows, and measure how much of the score is lost. That
is the importance of the column. A column of text counts as one, not as several
dummy columns. A column of noise is there for comparison, with an importance of
about 0.
"""

# %%
# The diabetes data describe 442 patients. Turn the sex into text, and add a column
# of noise.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

import neuract as na

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
X["sex"] = X["sex"].map({1.0: "first", 2.0: "second"})
X["noise"] = np.random.default_rng(0).normal(size=len(X))
parts = train_test_split(X, y, test_size=0.4, random_state=0)
X_train, X_test, y_train, y_test = parts

# %%
# Train on 265 patients, and measure on the 177 others. Rows that the model has not
# seen tell what helps it to predict. Training rows would also count what it has
# only memorized.

model = na.TabularRegressor(effort="quick", random_state=0).fit(X_train, y_train)
importance = na.importance(model, X_test, y_test, repeats=20, random_state=0)
print(importance)

# %%
# A bar is the mean loss of R², and each dot is one repeat. The blood value s5, the
# body mass index (bmi) and the blood pressure (bp) carry the prediction.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
na.plotting.ImportanceDisplay(importance).plot(ax=ax)
plt.show()
