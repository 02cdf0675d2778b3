# SPDX-License-Identifier: BSD-3-Clause
"""
Permutation importance by column of a data frame
================================================

Shuffle one column of the test rows, and see how much of the score is lost: that is the importance of the column. A
column of text counts as one, not as a number of dummy columns. A column of noise shows what an importance of 0 looks
like.
"""

# %%
# The diabetes data describe 442 patients. The sex becomes text again, and a column of noise joins.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

import neuract as na

patients, progress = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
patients["sex"] = patients["sex"].map({1.0: "first", 2.0: "second"})
patients["noise"] = np.random.default_rng(0).normal(size=len(patients))
X_train, X_test, y_train, y_test = train_test_split(patients, progress, test_size=0.4, random_state=0)

# %%
# Train on 265 patients, and measure on the 177 others. Rows that the model has not seen tell what helps it to
# predict; training rows would also count what it has learned by heart.

model = na.TabularRegressor(effort="quick", random_state=0).fit(X_train, y_train)
importance = na.importance(model, X_test, y_test, repeats=20, random_state=0)
print(importance)

# %%
# A bar is the mean loss of R², each dot one repeat. Body mass index (bmi), the blood value s5 and blood pressure (bp)
# carry the prediction.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
na.plotting.ImportanceDisplay(importance).plot(ax=ax)
plt.show()
