# SPDX-License-Identifier: BSD-3-Clause
"""
Neuron thresholds: accuracy and the share that fires
====================================================

A neuron with a ``threshold`` passes 0 on if its value is below it. The higher the threshold, the fewer neurons speak
for a row. You see how few are enough to read handwritten digits.
"""

# %%
# Train a network per threshold on half of the digits, and test it on the other half.

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import neuract as na

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.5, random_state=0)
thresholds = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]
accuracy, share = [], []
for threshold in thresholds:
    layers = [na.Dense(64, threshold=threshold), na.Dense(10, "softmax")]
    network = na.Network(layers, learning_rate=0.005, epochs=60, random_state=0).fit(X_train, y_train)
    accuracy.append(100 * network.score(X_test, y_test))
    share.append(100 * network.forward(X_test)[0].astype(bool).mean())
    print(f"threshold {threshold:4}: accuracy {accuracy[-1]:.1f} %, {share[-1]:.0f} % of the hidden neurons fire")

# %%
fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
ax.plot(thresholds, accuracy, "o-", color="#0f69b4", linewidth=2, label="accuracy on new digits")
ax.plot(thresholds, share, "D--", color="#e06c00", linewidth=2, label="hidden neurons that fire for a digit")
ax.set(xlabel="threshold of the hidden neurons", ylabel="share (%)", ylim=(0, 103))
ax.set_title("Fewer neurons speak as the threshold rises")
fig.legend(loc="outside lower center", ncols=2, frameon=False)
plt.show()
