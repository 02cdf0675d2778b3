# SPDX-License-Identifier: BSD-3-Clause
"""
Fit a noisy curve: the L2 penalty alpha
=======================================

The penalty ``alpha`` holds the weights small, which keeps the curve smooth. Too small, and the curve follows the
noise; too large, and it no longer bends. You see the same network with three penalties.
"""

# %%
# 60 points of a sine with noise.

import matplotlib.pyplot as plt
import numpy as np

import neuract as na

random = np.random.default_rng(1)
x = np.sort(random.uniform(-3, 3, 60))[:, np.newaxis]
y = np.sin(2 * x[:, 0]) + random.normal(0, 0.35, 60)
grid = np.linspace(-3, 3, 400)[:, np.newaxis]

# %%
# L-BFGS uses all rows in each step, which suits small data.

fig, axes = plt.subplots(1, 3, figsize=(8.4, 3.2), layout="constrained", sharey=True)
for ax, alpha in zip(axes, (1e-6, 0.05, 5), strict=True):
    layers = [na.Dense(30, "tanh"), na.Dense(30, "tanh"), na.Dense(1, "linear")]
    network = na.Network(layers, optimizer="lbfgs", alpha=alpha, epochs=200, random_state=0).fit(x, y)
    predicted = network.predict(grid)[:, 0]
    error = np.sqrt(np.mean((predicted - np.sin(2 * grid[:, 0])) ** 2))
    ax.scatter(x, y, 14, "#8c8c8c", linewidths=0, label="data")
    ax.plot(grid, np.sin(2 * grid), ":", color="#222222", linewidth=2, label="truth")
    ax.plot(grid, predicted, color="#0f69b4", linewidth=2, label="network")
    ax.set(title=f"alpha = {alpha:g}\nerror {error:.2f}", xlabel="x", ylim=(-2.2, 2.2))
axes[0].set_ylabel("y")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
plt.show()
