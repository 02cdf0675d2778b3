# SPDX-License-Identifier: BSD-3-Clause
"""
Activation functions compared on two moons
==========================================

The activation decides how a network can bend its decision boundary. With the
identity it stays a straight line, however many layers there are. ReLU makes a
boundary of straight pieces, tanh and GELU make smooth ones, and the sine can fold.
"""

# %%
# One network with two hidden layers of 8 neurons per activation. All have the same
# seed and training.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

import neuract as na

X, y = make_moons(300, noise=0.2, random_state=0)
grid = np.linspace(-1.7, 2.7, 150), np.linspace(-1.4, 1.9, 120)
plane = np.stack(np.meshgrid(*grid), axis=-1).reshape(-1, 2)

fig, axes = plt.subplots(
    2, 3, figsize=(8, 5), layout="constrained", sharex=True, sharey=True
)
for ax, name in zip(
    axes.flat,
    ["identity", "relu", "leaky_relu", "tanh", "gelu", "sin"],
    strict=True,
):
    layers = [na.Dense(8, name), na.Dense(8, name), na.Dense(1, "sigmoid")]
    network = na.Network(
        layers, learning_rate=0.02, batch_size=50, epochs=150, random_state=0
    ).fit(X, y)
    probability = network.predict(plane).reshape(120, 150)
    shades = ax.contourf(
        *grid, probability, np.linspace(0, 1, 11), cmap="PuOr", alpha=0.7
    )
    ax.contour(*grid, probability, [0.5], colors="#222222", linewidths=1.2)
    for label, colour, mark in ((0, "#b35806", "o"), (1, "#542788", "^")):
        ax.scatter(
            *X[y == label].T,
            9,
            colour,
            marker=mark,
            edgecolors="white",
            linewidths=0.3,
        )
    ax.set_title(f"{name}: accuracy {network.score(X, y):.3f}", fontsize=10)
fig.colorbar(shades, ax=axes, aspect=30, label="probability of class 1")
fig.supxlabel("x0", fontsize=10)
fig.supylabel("x1", fontsize=10)
plt.show()
