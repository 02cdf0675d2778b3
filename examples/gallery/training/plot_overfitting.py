# SPDX-License-Identifier: BSD-3-Clause
"""
Overfitting, dropout and weight decay
=====================================

A large network memorizes a few rows. The loss on new rows falls first and then
rises. Dropout leaves out neurons at random in each step, and weight decay shrinks
the weights. You see how much lower each of them keeps the loss on new rows.
"""

# %%
# Train two layers of 200 neurons on 150 digits, and test them on 1,647 others.

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import neuract as na

X, y = load_digits(return_X_y=True)
parts = train_test_split(X / 16, y, train_size=150, stratify=y, random_state=0)
X_train, X_test, y_train, y_test = parts
cases = {
    "neither": (0, 0),
    "weight decay": (0, 1),
    "dropout": (0.5, 0),
    "both": (0.5, 1),
}
settings = {
    "batch_size": 50,
    "learning_rate": 0.002,
    "epochs": 120,
    "random_state": 0,
}
curves = {}
for name, (dropout, decay) in cases.items():
    hidden = [na.Dense(200, dropout=dropout), na.Dense(200, dropout=dropout)]
    optimizer = na.AdamW(weight_decay=decay)
    network = na.Network(
        [*hidden, na.Dense(10, "softmax")], optimizer=optimizer, **settings
    )
    network.fit(X_train, y_train, X_val=X_test, y_val=y_test)
    curve = curves[name] = network.history_["validation_loss"]
    print(f"{name:14}lowest loss {min(curve):.2f}, last {curve[-1]:.2f}")

# %%
# A curve that turns upwards shows overfitting.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
styles = (("#e06c00", "-"), ("#8c8c8c", "--"), ("#0f69b4", "-"), ("#222222", ":"))
for (name, curve), (colour, line) in zip(curves.items(), styles, strict=True):
    ax.plot(range(1, 121), curve, line, color=colour, linewidth=2, label=name)
ax.set(xlabel="epoch", ylabel="log loss on new digits", ylim=(0.2, 0.6))
ax.set_title("Loss on digits that the network has not seen")
ax.legend()
plt.show()
