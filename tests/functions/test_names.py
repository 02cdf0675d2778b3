# SPDX-License-Identifier: BSD-3-Clause
"""Names of functions that do not exist: the error says which was meant."""

import numpy as np
import pytest

import neuract as na
from neuract.losses import LOSSES
from neuract.optimizers import OPTIMIZERS, optimizer
from neuract.schedules import schedule

MEANT = [
    (na.activation, "rellu", "Did you mean 'relu'"),
    (na.activation, "Tanh", "Did you mean 'tanh'"),
    (na.activation, "logsigmoid", "is called 'log_sigmoid' here"),
    (na.losses.loss, "mse", "is called 'squared_error' here"),
    (na.losses.loss, "cross_entropy", "is called 'log_loss' here"),
    (na.losses.loss, "bce", "is called 'log_loss' here"),
    (na.losses.loss, "hubr", "Did you mean 'huber'"),
    (optimizer, "adamm", "Did you mean 'adam'"),
    (schedule, "cosin", "Did you mean 'cosine'"),
]


@pytest.mark.parametrize(("look_up", "name", "meant"), MEANT, ids=[name for _, name, _ in MEANT])
def test_an_unknown_name_is_answered_with_the_one_that_was_meant(look_up, name, meant):
    with pytest.raises(ValueError, match=f"unknown .*{name}.*expected one of .*{meant}"):
        look_up(name)


def test_a_name_like_no_other_is_answered_with_all_of_them():
    with pytest.raises(ValueError, match=f"unknown optimizer 'zzz'; expected one of {', '.join(OPTIMIZERS)}$"):
        optimizer("zzz")
    with pytest.raises(ValueError, match=f"unknown loss 'zzz'; expected one of {', '.join(LOSSES)}$"):
        na.losses.loss("zzz")


@pytest.mark.parametrize(
    ("look_up", "kind"), [(na.activation, na.LeakyReLU), (na.losses.loss, na.Huber), (optimizer, na.SGD)]
)
def test_a_class_in_place_of_an_object_is_a_call_that_was_forgotten(look_up, kind):
    with pytest.raises(TypeError, match=rf"got the class {kind.__name__}, write {kind.__name__}\(\)"):
        look_up(kind)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"activation": "rellu"}, "Did you mean 'relu'"),
        ({"hidden_layer_sizes": (3, 3), "activation": ["tanh", "logsigmoid"]}, "called 'log_sigmoid' here"),
        ({"activation": na.LeakyReLU}, r"write LeakyReLU\(\)"),
        ({"loss": "mse"}, "called 'squared_error' here"),
        ({"output_activation": "sigmoidd"}, "Did you mean 'sigmoid'"),
    ],
)
def test_estimators_answer_alike(settings, message):
    with pytest.raises((ValueError, TypeError), match=message):
        na.MLPRegressor(**settings).fit(np.eye(3), [1.0, 2.0, 3.0])
