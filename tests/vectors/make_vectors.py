# SPDX-License-Identifier: BSD-3-Clause
"""Write the golden vectors: small networks in float64, trained a few steps by PyTorch's autograd.

    pip install torch==2.13.0 numpy && python tests/vectors/make_vectors.py

One JSON file per case: the network as data, then PyTorch's results. Running the script again changes
no byte. PyTorch's optimizers are unchanged, except that epsilon is scaled at each step to have the
effect of scikit-learn's.
"""

import itertools
import json
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

ROWS, N_IN, STEPS, LEARNING_RATE, EPSILON, WEIGHT_DECAY = 9, 4, 3, 0.01, 1e-8, 0.05

ACTIVATIONS = {
    "linear": lambda z, a: a * z,
    "sigmoid": lambda z, _: torch.sigmoid(z),
    "tanh": lambda z, _: torch.tanh(z),
    "relu": lambda z, top: torch.relu(z) if top is None else F.hardtanh(z, 0.0, top),
    "leaky_relu": F.leaky_relu,
    "prelu": F.prelu,
    "exponential": lambda z, _: torch.exp(z),
    "elu": F.elu,
    "selu": lambda z, _: F.selu(z),
    "celu": F.celu,
    "gelu": lambda z, _: F.gelu(z),
    "gelu_tanh": lambda z, _: F.gelu(z, approximate="tanh"),
    "silu": lambda z, _: F.silu(z),
    "mish": lambda z, _: F.mish(z),
    "softplus": lambda z, _: F.softplus(z),
    "softsign": lambda z, _: F.softsign(z),
    "log_sigmoid": lambda z, _: F.logsigmoid(z),
    "squareplus": lambda z, b: (z + torch.sqrt(z * z + b)) / 2,
    "tanh_shrink": lambda z, _: F.tanhshrink(z),
    "sin": lambda z, _: torch.sin(z),
    # Not F.hardsigmoid, whose derivative in float64 is 1/6 in float32.
    "hard_sigmoid": lambda z, _: F.relu6(z + 3) / 6,
    "hard_swish": lambda z, _: F.hardswish(z),
    "hard_tanh": lambda z, _: F.hardtanh(z),
    "hard_shrink": F.hardshrink,
    "soft_shrink": F.softshrink,
    "softmax": lambda z, _: torch.softmax(z, dim=1),
}


def layer(units, activation, parameter=None, threshold=None):
    return {"units": units, "activation": activation, "parameter": parameter,
            "threshold": threshold}  # fmt: skip


def column(kind, number=0, rate=1.0, **others):
    """An input; its column holds a number, or a level if the kind has levels."""
    return {"kind": kind, "column": number, "rate": rate, **others}


def case(loss, *layers, parameter=None, alpha=0.0, weighted=False, inputs=()):
    given = {"inputs": list(inputs)} if inputs else {}
    return {"loss": {"name": loss, "parameter": parameter}, "layers": list(layers),
            "alpha": alpha, "weighted": weighted, **given}  # fmt: skip


