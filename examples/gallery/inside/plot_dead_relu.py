# SPDX-License-Identifier: BSD-3-Clause
"""
Dead ReLU neurons: find them and prevent them
=============================================

A ReLU neuron is dead if no row makes it fire. Then no gradient reaches it, and it
cannot recover from these rows. A learning rate that is too large kills neurons. You
see how many, and that a smaller rate or a leaky ReLU prevents it.
"""

# %%
# Train a network on digits with three settings. `~neuract.diagnose` measures how
# often each neuron fires.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler

import neuract as na

X, y = load_digits(return_X_y=True)
X = StandardScaler().fit_transform(X)
cases = (("relu", 0.05), ("relu", 0.002), ("leaky_relu", 0.05))
shares = {}  # of the digits on which each hidden neuron fires, in percent
for activation, rate in cases:
    hidden = [na.Dense(64, activation), na.Dense(64, activation)]
    settings = {"learning_rate": rate, "batch_size": 64, "epochs": 20}
    network = na.Network(
        [*hidden, na.Dense(10, "softmax")], **settings, random_state=0
    ).fit(X, y)
    measured = na.diagnose(network, X, y).layers[:2]
    name = f"{activation}, learning rate {rate}"
    shares[name] = 100 * np.sort(
        np.concatenate([layer.firing_share for layer in measured])
    )
    dead = sum(layer.dead.sum() for layer in measured)
    print(f"{name:32}{dead:3} of 128 dead, accuracy {network.score(X, y):.3f}")

# %%
# The 128 hidden neurons in the order of how often they fire. Dead ones lie on 0 and
# have a tick.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
styles = (("#e06c00", "-"), ("#0f69b4", "-"), ("#222222", ":"))
for (name, share), (colour, line) in zip(shares.items(), styles, strict=True):
    place = np.arange(1, 129)
    ax.plot(place, share, line, color=colour, linewidth=2.4, label=name)
    ax.plot(place[share == 0], share[share == 0], "|", color=colour, markersize=14)
ax.set(xlabel="hidden neurons, by how often they fire", ylim=(-4, 104))
ax.set(
    ylabel="digits on which the neuron fires (%)", title="Dead and living neurons"
)
ax.legend(loc="upper left", bbox_to_anchor=(0, 0.97))
plt.show()
