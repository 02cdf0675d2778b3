# SPDX-License-Identifier: BSD-3-Clause
"""Made the files of this folder, once. Files of format 1 must stay readable for ever, so do not run it again."""

import json
from pathlib import Path

import numpy as np

import neuract as na

HERE = Path(__file__).parent
rng = np.random.default_rng(1)
X = rng.standard_normal((30, 3)).round(3)
labels = np.array(["crème", "noir", "blanc"])[np.argmax(X, axis=1)]

layers = [na.Dense(4, na.PReLU(0.2), threshold=[-0.5, 0.0, 0.1, 0.2]), na.Dense(3, "gelu", threshold=0.05)]
network = na.Network([*layers, na.Dense(2, "linear")], loss=na.Huber(0.5), epochs=3, batch_size=8, random_state=1)
network.fit(X, X[:, :2] ** 2)
classifier = na.MLPClassifier((5, 4), ["tanh", na.LeakyReLU(0.1)], max_iter=20, learning_rate="cosine", random_state=1)
classifier.fit(X, labels)

network.save(HERE / "network.safetensors", state=True)
classifier.save(HERE / "classifier.safetensors")
answers = {
    "X": X[:5].tolist(),
    "network": network.predict(X[:5]).tolist(),
    "network_weights_after": network.partial_fit(X[:16], X[:16, :2] ** 2).weights[0].tolist(),
    "classes": classifier.classes_.tolist(),
    "labels": classifier.predict(X[:5]).tolist(),
    "probabilities": classifier.predict_proba(X[:5]).tolist(),
    "rows": X[:16].tolist(),
}
(HERE / "answers.json").write_text(json.dumps(answers))
