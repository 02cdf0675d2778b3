# SPDX-License-Identifier: BSD-3-Clause
"""
Calibrated probabilities and the calibration curve
==================================================

Is a class right as often as its predicted probability says? A network that has
trained on few rows for long is too sure. A `~neuract.TabularClassifier` calibrates
its probabilities on rows that its networks have not seen, so its curve stays close
to the diagonal.
"""

# %%
# Generate two classes. One label in twenty is wrong, so no model can be sure of
# them.

import matplotlib.pyplot as plt
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

import neuract as na

X, y = make_classification(5000, 20, n_informative=6, flip_y=0.1, random_state=0)
parts = train_test_split(X, y, train_size=800, random_state=0)
X_train, X_test, y_train, y_test = parts

# %%
# Train a network for 300 epochs without early stopping and penalty, and a tabular
# model.

layers = [na.Dense(100), na.Dense(1, "sigmoid")]
network = na.Network(layers, learning_rate=0.005, epochs=300, random_state=0)
tabular = na.TabularClassifier(effort="quick", random_state=0)
models = {"Network, 300 epochs": network, "TabularClassifier": tabular}
for name, model in models.items():
    model.fit(X_train, y_train)
    print(f"{name:20} accuracy {model.score(X_test, y_test):.3f}")

# %%
# Probabilities are too extreme where the curve is above the diagonal at the left
# and below it at the right. The error in the legend is the mean distance from the
# diagonal, weighted by rows.

fig, axes = plt.subplots(1, 2, figsize=(8, 4.4), layout="compressed", sharey=True)
for ax, (name, model) in zip(axes, models.items(), strict=True):
    draw = na.plotting.CalibrationDisplay.from_estimator
    draw(model, X_test, y_test, class_names=["class 1"], ax=ax)
    ax.set_title(name)
axes[1].set_ylabel("")
plt.show()
