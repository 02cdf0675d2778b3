# SPDX-License-Identifier: BSD-3-Clause
"""The import paths of 0.1.0 still work, wherever the objects are now."""

import importlib
import subprocess
import sys

import pytest

PATHS = {
    "neuract.network": "Network Gradients",
    "neuract.activations": "ACTIVATIONS Activation CELU ELU Exponential GELU HardShrink HardSigmoid HardSwish HardTanh "
    "LeakyReLU Linear LogSigmoid Mish PReLU ReLU SELU SiLU Sigmoid Sin SoftShrink Softmax Softplus Softsign Squareplus "
    "Tanh TanhShrink activation",
    "neuract.layers": "Dense",
    "neuract.losses": "AbsoluteError Focal Gamma Huber LOSSES LogLoss Loss OwnLoss Poisson Quantile SquaredError "
    "default_loss loss",
    "neuract.optimizers": "Adam AdamW LBFGS OPTIMIZERS Optimizer SGD optimizer",
    "neuract.schedules": "Cosine DoublingCycles Fade OneCycle SCHEDULES Schedule WarmUp schedule",
    "neuract.callbacks": "CSVLogger Checkpoint EarlyStopping LearningRateSchedule ProgressBar",
    "neuract.inspection": "Diagnosis Finding LayerDiagnosis MembersDiagnosis diagnose",
    "neuract.threading": "get_num_threads set_num_threads simd_info",
    "neuract.threadpools": "Controller",
    "neuract.serving": "ServedClassifier ServedModel ServedRegressor",
    "neuract.persistence": "load save",
    "neuract.plotting": "ActivationDisplay DiagnosisDisplay FitDisplay HistoryDisplay NetworkDisplay "
    "NeuronResponseDisplay",
    "neuract.estimators": "MLPClassifier MLPRegressor",
}


@pytest.mark.parametrize("path", PATHS)
def test_a_path_of_0_1_0_has_its_names(path):
    module = importlib.import_module(path)
    assert not [name for name in PATHS[path].split() if not hasattr(module, name)]


def test_importing_neuract_needs_numpy_and_safetensors_alone():
    """scikit-learn, SciPy, matplotlib, pandas and onnx are imported on first use."""
    script = "import sys, neuract; print(*{name.split('.')[0] for name in sys.modules})"
    found = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    assert not {
        "sklearn",
        "scipy",
        "matplotlib",
        "pandas",
        "onnx",
        "joblib",
        "threadpoolctl",
        "dask",
        "distributed",
    } & set(found)
