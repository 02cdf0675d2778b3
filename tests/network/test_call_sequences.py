# SPDX-License-Identifier: BSD-3-Clause
"""Any sequence of calls: predictions are finite and constant until the next training; failures change nothing.

Hypothesis looks for a sequence that breaks this.
"""

import copy
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import neuract as na

FEATURES, LABELS = 3, np.array(["ant", "bee", "cat"])
PROBES = np.random.default_rng(0).normal(size=(20, FEATURES))
seeds = st.integers(0, 9)
ways = st.sampled_from(["fit", "partial_fit"])


def network(optimizer, dtype):
    hidden = [na.Dense(5, na.PReLU(), threshold=0.1, dropout=0.2 * (optimizer != "lbfgs")), na.Dense(4, "tanh")]
    layers = [*hidden, na.Dense(2, "linear")]
    return na.Network(layers, optimizer=optimizer, dtype=dtype, batch_size=8, epochs=2, random_state=0)


def estimator(kind, solver, dtype):
    return kind(
        hidden_layer_sizes=(5, 4),
        activation="tanh",
        solver=solver,
        dtype=dtype,
        batch_size=8,
        max_iter=2,
        random_state=0,
    )


MODELS = {
    "Network": network,
    "MLPClassifier": lambda *chosen: estimator(na.MLPClassifier, *chosen),
    "MLPRegressor": lambda *chosen: estimator(na.MLPRegressor, *chosen),
}
CHANGES = [
    {"alpha": 0.1},
    {"alpha": 0.0},
    {"learning_rate_init": 0.01},
    {"learning_rate": "adaptive"},
    {"max_iter": 3},
    {"warm_start": True},
    {"warm_start": False},
    {"hidden_layer_sizes": (6,)},
    {"hidden_layer_sizes": (5, 4)},
    {"solver": "sgd"},
    {"solver": "adam"},
    {"solver": "lbfgs"},
    {"early_stopping": True},
    {"early_stopping": False},
    {"dtype": "float64"},
]
FREE = [{"learning_rate": 0.01}, {"epochs": 3}, {"shuffle": False}, {"shuffle": True}]
WRONG = [{"alpha": -1}, {"solver": "best"}, {"hidden_layer_sizes": (0,)}, {"batch_size": 0}, {"activation": "softmax"}]
WRONG += [{"learning_rate_init": 0.0}, {"random_state": "often"}, {"dtype": "float16"}, {"validation_fraction": 2.0}]

# Errors in data, as changes of X, y and the weights of the rows.
BAD = {
    "NaN in X": lambda X, y, w: (with_value(X, np.nan), y, w),
    "infinity in X": lambda X, y, w: (with_value(X, -np.inf), y, w),
    "a feature less": lambda X, y, w: (X[:, 1:], y, w),
    "a feature more": lambda X, y, w: (np.hstack([X, X[:, :1]]), y, w),
    "X of one dimension": lambda X, y, w: (X[0], y, w),
    "X of three dimensions": lambda X, y, w: (X[None], y, w),
    "no rows": lambda X, y, w: (X[:0], y[:0], w[:0]),
    "text in X": lambda X, y, w: (X.astype(str).astype(object) + "?", y, w),
    "complex X": lambda X, y, w: (X + 1j, y, w),
    "sparse NaN": lambda X, y, w: (csr_array(with_value(X, np.nan)), y, w),
}
BAD_TARGETS = {
    "y too short": lambda X, y, w: (X, y[1:], w),
    "y of three dimensions": lambda X, y, w: (X, y[None, None], w),
    "too few weights": lambda X, y, w: (X, y, w[1:]),
    "negative weights": lambda X, y, w: (X, y, -w),
    "no weight at all": lambda X, y, w: (X, y, 0 * w),
    "NaN as a weight": lambda X, y, w: (X, y, w * np.nan),
}


def with_value(X, value):
    X = X.copy()
    X[-1, 1] = value
    return X


