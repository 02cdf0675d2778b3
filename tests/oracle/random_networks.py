# SPDX-License-Identifier: BSD-3-Clause
"""Random networks with training data, one per seed, for test_random_networks.py.

All numbers are ones that float32 holds exactly, so that both dtypes have the same network to compute.
"""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy import sparse

from oracle import reference as ref

# Draw the parameter of an activation, given its number of neurons; the others have none.
PARAMETERS = {
    "linear": lambda rng, units: rng.uniform(-2, 2),
    "relu": lambda rng, units: None if rng.random() < 0.6 else rng.uniform(0.1, 2),
    "leaky_relu": lambda rng, units: rng.uniform(-0.5, 1.5),
    "prelu": lambda rng, units: rng.uniform(-0.5, 0.5, 1 if rng.random() < 0.5 else units),
    "elu": lambda rng, units: log_uniform(rng, 0.05, 4),
    "celu": lambda rng, units: log_uniform(rng, 0.05, 4),
    "squareplus": lambda rng, units: log_uniform(rng, 0.01, 20),
    "hard_shrink": lambda rng, units: rng.uniform(0, 1),
    "soft_shrink": lambda rng, units: rng.uniform(0, 1),
}
ELEMENTWISE = [name for name, f in ref.ACTIVATIONS.items() if f.slope]
# For each loss: its parameter, and the output activations that it accepts.
LOSSES = {
    "squared_error": (lambda rng: None, ELEMENTWISE),
    "absolute_error": (lambda rng: None, ELEMENTWISE),
    "huber": (lambda rng: log_uniform(rng, 0.05, 5), ELEMENTWISE),
    "quantile": (lambda rng: quantiles(rng), ELEMENTWISE),
    "poisson": (lambda rng: None, ["exponential", "sigmoid"]),
    "gamma": (lambda rng: None, ["exponential"]),
    "log_loss": (lambda rng: either(rng, 0.0, rng.uniform(0, 0.9)), ["sigmoid", "softmax"]),
    "focal": (lambda rng: either(rng, 0.0, 2.0, rng.uniform(0, 5)), ["sigmoid", "softmax"]),
}


def _always(value):
    """Returns a draw of one value."""
    return lambda rng: value


# The oracle's other losses.
LOSSES |= {loss.name: (_always(loss.parameter), ELEMENTWISE) for loss in ref.REGRESSION if loss.name not in LOSSES}
LOSSES |= {
    loss.name: (_always(loss.parameter), [output for other, output in ref.LIKELIHOOD if other.name == loss.name])
    for loss, _ in ref.LIKELIHOOD
    if loss.name not in LOSSES
}
OPTIMIZERS = {
    "sgd": lambda rng: {"momentum": either(rng, 0.0, rng.uniform(0, 0.99)), "nesterov": bool(rng.integers(2))},
    "adam": lambda rng: means(rng),
    "adamw": lambda rng: means(rng) | {"weight_decay": log_uniform(rng, 1e-3, 1)},
}
# The oracle's other optimizers.
OPTIMIZERS |= {
    known["name"]: _always({key: value for key, value in known.items() if key != "name"})
    for known in ref.OPTIMIZERS.values()
    if known["name"] not in OPTIMIZERS
}
FORMATS = ["csr", "csc", "coo", "lil", "dok", "bsr"]


@dataclass
class Case:
    """A network, its data and its training; its repr has all but the numbers, which the seed repeats."""

    seed: int
    layers: list[ref.Layer]
    loss: ref.Loss
    x: np.ndarray
    t: np.ndarray
    sample_weight: np.ndarray | None
    optimizer: dict
    settings: dict  # of the Network
    epochs: int
    form: str  # of X, as the package gets it

    def __repr__(self) -> str:
        layers = "\n".join(f"  {layer.weights.shape[1]} {self.about(layer)}" for layer in self.layers)
        weighted = "" if self.sample_weight is None else ", weighted"
        return (
            f"network {self.seed}: X {self.x.shape}, {self.form}{weighted}\n{layers}\n"
            f"  {self.loss}, {self.optimizer}, {self.settings}, {self.epochs} epochs"
        )

    @staticmethod
    def about(layer: ref.Layer) -> str:
        return (
            f"{layer.activation}({np.round(layer.parameter, 3) if layer.parameter is not None else ''})"
            + ("" if layer.threshold is None else f", threshold {np.round(layer.threshold, 3)}")
            + ("" if layer.rates == (1, 1, 1) else f", rates {np.round(layer.rates, 3)}")
        )

    @property
    def X(self):
        """x in its form; sparse forms store some zeros, and coo has some values in two parts."""
        if self.form in FORMATS:
            return stored(self.x, self.form, np.random.default_rng(self.seed))
        if self.form == "strided":
            return np.repeat(self.x, 2, axis=1)[:, ::2]
        forms = {"F": np.asfortranarray, "float32": np.float32, "list": np.ndarray.tolist, "C": np.asarray}
        return cast(Any, forms[self.form])(self.x)


