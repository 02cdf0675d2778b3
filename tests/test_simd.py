# SPDX-License-Identifier: BSD-3-Clause
"""Which kernels run is chosen at import, can be lowered, and does not change a bit where there is FMA."""

import os
import subprocess
import sys

import pytest

import neuract as na

AVAILABLE = na.simd_info()["available"]

TRAIN = """
import hashlib
import numpy as np, neuract as na
rng = np.random.default_rng(0)
X, digest = rng.standard_normal((700, 37)), hashlib.sha256()
for dtype in ("float32", "float64"):
    for output, y in (("softmax", rng.integers(5, size=700)), ("sigmoid", rng.integers(2, size=(700, 5)))):
        layers = [na.Dense(45, "tanh"), na.Dense(17, "sigmoid", threshold=0.3), na.Dense(33, na.PReLU()), na.Dense(21)]
        layers.append(na.Dense(5, output))
        net = na.Network(layers, alpha=0.1, batch_size=130, epochs=3, dtype=dtype, random_state=0).fit(X, y)
        for array in (*net.weights, *net.biases, net.predict(X), np.array(net.history_["loss"])):
            digest.update(array.tobytes())
print(na.simd_info()["chosen"], digest.hexdigest())
"""


def run(script, simd):
    environment = os.environ | {"NEURACT_SIMD": simd}
    return subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("name", AVAILABLE)
def test_the_environment_lowers_the_choice(name):
    result = run("import neuract; print(neuract.simd_info()['chosen'])", name)
    assert result.stdout.strip() == name, result.stderr


def test_the_environment_cannot_raise_the_choice():
    result = run("import neuract; print(neuract.simd_info()['chosen'])", na.simd_info()["built"][-1])
    assert result.stdout.strip() == AVAILABLE[-1], result.stderr


def test_an_unknown_name_is_refused_with_the_names_there_are():
    result = run("import neuract", "avx1024")
    assert result.returncode != 0
    assert "avx1024" in result.stderr
    assert ", ".join(na.simd_info()["built"]) in result.stderr


def test_training_gives_the_same_bits_on_all_instruction_sets_with_fma():
    digests = {}
    for name in AVAILABLE:
        if name != "sse2":
            chosen, digests[name] = run(TRAIN, name).stdout.split()
            assert chosen == name
    assert len(set(digests.values())) <= 1, digests