PER_NEURON = [0.25, -0.3, 0.6, -0.1, 0.05]
WAVES = {"frequencies": 5, "size": 3}
EDGES = [-1.2, -0.3, 0.1, 0.9]  # rows of x lie between, below and above them
CASES = {
    "relu_squared_error": case(
        "squared_error", layer(5, "relu"), layer(4, "linear", 0.7), layer(2, "linear", 1.0),
        alpha=0.3,
    ),
    "smooth_absolute_error": case(
        "absolute_error", layer(5, "tanh"), layer(4, "sigmoid"), layer(2, "linear", 1.0),
        weighted=True,
    ),
    "prelu_huber": case(
        "huber", layer(5, "prelu", PER_NEURON), layer(4, "tanh"), layer(2, "linear", -1.5),
        parameter=0.8, alpha=0.1, weighted=True,
    ),
    "shared_prelu_poisson": case(
        "poisson", layer(5, "prelu", [-0.2]), layer(4, "prelu", [0.25]), layer(2, "exponential"),
        weighted=True,
    ),
    "bounded_relu_softmax": case(
        "log_loss", layer(5, "leaky_relu", 0.2), layer(4, "relu", 1.0), layer(3, "softmax"),
        alpha=0.2, weighted=True,
    ),
    "exponential_multilabel": case(
        "log_loss", layer(5, "exponential"), layer(4, "leaky_relu", 0.01), layer(3, "sigmoid")
    ),
    "threshold_quantile": case(
        "quantile", layer(5, "relu", threshold=0.3),
        layer(4, "tanh", threshold=[-0.4, 0.0, 0.1, 0.3]), layer(2, "tanh"),
        parameter=0.3, weighted=True,
    ),
    "threshold_prelu": case(
        "squared_error", layer(5, "prelu", PER_NEURON, threshold=0.1),
        layer(4, "sigmoid", threshold=0.5), layer(2, "prelu", [0.25, -0.4]), alpha=0.1,
    ),
    "sigmoid_poisson": case(
        "poisson", layer(5, "sigmoid", threshold=0.4), layer(4, "relu"), layer(1, "sigmoid")
    ),
    "no_hidden_softmax": case("log_loss", layer(3, "softmax"), alpha=0.5),
    "no_hidden_binary": case("log_loss", layer(1, "sigmoid"), weighted=True),
    "relu_output_huber": case(
        "huber", layer(5, "tanh"), layer(2, "leaky_relu", 0.1), parameter=0.5, weighted=True
    ),
    "gates": case(
        "squared_error", layer(5, "gelu"), layer(4, "gelu_tanh"), layer(4, "silu"), layer(2, "mish"),
        weighted=True,
    ),
    "exponential_units": case(
        "huber", layer(5, "elu", 0.7), layer(4, "selu"), layer(4, "celu", 1.5), layer(2, "elu", 1.0),
        parameter=0.6,
    ),
    "soft_corners": case(
        "log_loss", layer(5, "softplus"), layer(4, "squareplus", 2.0), layer(4, "log_sigmoid"), layer(3, "softmax"),
        alpha=0.1,
    ),
    "saturating_and_periodic": case(
        "squared_error", layer(5, "softsign", threshold=-0.3), layer(4, "sin"), layer(4, "tanh_shrink"),
        layer(2, "softsign"), weighted=True,
    ),
    "straight_pieces": case(
        "squared_error", layer(5, "hard_swish"), layer(4, "hard_sigmoid"), layer(4, "hard_tanh"),
        layer(2, "hard_swish"), alpha=0.2,
    ),
    "shrinkage": case(
        "squared_error", layer(5, "hard_shrink", 0.3), layer(4, "soft_shrink", 0.2), layer(2, "linear", 1.0),
    ),
    "inputs_numbers": case(
        "squared_error", layer(5, "tanh"), layer(2, "linear", 1.0), alpha=0.1,
        inputs=[column("numbers", 1), column("numbers", 0), column("numbers", 1)],
    ),
    "inputs_periodic": case(
        "squared_error", layer(5, "tanh"), layer(2, "linear", 1.0), alpha=0.3, weighted=True,
        inputs=[column("periodic", 0, 0.5, **WAVES), column("periodic", 1, frequencies=1, size=1)],
    ),
    "inputs_piecewise_linear": case(
        "log_loss", layer(5, "tanh"), layer(3, "softmax"),
        inputs=[column("piecewise_linear", 1, edges=EDGES), column("piecewise_linear", 0, edges=[-0.5, 0.5])],
    ),
    "inputs_embedding": case(
        "log_loss", layer(5, "tanh"), layer(1, "sigmoid"), alpha=0.1, weighted=True,
        inputs=[column("embedding", 2, 2.0, levels=4, size=3), column("embedding", 3, levels=4, size=1)],
    ),
    "inputs_one_hot": case(
        "huber", layer(5, "tanh"), layer(2, "linear", 1.0), parameter=0.7, alpha=0.1,
        inputs=[column("one_hot", 3, levels=4), column("one_hot", 2, levels=6)],
    ),
    "inputs_scale": case(
        "squared_error", layer(5, "tanh"), layer(2, "linear", 1.0), weighted=True,
        inputs=[column("numbers", 0), column("embedding", 2, levels=4, size=2), column("scale", rate=3.0)],
    ),
    "inputs_all": case(
        "log_loss", layer(5, "gelu"), layer(4, "tanh"), layer(3, "softmax"), alpha=0.2, weighted=True,
        inputs=[
            column("one_hot", 2, levels=4), column("periodic", 1, **WAVES), column("piecewise_linear", 0, edges=EDGES),
            column("embedding", 3, levels=5, size=2), column("numbers", 0), column("scale", rate=0.3),
        ],
    ),
}  # fmt: skip


def targets(loss, activation, units, rng):
    if activation == "softmax":
        return rng.integers(0, units, ROWS).astype(float)
    if loss == "log_loss":
        return rng.integers(0, 2, (ROWS, units)).astype(float)
    if loss == "poisson":
        return rng.poisson(1.5, (ROWS, units)).astype(float)
    return rng.normal(size=(ROWS, units))


LEVEL_COLUMNS, LEVELS = (2, 3), 4


