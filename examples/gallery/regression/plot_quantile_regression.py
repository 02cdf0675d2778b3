# SPDX-License-Identifier: BSD-3-Clause
"""
Quantile regression with one network
====================================

A network with the loss `~neuract.Quantile` predicts the 10 %, 50 % and 90 %
quantile at once. About eight of ten patients lie in the band between the outer
ones. The band is wider where the numbers spread more.
"""

# %%
# The diabetes data have the body mass index of 442 patients and the progress of the
# disease after a year.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import neuract as na

patients = load_diabetes(scaled=False, as_frame=True)
bmi, progress = patients.data[["bmi"]].to_numpy(), patients.target.to_numpy()
settings = {"learning_rate_init": 0.01, "alpha": 1.0, "max_iter": 2000}
loss = na.Quantile((0.1, 0.5, 0.9))
network = na.MLPRegressor(loss, (32,), "tanh", **settings, random_state=0)
model = make_pipeline(StandardScaler(), network).fit(bmi, progress / 100)

# %%
# Count how many patients lie in the band.

low, middle, high = 100 * model.predict(bmi).T
inside = (low <= progress) & (progress <= high)
print(f"{inside.mean():.0%} of the patients are in the band")

# %%
# Draw the three quantiles over the body mass index.

grid = np.linspace(bmi.min(), bmi.max(), 200)[:, np.newaxis]
low, middle, high = 100 * model.predict(grid).T

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
ax.scatter(bmi, progress, 12, "#666666", alpha=0.5, linewidths=0, label="patient")
ax.fill_between(
    grid[:, 0],
    low,
    high,
    color="#9fcbea",
    alpha=0.5,
    linewidth=0,
    label="10 % to 90 %",
)
ax.plot(grid, middle, color="#0f69b4", linewidth=2.4, label="median")
ax.set(xlabel="body mass index (kg/m²)", ylabel="progress after one year (score)")
ax.set_title("Quantiles that a network predicts")
ax.legend(loc="lower right")
plt.show()
