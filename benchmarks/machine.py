# SPDX-License-Identifier: BSD-3-Clause
"""The machine: the cores in use, their limits, and the installed versions."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

REGISTER_BYTES = {"sse2": 16, "neon": 16, "avx2": 32, "avx512": 64}
PACKAGES = ("neuract", "numpy", "scipy", "scikit-learn", "torch", "jax", "optax", "onnxruntime")
LOOPS = Path(__file__).with_name("loops.c")


def restrict(threads: int) -> None:
    """Restricts this process to so many cores, and its libraries to so many threads; call before importing them."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < threads:
            raise SystemExit(f"--threads {threads}: this process may use {len(cores)} cores")
        os.sched_setaffinity(0, cores[:threads])
    for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM"):
        os.environ[f"{library}_NUM_THREADS"] = str(threads)
    multi = "true" if threads > 1 else "false"
    flags = [os.environ.get("XLA_FLAGS", ""), f"--xla_cpu_multi_thread_eigen={multi}"]
    os.environ["XLA_FLAGS"] = " ".join(flags).strip()


class Limits:
    """The limits of so many cores: `multiply_add` and `read` are work to be timed with the candidates.

    Raises OSError or subprocess.SubprocessError if there is no C compiler or it fails.
    """

    repeats = 1 << 22
    reads = 20

    def __init__(self, dtype: str, simd: str, threads: int) -> None:
        self.register_bytes = REGISTER_BYTES[simd]
        self.threads = threads
        self.pool = ThreadPoolExecutor(threads)
        self.loops = _compiled("double" if dtype == "float64" else "float", self.register_bytes, simd)
        self.multiply_add_flops = self._multiply_adds_of_one(self.repeats) * threads

    def multiply_add(self) -> None:
        """Does `multiply_add_flops` operations, from registers alone."""
        self._on_each_core(self._multiply_adds_of_one, self.repeats)

    def reading(self, size: int) -> Any:
        """Returns work that reads so many bytes `reads` times; each core reads its share."""
        step = 8 * self.register_bytes
        share = max(step, size // self.threads // step * step)
        memory = [_Memory(self.loops, share) for _ in range(self.threads)]
        return partial(self._read, memory, share)

    def _read(self, memory: list[_Memory], share: int) -> None:
        list(self.pool.map(lambda one: self.loops.read_memory(one.address, share, self.reads), memory))

    def _multiply_adds_of_one(self, repeats: int) -> float:
        return self.loops.multiply_add(repeats)

    def _on_each_core(self, call: Any, *arguments: Any) -> None:
        list(self.pool.map(lambda _: call(*arguments), range(self.threads)))


class _Memory:
    """Memory that loops.c allocates; freed with this object."""

    def __init__(self, loops: ctypes.CDLL, size: int) -> None:
        self.free = loops.free_memory
        self.address = loops.make_memory(size)
        if not self.address:
            raise MemoryError(f"{size} bytes")

    def __del__(self) -> None:
        self.free(self.address)


def _compiled(real: str, register_bytes: int, simd: str) -> ctypes.CDLL:
    compiler = os.environ.get("CC") or next(filter(shutil.which, ("cc", "gcc", "clang")), None)
    if compiler is None:
        raise FileNotFoundError("no C compiler")
    native = "-mcpu=native" if platform.machine() in ("aarch64", "arm64") else "-march=native"
    # neuract's sse2 kernels have no fused multiply-add, so their limit has none.
    flags = ["-O3", native, *(["-mno-fma"] if simd == "sse2" else []), "-shared", "-fPIC"]
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "loops.so")
        defines = [f"-DREAL={real}", f"-DBYTES={register_bytes}"]
        command = [compiler, *flags, *defines, str(LOOPS), "-o", str(library)]
        subprocess.run(command, check=True, capture_output=True)
        return _typed(ctypes.CDLL(str(library)))


def _typed(loops: ctypes.CDLL) -> ctypes.CDLL:
    loops.multiply_add.restype = ctypes.c_double
    loops.multiply_add.argtypes = [ctypes.c_long]
    loops.read_memory.restype = None
    loops.read_memory.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long]
    loops.make_memory.restype = ctypes.c_void_p
    loops.make_memory.argtypes = [ctypes.c_size_t]
    loops.free_memory.restype = None
    loops.free_memory.argtypes = [ctypes.c_void_p]
    return loops


def description() -> dict[str, Any]:
    """Processor, system and versions, which make a result readable."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "commit": commit(),
        "versions": versions(PACKAGES),
    }


def processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def commit() -> str | None:
    """Returns the commit of this folder, with `-dirty` where files have changed since."""
    command = ["git", "-C", str(LOOPS.parent), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def versions(packages: Iterable[str]) -> dict[str, str | None]:
    """Returns the version of each package; None where it is not installed."""
    return {package: _version(package) for package in packages}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
