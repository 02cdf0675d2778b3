# SPDX-License-Identifier: BSD-3-Clause
"""
Prediction intervals of new rows
================================

For each row ``predict_interval`` of a `~neuract.TabularRegressor` returns an
interval that holds the true number with a probability that you choose. It measures
the errors on rows that its networks have not seen. On new patients the intervals
hold about as many as asked for.
"""

# %%
# Learn from 300 patients of the diabetes data, and predict the 142 others.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

import neuract as na

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
parts = train_test_split(X, y.to_numpy(), train_size=300, random_state=0)
X_train, X_test, y_train, y_test = parts
model = na.TabularRegressor(effort="quick", random_state=0).fit(X_train, y_train)
for coverage in (0.5, 0.9, 0.8):
    low, high = model.predict_interval(X_test, coverage=coverage).T
    inside = (low <= y_test) & (y_test <= high)
    print(
        f"asked for {coverage:.0%}: {inside.mean():.0%} of new patients are inside"
    )

# %%
# The patients in the order of their predictions, with the intervals for 80 %.

predicted = model.predict(X_test)
order = np.argsort(predicted)
low, high, inside, truth = low[order], high[order], inside[order], y_test[order]
place = np.arange(len(order))

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
ax.fill_between(
    place,
    low,
    high,
    step="mid",
    color="#9fcbea",
    alpha=0.6,
    linewidth=0,
    label="80 % interval",
)
ax.plot(place, predicted[order], color="#0f69b4", linewidth=2, label="prediction")
ax.plot(
    place[inside], truth[inside], "o", color="#222222", markersize=4, label="inside"
)
ax.plot(place[~inside], truth[~inside], "X", color="#e06c00", label="outside")
ax.set(xlabel="new patients, by prediction", ylim=(0, 420))
ax.set(ylabel="progress after one year (score)", title="Intervals and the truth")
ax.legend(ncols=2, loc="upper left")
plt.show()
