# SPDX-License-Identifier: BSD-3-Clause
"""
Learning rate schedules: constant, cosine, one cycle
====================================================

A schedule changes the learning rate while a network trains. With a large constant
rate the loss jumps until the end, since every step is as long as the first. With a
rate that falls to 0 the steps become short, the loss settles, and the network
recognizes more new digits.
"""

# %%
# Train the same network with the same seed and full learning rate, once per
# schedule.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import neuract as na

X, y = load_digits(return_X_y=True)
parts = train_test_split(X / 16, y, train_size=1000, stratify=y, random_state=0)
X_train, X_test, y_train, y_test = parts
schedules = {
    "constant": None,
    "cosine": "cosine",
    "one cycle": "one_cycle",
    "warm-up, then cosine": na.schedules.WarmUp(5, then="cosine"),
}
settings = {
    "learning_rate": 0.08,
    "epochs": 40,
    "batch_size": 64,
    "random_state": 0,
}
histories = {}
for name, schedule in schedules.items():
    layers = [na.Dense(48), na.Dense(10, "softmax")]
    network = na.Network(layers, schedule=schedule, **settings)
    network.fit(X_train, y_train, monitor_neurons=True)
    histories[name] = network.history_
    print(f"{name:22}accuracy on new digits {network.score(X_test, y_test):.3f}")

# %%
# The upper panel has the rate, the lower one the training loss on a logarithmic
# scale.

fig, (top, bottom) = plt.subplots(
    2, 1, figsize=(6.4, 5.2), layout="constrained", sharex=True
)
styles = (("#8c8c8c", "-"), ("#0f69b4", "-"), ("#e06c00", "--"), ("#222222", ":"))
epochs = np.arange(1, 41)
for (name, history), (colour, style) in zip(histories.items(), styles, strict=True):
    line = {"color": colour, "linestyle": style, "linewidth": 2}
    top.plot(epochs, history["learning_rate"], **line, label=name)
    bottom.semilogy(epochs, history["loss"], **line)
top.set(ylabel="learning rate", title="Learning rate and training loss")
bottom.set(xlabel="epoch", ylabel="training loss")
fig.legend(loc="outside lower center", ncols=4, frameon=False)
plt.show()
