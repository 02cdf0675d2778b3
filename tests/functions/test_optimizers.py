# SPDX-License-Identifier: BSD-3-Clause
"""Optimizers in the core: `core_parameters` are the parameters of csrc/optimizers.h, in number and order."""

import numpy as np
import pytest

import neuract as na
from neuract import _neuract_core as core

OPTIMIZERS = {
    na.SGD(momentum=0.8, nesterov=False): ("sgd", (0.8, 0.0)),
    na.SGD(momentum=0.5): ("sgd", (0.5, 1.0)),
    na.Adam(beta_1=0.7, beta_2=0.95, epsilon=1e-6): ("adam", (0.7, 0.95, 1e-6, 0.0)),
    na.AdamW(beta_1=0.7, beta_2=0.95, epsilon=1e-6, weight_decay=0.3): ("adam", (0.7, 0.95, 1e-6, 0.3)),
    na.LBFGS(): ("sgd", (0.0, 0.0)),
}


def trainer(name, parameters):
    network = core.Network("float64", 2, [(1, "linear", 1.0, False, None, 0.0, np.ones(3))])
    return core.Trainer(
        network,
        loss="squared_error",
        loss_parameters=np.zeros(1),
        own_loss=None,
        optimizer=name,
        optimizer_parameters=parameters,
        alpha=0.0,
        l1=0.0,
        max_grad_norm=0.0,
        batch_size=1,
        seed=0,
        n_threads=1,
    )


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_core_parameters(optimizer):
    assert (optimizer.core_name, optimizer.core_parameters) == OPTIMIZERS[optimizer]
    trainer(optimizer.core_name, np.array(optimizer.core_parameters))


@pytest.mark.parametrize(("name", "wanted"), [("sgd", 2), ("adam", 4)])
@pytest.mark.parametrize("change", [-1, 1])
def test_another_number_of_parameters_is_refused(name, wanted, change):
    with pytest.raises(ValueError, match=f"'{name}' has {wanted} parameters, got {wanted + change}"):
        trainer(name, np.zeros(wanted + change))


def test_parameters_of_another_type_are_refused():
    with pytest.raises(ValueError, match="'f8'"):
        trainer("sgd", np.zeros(2, np.float32))


def test_every_optimizer_is_listed():
    classes = {kind for kind in vars(na.optimizers).values() if isinstance(kind, type)}
    assert set(na.optimizers.OPTIMIZERS.values()) == {
        kind for kind in classes if issubclass(kind, na.optimizers.Optimizer) and kind is not na.optimizers.Optimizer
    }
