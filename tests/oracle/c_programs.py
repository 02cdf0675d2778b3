# SPDX-License-Identifier: BSD-3-Clause
"""Programs and libraries of exported C, by the compilers of this machine."""

import ctypes
import shutil
import subprocess

import pytest

from oracle.marks import SANITIZED

WARNINGS = ("-Wall", "-Wextra", "-pedantic", "-Werror")
STANDARD = (*WARNINGS, "-std=c99")
COMPILERS = {
    "gcc": ("gcc", *STANDARD),
    "clang": ("clang", *STANDARD),
    "g++": ("g++", *WARNINGS, "-x", "c++"),
    "clang++": ("clang++", *WARNINGS, "-x", "c++"),
}


def there(program):
    return shutil.which(program) or pytest.skip(f"no {program} on this machine")


def build(folder, *command):
    """Run a compiler in the folder; any output, warnings included, fails the test."""
    if SANITIZED:
        pytest.skip("under AddressSanitizer compilers, and programs that hold none of the core, run for minutes")
    result = subprocess.run([there(command[0]), *command[1:]], cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert not result.stderr


def self_test(folder, command, runner=(), name="model"):
    """Compile the self-test -> the exit status of its program."""
    build(folder, *command, f"-D{name.upper()}_SELF_TEST", f"{name}.c", "-o", name, "-lm")
    return subprocess.run([*runner, folder / name]).returncode


def library(folder, *flags, compiler="gcc", name="model"):
    build(folder, *COMPILERS[compiler], *flags, "-shared", "-fPIC", f"{name}.c", "-o", f"{name}.so", "-lm")
    return ctypes.CDLL(str(folder / f"{name}.so"))