def numbers_of(each):
    """How many numbers an input gives the first layer."""
    match each["kind"]:
        case "numbers":
            return 1
        case "periodic":
            return 1 + each["size"]
        case "piecewise_linear":
            return len(each["edges"]) - 1
        case "embedding":
            return each["size"]
        case "one_hot":
            return each["levels"]
        case "scale":
            return 0


def learned_by(each, n_numbers, rng):
    match each["kind"]:
        case "periodic":
            f, size = each["frequencies"], each["size"]
            shapes = {"frequencies": f, "phases": f, "weights": (f, size), "biases": size}
            return {name: rng.normal(size=shape) for name, shape in shapes.items()}
        case "embedding":
            return {"vectors": rng.normal(size=(each["levels"] + 1, each["size"]))}
        case "scale":
            return {"factors": rng.uniform(0.5, 2, n_numbers)}
    return {}


def draw_inputs(spec, rng):
    """Levels among the columns of x, and what inputs learn -> how many numbers the first layer gets."""
    levels = rng.integers(0, LEVELS + 1, (ROWS, len(LEVEL_COLUMNS)))
    spec["x"][:, LEVEL_COLUMNS] = levels
    spec["x"] = spec["x"][:, : 1 + max(each["column"] for each in spec["inputs"])]
    n_numbers = sum(map(numbers_of, spec["inputs"]))
    for each in spec["inputs"]:
        each["learned"] = learned_by(each, n_numbers, rng)
    return n_numbers


def draw(spec, rng):
    """Inputs, targets and parameters."""
    spec["x"] = rng.normal(size=(ROWS, N_IN))
    output = spec["layers"][-1]
    spec["t"] = targets(spec["loss"]["name"], output["activation"], output["units"], rng)
    spec["sample_weight"] = rng.uniform(0.2, 2.0, ROWS) if spec.pop("weighted") else None
    n_in, spec["weights"], spec["biases"] = N_IN, [], []
    if "inputs" in spec:
        n_in = draw_inputs(spec, rng)
    for k in spec["layers"]:
        spec["weights"].append(rng.uniform(-1, 1, (n_in, k["units"])))
        spec["biases"].append(rng.uniform(-0.5, 0.5, k["units"]))
        n_in = k["units"]


class Column(nn.Module):
    """What an input makes of its column."""

    def __init__(self, each):
        super().__init__()
        self.each, self.kind, self.rate = each, each["kind"], each["rate"]
        self.learned = nn.ParameterDict({name: torch.tensor(array) for name, array in each["learned"].items()})

    def forward(self, columns):
        x, learned = columns[:, self.each["column"]], self.learned
        match self.kind:
            case "numbers":
                return x[:, None]
            case "periodic":
                angles = 2 * torch.pi * x[:, None] * learned["frequencies"] + learned["phases"]
                return torch.cat([x[:, None], F.linear(torch.cos(angles), learned["weights"].T, learned["biases"])], 1)
            case "piecewise_linear":
                edges = torch.tensor(self.each["edges"])
                shares = [(x - low) / (high - low) for low, high in itertools.pairwise(edges)]
                ends = [(-1 if t == 0 else 0, 2 if t == len(shares) - 1 else 1) for t in range(len(shares))]
                return torch.stack([share.clamp(*end) for share, end in zip(shares, ends, strict=True)], 1)
            case "embedding":
                return F.embedding(x.long(), learned["vectors"])
            case "one_hot":
                return F.one_hot(x.long(), self.each["levels"] + 1)[:, 1:].to(x)


