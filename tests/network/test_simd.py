# SPDX-License-Identifier: BSD-3-Clause
"""The choice of kernels: import makes it, NEURACT_SIMD can lower it, and all with FMA give the same bits."""

import re

import pytest

import neuract as na
from oracle.paths import VECTORS
from oracle.trained_bits import run, train, with_fma

AVAILABLE = na.simd_info()["available"]

HASHES = VECTORS / "hashes.txt"


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


@pytest.mark.parametrize("isa", with_fma())
def test_training_gives_the_stored_bits(isa):
    """Protects trained models: no instruction set, compiler, C library or accidental edit changes a bit."""
    stored = dict(re.findall(r"^training (\S+) (\S+)$", HASHES.read_text(), re.M))
    assert train(isa) == stored, "where they are meant to change: python tests/vectors/make_hashes.py BUILD"
