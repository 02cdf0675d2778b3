# SPDX-License-Identifier: BSD-3-Clause
"""
Activation functions compared on two moons
==========================================

The activation decides how a network can bend its decision boundary. With the
identity it stays a straight line, however many layers there are. ReLU makes a
boundary of straight pieces, tanh and GELU make smooth ones, and the sine can fold.
"""

# %%
# Train one network with two hidden layers of 8 neurons per activation. All have the
# same seed.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

import neuract as na

X, y = make_moons(300, noise=0.2, random_state=0)
across, up = np.meshgrid(np.linspace(-1.7, 2.7, 150), np.linspace(-1.4, 1.9, 120))
plane = np.column_stack([across.ravel(), up.ravel()])
names = ["identity", "relu", "leaky_relu", "tanh", "gelu", "sin"]
settings = {
    "learning_rate": 0.02,
    "batch_size": 50,
    "epochs": 150,
    "random_state": 0,
}

fig, axes = plt.subplots(
    2, 3, figsize=(8, 5), layout="constrained", sharex=True, sharey=True
)
for ax, name in zip(axes.flat, names, strict=True):
    layers = [na.Dense(8, name), na.Dense(8, name), na.Dense(1, "sigmoid")]
    network = na.Network(layers, **settings).fit(X, y)
    of_1 = network.predict(plane).reshape(across.shape)
    levels = np.linspace(0, 1, 11)
    shades = ax.contourf(across, up, of_1, levels, cmap="PuOr", alpha=0.4)
    ax.contour(across, up, of_1, [0.5], colors="#222222", linewidths=1.5)
    ax.plot(*X[y == 0].T, "o", color="#b35806", markersize=3)
    ax.plot(*X[y == 1].T, "^", color="#542788", markersize=3)
    ax.set_title(f"{name}: accuracy {network.score(X, y):.3f}", fontsize=10)
fig.colorbar(shades, ax=axes, aspect=30, label="probability of class 1")
fig.supxlabel("x0", fontsize=10)
fig.supylabel("x1", fontsize=10)
plt.show()
