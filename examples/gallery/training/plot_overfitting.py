# SPDX-License-Identifier: BSD-3-Clause
"""
Overfitting, dropout and weight decay
=====================================

A large network with few rows learns them by heart: the loss on new rows falls first and then rises. Dropout leaves
out neurons at random in each step, and weight decay shrinks the weights. You see how far each of them keeps the loss
on new rows from rising.
"""

# %%
# 150 digits to learn from, 1,647 to test on, and two layers of 200 neurons.

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import neuract as na

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, train_size=150, stratify=y, random_state=0)
settings = {
    "neither": (0.0, 0.0),
    "weight decay 1": (0.0, 1.0),
    "dropout 0.5": (0.5, 0.0),
    "both": (0.5, 1.0),
}
curves = {}
for name, (dropout, decay) in settings.items():
    layers = [na.Dense(200, dropout=dropout), na.Dense(200, dropout=dropout), na.Dense(10, "softmax")]
    optimizer = na.AdamW(weight_decay=decay)
    network = na.Network(layers, optimizer=optimizer, batch_size=50, learning_rate=0.002, epochs=120, random_state=0)
    network.fit(X_train, y_train, X_val=X_test, y_val=y_test)
    curves[name] = network.history_["validation_loss"]
    print(f"{name:16}lowest loss {min(curves[name]):.2f}, last {curves[name][-1]:.2f}")

# %%
# A curve that turns upwards is overfitting.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
styles = (("#e06c00", "-"), ("#8c8c8c", "--"), ("#0f69b4", "-"), ("#222222", ":"))
for (name, curve), (colour, line) in zip(curves.items(), styles, strict=True):
    ax.plot(range(1, len(curve) + 1), curve, line, color=colour, linewidth=2, label=name)
ax.set(
    xlabel="epoch", ylabel="log loss on new rows", ylim=(0.2, 0.6), title="Loss on digits that the network has not seen"
)
ax.legend()
plt.show()
