# SPDX-License-Identifier: BSD-3-Clause
"""Diagnosis of a fitted network on given rows: statistics of every neuron, and warnings with advice."""

from neuract.inspection._causes import Finding
from neuract.inspection._diagnose import diagnose
from neuract.inspection._diagnosis import Diagnosis, LayerDiagnosis
from neuract.inspection._members import MembersDiagnosis

__all__ = [
    "Diagnosis",
    "Finding",
    "LayerDiagnosis",
    "MembersDiagnosis",
    "diagnose",
]
