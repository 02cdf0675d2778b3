# SPDX-License-Identifier: BSD-3-Clause
"""
Prediction intervals of new rows
================================

``predict_interval`` of a `TabularRegressor` returns for each row an interval that holds the true number with a
probability that you choose. It measures the errors on rows that its networks have not seen. On new patients the
intervals hold about as many as promised.
"""

# %%
# Learn from 300 patients of the diabetes data, and predict the 142 others.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

import neuract as na

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=300, random_state=0)
model = na.TabularRegressor(effort="quick", random_state=0).fit(X_train, y_train)
for coverage in (0.5, 0.8, 0.9):
    low, high = model.predict_interval(X_test, coverage=coverage).T
    print(f"asked for {coverage:.0%}: {np.mean((low <= y_test) & (y_test <= high)):.0%} of the new patients are inside")

# %%
# The patients in the order of their predictions, with the intervals for 80 %.

low, high = model.predict_interval(X_test, coverage=0.8).T
predicted = model.predict(X_test)
order = np.argsort(predicted)
inside = ((low <= y_test) & (y_test <= high)).to_numpy()[order]
place, truth = np.arange(len(order)), y_test.to_numpy()[order]

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
ax.fill_between(
    place, low[order], high[order], step="mid", color="#9fcbea", alpha=0.6, linewidth=0, label="80 % interval"
)
ax.plot(place, predicted[order], color="#0f69b4", linewidth=2, label="prediction")
ax.scatter(place[inside], truth[inside], 14, "#222222", label="new patient, inside")
ax.scatter(place[~inside], truth[~inside], 30, "#e06c00", marker="X", label="new patient, outside")
ax.set(xlabel="patients, by prediction", ylabel="progress after one year (score)", ylim=(0, 420))
ax.set_title(f"{inside.mean():.0%} of {len(inside)} new patients are in their interval")
ax.legend(ncols=2, loc="upper left")
plt.show()
