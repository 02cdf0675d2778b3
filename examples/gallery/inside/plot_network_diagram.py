# SPDX-License-Identifier: BSD-3-Clause
"""
Draw a neural network diagram
=============================

`~neuract.plotting.NetworkDisplay` draws a fitted network with its neurons, weights
and names. The scale tells how often a neuron fires. A wider edge is a larger
weight: blue adds, orange subtracts. Here the network tells three kinds of wine
apart by 13 chemical measures.
"""

# %%
# The penalties ``l1`` and ``alpha`` move weights of little use to 0, so that the
# picture has few strong edges.

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine

import neuract as na

wine = load_wine(as_frame=True)
X = (wine.data - wine.data.mean()) / wine.data.std()
y = wine.target_names[wine.target]
model = na.MLPClassifier(
    (6,), l1=1.0, learning_rate_init=0.01, max_iter=2000, random_state=0
).fit(X, y)
print(f"accuracy {model.score(X, y):.3f}")

# %%
na.plotting.NetworkDisplay.from_estimator(model, X)
plt.show()
