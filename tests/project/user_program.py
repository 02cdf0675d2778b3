# SPDX-License-Identifier: BSD-3-Clause
"""A program of a user, for `mypy` alone: right names have types, and a wrong name is an error that must be ignored."""

from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import neuract as na

X, y = np.eye(3), [0, 1, 0]


class Mine(na.MLPClassifier):
    pass


net = na.Network([na.Dense(3, "relu"), na.Dense(1, "sigmoid")], loss="log_loss", optimizer="adam", dtype="float64")
assert_type(net.fit(X, y, X_val=X, y_val=y), na.Network)
assert_type(net.predict(X), npt.NDArray[Any])
assert_type(net.score(X, y), float)
assert_type(net.evaluate(X, y), dict[str, float])
assert_type(na.diagnose(net, X, y).plot(), na.plotting.DiagnosisDisplay)
assert_type(na.importance(net, X, y).plot(), na.plotting.ImportanceDisplay)
assert_type(na.MLPClassifier((5,), "tanh", solver="sgd", learning_rate="cosine").fit(X, y), na.MLPClassifier)
assert_type(Mine().fit(X, y), Mine)
assert_type(na.MLPRegressor("poisson").fit(X, y), na.MLPRegressor)
assert_type(na.MLPRegressor().predict(X), npt.NDArray[Any])
na.Network([na.Dense(1)], dtype=np.float32, callbacks=na.callbacks.EarlyStopping())
na.MLPRegressor(dtype=np.dtype("float64"), callbacks=print)
na.Dense(3, "rellu")  # type: ignore[arg-type]
na.Network([na.Dense(1)], loss="mse")  # type: ignore[arg-type]
na.Network([na.Dense(1)], optimizer="rmsprop")  # type: ignore[arg-type]
na.Network([na.Dense(1)], dtype="float16")  # type: ignore[arg-type]
na.Network([na.Dense(1)], init="zeros")  # type: ignore[arg-type]
na.MLPClassifier(activation="rellu")  # type: ignore[arg-type]
na.MLPClassifier(solver="adamw")  # type: ignore[arg-type]
na.MLPClassifier(loss="poisson")  # type: ignore[arg-type]
na.MLPRegressor(loss="log_loss")  # type: ignore[arg-type]
na.MLPRegressor(learning_rate="exponential")  # type: ignore[arg-type]
na.MLPRegressor(missing="mean")  # type: ignore[arg-type]
