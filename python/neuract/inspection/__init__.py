# SPDX-License-Identifier: BSD-3-Clause
"""What the neurons of a network do on given rows, and what is wrong with them."""

from neuract.inspection._diagnose import diagnose
from neuract.inspection._diagnosis import Diagnosis, LayerDiagnosis
from neuract.inspection._findings import Finding

__all__ = [
    "Diagnosis",
    "Finding",
    "LayerDiagnosis",
    "diagnose",
]
