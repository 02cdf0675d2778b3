# SPDX-License-Identifier: BSD-3-Clause
"""
Dead ReLU neurons: find them and prevent them
=============================================

A ReLU neuron is dead if no row makes it fire. Then no gradient reaches it, and it cannot recover. A learning rate
that is too large kills neurons in the first steps. You see how many die, and that a smaller rate or a leaky ReLU
prevents it.
"""

# %%
# Train the same network on digits with three settings, and count the dead neurons with `diagnose`.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler

import neuract as na

X, y = load_digits(return_X_y=True)
X = StandardScaler().fit_transform(X)
settings = {
    "ReLU, rate 0.05": ("relu", 0.05),
    "ReLU, rate 0.002": ("relu", 0.002),
    "leaky ReLU, rate 0.05": ("leaky_relu", 0.05),
}
firing = {}
for name, (activation, rate) in settings.items():
    layers = [na.Dense(64, activation), na.Dense(64, activation), na.Dense(10, "softmax")]
    network = na.Network(layers, learning_rate=rate, batch_size=64, epochs=20, random_state=0).fit(X, y)
    diagnosis = na.diagnose(network, X, y)
    firing[name] = np.sort(np.concatenate([layer.firing_share for layer in diagnosis.layers[:2]]))
    print(f"{name:22}accuracy {network.score(X, y):.3f}, {(firing[name] == 0).sum()} of 128 hidden neurons dead")

# %%
# The 128 hidden neurons in the order of how often they fire. A curve that lies on 0 is dead neurons.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
styles = (("#e06c00", "-"), ("#0f69b4", "-"), ("#222222", ":"))
for (name, shares), (colour, line) in zip(firing.items(), styles, strict=True):
    dead = (shares == 0).sum()
    ax.plot(np.arange(1, 129), 100 * shares, line, color=colour, linewidth=2.4, label=f"{name}: {dead} dead")
    ax.plot(np.arange(1, dead + 1), np.zeros(dead), "|", color=colour, markersize=14)
ax.set(xlabel="hidden neurons, by how often they fire", ylabel="digits for which the neuron fires (%)", ylim=(-4, 104))
ax.set_title("How often hidden neurons fire")
ax.legend(loc="upper left", bbox_to_anchor=(0, 0.97))
plt.show()
