# SPDX-License-Identifier: BSD-3-Clause
"""Who may know whom: estimators → network → _neuract_core → neuract.h → *_tmpl.c → kernel_table.h ← kernels → simd."""

import re
from pathlib import Path

import pytest

from oracle.paths import ROOT

CSRC = ROOT / "csrc"
C_FILES = sorted(CSRC.rglob("*.[ch]"))

# What the files of each layer may include of ours; those of compilers stand below.
LISTS = {"activations.h", "losses.h", "optimizers.h"}
ABOVE = {
    "neuract.h",
    "functions.h",
    "network.h",
    "rows.h",
    "trainer.h",
    "kernel_table.h",
    "memory.h",
    "threads.h",
    "random.h",
    "system.h",
    *LISTS,
}
ALLOWED = {
    "": ABOVE | {"real.h", "simd/fp_state.h", "simd/cpu_relax.h"},
    "kernels": {
        "line.h",
        "narrow.h",
        "dense.h",
        "sparse.h",
        "elementwise.h",
        "softmax.h",
        "gather.h",
        "measure.h",
        "vecmath.h",
    }
    | {"../simd/vec.h", "../kernel_table.h"},
    "simd": {"../real.h", "vec_sse2.h", "vec_avx2.h", "vec_avx512.h", "vec_neon.h"},
}

# Headers that every compiler of ours has on every system, and that give no memory; the last one for sanitizers only.
OF_C = {f"{name}.h" for name in ("cpuid", "float", "math", "stdatomic", "stdbool", "stddef", "stdint", "string")}
OF_C |= {"sanitizer/asan_interface.h"}

PYTHON_LAYERS = [
    {"__main__"},
    {"report"},
    {"plotting"},
    {"persistence"},
    {"estimators", "serving"},
    {"_fitting"},
    {"_estimator_file"},
    {"_building", "_epochs"},
    {"_monitoring", "_sklearn_callbacks"},
    {"_documentation", "_labels", "_parameters", "_scores", "threadpools"},
    {"callbacks", "inspection"},
    {"network"},
    {"_estimator_document"},
    {"_model_file", "_network_document"},
    {"_answers", "_generators", "_model_bytes"},
    {"_values"},
    {"_activities", "_diagnosis_table", "_findings", "export"},
    {"_atomic", "_callbacks", "_initial", "_lbfgs", "_schedules", "_summary"},
    {"_training"},
    {"layers", "losses"},
    {"activations", "optimizers", "schedules", "threading"},
    {"_smooth", "_hard"},
    {"_activation", "_validation", "_control_groups"},
    {"_sparse"},
]


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
    """Every module, and the name of the layer that it is of: its own, or its folder's."""
    package = ROOT / "python" / "neuract"
    for path in package.rglob("*.py"):
        if path != package / "__init__.py":
            yield path, Path(path.relative_to(package).parts[0]).stem


def imports(path):
    """What a file imports of ours; what stands under TYPE_CHECKING is for annotations and imports nothing."""
    text = re.sub(r"^if TYPE_CHECKING:\n(?:    .*\n)+", "", path.read_text(), flags=re.M)
    imported = set(re.findall(r"^\s*from neuract\.(\w+)(?:\.\w+)* import", text, re.M))
    for names in re.findall(r"^\s*from neuract import (.+)$", text, re.M):
        imported |= {name.split(" as ")[0].strip() for name in names.split(",")}
    return imported


def test_python_imports_point_down():
    level = {module: i for i, layer in enumerate(PYTHON_LAYERS) for module in layer}
    for path, name in python_files():
        imported = imports(path) - {name}
        for module in imported - {"_neuract_core"}:
            assert level[module] > level[name], f"{path} imports {module}"
        assert "_neuract_core" not in imported or level[name] > level["_parameters"], path


def test_pictures_know_the_public_face_alone():
    for path, name in python_files():
        if name == "plotting":
            assert not [module for module in imports(path) if module.startswith("_")], path


def test_no_folder_shadows_the_package():
    # scikit-build-core would package src/neuract in place of python/neuract.
    assert not (ROOT / "src" / "neuract").exists()
