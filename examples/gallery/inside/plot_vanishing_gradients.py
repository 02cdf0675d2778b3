# SPDX-License-Identifier: BSD-3-Clause
"""
Vanishing gradients layer by layer
==================================

On its way back from the output a gradient is multiplied by the slope of every layer. The slope of a sigmoid is at
most a quarter, so in a network of ten sigmoid layers the first layer gets next to nothing and learns nothing. ReLU,
and tanh with suitable initial weights, keep the gradient alive.
"""

# %%
# Networks of ten hidden layers before any training: ``gradients`` returns the gradient of every weight. One pass with
# a learning rate of next to 0 draws the initial weights and leaves them as they are.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

import neuract as na

X, y = load_digits(return_X_y=True)
X = (X - 5) / 6
cases = (
    ("ReLU, He", "relu", "he_normal", "#0f69b4", "-", "o"),
    ("tanh, Glorot", "tanh", "glorot_uniform", "#222222", "--", "s"),
    ("sigmoid, Glorot", "sigmoid", "glorot_uniform", "#e06c00", "-", "D"),
)
fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
for name, activation, init, colour, line, mark in cases:
    layers = [*(na.Dense(32, activation) for _ in range(10)), na.Dense(10, "softmax")]
    network = na.Network(layers, init=init, learning_rate=1e-12, random_state=0).partial_fit(X, y)
    norms = [np.linalg.norm(weights) for weights in network.gradients(X, y).weights]
    print(f"{name:16}first layer {norms[0]:.1e}, output layer {norms[-1]:.1e}")
    ax.semilogy(range(1, 12), norms, line, marker=mark, color=colour, label=name)

# %%
# Read the picture from right to left, as the gradient flows. The scale is logarithmic.

ax.set_xticks(range(1, 12), [*range(1, 11), "output"])
ax.set(xlabel="layer", ylabel="norm of the gradient", title="Gradient of each layer before training")
ax.grid(axis="y", color="#c9c9c9", linewidth=0.5)
ax.legend(loc="lower right")
plt.show()
