# SPDX-License-Identifier: BSD-3-Clause
"""Every check of the project, one session each: `.ci/run` runs them all, `nox -s lint` one.

Each session stands alone in its own fresh environment. What it needs beyond a C compiler it
installs; what cannot be had here it says in a line that begins with SKIPPED.
"""

import datetime
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "venv"

X86_64 = platform.machine() in ("x86_64", "AMD64")
BUILD = Path("build")
CTEST = ("--output-on-failure", f"-j{os.cpu_count()}")
DIVIDED = ("-n", "auto", "--dist", "worksteal")  # pytest-xdist: the tests among the processors
# What the oldest scikit-learn needs, and what its tests do.
OLDEST = ("scipy==1.11.2", "joblib==1.2.0", "threadpoolctl==3.1.0", "pandas==2.2.1", "pytest==8.0.0", "pytest-xdist")
# The tests that see what kernels compute.
OF_KERNELS = ("functions/activations", "functions/gradients", "functions/own_loss", "process/threading")
OF_KERNELS += tuple(f"network/{name}" for name in ("network", "same_bits", "simd", "sparse", "state"))
FUZZING = "tests/network/test_random_networks.py"
# By which kernels they compute.
OLD_PROCESSORS = {"Nehalem": "sse2", "Haswell": "avx2"}
C_LIBRARY = {"libc.so.6", "libm.so.6", "libpthread.so.0"}
# Not CPython's leaks; those of the core the C tests and test_memory.py find.
ASAN_OPTIONS = "detect_leaks=0:allocator_may_return_null=1:malloc_context_size=5:quarantine_size_mb=64"
ASAN = {"ASAN_OPTIONS": ASAN_OPTIONS, "PYTHONMALLOC": "malloc"}
# What must be there before Python: AddressSanitizer, and what throws C++'s exceptions, which it would not find later.
PRELOADED = ("libasan.so", "libstdc++.so.6")
# The pool's threads last as long as the process, and with them what the C library keeps for them: possibly lost.
VALGRIND = ("valgrind", "-q", "--error-exitcode=1", "--leak-check=full", "--errors-for-leak-kinds=definite")
NO_SUCH_ISA = (0, 77)  # of the C tests
# What sessions need beyond a C compiler, and the Debian packages that have it.
COMPILERS = ("clang", "gcc-12")
CROSS_TOOLS = ("aarch64-linux-gnu-gcc", "qemu-aarch64-static")
CROSS_PACKAGES = ("gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-user-static")
WINDOWS_TOOLS = ("clang", "x86_64-w64-mingw32-gcc", "wine")
WINDOWS_PACKAGES = ("clang", "gcc-mingw-w64-x86-64-win32", "wine", "wine64")
EMBEDDED_TOOLS = ("gcc", "g++", "clang", "arm-linux-gnueabihf-gcc", "qemu-arm-static", "arm-none-eabi-gcc")
EMBEDDED_PACKAGES = ("gcc", "g++", "clang", "gcc-arm-linux-gnueabihf", "libc6-dev-armhf-cross", "qemu-user-static")
EMBEDDED_PACKAGES += ("gcc-arm-none-eabi", "libnewlib-arm-none-eabi")
BROWSER_TOOLS, BROWSER_PACKAGES = ("chromium", "chromedriver"), ("chromium", "chromium-driver")


@nox.session
def tests(session: nox.Session) -> None:
    """The README's two set-up commands, exactly as they stand there."""
    for command in readme_commands():
        session.log(command)
        session.run("bash", "-c", command, external=True, env={"PYTEST_ADDOPTS": " ".join(DIVIDED)})


