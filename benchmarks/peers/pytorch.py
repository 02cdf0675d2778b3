# SPDX-License-Identifier: BSD-3-Clause
"""PyTorch: eager with fused Adam; the whole step compiled; frozen TorchScript for prediction."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.cases import Case
from benchmarks.data import Data

LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


class Eager:
    """nn.Sequential, autograd and Adam(fused=True); the data is one tensor, without a DataLoader."""

    def __init__(self, case: Case, data: Data, threads: int) -> None:
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        self.case, self.cached = case, data.cached
        self.model = sequential(case, data)
        self.probabilities = nn.Sequential(self.model, nn.Softmax(dim=1)) if case.classifies else self.model
        self.x, self.targets = torch.from_numpy(data.x), torch.from_numpy(data.targets)
        self.adam = torch.optim.Adam(self.model.parameters(), LEARNING_RATE, fused=True)

    def train_epoch(self) -> None:
        for x, targets in self._batches(torch.randperm(len(self.x))):
            self.adam.zero_grad(set_to_none=True)
            mean_loss(self.case, self.model(x), targets).backward()
            self.adam.step()

    def predict(self, x: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return self.probabilities(torch.from_numpy(x)).numpy()

    def _batches(self, order: Tensor) -> object:
        """Orders small data once and cuts it into batches; gathers each batch of large data when it is needed."""
        batch = self.case.batch
        if self.cached:
            return zip(self.x[order].split(batch), self.targets[order].split(batch), strict=True)
        return ((self.x[index], self.targets[index]) for index in order.split(batch))


class Compiled(Eager):
    """Gather, forward, loss, backward and Adam in one graph. An optimizer would break it, so Adam is written out."""

    def __init__(self, case: Case, data: Data, threads: int) -> None:
        super().__init__(case, data, threads)
        torch._dynamo.reset()  # earlier cases must not count towards the limit of recompilations
        torch._dynamo.config.recompile_limit = 64
        self.parameters = dict(self.model.named_parameters())
        self.values = {name: value.detach() for name, value in self.parameters.items()}
        self.first = {name: torch.zeros_like(value) for name, value in self.values.items()}
        self.second = {name: torch.zeros_like(value) for name, value in self.values.items()}
        self.steps = torch.zeros((), dtype=torch.float64)
        self.step = torch.compile(self._step, dynamic=False, fullgraph=True)

    def train_epoch(self) -> None:
        with torch.no_grad():
            for index in torch.randperm(len(self.x)).split(self.case.batch):
                self.step(self.values, self.first, self.second, self.steps, self.x, self.targets, index)

    def _step(self, values, first, second, steps, x, targets, index) -> None:
        def loss(parameters: dict[str, Tensor]) -> Tensor:
            outputs = torch.func.functional_call(self.model, parameters, (x[index],))
            return mean_loss(self.case, outputs, targets[index])

        gradients = torch.func.grad(loss)(values)
        steps += 1
        rate = LEARNING_RATE / (1 - BETA1**steps)
        root = (1 - BETA2**steps).rsqrt()
        for name, gradient in gradients.items():
            adam(values[name], first[name], second[name], gradient, rate, root)


class Script(Eager):
    """The model traced, frozen and optimized for inference."""

    def __init__(self, case: Case, data: Data, threads: int) -> None:
        super().__init__(case, data, threads)
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            traced = torch.jit.trace(self.probabilities.eval(), self.x[:1])
            self.script = torch.jit.optimize_for_inference(torch.jit.freeze(traced))

    def predict(self, x: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return self.script(torch.from_numpy(x)).numpy()


def sequential(case: Case, data: Data) -> nn.Sequential:
    layers: list[nn.Module] = []
    for weights, biases in zip(data.weights, data.biases, strict=True):
        layer = nn.Linear(*weights.shape, dtype=getattr(torch, case.dtype))
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weights.T))
            layer.bias.copy_(torch.from_numpy(biases))
        layers += [layer, nn.Tanh() if case.hidden == "tanh" else nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def mean_loss(case: Case, z: Tensor, targets: Tensor) -> Tensor:
    if case.classifies:
        return functional.cross_entropy(z, targets)
    return functional.mse_loss(z, targets) * (0.5 * z.shape[1])


def adam(value: Tensor, first: Tensor, second: Tensor, gradient: Tensor, rate: Tensor, root: Tensor) -> None:
    """Updates the parameters in place (Kingma & Ba 2015)."""
    first.lerp_(gradient, 1 - BETA1)
    second.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
    value.sub_(rate.to(value.dtype) * first / (second.sqrt() * root.to(value.dtype) + EPSILON))
