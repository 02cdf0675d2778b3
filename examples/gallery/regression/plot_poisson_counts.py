# SPDX-License-Identifier: BSD-3-Clause
"""
Poisson regression of counts
============================

Counts are never negative, and large counts spread more than small ones. The loss `Poisson` knows both: its network
predicts a rate above 0. With the squared error the same network predicts fewer than no rides on cold days.
"""

# %%
# Rides of a bicycle rental per hour, generated: few in the cold, many at 24 °C, fewer in the heat.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import neuract as na

random = np.random.default_rng(1)
temperature = random.uniform(-10, 36, 150)[:, np.newaxis]


def rate(celsius):
    """Returns the true mean number of rides."""
    return 18 * np.exp(-(((celsius - 24) / 10) ** 2))


rides = random.poisson(rate(temperature[:, 0]))

# %%
# Two networks that differ in the loss alone.

grid = np.linspace(-10, 36, 300)[:, np.newaxis]
fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
ax.scatter(temperature, rides, 10, "#8c8c8c", alpha=0.5, linewidths=0, label="one hour")
ax.plot(grid, rate(grid), ":", color="#222222", linewidth=2.4, label="true rate")
for name, loss, colour, line in (
    ("Poisson", "poisson", "#0f69b4", "-"),
    ("squared error", "squared_error", "#e06c00", "--"),
):
    network = na.MLPRegressor(loss, (16,), "tanh", solver="lbfgs", alpha=0.1, tol=1e-3, max_iter=2000, random_state=0)
    predicted = make_pipeline(StandardScaler(), network).fit(temperature, rides).predict(grid)
    error = np.sqrt(np.mean((predicted - rate(grid[:, 0])) ** 2))
    print(f"{name:14}error {error:.2f}, lowest prediction {predicted.min():.2f} rides")
    ax.plot(grid, predicted, line, color=colour, linewidth=2, label=name)
ax.axhline(0, color="#222222", linewidth=0.8)
ax.set(xlabel="temperature (°C)", ylabel="rides per hour", title="Rides per hour, two losses")
ax.legend(loc="upper left")
plt.show()