class Life(RuleBasedStateMachine):
    """The life of one model; `known` holds its predictions after the last training."""

    @initialize(
        kind=st.sampled_from(list(MODELS)),
        optimizer=st.sampled_from(["adam", "sgd", "lbfgs"]),
        dtype=st.sampled_from(["float32", "float64"]),
    )
    def begin(self, kind, optimizer, dtype):
        self.model, self.known = MODELS[kind](optimizer, dtype), None

    @property
    def is_network(self):
        return isinstance(self.model, na.Network)

    @property
    def takes_batches(self):
        return (self.model.optimizer.core_name if self.is_network else self.model.solver) != "lbfgs" and not (
            self.is_network and isinstance(self.model.optimizer, na.LBFGS)
        )

    @staticmethod
    def said(model):
        """Its predictions, or None before it is fitted."""
        try:
            return (model.predict_proba if isinstance(model, na.MLPClassifier) else model.predict)(PROBES)
        except NotFittedError:
            return None

    def data(self, seed):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(12 + 3 * seed, FEATURES))
        if isinstance(self.model, na.MLPClassifier):
            return X, LABELS[(np.arange(len(X)) + (X[:, 0] > 0)) % len(LABELS)], rng.uniform(0.5, 2, len(X))
        y = np.stack([X[:, 0] * X[:, 1], X[:, 2]], axis=1)
        return X, y if self.is_network else y[:, 0], rng.uniform(0.5, 2, len(X))

    def train(self, way, X, y, weight, model=None):
        model = model or self.model
        more = {"classes": LABELS} if way == "partial_fit" and isinstance(model, na.MLPClassifier) else {}
        return getattr(model, way)(X, y, sample_weight=weight, **more)

    def trains(self, *arguments, model=None):
        """Whether training ran; it is refused if a new setting contradicts the fitted model."""
        try:
            self.train(*arguments, model=model)
        except ValueError as refusal:
            if not any(reason in str(refusal) for reason in ("partial_fit need", "does not support early_stopping")):
                raise
            return False
        return True

    # ---- what can be done ------------------------------------------------------------------------

    @rule(way=ways, seed=seeds, weighted=st.booleans(), sparse=st.booleans())
    def learn(self, way, seed, weighted, sparse):
        if way == "partial_fit" and not self.takes_batches:
            return
        X, y, weight = self.data(seed)
        if self.trains(way, csr_array(X) if sparse else X, y, weight if weighted else None):
            self.known = self.said(self.model)
            assert self.known is not None

    @rule(seed=seeds)
    def ask(self, seed):
        X = self.data(seed)[0]
        if self.known is None:
            with pytest.raises(NotFittedError):
                self.model.predict(X)
        else:
            one, all_rows = self.model.predict(X[3:4]), self.model.predict(X)
            assert len(all_rows) == len(X)
            np.testing.assert_array_equal(one[0], all_rows[3])

    @rule(state=st.booleans(), go_on=st.booleans(), seed=seeds)
    def save_and_load(self, state, go_on, seed):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            na.save(self.model, path, state=state)
            self.replace(na.load(path), go_on and state, seed)

    @rule(
        copied=st.sampled_from([lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy]),
        go_on=st.booleans(),
        seed=seeds,
    )
    def copy_model(self, copied, go_on, seed):
        self.replace(copied(self.model), go_on, seed)

    def replace(self, twin, go_on, seed):
        """Continue with the copy. If both trained on, their predictions must still be equal."""
        if not self.is_network:
            assert twin.get_params() == self.model.get_params()
        assert_same(self.said(twin), self.known)
        data = self.data(seed)
        if go_on and self.takes_batches and self.trains("partial_fit", *data, model=twin):
            assert_same(self.said(self.model), self.known)  # they share nothing
            self.train("partial_fit", *data)
            self.known = self.said(self.model)
            assert_same(self.said(twin), self.known)
        self.model = twin

    @precondition(lambda self: not self.is_network)
    @rule()
    def start_anew(self):
        self.model, self.known = clone(self.model), None

    @precondition(lambda self: not self.is_network)
    @rule(change=st.sampled_from(CHANGES))
    def set_params(self, change):
        self.model.set_params(**change)

    @precondition(lambda self: self.is_network)
    @rule(change=st.sampled_from(FREE))
    def set_attribute(self, change):
        for name, value in change.items():
            setattr(self.model, name, value)

    @precondition(lambda self: self.is_network and self.known is not None)
    @rule(factor=st.sampled_from([0.5, -1.0]))
    def set_parameters(self, factor):
        self.model.set_parameters([factor * w for w in self.model.weights])
        self.known = self.said(self.model)

    # ---- what cannot -----------------------------------------------------------------------------

    @rule(way=ways, what=st.sampled_from(list(BAD | BAD_TARGETS)), seed=seeds)
    def learn_from_bad_data(self, way, what, seed):
        if way == "partial_fit" and not self.takes_batches:
            return
        if "feature" in what and (way == "fit" or self.known is None):
            return  # as good as more of them
        with pytest.raises(ValueError):  # noqa: PT011  what it says, other tests look at
            self.train(way, *(BAD | BAD_TARGETS)[what](*self.data(seed)))

    @precondition(lambda self: self.known is not None)
    @rule(what=st.sampled_from(list(BAD)), seed=seeds)
    def ask_about_bad_data(self, what, seed):
        with pytest.raises(ValueError):  # noqa: PT011
            self.model.predict(BAD[what](*self.data(seed))[0])

    @precondition(lambda self: not self.is_network)
    @rule(wrong=st.sampled_from(WRONG), seed=seeds)
    def learn_with_wrong_parameters(self, wrong, seed):
        right = {name: self.model.get_params()[name] for name in wrong}
        with pytest.raises((ValueError, TypeError)):
            self.train("fit", *self.data(seed), model=self.model.set_params(**wrong))
        self.model.set_params(**right)

    @precondition(lambda self: self.is_network and self.known is not None)
    @rule(part=st.sampled_from(["weights", "biases"]))
    def set_parameters_that_do_not_fit(self, part):
        good = [np.array(p) for p in getattr(self.model, part)]
        for bad in ([*good[:-1], good[-1][1:]], good[1:], [*good[:-1], good[-1] * np.nan]):
            with pytest.raises(ValueError):  # noqa: PT011
                self.model.set_parameters(**{part: bad})

    # ---- what always holds -----------------------------------------------------------------------

    @invariant()
    def it_says_what_it_said(self):
        assert_same(self.said(self.model), self.known)
        assert self.known is None or np.isfinite(self.known).all()


def assert_same(a, b):
    assert (a is None) == (b is None)
    if a is not None:
        np.testing.assert_array_equal(a, b, strict=True)


TestLives = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")(Life.TestCase)
TestLives.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
