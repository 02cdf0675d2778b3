# SPDX-License-Identifier: BSD-3-Clause
"""The recipes docs/adding_*.md, followed to the letter in a copy of the sources.

A block after `<!-- insert FILE after "TEXT" -->` goes below the first line of FILE that contains TEXT. The block after
`<!-- check -->` is the script that must then pass.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from neuract import _neuract_core as core
from oracle.paths import ROOT

FOLDERS = ["csrc", "src", "python", "cmake", "tests", "benchmarks", "docs"]
FILES = ["CMakeLists.txt", "pyproject.toml", "README.md", "LICENSE"]
BUILT = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
FENCE = r"\s*^```\w*\n(.*?)^```$"
INSERTION = re.compile(r'^<!-- insert (\S+) after "([^"\n]+)" -->$' + FENCE, re.M | re.S)
CHECK = re.compile(r"^<!-- check -->$" + FENCE, re.M | re.S)
BASELINE = "sse2" if platform.machine() in ("x86_64", "AMD64") else "neon"


class Copy:
    """A copy of the sources, changed as the page says; `build` or `borrow_core` makes it a package that runs."""

    def __init__(self, page: str, folder: Path) -> None:
        text = (ROOT / "docs" / page).read_text()
        insertions, checks = INSERTION.findall(text), CHECK.findall(text)
        assert len(insertions) == text.count("<!-- insert") > 0, "an insertion without its block"
        assert len(checks) == 1, "the recipe needs one check"
        self.source, self.site, self.check = folder / "source", folder / "site", checks[0]
        for name in FOLDERS:
            shutil.copytree(ROOT / name, self.source / name, ignore=BUILT)
        for name in FILES:
            shutil.copy(ROOT / name, self.source / name)
        for name, marker, block in insertions:
            insert(self.source / name, marker, block)
        self.files = {name for name, _, _ in insertions}

    def build(self) -> None:
        """Install the copy for one instruction set, with the tools of this environment."""
        options = ["--no-build-isolation", "--no-deps", "--no-index", "--target", str(self.site)]
        isas = f"cmake.define.NEURACT_ISAS={BASELINE}"
        run(sys.executable, "-m", "pip", "install", *options, "-C", isas, str(self.source))

    def borrow_core(self) -> None:
        """Take the compiled core of this environment's package: enough for recipes that change Python alone."""
        assert not any(name.startswith(("csrc/", "src/")) for name in self.files)
        shutil.copytree(self.source / "python", self.site)
        shutil.copy(core.__file__, self.site / "neuract")

    def run_check(self) -> None:
        script = self.site / "check.py"
        script.write_text(self.check)
        self.python(str(script))

    def run_tests(self, *files: str, only: str = "") -> int:
        """Run tests of the copy, those whose name contains `only` -> how many passed."""
        paths = [str(self.source / "tests" / name) for name in files]
        report = self.python("-m", "pytest", "-q", "-n", "0", "-k", only, *paths)
        found = re.search(r"(\d+) passed", report)
        assert found, report
        return int(found[1])

    def run_c_tests(self) -> None:
        """Build the C tests, warnings being errors, and run them."""
        build, options = self.source / "build", ("-G", "Ninja", "-DNEURACT_WERROR=ON", "-DNEURACT_C_TESTS=ON")
        isas = f"-DNEURACT_ISAS={BASELINE}"
        run("cmake", "-S", str(self.source), "-B", str(build), isas, *options)
        run("cmake", "--build", str(build), "--target", "test_kernels")
        # With FMA it also fails because vectors/hashes.txt lacks the new lines.
        report = run(str(build / "test_kernels"), "--isa", BASELINE, codes=(0, 1))
        assert re.search(r"^[1-9]\d* passed, 0 failed$", report, re.M), report

    def python(self, *arguments: str) -> str:
        # -S disables the import hook of an editable install, which would come first.
        path = os.pathsep.join([str(self.site), *sys.path])
        return run(sys.executable, "-S", *arguments, cwd=self.site, PYTHONPATH=path, NEURACT_SIMD=BASELINE)


def insert(path: Path, marker: str, block: str) -> None:
    """Put `block` below the first line of the file that contains `marker`."""
    lines = path.read_text().splitlines(keepends=True)
    places = [i for i, line in enumerate(lines) if marker in line]
    assert places, f"no line of {path.name} contains {marker!r}"
    lines.insert(places[0] + 1, block)
    path.write_text("".join(lines))


def run(*command: str, cwd: Path | str = ROOT.anchor, codes: tuple[int, ...] = (0,), **environment: str) -> str:
    """Run the command, which must end with one of these exit codes -> what it prints."""
    result = subprocess.run(
        command,
        env=os.environ | environment,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert result.returncode in codes, result.stdout
    return result.stdout
