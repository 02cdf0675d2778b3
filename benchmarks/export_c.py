# SPDX-License-Identifier: BSD-3-Clause
"""One row by the C code of `to_c` and by the library, both called from C, in turns.

The library is built from these sources; export_c.c is the program that measures.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import options, report
from benchmarks.cases import CASES, Case

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "c-export"
FLAGS = ("-O3", "-march=native")


def main() -> None:
    settings = options.parse("export_c", "Time to predict one row by exported C and by the library.", ())
    cases = [CASES[name] for name in settings.case if CASES[name].dtype == "float32"]
    library = built_library()
    rows = [measured(case, library, settings.rounds) for case in (cases[:2] if settings.quick else cases)]
    title = f"One row in C, {' '.join(FLAGS)}, {compiler()}: median of {settings.rounds}"
    report.show(title, [line(row) for row in rows], [], settings.markdown)
    report.keep(settings.json, "export_c", vars(settings), rows)


def compiler() -> str:
    return os.environ.get("CC", "cc")


def built_library() -> Path:
    """Builds the core as a static library, by CMake."""
    configure = ("cmake", "-S", str(ROOT), "-B", str(BUILD), "-DNEURACT_C_TESTS=ON", "-DCMAKE_BUILD_TYPE=Release")
    for command in (configure, ("cmake", "--build", str(BUILD), "--target", "neuract_core")):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return BUILD / "libneuract_core.a"


def measured(case: Case, library: Path, rounds: int) -> dict[str, Any]:
    """Compiles and runs both, and returns their nanoseconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export(case, folder)
        compiled(folder, library)
        sizes = map(str, case.sizes)
        command = [folder / "export_c", folder / "parameters", str(rounds), case.hidden, *sizes]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    ours, exported = map(float, output.split())
    return {"case": case.name, "shape": case.shape, "library_ns": ours, "exported_ns": exported}


def export(case: Case, folder: Path) -> None:
    """Writes exported.c and .h of a network with linear outputs, and its parameters for the library."""
    import numpy as np

    import neuract as na

    layers = [*(na.Dense(units, case.hidden) for units in case.sizes[1:-1]), na.Dense(case.sizes[-1], "linear")]
    random = np.random.default_rng(0)
    pairs = list(zip(case.sizes[:-1], case.sizes[1:], strict=True))
    weights = [random.standard_normal(pair, np.float32) / np.sqrt(pair[0], dtype=np.float32) for pair in pairs]
    biases = [random.standard_normal(units, np.float32) for units in case.sizes[1:]]
    na.Network(layers).set_parameters(weights, biases).to_c(folder / "exported")
    parts = [part.ravel() for pair in zip(weights, biases, strict=True) for part in pair]
    np.concatenate(parts).tofile(folder / "parameters")


def compiled(folder: Path, library: Path) -> None:
    sources = (folder / "exported.c", ROOT / "benchmarks" / "export_c.c", library)
    includes = (f"-I{folder}", f"-I{ROOT / 'csrc'}")
    command = (compiler(), *FLAGS, *includes, *map(str, sources), "-lm", "-lpthread", "-o", str(folder / "export_c"))
    subprocess.run(command, check=True)


def line(row: dict[str, Any]) -> dict[str, str]:
    return {
        "case": f"{row['case']} {row['shape']}",
        "library ns": f"{row['library_ns']:.0f}",
        "exported ns": f"{row['exported_ns']:.0f}",
        "× library's time": report.times(row["exported_ns"] / row["library_ns"]),
    }


if __name__ == "__main__":
    main()
