# SPDX-License-Identifier: BSD-3-Clause
"""Files that fuzzing of `load` (fuzz_load.py) kept: each is refused with a ValueError, or is a model."""

import pytest

import neuract as na
from oracle.fuzz_load import load_or_refuse, predicted
from oracle.paths import CORPUS

FILES = sorted(CORPUS.iterdir())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # from infinite weights
def test_files_are_refused_or_models(tmp_path):
    """Protects against any other error, and models that load and then cannot predict or be saved."""
    models = [load_or_refuse(path.read_bytes(), tmp_path / path.name) is not None for path in FILES]
    assert 5 < sum(models) < len(models) - 50, "the corpus has files of both kinds"


@pytest.mark.parametrize(
    "name",
    ["network", "classifier", "inputs", "inputs_state", "tabular", "tabular_regressor", "members", "members_regressor"],
)
def test_models_of_files_predict(name):
    """Protects against a check of loaded models that asks none of them."""
    assert predicted(na.load(CORPUS / f"{name}.safetensors")) is not None
