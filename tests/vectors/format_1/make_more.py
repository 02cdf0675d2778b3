# SPDX-License-Identifier: BSD-3-Clause
"""Made `words/`, `regressor.safetensors` and `objects.pickle` with neuract 0.1.0, once: they must load for ever.

`words/` has a model for each activation, loss, optimizer and schedule of 0.1.0. The pickle names modules of 0.1.0.
"""

import json
import pickle
import sys
import warnings
from pathlib import Path

import numpy as np

import neuract as na
from neuract.activations import ACTIVATIONS
from neuract.losses import LOSSES
from neuract.optimizers import OPTIMIZERS
from neuract.schedules import SCHEDULES

HERE = Path(sys.argv[1])
warnings.simplefilter("ignore")
X = np.random.default_rng(2).standard_normal((30, 3)).round(3)
OUTPUTS = {"log_loss": "sigmoid", "focal": "sigmoid", "poisson": "exponential", "gamma": "exponential"}

regressor = na.MLPRegressor("quantile", (4,), learning_rate="warm_up", max_iter=5, early_stopping=True, random_state=1)
regressor.set_params(loss=na.Quantile((0.25, 0.75)), validation_fraction=0.2).partial_fit(
    X, X[:, 0], X_val=X, y_val=X[:, 0]
)
regressor.save(HERE / "regressor.safetensors", state=True)

(HERE / "words").mkdir(exist_ok=True)
hidden = [na.Dense(2, name) for name, kind in ACTIVATIONS.items() if kind is not na.Softmax]
networks = {"activations": na.Network([*hidden, na.Dense(2, "softmax")])}
for name in LOSSES:
    networks[f"loss_{name}"] = na.Network([na.Dense(1, OUTPUTS.get(name, "linear"))], loss=name)
for name in OPTIMIZERS:
    networks[f"optimizer_{name}"] = na.Network([na.Dense(2), na.Dense(1, "linear")], optimizer=name)
for name, network in networks.items():
    network.random_state = 1
    network.epochs = 2
    network.fit(X, np.abs(X[:, 0]) / 5 if "optimizer" in name else np.ones(30)).save(
        HERE / "words" / f"{name}.safetensors"
    )
for name in SCHEDULES:
    model = na.MLPRegressor(learning_rate=SCHEDULES[name](), max_iter=2, random_state=1).fit(X, X[:, 0])
    model.save(HERE / "words" / f"schedule_{name}.safetensors")
answers = {path.stem: na.load(path).predict(X[:5]).tolist() for path in sorted((HERE / "words").iterdir())}
answers["regressor"] = regressor.predict(X[:5]).tolist()
(HERE / "more_answers.json").write_text(json.dumps({"X": X[:5].tolist(), "answers": answers}))

kinds = {kind for names in (ACTIVATIONS, LOSSES, OPTIMIZERS, SCHEDULES) for kind in names.values()}
objects = {f"{kind.__module__}.{kind.__name__}": kind() for kind in sorted(kinds, key=lambda kind: kind.__name__)}
network = na.load(HERE / "network.safetensors")
objects |= {"network": network, "classifier": na.load(HERE / "classifier.safetensors"), "regressor": regressor}
objects |= {"gradients": network.gradients(X, X[:, :2]), "diagnosis": na.diagnose(network, 100 * X, X[:, :2])}
objects |= {"callbacks": [na.callbacks.EarlyStopping(5), na.callbacks.LearningRateSchedule("cosine")]}
(HERE / "objects.pickle").write_bytes(pickle.dumps(objects, protocol=4))
