# SPDX-License-Identifier: BSD-3-Clause
"""
Periodic inputs for seasons and fast oscillations
=================================================

A network learns the slow curves of a plain number first and the fast ones late. The
input `~neuract.Periodic` adds learned cosines of the number. With the same training
the network then follows the seasons of a time series.
"""

# %%
# The series is generated. It has a trend, and a wave per year and per half year.

import matplotlib.pyplot as plt
import numpy as np

import neuract as na

random = np.random.default_rng(0)
years, grid = (
    np.sort(random.uniform(0, 6, (600, 1)), axis=0),
    np.linspace(0, 6, 600)[:, np.newaxis],
)
truth, truth_on_grid = (
    0.3 * t[:, 0] + np.sin(2 * np.pi * t[:, 0]) + 0.4 * np.sin(4 * np.pi * t[:, 0])
    for t in (years, grid)
)
y = truth + random.normal(0, 0.2, 600)

# %%
# The two networks differ in their inputs alone.

inputs = {
    "a plain number": [na.Numbers(0)],
    "periodic inputs": [na.Periodic(0, frequencies=16, size=8, sigma=1.0)],
}
fig, axes = plt.subplots(
    2, 1, figsize=(6.4, 4.6), layout="constrained", sharex=True
)
for ax, (name, each) in zip(axes, inputs.items(), strict=True):
    layers = [na.Dense(32), na.Dense(32), na.Dense(1, "linear")]
    settings = {
        "learning_rate": 0.01,
        "schedule": "cosine",
        "batch_size": 50,
        "epochs": 150,
    }
    network = na.Network(layers, inputs=each, **settings, random_state=0)
    predicted = network.fit(years - 3, y).predict(grid - 3)[:, 0]
    error = np.sqrt(np.mean((predicted - truth_on_grid) ** 2))
    ax.scatter(years, y, 6, "#8c8c8c", alpha=0.6, linewidths=0, label="data")
    ax.plot(grid, predicted, color="#0f69b4", linewidth=2, label="network")
    ax.set(ylabel="value", title=f"{name}: error {error:.2f}")
axes[1].set_xlabel("time (years)")
axes[0].legend(loc="upper left")
plt.show()
