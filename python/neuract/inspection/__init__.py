# SPDX-License-Identifier: BSD-3-Clause
"""A fitted model on given rows: what its neurons do, why it answers so, and what each column is worth to it."""

from neuract.inspection._causes import Finding
from neuract.inspection._diagnose import diagnose
from neuract.inspection._diagnosis import Diagnosis, LayerDiagnosis
from neuract.inspection._explain import explain
from neuract.inspection._explanation import Explanation
from neuract.inspection._importance import importance
from neuract.inspection._importances import Importance
from neuract.inspection._members import MembersDiagnosis

__all__ = [
    "Diagnosis",
    "Explanation",
    "Finding",
    "Importance",
    "LayerDiagnosis",
    "MembersDiagnosis",
    "diagnose",
    "explain",
    "importance",
]