@nox.session
def lint(session: nox.Session) -> None:
    """Linters for Python, Cython and C; C warnings are errors, and the C tests pass."""
    session.install(".[lint,plot]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("cython-lint", "src")
    c_files = [str(path) for folder in ("csrc", "tests/c") for path in Path(folder).rglob("*.[ch]")]
    session.run("clang-format", "--dry-run", "--Werror", *c_files)
    c_tests(session, BUILD / "c-native")


@nox.session
def oldest(session: nox.Session) -> None:
    """The estimators' tests with the oldest of each dependency that pyproject.toml lets in."""
    if sys.version_info[:2] != (3, 11):
        print(f"SKIPPED oldest: their wheels are for Python 3.11, and this is {platform.python_version()}")
        return
    dependencies = nox.project.load_toml("pyproject.toml")["project"]["dependencies"]
    session.install(".", *(text.replace(">=", "==") for text in dependencies), *OLDEST)
    run_tests(session, tuple(f"estimators/{name}" for name in ("estimators", "drop_in", "ecosystem", "labels")))


@nox.session
def simd(session: nox.Session) -> None:
    """What kernels compute again, under each lower instruction set that this machine has."""
    session.install(".[test]")
    question = "import neuract; print(*neuract.simd_info()['available'])"
    *lower, best = session.run("python", "-c", question, silent=True).split()
    session.log(f"best: {best}, what `tests` ran; now: {' '.join(lower) or 'none lower'}")
    for isa in lower:
        run_tests(session, OF_KERNELS, NEURACT_SIMD=isa)


@nox.session
def neon(session: nox.Session) -> None:
    """The C tests for AArch64 under qemu: NEON's kernels give the stored hashes, as those of x86-64 do in `lint`."""
    if missing := elsewhere() or tools_missing(session, CROSS_TOOLS, CROSS_PACKAGES):
        print(f"SKIPPED neon: {missing}")
        return
    session.install("cmake", "ninja")
    c_tests(session, BUILD / "c-neon", "--toolchain", "cmake/aarch64-linux-gnu.cmake")


@nox.session
def windows(session: nox.Session) -> None:
    """Kernels and networks on Windows, under Wine: its threads, memory and clock, and the stored hashes."""
    if missing := not_x86() or tools_missing(session, WINDOWS_TOOLS, WINDOWS_PACKAGES):
        print(f"SKIPPED windows: {missing}")
        return
    session.install("cmake", "ninja")
    session.env.update(WINEPREFIX=str(Path(session.create_tmp()).resolve() / "wine"), WINEDEBUG="-all")
    session.run("wineboot", "--init", external=True)  # two programs at once would both make the prefix, and one fail
    c_tests_of_kernels(session, BUILD / "c-windows", "--toolchain", "cmake/x86_64-w64-mingw32.cmake")


@nox.session
def embedded(session: nox.Session) -> None:
    """Exported C with every compiler, for Arm under qemu too, and for bare metal; `tests` skips those it lacks."""
    if missing := tools_missing(session, EMBEDDED_TOOLS, EMBEDDED_PACKAGES):
        print(f"SKIPPED embedded: {missing}")
        return
    session.install(".[test]")
    run_tests(session, ("export/c",))


@nox.session
def report(session: nox.Session) -> None:
    """The page that `report` writes, in headless Chromium: it computes what the network does, and can be operated."""
    if missing := tools_missing(session, BROWSER_TOOLS, BROWSER_PACKAGES):
        print(f"SKIPPED report: {missing}")
        return
    session.install(".[test,browser]")
    run_tests(session, ("inspection/report_page",))


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation as a site, in build/docs; a dead link or a public name that it lacks is an error."""
    session.install(".[docs]")
    strict = ("--fail-on-warning", "--keep-going", "--fresh-env", "--write-all", "--quiet")
    session.run("sphinx-build", *strict, "--doctree-dir", str(BUILD / "doctrees"), "docs", str(BUILD / "docs"))


@nox.session
def compilers(session: nox.Session) -> None:
    """The C core by other compilers than the system's, which `lint` has used: the same bits, no warning."""
    session.install("cmake", "ninja")
    for compiler in COMPILERS:
        if missing := tools_missing(session, (compiler,), (compiler,)):
            print(f"SKIPPED compilers: {missing}")
        elif Path(shutil.which(compiler)).resolve() != Path(shutil.which("cc")).resolve():
            c_tests_of_kernels(session, BUILD / f"c-{compiler}", f"-DCMAKE_C_COMPILER={compiler}")


@nox.session
def sanitize(session: nox.Session) -> None:
    """C tests under AddressSanitizer with UBSan, ThreadSanitizer and valgrind; Python's under the first two."""
    if sys.platform != "linux" or not all(libraries := [gcc_library(name) for name in PRELOADED]):
        print(f"SKIPPED sanitize: no AddressSanitizer of GCC's for {sys.platform}")
        return
    session.install("cmake", "ninja")
    isas, best = isas_of_tools()
    for sanitizers, only in (("address,undefined", ()), ("thread", ("--networks",))):
        program = kernel_tests(session, sanitizers, isas)
        session.run(program, "--isa", best, *only, external=True, success_codes=NO_SUCH_ISA)
    under_valgrind(session, "--guards")
    defines = {"SANITIZE": "address,undefined", "ISAS": isas}.items()
    settings = [text for name, value in defines for text in ("-C", f"cmake.define.NEURACT_{name}={value}")]
    session.install(*settings, "-C", f"build-dir={BUILD / 'sanitize'}", ".[test]")
    session.run("pytest", *DIVIDED, env={**ASAN, "LD_PRELOAD": " ".join(libraries)})


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Each benchmark in its short form: that it works, never how fast; missing peers are reported."""
    session.install(".", "cmake", "ninja")
    for program in ("train", "threads", "predict", "estimators", "face", "sparse", "export_c", "growth"):
        session.run("python", "-m", f"benchmarks.{program}", "--quick")
    build, baseline = BUILD / "c-benchmarks", "sse2" if X86_64 else "neon"
    kernels = f"bench_kernels_{baseline}_f32"
    configure(session, build, f"-DNEURACT_ISAS={baseline}")
    session.run("cmake", "--build", str(build), "--target", kernels, external=True)
    session.run(str(build / kernels), external=True)


@nox.session
def examples(session: nox.Session) -> None:
    """Every program in examples/ runs, on real data where they lie beside the repository."""
    session.install(".", "pandas", "pyarrow", "tqdm", "onnxruntime", "skl2onnx")
    data, scratch = Path("../shared/data").resolve(), Path(session.create_tmp()).resolve()
    folders = {"NEURACT_DATA": str(data), "NEURACT_SCRATCH": str(scratch)}
    for program in sorted(Path("examples").glob("*.py")):
        session.run("python", str(program), env=folders)
    build = f"BUILD={scratch / 'embed_in_c'}"
    session.run("make", "-B", "-C", "examples/embed_in_c", build, "check", external=True, env=folders)


@nox.session
def wheel(session: nox.Session) -> None:
    """The sdist, the wheel built from it, and that wheel beside numpy and safetensors alone, on old processors too."""
    session.install("build", "auditwheel")  # which brings pyelftools
    scratch = Path(session.create_tmp()).resolve()
    dist, clean = scratch / "dist", scratch / "clean"
    shutil.rmtree(dist, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(dist))
    session.run("python", "-m", "venv", "--clear", str(clean))
    python = str(clean / "bin" / "python")
    install = (python, "-m", "pip", "install", "--quiet")
    session.run(*install, "numpy", "safetensors", external=True)
    session.run(*install, "--no-deps", *map(str, dist.glob("*.whl")), external=True)
    session.run(python, ".ci/smoke.py", external=True)
    if sys.platform == "linux":
        needs_the_c_library_alone(session, *dist.glob("*.whl"))
        runs_on_old_processors(session, python)


def needs_the_c_library_alone(session: nox.Session, wheel: Path) -> None:
    """What makes a wheel manylinux in a manylinux image, without a library to be packed into it."""
    shown = session.run("auditwheel", "show", str(wheel), silent=True)
    session.log(shown)
    # It names only those with versions of symbols, which libgomp for one is not among.
    libraries = set(session.run("python", ".ci/libraries.py", str(wheel), silent=True).split())
    if not re.search(r'platform tag:\s+"manylinux', shown) or not libraries or not libraries <= C_LIBRARY:
        session.error(f"the wheel needs {libraries - C_LIBRARY} beyond the C library, or is of no manylinux")


def runs_on_old_processors(session: nox.Session, python: str) -> None:
    """Imports and learns under qemu without an illegal instruction, by the best kernels that the processor has."""
    if not X86_64:
        return
    if missing := tools_missing(session, ("qemu-x86_64-static",), ("qemu-user-static",)):
        print(f"SKIPPED old processors: {missing}")
        return
    for processor, kernels in OLD_PROCESSORS.items():
        said = session.run("qemu-x86_64-static", "-cpu", processor, python, ".ci/smoke.py", external=True, silent=True)
        session.log(said)
        if f"'chosen': '{kernels}'" not in said:
            session.error(f"{processor} should have run the {kernels} kernels")


@nox.session(default=False)
def nightly(session: nox.Session) -> None:
    """10,000 random networks beside the oracle, other ones each day; `nox -s nightly -- 0:500` says which."""
    session.install(".[test]")
    first = 10_000 * datetime.date.today().toordinal()
    networks = session.posargs[0] if session.posargs else f"{first}:{first + 10_000}"
    session.log(f"networks {networks}; one that fails is repeated by NEURACT_FUZZ=<its number> pytest {FUZZING}")
    session.run("pytest", "-q", FUZZING, env={"NEURACT_FUZZ": networks})


@nox.session(default=False)
def valgrind(session: nox.Session) -> None:
    """All C tests of kernels and networks under valgrind: a quarter of an hour. `sanitize` has those between pages."""
    session.install("cmake", "ninja")
    under_valgrind(session, "--memory")


@nox.session(python="3.14t", default=False)
def freethreaded(session: nox.Session) -> None:
    """All tests by a Python without a GIL, then those with many threads 10 times more."""
    wanted = nox.project.load_toml("pyproject.toml")["project"]["optional-dependencies"]["test"]
    # Of safetensors a pre-release is the first with wheels for it; polars has none.
    session.install(".", "safetensors>=0.9.0rc1", *(text for text in wanted if not text.startswith("polars")))
    session.run("pytest", *DIVIDED)
    for _ in range(10):
        run_tests(session, ("process/processes", "estimators/serving", "process/threading"))


def readme_commands() -> list[str]:
    """The lines of README.md's sh blocks that install from the source tree."""
    blocks = re.findall(r"^```sh\n(.*?)^```", Path("README.md").read_text(), re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    commands = [line for line in lines if re.match(r'pip install "?\.', line)]
    if len(commands) != 2:
        raise ValueError(f"README.md has {len(commands)} set-up commands, not 2: {commands}")
    return commands


def run_tests(session: nox.Session, names: tuple[str, ...], **environment: str) -> None:
    """Runs these of the test files, each given as folder/noun."""
    files = ("tests/{}/test_{}.py".format(*name.split("/")) for name in names)
    session.run("pytest", *DIVIDED, *files, env=environment)


def c_tests(session: nox.Session, build: Path, *options: str) -> None:
    """Builds the C tests and runs them."""
    configure(session, build, *options)
    session.run("cmake", "--build", str(build), external=True)
    session.run("ctest", "--test-dir", str(build), *CTEST, external=True)


def c_tests_of_kernels(session: nox.Session, build: Path, *options: str) -> None:
    """Those of kernels and networks alone."""
    configure(session, build, *options)
    session.run("cmake", "--build", str(build), "--target", "test_kernels", external=True)
    session.run("ctest", "--test-dir", str(build), "-R", "^kernels_", *CTEST, external=True)


def isas_of_tools() -> tuple[str, str]:
    """The instruction sets that sanitizers and valgrind know, as CMake's list, and the best of them."""
    return ("sse2;avx2", "avx2") if X86_64 else ("neon", "neon")


def under_valgrind(session: nox.Session, cases: str) -> None:
    """Runs these of the tests of kernels and networks under valgrind."""
    if missing := tools_missing(session, ("valgrind",), ("valgrind", "libc6-dbg")):
        print(f"SKIPPED valgrind: {missing}")
        return
    isas, best = isas_of_tools()
    program = kernel_tests(session, "", isas)
    session.run(*VALGRIND, program, "--isa", best, cases, external=True, success_codes=NO_SUCH_ISA)


def kernel_tests(session: nox.Session, sanitizers: str, isas: str) -> str:
    """Builds the tests of kernels and networks with these sanitizers; the program."""
    build = BUILD / f"c-sanitize-{sanitizers.split(',')[0] or 'none'}"
    configure(session, build, f"-DNEURACT_SANITIZE={sanitizers}", f"-DNEURACT_ISAS={isas}")
    session.run("cmake", "--build", str(build), "--target", "test_kernels", external=True)
    return str(build / "test_kernels")


def gcc_library(name: str) -> str:
    """Its path, or nothing."""
    command = ["gcc", f"-print-file-name={name}"]
    path = subprocess.run(command, capture_output=True, text=True).stdout.strip() if shutil.which("gcc") else ""
    return path if Path(path).is_absolute() else ""  # GCC gives a name that it does not find back


def configure(session: nox.Session, build: Path, *options: str) -> None:
    """Makes ready to build the C programs, with warnings as errors."""
    options += ("-G", "Ninja", "-DNEURACT_WERROR=ON", "-DNEURACT_C_TESTS=ON")
    session.run("cmake", "--fresh", "-S", ".", "-B", str(build), *options, external=True)


def elsewhere() -> str:
    """Why this machine needs no cross compiler for AArch64, or nothing."""
    return "" if X86_64 else f"{platform.machine()}: the other sessions have run this machine's own kernels"


def not_x86() -> str:
    """Why Wine cannot run programs for x86-64 on this machine, or nothing."""
    return "" if X86_64 else f"Wine runs a machine's own instructions, here those of {platform.machine()}"


def tools_missing(session: nox.Session, tools: tuple[str, ...], packages: tuple[str, ...]) -> str:
    """Installs the tools where it can; why they are not all there, or nothing."""
    if all(map(shutil.which, tools)):
        return ""
    if not shutil.which("apt-get"):
        return f"no {' or '.join(tool for tool in tools if not shutil.which(tool))}, and no apt-get to install them"
    for command in (("update",), ("install", "-y", "--no-install-recommends", *packages)):
        session.run("apt-get", "-qq", *command, external=True, success_codes=range(256))
    return "" if all(map(shutil.which, tools)) else "apt-get could not install the tools"
