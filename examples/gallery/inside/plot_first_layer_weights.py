# SPDX-License-Identifier: BSD-3-Clause
"""
Weights of the first layer as images of digits
==============================================

Each neuron of the first layer has a weight per pixel, so its weights are an image.
Ink on blue pixels adds to what the neuron passes on, ink on orange pixels subtracts
from it. You see strokes and edges that the network looks for.
"""

# %%
# Handwritten digits of 8 × 8 pixels. The penalty ``alpha`` pulls weights that say
# nothing to 0.

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

import neuract as na

X, y = load_digits(return_X_y=True)
layers = [na.Dense(16), na.Dense(10, "softmax")]
network = na.Network(layers, alpha=1.0, epochs=100, random_state=0).fit(X / 16, y)
print(f"accuracy {network.score(X / 16, y):.3f}")

# %%
na.plotting.WeightsDisplay.from_estimator(network, image_shape=(8, 8))
plt.show()
