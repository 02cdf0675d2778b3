# SPDX-License-Identifier: BSD-3-Clause
"""Type checkers know every name that the package accepts. `user_program.py` shows what they make of a program."""

from typing import get_args

import pytest

import neuract as na
from neuract.activations._named import ActivationName
from neuract.layers._initial import INITS, InitName
from neuract.losses._named import LOSSES, LossName, NumbersLossName, ProbabilitiesLossName
from neuract.optimizers import OPTIMIZERS, OptimizerName
from neuract.schedules._rate import SKLEARNS, RateName
from neuract.schedules._shares import SCHEDULES, ScheduleName
from neuract.training._settings import DTYPES, DtypeName


@pytest.mark.parametrize(
    ("literal", "names"),
    [
        (ActivationName, na.ACTIVATIONS),
        (LossName, LOSSES),
        (NumbersLossName, [name for name, kind in LOSSES.items() if kind.of == "numbers"]),
        (ProbabilitiesLossName, [name for name, kind in LOSSES.items() if kind.of == "probabilities"]),
        (OptimizerName, OPTIMIZERS),
        (ScheduleName, SCHEDULES),
        (RateName, [*SKLEARNS, *SCHEDULES]),
        (InitName, INITS),
        (DtypeName, DTYPES),
    ],
)
def test_literals_list_the_names_that_are_accepted(literal, names):
    assert sorted(get_args(literal)) == sorted(names)
