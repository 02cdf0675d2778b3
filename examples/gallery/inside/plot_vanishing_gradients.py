# SPDX-License-Identifier: BSD-3-Clause
"""
Vanishing gradients layer by layer
==================================

On its way back from the output a gradient is multiplied by the slope of every
layer. The slope of a sigmoid is at most a quarter, so in a network of ten sigmoid
layers the first layer gets next to nothing. ReLU and tanh with suitable initial
weights keep the gradient at its size.
"""

# %%
# The networks have ten hidden layers and are not trained. One pass with a learning
# rate of next to 0 draws their initial weights, and ``gradients`` returns the
# gradient with respect to every weight.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

import neuract as na

X, y = load_digits(return_X_y=True)
X = (X - X.mean()) / X.std()
cases = (
    ("relu", "he_normal"),
    ("tanh", "glorot_uniform"),
    ("sigmoid", "glorot_uniform"),
)
norms = {}
for activation, init in cases:
    hidden = [na.Dense(32, activation) for _ in range(10)]
    settings = {"init": init, "learning_rate": 1e-12, "random_state": 0}
    network = na.Network(
        [*hidden, na.Dense(10, "softmax")], **settings
    ).partial_fit(X, y)
    weights = network.gradients(X, y).weights
    norms[f"{activation}, {init}"] = each = [
        np.linalg.norm(layer) for layer in weights
    ]
    print(f"{activation:8}first layer {each[0]:.1e}, output layer {each[-1]:.1e}")

# %%
# Read the picture from right to left, as the gradient flows. The scale is
# logarithmic.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
styles = (("#0f69b4", "o-"), ("#222222", "s--"), ("#e06c00", "D-"))
for (name, each), (colour, style) in zip(norms.items(), styles, strict=True):
    ax.semilogy(range(1, 12), each, style, color=colour, label=name)
ax.set_xticks(range(1, 12), [*range(1, 11), "output"])
ax.set(xlabel="layer", ylabel="norm of the gradient")
ax.set_title("Gradient of each layer before training")
ax.grid(axis="y", color="#c9c9c9", linewidth=0.5)
ax.legend(loc="lower right")
plt.show()
