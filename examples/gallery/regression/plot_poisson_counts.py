# SPDX-License-Identifier: BSD-3-Clause
"""
Poisson regression of counts
============================

Counts are never negative, and large counts spread more than small ones. The loss
`~neuract.Poisson` takes both into account, and its network predicts a rate above 0.
With the squared error the same network follows the noise of large counts, and
predicts less than 0 rides on cold days.
"""

# %%
# Rides of a bicycle rental per hour are generated. There are few in the cold, many
# at 24 °C and fewer in the heat.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import neuract as na

random = np.random.default_rng(1)
celsius, grid = (
    random.uniform(-10, 36, (150, 1)),
    np.linspace(-10, 36, 300)[:, np.newaxis],
)
rate, rate_on_grid = (
    18 * np.exp(-(((x[:, 0] - 24) / 10) ** 2)) for x in (celsius, grid)
)
rides = random.poisson(rate)

# %%
# Train two networks that differ in the loss alone.

settings = {"solver": "lbfgs", "alpha": 0.1, "tol": 1e-3, "max_iter": 2000}
predictions = {}
for loss in ("poisson", "squared_error"):
    network = na.MLPRegressor(loss, (16,), "tanh", **settings, random_state=0)
    model = make_pipeline(StandardScaler(), network).fit(celsius, rides)
    predictions[loss] = predicted = model.predict(grid)
    error = np.sqrt(np.mean((predicted - rate_on_grid) ** 2))
    print(
        f"{loss:14}error {error:.2f}, lowest prediction {predicted.min():.2f} rides"
    )

# %%
# Draw both predictions over the temperature.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
ax.scatter(celsius, rides, 12, "#8c8c8c", linewidths=0, label="one hour")
ax.plot(grid, rate_on_grid, ":", color="#222222", linewidth=2.4, label="true rate")
styles = (("#0f69b4", "-"), ("#e06c00", "--"))
for (loss, predicted), (colour, line) in zip(
    predictions.items(), styles, strict=True
):
    ax.plot(grid, predicted, line, color=colour, linewidth=2, label=loss)
ax.axhline(0, color="#222222", linewidth=0.8)
ax.set(
    xlabel="temperature (°C)",
    ylabel="rides per hour",
    title="Two losses for counts",
)
ax.legend(loc="upper left")
plt.show()
