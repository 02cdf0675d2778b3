# SPDX-License-Identifier: BSD-3-Clause
"""
Fit a noisy curve: the L2 penalty alpha
=======================================

The penalty ``alpha`` keeps the weights small, which keeps the curve smooth. With
too small a penalty the curve follows the noise. With too large a penalty it no
longer bends. You see the same network with three penalties.
"""

# %%
# Generate 30 points of a sine with noise.

import matplotlib.pyplot as plt
import numpy as np

import neuract as na

random = np.random.default_rng(1)
x, grid = (
    np.sort(random.uniform(-3, 3, (30, 1)), axis=0),
    np.linspace(-3, 3, 400)[:, np.newaxis],
)
y, truth = np.sin(2 * x[:, 0]) + random.normal(0, 0.35, 30), np.sin(2 * grid[:, 0])

# %%
# The optimizer L-BFGS uses all rows in each step, which suits small data.

fig, axes = plt.subplots(1, 3, figsize=(8, 3.2), layout="constrained", sharey=True)
for ax, alpha in zip(axes, (1e-6, 0.05, 2), strict=True):
    layers = [na.Dense(30, "tanh"), na.Dense(30, "tanh"), na.Dense(1, "linear")]
    settings = {"optimizer": "lbfgs", "alpha": alpha, "epochs": 200}
    network = na.Network(layers, **settings, random_state=0).fit(x, y)
    predicted = network.predict(grid)[:, 0]
    error = np.sqrt(np.mean((predicted - truth) ** 2))
    ax.scatter(x, y, 14, "#8c8c8c", linewidths=0, label="data")
    ax.plot(grid, truth, "--", color="#222222", label="truth")
    ax.plot(grid, predicted, color="#0f69b4", linewidth=2, label="network")
    ax.set(
        title=f"alpha = {alpha:g}\nerror {error:.2f}", xlabel="x", ylim=(-2.6, 2.6)
    )
axes[0].set_ylabel("y")
entries = axes[0].get_legend_handles_labels()
fig.legend(*entries, loc="outside lower center", ncols=3, frameon=False)
plt.show()
