# SPDX-License-Identifier: BSD-3-Clause
"""
Neuron responses over two columns
=================================

Two measures of iris flowers make a plane, and each tile shows that plane as one
neuron sees it. The first layer draws straight borders, the second layer bends them,
and the outputs on the right give each species its region.
"""

# %%
# Length and width of the petals in centimetres, scaled to mean 0 and variance 1.

import matplotlib.pyplot as plt
from sklearn.datasets import load_iris

import neuract as na

iris = load_iris(as_frame=True)
petals = iris.data[["petal length (cm)", "petal width (cm)"]]
X = (petals - petals.mean()) / petals.std()
y = iris.target_names[iris.target]
model = na.MLPClassifier(
    (5, 4), "tanh", solver="lbfgs", alpha=0.3, max_iter=300, random_state=0
).fit(X, y)
print(f"accuracy {model.score(X, y):.3f}")

# %%
# Blue where a neuron passes on a positive value, orange where it passes on a
# negative one.

na.plotting.NeuronResponseDisplay.from_estimator(model, X, y)
plt.show()
