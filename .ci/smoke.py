# SPDX-License-Identifier: BSD-3-Clause
"""Check that Network and saved estimators work with numpy and safetensors alone, as in a small serving image."""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import neuract as na

rng = np.random.default_rng(0)
X = rng.standard_normal((200, 4))
y = X @ [1.0, -2.0, 0.5, 0.0]

net = na.Network([na.Dense(16), na.Dense(1, "linear")], epochs=20, random_state=0).fit(X, y)
losses = net.history_["loss"]
assert losses[-1] < losses[0], losses
assert np.isfinite(net.predict(X)).all()

FILES = Path(__file__).parents[1] / "tests" / "vectors" / "format_1"
model = na.load(FILES / "classifier.safetensors")
assert model.classes_.tolist() == ["blanc", "crème", "noir"], model.classes_
labels, probabilities = model.predict(X[:, :3]), model.predict_proba(X[:, :3])
assert (labels == model.classes_[probabilities.argmax(axis=1)]).all()

with tempfile.TemporaryDirectory() as folder:
    net.report(Path(folder) / "report.html", X, y)
    assert (Path(folder) / "report.html").stat().st_size > 50_000

unwanted = {"sklearn", "scipy", "matplotlib", "onnx"} & sys.modules.keys()
assert not unwanted, f"imported without need: {unwanted}"
print(f"neuract {na.__version__}: loss {losses[0]:.3f} -> {losses[-1]:.3f}, {na.simd_info()}, {model}")

package = Path(na.__file__).parent
size = sum(path.stat().st_size for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc")
code = "import time, numpy; start = time.perf_counter(); import neuract; print(time.perf_counter() - start)"
times = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(11)]
print(f"installed: {size / 1e6:.2f} MB; import, without numpy's: {statistics.median(times) * 1e3:.0f} ms")
assert size < 3e6, f"{size} bytes are installed; the limit is 3 MB, for small images"
