# SPDX-License-Identifier: BSD-3-Clause
"""What a small serving image relies on: Network works beside numpy and safetensors alone."""

import sys

import numpy as np

import neuract as na

rng = np.random.default_rng(0)
X = rng.standard_normal((200, 4))
y = X @ [1.0, -2.0, 0.5, 0.0]

net = na.Network([na.Dense(16), na.Dense(1, "linear")], epochs=20, random_state=0).fit(X, y)
losses = net.history_["loss"]
assert losses[-1] < losses[0], losses
assert np.isfinite(net.predict(X)).all()

unwanted = {"sklearn", "scipy", "matplotlib", "onnx"} & sys.modules.keys()
assert not unwanted, f"imported without need: {unwanted}"
print(f"neuract {na.__version__}: loss {losses[0]:.3f} -> {losses[-1]:.3f}, {na.simd_info()}")
