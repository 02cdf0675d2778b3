# SPDX-License-Identifier: BSD-3-Clause
"""The layers: estimators → network → _neuract_core → neuract.h → *_tmpl.c → kernel_table.h ← kernels → simd."""

import re
from pathlib import Path

import pytest

from oracle.paths import ROOT

CSRC = ROOT / "csrc"
PACKAGE = ROOT / "python" / "neuract"
C_FILES = sorted(CSRC.rglob("*.[ch]"))

# The headers of ours that the files of each layer may include; those of compilers are below.
LISTS = {"activations.h", "inputs.h", "losses.h", "optimizers.h"}
ABOVE = {
    "neuract.h",
    "functions.h",
    "network.h",
    "rows.h",
    "explain.h",
    "trainer.h",
    "kernel_table.h",
    "memory.h",
    "threads.h",
    "system.h",
    *LISTS,
}
ALLOWED = {
    "": ABOVE | {"real.h", "simd/fp_state.h", "simd/cpu_relax.h"},
    "kernels": {
        "line.h",
        "narrow.h",
        "dense.h",
        "add_inputs.h",
        "sparse.h",
        "elementwise.h",
        "encode.h",
        "dropout.h",
        "softmax.h",
        "gather.h",
        "measure.h",
        "vecmath.h",
    }
    | {"../simd/vec.h", "../kernel_table.h"},
    "simd": {"../real.h", "vec_sse2.h", "vec_avx2.h", "vec_avx512.h", "vec_neon.h"},
}

# Headers that every compiler has on every system, and that allocate no memory; the last one is for sanitizers only.
OF_C = {f"{name}.h" for name in ("cpuid", "float", "math", "stdatomic", "stdbool", "stddef", "stdint", "string")}
OF_C |= {"sanitizer/asan_interface.h"}

# The rooms and the top-level modules of python/neuract, from top to bottom: each may import from those below it.
FLOORS = [
    {"__main__"},
    {"dask", "shell"},
    {"persistence"},
    {"pipelines"},
    {"estimators"},
    {"serving"},
    {"network", "threadpools"},
    {"export"},
    {"report"},
    {"plotting"},
    {"engine", "inspection"},
    {"callbacks", "files"},
    {"training"},
    {"data"},
    {"columns"},
    {"layers", "losses", "optimizers", "outputs", "schedules"},
    {"activations"},
    {"inputs", "threading"},
    {"_checks", "_reprs", "_typing", "_warnings"},
]
# The allowed imports upward: what an inspection finds draws itself, and a pipeline is folded where a model is asked.
DOORS = {
    ("inspection/_diagnosis.py", "plotting"),
    ("inspection/_explanation.py", "plotting"),
    ("inspection/_importances.py", "plotting"),
    ("inspection/_pipelines.py", "pipelines"),
}
# The rooms that call the core.
OF_THE_CORE = {"activations", "inputs", "layers", "training", "threading"}


def c_name(path):
    return str(path.relative_to(CSRC))


@pytest.mark.parametrize("path", C_FILES, ids=c_name)
def test_c_includes_point_down(path):
    folder = path.relative_to(CSRC).parts[0] if path.parent != CSRC else ""
    included = set(re.findall(r'^\s*#include "([^"]+)"', path.read_text(), re.M))
    assert included <= ALLOWED[folder], f"{c_name(path)} may not include {included - ALLOWED[folder]}"


@pytest.mark.parametrize("path", [p for p in C_FILES if p.parent.name != "simd"], ids=c_name)
def test_the_operating_system_stays_in_its_files(path):
    included = set(re.findall(r"^\s*#include <(.+)>", path.read_text(), re.M))
    assert included <= OF_C or path.stem.startswith("system"), f"{c_name(path)} may not include {included - OF_C}"


@pytest.mark.parametrize("path", [p for p in C_FILES if p.parent.name != "simd"], ids=c_name)
def test_intrinsics_stay_in_simd(path):
    assert not re.search(r"\b_mm\d*_|immintrin|emmintrin|arm_neon|\bv\w+q_[fus]\d\d\b", path.read_text())


@pytest.mark.parametrize("path", sorted((CSRC / "kernels").iterdir()), ids=c_name)
def test_kernels_allocate_nothing(path):
    assert not re.search(r"\b(malloc|calloc|realloc|aligned_alloc|free|na_allocate|na_arena\w*)\s*\(", path.read_text())


def test_the_library_neither_prints_nor_exits():
    for path in C_FILES:
        assert not re.search(r"\b(f?printf|puts|exit|abort)\s*\(", path.read_text()), path


def test_the_seam_sees_neuract_h_alone():
    for path in (ROOT / "src").iterdir():
        assert set(re.findall(r'cdef extern from "([^"]+)"', path.read_text())) <= {"neuract.h"}


def python_files():
    """Yields every module with its room: its folder, or itself at the top level."""
    for path in PACKAGE.rglob("*.py"):
        if path != PACKAGE / "__init__.py":
            yield path, Path(path.relative_to(PACKAGE).parts[0]).stem


def imports(path):
    """Returns the rooms that a file imports from, also by name; ignores imports under TYPE_CHECKING."""
    text = re.sub(r"^if TYPE_CHECKING:\n(?:    .*\n)+", "", path.read_text(), flags=re.M)
    text = re.sub(r"^ *>>>.*$|^ *\.\.\. .*$", "", text, flags=re.M)  # examples
    imported = set(re.findall(r"^\s*(?:from|import) neuract\.(\w+)", text, re.M))
    return imported | set(re.findall(r'import_module\("neuract\.(\w+)', text))


def test_python_imports_point_down():
    level = {room: i for i, floor in enumerate(FLOORS) for room in floor}
    doors = set()
    for path, room in python_files():
        for other in imports(path) - {room, "_neuract_core"}:
            if level[other] <= level[room]:
                doors.add((str(path.relative_to(PACKAGE)), other))
        assert "_neuract_core" not in imports(path) or room in OF_THE_CORE, path
    assert doors == DOORS


def test_imports_name_the_module_that_defines():
    """Protects against `from neuract import _x` and against imports from the __init__ of another room."""
    for path, room in python_files():
        text = re.sub(r"^ *>>>.*$", "", path.read_text(), flags=re.M)
        assert not re.search(r"^\s*from neuract import _", text, re.M), path
        for other in re.findall(r"^\s*from neuract\.(\w+) import", text, re.M):
            assert other == room or not (PACKAGE / other).is_dir() or path.name == "__init__.py", (path, other)


def test_every_room_has_a_front_door():
    for folder in [PACKAGE, *(path for path in PACKAGE.rglob("*") if path.is_dir() and path.name != "__pycache__")]:
        assert (folder / "__init__.py").read_text().splitlines()[1].startswith('"""'), folder


def test_training_does_not_know_network():
    for path, room in python_files():
        if room not in ("network", "estimators", "pipelines", "serving", "persistence", "dask", "__main__"):
            assert not re.search(r"neuract\.network|neuract\.estimators", path.read_text()), path


def test_pictures_know_the_public_face_alone():
    for path, room in python_files():
        if room == "plotting":
            assert not [other for other in imports(path) - {"_typing"} if other.startswith("_")], path


def test_no_folder_shadows_the_package():
    # scikit-build-core would package src/neuract in place of python/neuract.
    assert not (ROOT / "src" / "neuract").exists()
