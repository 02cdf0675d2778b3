# SPDX-License-Identifier: BSD-3-Clause
"""
Quantile regression with one network
====================================

A network with the loss `Quantile` predicts the 10 %, 50 % and 90 % quantile at once. Eight of ten patients lie in the
band between the outer ones. The band is wide where the data spread and narrow where they do not.
"""

# %%
# The progress of diabetes a year after the body mass index was measured, of 442 patients.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import neuract as na

patients = load_diabetes(scaled=False, as_frame=True)
bmi, progress = patients.data[["bmi"]].to_numpy(), patients.target.to_numpy()

network = na.MLPRegressor(
    na.Quantile((0.1, 0.5, 0.9)), (32,), "tanh", learning_rate_init=0.01, alpha=1.0, max_iter=2000, random_state=0
)
model = make_pipeline(StandardScaler(), network).fit(bmi, progress / 100)

# %%
# Count how many patients lie in the band.

low, middle, high = 100 * model.predict(bmi).T
print(f"{np.mean((low <= progress) & (progress <= high)):.0%} of the patients are in the band")

# %%
grid = np.linspace(bmi.min(), bmi.max(), 200)[:, np.newaxis]
low, middle, high = 100 * model.predict(grid).T

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
ax.scatter(bmi, progress, 12, "#666666", alpha=0.5, linewidths=0, label="patient")
ax.fill_between(grid[:, 0], low, high, color="#0f69b4", alpha=0.2, linewidth=0, label="80 % of the patients")
ax.plot(grid, middle, color="#0f69b4", linewidth=2.4, label="median")
ax.set(xlabel="body mass index (kg/m²)", ylabel="progress after one year (score)", title="Quantiles of a network")
ax.legend(loc="lower right")
plt.show()
