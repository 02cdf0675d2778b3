# SPDX-License-Identifier: BSD-3-Clause
"""What to do about a finding: in the parameters of the model, whose X may be made of the columns of a frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neuract._typing import Array
from neuract.inspection._signs import INPUT_REACHES, input_reach
from neuract.optimizers import LBFGS

if TYPE_CHECKING:
    from neuract.inspection._diagnosis import Diagnosis
    from neuract.inspection._findings import Evidence

STRONG_PENALTY = 0.01  # alpha or l1 from which one asks whether it is too strong; scikit-learn's alpha is 0.0001
STRONG_DECAY = 1.0  # the same for weight_decay; the default of tabular models is 0.02
ROBUST, OTHER_ROWS = "set scaling='robust'", "If they differed in the fit, look whether these rows are like those"
IMMORTAL = ("leaky_relu", "elu", "prelu")  # activations that pass a gradient on for any z


def revival(evidence: Evidence, number: int) -> str:
    """Returns the advice for dead neurons of a layer."""
    dead, layer = evidence.diagnosis.layers[number].dead, evidence.network.layers[number]
    if not evidence.network.weights[number][:, dead].any():
        remedy = "lower weight_decay" if evidence.of_frame else "lower alpha or l1, or set other weights"
        return f"Their weights are 0: {remedy}"
    names = alternatives(IMMORTAL, [layer.activation])
    advice = after_scaling(evidence, f"{gentler(evidence)}, or use an activation that cannot die ({names})")
    return advice if layer.threshold is None else f"{advice}, or lower the threshold"


def reaches(diagnosis: Diagnosis) -> Array:
    """Returns how far from 0 each column reaches; 0 for constant columns, unless there is only one row."""
    low, high = diagnosis.input_minimum, diagnosis.input_maximum
    reach = input_reach(low, high, diagnosis.input_mean, diagnosis.input_std)
    return np.where((low == high) & (diagnosis.rows > 1), 0, reach)


def has_no_rate(evidence: Evidence) -> bool:
    return isinstance(evidence.network.optimizer, LBFGS)


def gentler(evidence: Evidence) -> str:
    """Returns the remedy for steps that were too long."""
    if evidence.of_frame:
        return "lower learning_rate_init"
    return "set another random_state" if has_no_rate(evidence) else "lower the learning rate"


def tamer(evidence: Evidence) -> str:
    """Returns the remedies for a training that diverged."""
    if evidence.of_frame:
        return gentler(evidence)
    return f"{gentler(evidence)}, or {'raise alpha' if has_no_rate(evidence) else 'set max_grad_norm=1'}"


def after_scaling(evidence: Evidence, advice: str) -> str:
    """Returns the advice as a sentence, which begins with scaling X only if X is not scaled."""
    scaling = ROBUST if evidence.of_frame else "center and scale X (StandardScaler)"
    return sentence(advice if is_scaled(evidence) else f"{scaling}, {advice}")


def and_scale(evidence: Evidence) -> str:
    if not evidence.of_frame:
        return ", and scale them (with StandardScaler)"
    return "" if is_scaled(evidence) else f", and {ROBUST}"


def is_scaled(evidence: Evidence) -> bool:
    return bool(reaches(evidence.diagnosis).max() <= INPUT_REACHES[0])


def inputs_of_network(evidence: Evidence) -> str:
    return "numbers made of X" if evidence.of_frame else "columns of X"


def how_to_scale(evidence: Evidence) -> str:
    if evidence.of_frame:
        return f"{sentence(ROBUST)}, which holds numbers between -3 and 3"
    return "Scale X, for example with StandardScaler"


def of_constant(evidence: Evidence) -> str:
    """Returns the advice for a prediction that is the same for all rows."""
    penalties = {name: getattr(evidence.network, name, 0.0) for name in ("alpha", "l1")}
    if evidence.of_frame:
        penalties = {"weight_decay": getattr(evidence.network.optimizer, "weight_decay", 0.0)}
    most = STRONG_DECAY if evidence.of_frame else STRONG_PENALTY
    strong = [f"lower {name} ({value:g})" for name, value in penalties.items() if value >= most]
    if evidence.of_frame:
        return after_scaling(evidence, ", ".join([*strong, "train longer", f"or {gentler(evidence)}"]))
    remedies = [*strong, "train longer", gentler(evidence), "or scale X and y (StandardScaler)"]
    return sentence(", ".join(remedies))


def sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def alternatives(names: Sequence[str], present: Sequence[Any]) -> str:
    """Lists the names, without those of the activations in the network."""
    taken = {name for activation in present for name in activation.names}
    return ", ".join(repr(name) for name in names if name not in taken)
