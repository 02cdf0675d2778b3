# SPDX-License-Identifier: BSD-3-Clause
"""
Neuron thresholds: accuracy and the share that fires
====================================================

A neuron with a ``threshold`` passes 0 on if its value is below it. The higher the
threshold, the fewer neurons fire. You see that a threshold of 1 leaves a seventh of
them, and that these still recognize 95 % of the digits.
"""

# %%
# Train a network per threshold on half of the digits, and test it on the other
# half.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import neuract as na

X, y = load_digits(return_X_y=True)
parts = train_test_split(X / 16, y, test_size=0.5, random_state=0)
X_train, X_test, y_train, y_test = parts
thresholds, accuracy, firing = np.linspace(0.25, 2, 8), [], []
for threshold in thresholds:
    layers = [na.Dense(64, threshold=threshold), na.Dense(10, "softmax")]
    network = na.Network(layers, learning_rate=0.005, epochs=60, random_state=0)
    network.fit(X_train, y_train)
    accuracy.append(100 * network.score(X_test, y_test))
    firing.append(100 * network.fired(X_test)[0].mean())
    print(f"{threshold:4}: accuracy {accuracy[-1]:.1f} %, {firing[-1]:.0f} % fire")

# %%
# Draw both shares over the threshold.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
ax.plot(thresholds, accuracy, "o-", color="#0f69b4", label="accuracy on new digits")
ax.plot(
    thresholds, firing, "D--", color="#e06c00", label="hidden neurons that fire"
)
ax.set(xlabel="threshold of the hidden neurons", ylabel="share (%)", ylim=(0, 103))
ax.set_title("Accuracy and firing neurons by threshold")
fig.legend(loc="outside lower center", ncols=2, frameon=False)
plt.show()
