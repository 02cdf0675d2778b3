# SPDX-License-Identifier: BSD-3-Clause
"""
Periodic inputs for fast oscillations
=====================================

A network of a plain number learns slow curves first and fast ones hardly at all. `Periodic` adds learned cosines of
the number as inputs, and then the same network follows the oscillation. The seasons of a time series are a case of
it.
"""

# %%
# A signal over six years: a trend and a wave per month.

import matplotlib.pyplot as plt
import numpy as np

import neuract as na

random = np.random.default_rng(0)
years = np.sort(random.uniform(0, 6, 600))[:, np.newaxis]


def signal(t):
    """Returns the value without noise."""
    return 0.3 * t + np.sin(2 * np.pi * t) + 0.4 * np.sin(4 * np.pi * t)


y = signal(years[:, 0]) + random.normal(0, 0.2, 600)

# %%
# The two networks differ in their inputs alone.

inputs = {"a plain number": [na.Numbers(0)], "periodic inputs": [na.Periodic(0, frequencies=16, size=8, sigma=1.0)]}
grid = np.linspace(0, 6, 600)[:, np.newaxis]
fig, axes = plt.subplots(2, 1, figsize=(6.4, 4.6), layout="constrained", sharex=True, sharey=True)
for ax, (name, each) in zip(axes, inputs.items(), strict=True):
    layers = [na.Dense(32), na.Dense(32), na.Dense(1, "linear")]
    settings = {"learning_rate": 0.01, "schedule": "cosine", "batch_size": 50, "epochs": 150}
    network = na.Network(layers, inputs=each, **settings, random_state=0).fit(years, y)
    error = np.sqrt(np.mean((network.predict(grid)[:, 0] - signal(grid[:, 0])) ** 2))
    ax.scatter(years, y, 6, "#8c8c8c", alpha=0.6, linewidths=0, label="data")
    ax.plot(grid, network.predict(grid), color="#0f69b4", linewidth=2, label="network")
    ax.set(ylabel="value", title=f"{name}: error {error:.2f}")
axes[1].set_xlabel("time (years)")
axes[0].legend(loc="upper left")
plt.show()
