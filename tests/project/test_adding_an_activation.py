# SPDX-License-Identifier: BSD-3-Clause
"""docs/adding_an_activation.md is correct: its insertions, made in a copy, give a working activation.

A block after `<!-- insert FILE after "TEXT" -->` goes below the first line of FILE that contains
TEXT; the block after `<!-- check -->` is the script that must then pass.
"""

import os
import platform
import re
import shutil
import subprocess
import sys

from oracle.marks import exhaustive, not_sanitized
from oracle.paths import ROOT

FOLDERS = ["csrc", "src", "python", "cmake", "tests"]
FILES = ["CMakeLists.txt", "pyproject.toml", "README.md", "LICENSE"]
DOC = (ROOT / "docs" / "adding_an_activation.md").read_text()
FENCE = r"\s*^```\w*\n(.*?)^```$"
INSERTIONS = re.findall(r'^<!-- insert (\S+) after "([^"\n]+)" -->$' + FENCE, DOC, re.M | re.S)
CHECKS = re.findall(r"^<!-- check -->$" + FENCE, DOC, re.M | re.S)
pytestmark = [exhaustive, not_sanitized("it would try a wheel that is built without")]
BASELINE = "sse2" if platform.machine() in ("x86_64", "AMD64") else "neon"


def copy_sources(target):
    for name in FOLDERS:
        shutil.copytree(ROOT / name, target / name)
    for name in FILES:
        shutil.copy(ROOT / name, target / name)


def insert(path, marker, block):
    """Put `block` below the first line of the file that contains `marker`."""
    lines = path.read_text().splitlines(keepends=True)
    places = [i for i, line in enumerate(lines) if marker in line]
    assert places, f"no line of {path.name} contains {marker!r}"
    lines.insert(places[0] + 1, block)
    path.write_text("".join(lines))


def run(*command, **environment):
    result = subprocess.run(
        command,
        env=os.environ | environment,
        cwd=ROOT.anchor,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


def install(source, site):
    """Build the copy for one instruction set, with the tools of this environment."""
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--target", str(site)]
    isas = f"cmake.define.NEURACT_ISAS={BASELINE}"
    run(sys.executable, "-m", "pip", "install", *options, "-C", isas, str(source))


def test_recipe_adds_a_working_activation(tmp_path):
    assert INSERTIONS, "the recipe inserts nothing"
    assert len(CHECKS) == 1, "the recipe needs one check"
    source, site = tmp_path / "source", tmp_path / "site"
    copy_sources(source)
    for name, marker, block in INSERTIONS:
        insert(source / name, marker, block)
    install(source, site)
    script = tmp_path / "check.py"
    script.write_text(CHECKS[0])
    # -S disables the import hook of an editable install, which would come first.
    path = os.pathsep.join([str(site), *sys.path])
    python = (sys.executable, "-S")
    run(*python, str(script), PYTHONPATH=path, NEURACT_SIMD=BASELINE)
    tests = [str(source / "tests" / "functions" / f"test_{name}.py") for name in ("activations", "gradients")]
    report = run(
        *python, "-m", "pytest", "-q", "-n", "0", "-k", "squared_relu", *tests, PYTHONPATH=path, NEURACT_SIMD=BASELINE
    )
    assert int(re.search(r"(\d+) passed", report)[1]) > 20
