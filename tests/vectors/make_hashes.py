# SPDX-License-Identifier: BSD-3-Clause
"""Write hashes.txt: the bits that every instruction set with FMA and every compiler must compute.

`python tests/vectors/make_hashes.py BUILD`, with neuract installed and the C tests in the folder BUILD
(see CONTRIBUTING.md). A new kernel, activation or test adds lines; a changed line means that trained models change,
which needs a reason. The inputs come from exact arithmetic on integers, so they do not depend on C library or compiler.
"""

import re
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
HASHES = Path(__file__).with_name("hashes.txt")
HEADER = """\
# What every instruction set with FMA and every compiler computes: test, what of it, hash.
# Written by make_hashes.py, which says when.
"""


def c_hashes(build: Path) -> list[str]:
    """The lines of the C tests, from the lowest instruction set that has FMA."""
    subprocess.run(["cmake", "--build", build], check=True)
    found = {path.name: path for path in build.glob("test_vecmath_*_f??")}
    isa = next(isa for isa in ("avx2", "neon") if f"test_vecmath_{isa}_f32" in found)
    programs = [[build / "test_kernels", "--isa", isa], *([found[f"test_vecmath_{isa}_{d}"]] for d in ("f32", "f64"))]
    lines = []
    for program in programs:
        output = subprocess.run(program, stdout=subprocess.PIPE, text=True).stdout
        if not re.search(r"^[1-9]\d* passed, 0 failed$", output, re.M):
            raise SystemExit(f"{program[0]} fails, so its hashes are not to be kept:\n{output}")
        lines += re.findall(r"^hash (.+)$", output, re.M)
    return lines


def training_hashes() -> list[str]:
    """The lines of tests/network/test_simd.py, from the instruction set that runs."""
    sys.path.insert(0, str(TESTS))
    from oracle.trained_bits import train, with_fma

    return [f"training {name} {value}" for name, value in train(with_fma()[-1]).items()]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    lines = c_hashes(Path(sys.argv[1])) + training_hashes()
    HASHES.write_text(HEADER + "".join(f"{line}\n" for line in lines))