class Network(nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.layers = spec["layers"]
        self.columns = nn.ModuleList(map(Column, spec.get("inputs", [])))
        parameters = nn.ParameterList
        self.weights = parameters(torch.tensor(w) for w in spec["weights"])
        self.biases = parameters(torch.tensor(b) for b in spec["biases"])
        self.slopes = parameters(
            torch.tensor(k["parameter"], dtype=torch.float64)
            for k in self.layers if k["activation"] == "prelu"
        )  # fmt: skip

    @property
    def inputs(self):
        return [each.learned[name] for each in self.columns for name in each.each["learned"]]  # in this order

    def numbers(self, x):
        """What the first layer gets."""
        *others, last = self.columns or [None]
        if last is None:
            return x
        if last.kind == "scale":
            return torch.cat([each(x) for each in others], 1) * last.learned["factors"]
        return torch.cat([each(x) for each in self.columns], 1)

    def forward(self, x):
        y, outputs, slopes = self.numbers(x), [], iter(self.slopes)
        for k, w, b in zip(self.layers, self.weights, self.biases, strict=True):
            z = y @ w + b
            prelu = k["activation"] == "prelu"
            y = ACTIVATIONS[k["activation"]](z, next(slopes) if prelu else k["parameter"])
            if k["threshold"] is not None:
                y = torch.where(y < torch.tensor(k["threshold"]), torch.zeros_like(y), y)
            outputs.append(y)
        return z, outputs


def losses(name, a, activation, z, y, t):
    """The loss of each row; likelihoods are computed from z, by PyTorch's own function if it has one."""
    match name, activation:
        case "squared_error", _:
            each = F.mse_loss(y, t, reduction="none") / 2
        case "absolute_error", _:
            each = F.l1_loss(y, t, reduction="none")
        case "huber", _:
            each = F.huber_loss(y, t, reduction="none", delta=a)
        case "quantile", _:
            each = torch.maximum(a * (t - y), (a - 1) * (t - y))
        case "poisson", _:
            log_y = z if activation == "exponential" else F.logsigmoid(z)
            each = F.poisson_nll_loss(log_y, t, reduction="none") - t + torch.xlogy(t, t)
            each = F.poisson_nll_loss(log_y, t, reduction="none") + torch.xlogy(t, t) - t
        case "log_loss", "sigmoid":
            each = F.binary_cross_entropy_with_logits(z, t, reduction="none")
        case "log_loss", "softmax":
            return F.cross_entropy(z, t.long(), reduction="none")
    return each.sum(dim=1)


def evaluate(spec, network):
    """Mean loss and outputs."""
    t = torch.tensor(spec["t"])
    z, outputs = network(torch.tensor(spec["x"]))
    loss, activation = spec["loss"], spec["layers"][-1]["activation"]
    each = losses(loss["name"], loss["parameter"], activation, z, outputs[-1], t)
    weight = np.ones(ROWS) if spec["sample_weight"] is None else spec["sample_weight"]
    weight = torch.tensor(weight)
    return (weight * each).sum() / weight.sum(), weight.sum(), outputs


def groups(network, weight_decay=0.0):
    """PyTorch's groups of parameters: weights alone decay, and each input has its rate."""
    yield {"params": list(network.weights), "weight_decay": weight_decay}
    yield {"params": [*network.biases, *network.slopes], "weight_decay": 0.0}
    for each in network.columns:
        yield {"params": list(each.learned.values()), "weight_decay": 0.0, "lr": LEARNING_RATE * each.rate}


def optimizer(name, network):
    match name:
        case "sgd":
            return torch.optim.SGD(groups(network), lr=LEARNING_RATE)
        case "momentum":
            return torch.optim.SGD(groups(network), lr=LEARNING_RATE, momentum=0.9)
        case "nesterov":
            return torch.optim.SGD(groups(network), lr=LEARNING_RATE, momentum=0.9, nesterov=True)
        case "adam":
            return torch.optim.Adam(groups(network), lr=LEARNING_RATE)
        case "adamw":
            return torch.optim.AdamW(groups(network, WEIGHT_DECAY), lr=LEARNING_RATE)


def kinds(spec):
    """The kinds of parameters; those of inputs are one list, in the order of Network.input_parameters."""
    return ("weights", "biases", "slopes", *(["inputs"] if "inputs" in spec else []))


def values(parameters):
    return [p.detach().numpy() for p in parameters]


def trained(spec, name, steps):
    network = Network(spec)
    step_of = optimizer(name, network)
    for step in range(1, steps + 1):
        for group in step_of.param_groups:
            if "eps" in group:
                # PyTorch adds epsilon to the corrected sqrt(v), scikit-learn to the uncorrected one.
                group["eps"] = EPSILON / (1 - 0.999**step) ** 0.5
        step_of.zero_grad()
        loss, total, _ = evaluate(spec, network)
        penalty = sum((w**2).sum() for w in network.weights)
        (loss + 0.5 * spec["alpha"] * penalty / total).backward()
        step_of.step()
    return {kind: values(getattr(network, kind)) for kind in kinds(spec)}


def golden(spec):
    network = Network(spec)
    loss, _, outputs = evaluate(spec, network)
    loss.backward()
    spec["forward"] = values(outputs)
    spec["mean_loss"] = loss.item()
    spec["gradients"] = {kind: [p.grad.numpy() for p in getattr(network, kind)] for kind in kinds(spec)}
    spec["after_one_step"] = {n: trained(spec, n, 1) for n in ("sgd", "nesterov", "adam", "adamw")}
    spec["after_three_steps"] = {n: trained(spec, n, STEPS) for n in ("momentum", "nesterov", "adam", "adamw")}
    return spec


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    for seed, (name, spec) in enumerate(CASES.items()):
        draw(spec, np.random.default_rng(seed))
        text = json.dumps({"name": name, **golden(spec)}, default=np.ndarray.tolist)
        Path(__file__).with_name(f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
