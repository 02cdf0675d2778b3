# SPDX-License-Identifier: BSD-3-Clause
"""
Learning rate schedules: constant, cosine, one cycle
====================================================

A schedule changes the learning rate while a network trains. With a large constant rate the loss jumps until the end,
since every step is as long as the first. With a rate that falls to 0 the steps become short, the loss settles, and
the network reads more new digits.
"""

# %%
# The same network, seed and full learning rate for each schedule, on 1,000 digits.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import neuract as na

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, train_size=1000, stratify=y, random_state=0)
EPOCHS = 40
schedules = {
    "constant": None,
    "cosine": "cosine",
    "one cycle": "one_cycle",
    "warm-up, then cosine": na.schedules.WarmUp(5, then="cosine"),
}
networks = {}
for name, schedule in schedules.items():
    settings = {"learning_rate": 0.08, "epochs": EPOCHS, "batch_size": 64, "random_state": 0}
    network = na.Network([na.Dense(48), na.Dense(10, "softmax")], schedule=schedule, **settings)
    networks[name] = network.fit(X_train, y_train, monitor_neurons=True)
    print(f"{name:22}accuracy on {len(y_test)} other digits: {network.score(X_test, y_test):.3f}")

# %%
# The upper panel has the rate, the lower one the training loss on a logarithmic scale.

fig, (top, bottom) = plt.subplots(
    2, 1, figsize=(6.4, 5.2), layout="constrained", sharex=True, gridspec_kw={"height_ratios": (2, 3)}
)
styles = (("#8c8c8c", "-"), ("#0f69b4", "-"), ("#e06c00", "--"), ("#222222", ":"))
for (name, network), (colour, line) in zip(networks.items(), styles, strict=True):
    epochs = np.arange(1, EPOCHS + 1)
    top.plot(epochs, network.history_["learning_rate"], line, color=colour, linewidth=2, label=name)
    bottom.semilogy(epochs, network.history_["loss"], line, color=colour, linewidth=2)
top.set(ylabel="learning rate", title="Learning rate and training loss")
bottom.set(xlabel="epoch", ylabel="training loss")
fig.legend(loc="outside lower center", ncols=4, frameon=False)
plt.show()