def draw(seed: int, attempt: int) -> Case:
    """The network of that seed and attempt; the tests compare the first attempt that has an answer."""
    rng = np.random.default_rng([seed, attempt])
    loss, units, activations = shape(rng)
    rows, n_in = size(rng)
    x, form = inputs(rng, rows, n_in)
    widths = zip([n_in, *units], units, activations, strict=False)
    layers = [layer(rng, below, width, name) for below, width, name in widths]
    for hidden in layers[:-1]:
        hidden.threshold = threshold(rng, hidden.biases.size)
    name = str(rng.choice(list(OPTIMIZERS)))
    case = Case(
        seed=seed,
        layers=layers,
        loss=loss,
        x=x,
        t=targets(rng, rows, loss, layers[-1]),
        sample_weight=weights(rng, rows),
        optimizer={"name": name, "learning_rate": log_uniform(rng, 1e-4, 0.1), **OPTIMIZERS[name](rng)},
        settings={
            "dtype": str(rng.choice(["float32", "float64"])),
            "batch_size": int(np.ceil(rows / rng.uniform(0.5, 6))),
            "n_threads": int(rng.integers(1, 4)),
            "alpha": either(rng, 0.0, log_uniform(rng, 1e-3, 10)),
            "l1": either(rng, 0.0, log_uniform(rng, 1e-3, 1)),
            "max_grad_norm": either(rng, None, None, log_uniform(rng, 0.01, 3)),
        },
        epochs=int(rng.integers(1, 4)),
        form=form,
    )
    for each in layers:
        each.rates = rates(rng)
    return case


def exact(numbers):
    return np.float32(numbers).astype(np.float64)


def either(rng, *values):
    return values[rng.integers(len(values))]


def log_uniform(rng, low, high):
    return float(exact(np.exp(rng.uniform(np.log(low), np.log(high)))))


def quantiles(rng):
    several = tuple(np.sort(exact(rng.uniform(0.02, 0.98, rng.integers(1, 5)))).tolist())
    return several[0] if rng.random() < 0.5 else several


def means(rng):
    return {
        "beta_1": either(rng, 0.9, rng.uniform(0, 0.99)),
        "beta_2": either(rng, 0.999, rng.uniform(0.1, 0.9999)),
        "epsilon": log_uniform(rng, 1e-8, 1e-2),
    }


def size(rng):
    """The shape of X: small, sometimes more rows than a chunk, sometimes many features."""
    drawn = rng.random()
    if drawn < 0.03:
        return 1500, 40
    return (20, 1000) if drawn < 0.06 else (int(log_uniform(rng, 1, 300)), int(log_uniform(rng, 1, 80)))


def shape(rng):
    """A loss, and the numbers of neurons and the activations from the first hidden layer to the output."""
    name = str(rng.choice(list(LOSSES)))
    parameter, outputs = LOSSES[name]
    loss = ref.Loss(name, parameter(rng))
    depth = int(rng.integers(0, 5))
    units = [int(log_uniform(rng, 1, 60)) for _ in range(depth)]
    units.append(len(loss.parameter) if isinstance(loss.parameter, tuple) else int(log_uniform(rng, 1, 20)))
    activations = [*map(str, rng.choice(ELEMENTWISE, depth)), str(rng.choice(outputs))]
    if activations[-1] == "softmax":
        units[-1] = max(2, units[-1])  # of one neuron it is refused
    return loss, units, activations


def layer(rng, n_in, units, activation):
    bound = log_uniform(rng, 0.3, 2) * np.sqrt(6 / (n_in + units))
    parameter = PARAMETERS.get(activation, lambda rng, units: None)(rng, units)
    return ref.Layer(
        weights=exact(rng.uniform(-bound, bound, (n_in, units))),
        biases=exact(rng.uniform(-0.5, 0.5, units)),
        activation=activation,
        parameter=exact(parameter) if isinstance(parameter, np.ndarray) else parameter and float(exact(parameter)),
    )


def threshold(rng, units):
    if rng.random() < 0.6:
        return None
    return exact(rng.uniform(-0.5, 1, units)) if rng.random() < 0.5 else float(exact(rng.uniform(-0.5, 1)))


def rates(rng):
    weights, biases, slopes = (either(rng, 1.0, 1.0, 0.0, log_uniform(rng, 0.1, 10)) for _ in range(3))
    return weights, biases, slopes


def inputs(rng, rows, n_in):
    """Rows of one scale, often with zeros, and the form in which the package gets them."""
    x = exact(rng.normal(size=(rows, n_in)) * log_uniform(rng, 0.1, 10))
    if rng.random() < 0.5:
        return x, str(rng.choice(["C", "C", "F", "strided", "float32", "list"]))
    return np.where(rng.random(x.shape) < rng.uniform(0.05, 1), x, 0), str(rng.choice(FORMATS))


def stored(x, form, rng):
    """x in that format, with some zeros stored."""
    X = sparse.coo_array(x)
    also = rng.integers(0, x.shape, (5, 2)).T  # store a 0 in addition
    rows, columns = np.concatenate([X.coords, also], axis=1)
    return sparse.coo_array((np.append(X.data, np.zeros(5)), (rows, columns)), x.shape).asformat(form)


def targets(rng, rows, loss, output):
    n_out = output.biases.size
    shape = (rows, 1 if isinstance(loss.parameter, tuple) else n_out)
    if output.activation == "softmax":
        return rng.integers(0, n_out, rows)
    return exact(ref.TARGETS[loss.name](rng, shape) if loss.name in ref.TARGETS else rng.normal(size=shape))


def weights(rng, rows):
    """None, or numbers; some may be 0."""
    if rng.random() < 0.5:
        return None
    drawn = exact(rng.exponential(size=rows) * (rng.random(rows) < rng.choice([1, 0.5])))
    return drawn if drawn.max() > 1e-3 else None
