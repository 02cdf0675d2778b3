# SPDX-License-Identifier: BSD-3-Clause
"""Reprs show what is not default, and can be pasted back."""

import pytest

import neuract as na
from neuract.layers._inputs import INPUTS
from neuract.losses._named import LOSSES
from neuract.optimizers import OPTIMIZERS
from neuract.schedules._shares import SCHEDULES

NAMES = {**vars(na), **vars(na.callbacks), **vars(na.schedules), **vars(na.optimizers)}
PLAIN = [kind() for kinds in (na.ACTIVATIONS, LOSSES, OPTIMIZERS, SCHEDULES) for kind in dict.fromkeys(kinds.values())]
OBJECTS = {
    "ReLU(max_value=6.0)": na.activation("relu6"),
    "GELU(approximate='tanh')": na.GELU("tanh"),
    "Quantile(q=(0.1, 0.9))": na.Quantile([0.1, 0.9]),
    "LogLoss(label_smoothing=0.1)": na.LogLoss(label_smoothing=0.1),
    "AdamW(weight_decay=0.5)": na.AdamW(weight_decay=0.5),
    "SGD(nesterov=False)": na.SGD(nesterov=False),
    "LBFGS(max_evaluations=9)": na.LBFGS(max_evaluations=9),
    "WarmUp(epochs=3, then=Cosine(final=0.5))": na.schedules.WarmUp(3, na.schedules.Cosine(0.5)),
    "Embedding(column=1, levels=3, size=2)": na.Embedding(1, 3, 2),
    "Periodic(columns=(0, 2), size=4)": na.Periodic([0, 2], size=4),
    "Scale()": na.Scale(),
    "Dense(3, activation=LeakyReLU(alpha=0.25), dropout=0.5)": na.Dense(3, na.LeakyReLU(0.25), dropout=0.5),
    "Dense(3)": na.Dense(3),
}
CALLBACKS = {
    "ProgressBar()": na.callbacks.ProgressBar(),
    "EarlyStopping()": na.callbacks.EarlyStopping(),
    "EarlyStopping(patience=3, restore_best=False)": na.callbacks.EarlyStopping(3, restore_best=False),
    "Checkpoint(path='net', every=2)": na.callbacks.Checkpoint("net", every=2),
    "CSVLogger(path='log.csv')": na.callbacks.CSVLogger("log.csv"),
    "LearningRateSchedule(schedule=OneCycle())": na.callbacks.LearningRateSchedule("one_cycle"),
}
NETWORKS = {
    "Network([Dense(3, activation=ReLU()), Dense(1, activation=Linear())])": na.Network([na.Dense(3), na.Dense(1)]),
    "Network([Dense(1, activation=Sigmoid())], loss=Focal(), optimizer=AdamW(), epochs=3, random_state=0)": na.Network(
        [na.Dense(1, "sigmoid")], loss="focal", optimizer="adamw", epochs=3, random_state=0
    ),
    "Network([Dense(1, activation=Linear())], inputs=[Numbers(columns=(0,)), Scale()], callbacks=[ProgressBar()])": (
        na.Network([na.Dense(1)], inputs=[na.Numbers(0), na.Scale()], callbacks=na.callbacks.ProgressBar())
    ),
}


@pytest.mark.parametrize("plain", PLAIN, ids=lambda plain: type(plain).__name__)
def test_an_object_of_defaults_has_no_arguments(plain):
    assert repr(plain) == f"{type(plain).__name__}()"
    assert eval(repr(plain), NAMES) == plain


@pytest.mark.parametrize("text", OBJECTS)
def test_a_repr_makes_an_equal_object(text):
    assert repr(OBJECTS[text]) == text
    assert eval(text, NAMES) == OBJECTS[text]


@pytest.mark.parametrize("text", [*CALLBACKS, *NETWORKS])
def test_a_repr_makes_an_object_of_the_same_repr(text):
    assert repr({**CALLBACKS, **NETWORKS}[text]) == text == repr(eval(text, NAMES))


def test_weights_that_are_given_are_not_listed():
    net = na.Network([na.Dense(1)], init=([[[1.0]]], [[0.0]]))
    assert repr(net) == "Network([Dense(1, activation=Linear())], init=(weights, biases))"


def test_every_kind_shows_its_arguments_alone():
    for kinds in (na.ACTIVATIONS, LOSSES, OPTIMIZERS, SCHEDULES, INPUTS):
        for kind in kinds.values():
            assert "__repr__" not in vars(kind), f"{kind.__name__} needs dataclass(repr=False)"


def test_tables_and_sentences_name_activations_without_empty_brackets():
    assert [str(f) for f in (na.ReLU(), na.ReLU(6), na.LeakyReLU(0.2))] == [
        "ReLU",
        "ReLU(max_value=6.0)",
        "LeakyReLU(alpha=0.2)",
    ]
