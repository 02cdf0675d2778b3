# SPDX-License-Identifier: BSD-3-Clause
"""Every check of the project, one session each: `.ci/run` runs them all, `nox -s lint` one.

Each session has an environment of its own and installs what it needs beyond a C compiler. A session that cannot run on
this machine prints a line that begins with SKIPPED and says why.
"""

import datetime
import os
import platform
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nox

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "uv|venv"  # uv installs in 2 s what takes pip 25 s

PROJECT = nox.project.load_toml("pyproject.toml")
X86_64 = platform.machine() in ("x86_64", "AMD64")
BUILD = Path("build")
CTEST = ("--output-on-failure", f"-j{os.cpu_count()}")
# Wine sometimes refuses a program that begins just when another begins or ends: one at a time, and tried again.
UNDER_WINE = ("--output-on-failure", "-j1", "--repeat", "until-pass:3")
# What the oldest scikit-learn needs, and the oldest of what its tests need.
OLDEST = ("scipy==1.11.2", "joblib==1.2.0", "threadpoolctl==3.1.0", "pandas==2.2.1", "pytest==8.0.0", "pytest-xdist")
WITH_OLDEST = tuple(f"estimators/{name}" for name in ("estimators", "drop_in", "ecosystem", "labels"))
# The tests that see what kernels compute.
OF_KERNELS: tuple[str, ...] = ("functions", "process/threading")
OF_KERNELS += tuple(f"network/{name}" for name in ("network", "same_bits", "simd", "sparse", "state"))
# The tests that together call every function of the core. Estimators, pictures and exports reach it through Network.
OF_CORE = ("functions", "network", "process", "files", "inspection/diagnose", "estimators/labels", "estimators/serving")
RANDOM_NETWORKS = "tests/network/test_random_networks.py"
OLD_PROCESSORS = {"Nehalem": "sse2", "Haswell": "avx2"}  # and the kernels that each must choose
C_LIBRARY = {"libc.so.6", "libm.so.6", "libpthread.so.0"}
# CPython leaks. The C tests and test_memory.py look for leaks of the core.
ASAN_OPTIONS = "detect_leaks=0:allocator_may_return_null=1:malloc_context_size=5:quarantine_size_mb=64"
ASAN = {"ASAN_OPTIONS": ASAN_OPTIONS, "PYTHONMALLOC": "malloc"}
# Must be loaded before Python: AddressSanitizer, and the library that throws C++'s exceptions, which it needs.
PRELOADED = ("libasan.so", "libstdc++.so.6")
# Not "possibly lost": the pool's threads live as long as the process, and so does the C library's memory for them.
VALGRIND = ("valgrind", "-q", "--error-exitcode=1", "--leak-check=full", "--errors-for-leak-kinds=definite")
NO_SUCH_ISA = (0, 77)  # exit codes of the C tests: passed, or this processor lacks the instruction set
# The tools that sessions need beyond a C compiler, and the Debian packages that have them.
COMPILERS = ("clang", "gcc-12")
CROSS_TOOLS = ("aarch64-linux-gnu-gcc", "qemu-aarch64-static")
CROSS_PACKAGES = ("gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-user-static")
WINDOWS_TOOLS = ("clang", "x86_64-w64-mingw32-gcc", "wine")
WINDOWS_PACKAGES = ("clang", "gcc-mingw-w64-x86-64-win32", "wine", "wine64")
EMBEDDED_TOOLS = ("gcc", "g++", "clang", "arm-linux-gnueabihf-gcc", "qemu-arm-static", "arm-none-eabi-gcc")
EMBEDDED_PACKAGES: tuple[str, ...] = ("gcc", "g++", "clang", "gcc-arm-linux-gnueabihf", "libc6-dev-armhf-cross")
EMBEDDED_PACKAGES += ("qemu-user-static", "gcc-arm-none-eabi", "libnewlib-arm-none-eabi")
BROWSER_TOOLS, BROWSER_PACKAGES = ("chromium", "chromedriver"), ("chromium", "chromium-driver")
AXE = "axe-core@4.14.1"  # of npm: finds what people with screen readers or keyboards cannot use
WHEELS: dict[tuple[str, ...], str] = {}  # built in this run of nox, by the Python and the settings


@nox.session(venv_backend="venv")
def tests(session: nox.Session) -> None:
    """Run the README's two set-up commands, word for word."""
    for command in readme_commands():
        session.log(command)
        session.run("bash", "-c", command, external=True)


@nox.session
def exhaustive(session: nox.Session) -> None:
    """Run the tests that `pytest` leaves out: all combinations, and those that build the package."""
    install(session, "test")
    if session.venv_backend == "uv":
        session.install("pip")  # by which a test installs a copy of the package
    session.run("pytest", "-m", "exhaustive")


@nox.session
def lint(session: nox.Session) -> None:
    """Run the linters for Python, Cython, C and prose; build the C tests with warnings as errors, and run them."""
    session.install(*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["plot"])
    session.install(*nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("cython-lint", "src")
    session.run("codespell")
    c_files = [str(path) for folder in ("csrc", "tests/c") for path in Path(folder).rglob("*.[ch]")]
    session.run("clang-format", "--dry-run", "--Werror", *c_files)
    c_tests(session, BUILD / "c-native")


@nox.session
def oldest(session: nox.Session) -> None:
    """Run the estimators' tests with the oldest version of each dependency that pyproject.toml admits."""
    if sys.version_info[:2] != (3, 11):
        print(f"SKIPPED oldest: their wheels are for Python 3.11, and this is {platform.python_version()}")
        return
    dependencies = PROJECT["project"]["dependencies"]
    session.install(wheel_of(session), *(text.replace(">=", "==") for text in dependencies), *OLDEST)
    run_tests(session, WITH_OLDEST)


@nox.session
def simd(session: nox.Session) -> None:
    """Run the tests of kernels again under each lower instruction set of this machine."""
    install(session, "test")
    question = "import neuract; print(*neuract.simd_info()['available'])"
    *lower, best = str(session.run("python", "-c", question, silent=True)).split()
    session.log(f"`tests` ran {best}, the best; now: {' '.join(lower) or 'none lower'}")
    for isa in lower:
        run_tests(session, OF_KERNELS, NEURACT_SIMD=isa)


@nox.session
def neon(session: nox.Session) -> None:
    """Run the C tests for AArch64 under qemu: NEON gives the stored hashes, as x86-64 does in `lint`."""
    if missing := elsewhere() or tools_missing(session, CROSS_TOOLS, CROSS_PACKAGES):
        print(f"SKIPPED neon: {missing}")
        return
    session.install("cmake", "ninja")
    c_tests(session, BUILD / "c-neon", "--toolchain", "cmake/aarch64-linux-gnu.cmake")


@nox.session
def windows(session: nox.Session) -> None:
    """Run the C tests of kernels and networks on Windows under Wine: threads, memory, clock and the stored hashes."""
    if missing := not_x86() or tools_missing(session, WINDOWS_TOOLS, WINDOWS_PACKAGES):
        print(f"SKIPPED windows: {missing}")
        return
    session.install("cmake", "ninja")
    session.env.update(WINEPREFIX=str(Path(session.create_tmp()).resolve() / "wine"), WINEDEBUG="-all")
    session.run("wineboot", "--init", external=True)  # two programs at once would both make the prefix, and one fail
    c_tests_of_kernels(session, BUILD / "c-windows", "--toolchain", "cmake/x86_64-w64-mingw32.cmake", ctest=UNDER_WINE)


@nox.session
def embedded(session: nox.Session) -> None:
    """Compile exported C with every compiler, for Arm under qemu and for bare metal; `tests` skips missing ones."""
    if missing := tools_missing(session, EMBEDDED_TOOLS, EMBEDDED_PACKAGES):
        print(f"SKIPPED embedded: {missing}")
        return
    install(session, "test")
    run_tests(session, ("export/c",))


@nox.session
def report(session: nox.Session) -> None:
    """Open the page of `report`, modules of `to_js` and the pages "Learn" in Chromium; SHAP draws explanations."""
    if missing := tools_missing(session, BROWSER_TOOLS, BROWSER_PACKAGES):
        print(f"SKIPPED report: {missing}")
        return
    install(session, "test", groups=("browser", "shap"))
    pages = ("inspection/report_page", "inspection/report_answer_page", "export/to_js_page", "learn")
    run_tests(session, (*pages, "inspection/explanation"))


@nox.session
def docs(session: nox.Session) -> None:
    """Check the pages' English, build the site in build/docs without a warning, and look at it in Chromium."""
    install(session, "dask", groups=("docs",))
    session.run("python", "docs/prose.py")
    strict = ("--fail-on-warning", "--keep-going", "--fresh-env", "--write-all", "--quiet", "--jobs", "auto")
    session.run("sphinx-build", *strict, "--doctree-dir", str(BUILD / "doctrees"), "docs", str(BUILD / "docs"))
    run_tests(session, ("project/prose",))
    if missing := tools_missing(session, (*BROWSER_TOOLS, "npm"), (*BROWSER_PACKAGES, "npm")):
        print(f"SKIPPED the look at the site: {missing}")
        return
    scratch = Path(session.create_tmp()).resolve()
    session.run("npm", "pack", "--silent", "--pack-destination", str(scratch), AXE, external=True)
    shutil.unpack_archive(scratch / f"{AXE.replace('@', '-')}.tgz", scratch, filter="data")
    folders = {"NEURACT_SITE": str((BUILD / "docs").resolve()), "NEURACT_AXE": str(scratch / "package" / "axe.min.js")}
    run_tests(session, ("site",), **folders)


@nox.session(venv_backend="venv")
def guides(session: nox.Session) -> None:
    """Run the code of the pages "How to" with every library that they name."""
    install(session, "test", groups=("guides",))
    run_tests(session, ("guides",), NEURACT_GUIDES="1", WANDB_SILENT="true")


@nox.session
def compilers(session: nox.Session) -> None:
    """Build the C core by each compiler that `lint` has not used: the same bits, no warning."""
    session.install("cmake", "ninja")
    for compiler in COMPILERS:
        if missing := tools_missing(session, (compiler,), (compiler,)):
            print(f"SKIPPED compilers: {missing}")
        elif program(compiler) != program("cc"):
            c_tests_of_kernels(session, BUILD / f"c-{compiler}", f"-DCMAKE_C_COMPILER={compiler}")


@nox.session
def sanitize(session: nox.Session) -> None:
    """Run C tests under AddressSanitizer with UBSan, ThreadSanitizer and valgrind, and Python tests under the first."""
    if sys.platform != "linux" or not all(libraries := [gcc_library(name) for name in PRELOADED]):
        print(f"SKIPPED sanitize: no AddressSanitizer of GCC's for {sys.platform}")
        return
    session.install("cmake", "ninja")
    isas, best = isas_of_tools()
    commands = []
    for sanitizers, only in (("address,undefined", ()), ("thread", ("--networks",))):
        build = BUILD / f"c-sanitize-{sanitizers.split(',')[0]}"
        executable = kernel_tests(session, build, f"-DNEURACT_SANITIZE={sanitizers}", f"-DNEURACT_ISAS={best}")
        commands.append((executable, "--isa", best, *only))
    run_at_once(session, *commands, *under_valgrind(session, "--guards"))
    defines = {"SANITIZE": "address,undefined", "ISAS": isas}.items()
    settings = [f"cmake.define.NEURACT_{name}={value}" for name, value in defines]
    install(session, "test", settings=(*settings, f"build-dir={BUILD / 'sanitize'}"))
    run_tests(session, OF_CORE, **ASAN, LD_PRELOAD=" ".join(libraries))


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Run each benchmark in its short form, to see that it works; peers that are not installed are reported."""
    install(session, "dask")
    session.install("cmake", "ninja")
    quick = ("train", "threads", "predict", "estimators", "face", "sparse", "inputs", "members", "export_c", "growth")
    for name in (*quick, "explain", "dask_scaling"):
        session.run("python", "-m", f"benchmarks.{name}", "--quick")
    session.install("pandas", "polars", "pyarrow")
    for name in ("streaming", "importance"):
        session.run("python", "-m", f"benchmarks.{name}", "--quick")
    if Path("../shared/data").exists():
        session.run("python", "-m", "benchmarks.columns", "--quick")
        session.run("python", "-m", "benchmarks.intervals", "--quick")
        found = str(Path(session.create_tmp()).resolve() / "accuracy.jsonl")
        session.run("python", "-m", "benchmarks.accuracy", "--quick", "--out", found)
    build, baseline = BUILD / "c-benchmarks", "sse2" if X86_64 else "neon"
    kernels = f"bench_kernels_{baseline}_f32"
    configure(session, build, f"-DNEURACT_ISAS={baseline}")
    session.run("cmake", "--build", str(build), "--target", kernels, external=True)
    session.run(str(build / kernels), external=True)


@nox.session
def examples(session: nox.Session) -> None:
    """Run every program in examples/, on real data where ../shared/data has them."""
    install(session)
    session.install("pandas", "pyarrow", "tqdm", "onnxruntime", "skl2onnx", "dask[array,dataframe]", "distributed")
    data, scratch = Path("../shared/data").resolve(), Path(session.create_tmp()).resolve()
    folders = {"NEURACT_DATA": str(data), "NEURACT_SCRATCH": str(scratch)}
    for path in sorted(Path("examples").glob("*.py")):
        session.run("python", str(path), env=folders)
    build = f"BUILD={scratch / 'embed_in_c'}"
    session.run("make", "-B", "-C", "examples/embed_in_c", build, "check", external=True, env=folders)


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the sdist and the wheel from it; run that wheel with numpy and safetensors alone, on old processors too."""
    session.install("build[uv]", "auditwheel", "twine", "readme_renderer[md]")  # auditwheel brings pyelftools
    scratch = Path(session.create_tmp()).resolve()
    dist, clean = scratch / "dist", scratch / "clean"
    shutil.rmtree(dist, ignore_errors=True)
    session.run("python", "-m", "build", "--installer", "uv", "--outdir", str(dist))
    session.run("twine", "check", "--strict", *map(str, dist.glob("neuract-*")))
    session.run("python", "-m", "venv", "--clear", str(clean))
    python = str(clean / "bin" / "python")
    pip = (python, "-m", "pip", "install", "--quiet")
    session.run(*pip, "numpy", "safetensors", external=True)
    session.run(*pip, "--no-deps", *map(str, dist.glob("*.whl")), external=True)
    session.run(python, ".ci/smoke.py", external=True)
    if sys.platform == "linux":
        needs_the_c_library_alone(session, *dist.glob("*.whl"))
        runs_on_old_processors(session, python)


@nox.session(default=False)
def nightly(session: nox.Session) -> None:
    """Compare 10,000 random networks with the oracle, others each day; `nox -s nightly -- 0:500` chooses them."""
    install(session, "test")
    first = 10_000 * datetime.date.today().toordinal()
    networks = session.posargs[0] if session.posargs else f"{first}:{first + 10_000}"
    session.log(f"networks {networks}; NEURACT_FUZZ=<its number> pytest {RANDOM_NETWORKS} repeats one that fails")
    session.run("pytest", "-q", RANDOM_NETWORKS, env={"NEURACT_FUZZ": networks})


@nox.session(default=False)
def valgrind(session: nox.Session) -> None:
    """Run all C tests of kernels and networks under valgrind; `sanitize` runs those between guard pages."""
    session.install("cmake", "ninja")
    run_at_once(session, *under_valgrind(session, "--memory"))


@nox.session(python="3.14t", venv_backend="venv", default=False)
def freethreaded(session: nox.Session) -> None:
    """Run all tests by a Python without a GIL, then those with many threads 10 times more."""
    wanted = PROJECT["project"]["optional-dependencies"]["test"]
    # Of safetensors a pre-release is the first with wheels for it; polars has none.
    session.install(".", "safetensors>=0.9.0rc1", *(text for text in wanted if not text.startswith("polars")))
    session.run("pytest")
    for _ in range(10):
        run_tests(session, ("process/processes", "estimators/serving", "process/threading"))


@nox.session(venv_backend="none", default=False)
def dev(session: nox.Session) -> None:
    """Make .venv ready for work: the package editable, all tools, the git hooks; `-- bench` adds another group."""
    python = str(Path(".venv", "Scripts" if os.name == "nt" else "bin", "python"))
    session.run(sys.executable, "-m", "venv", ".venv")
    pip = (python, "-m", "pip", "install")
    tools = nox.project.dependency_groups(PROJECT, "dev", *session.posargs)
    session.run(*pip, *PROJECT["build-system"]["requires"], *tools)
    session.run(*pip, "--no-build-isolation", "-C", "editable.rebuild=true", "-e", ".[test,plot]")
    if Path(".git").exists():
        session.run(python, "-m", "pre_commit", "install")


def readme_commands() -> list[str]:
    """The lines of README.md's sh blocks that install from the source tree."""
    blocks = re.findall(r"^```sh\n(.*?)^```", Path("README.md").read_text(), re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    commands = [line for line in lines if re.match(r'pip install "?\.', line)]
    if len(commands) != 2:
        raise ValueError(f"README.md has {len(commands)} set-up commands, not 2: {commands}")
    return commands


def install(session: nox.Session, *extras: str, groups: tuple[str, ...] = (), settings: tuple[str, ...] = ()) -> None:
    """Install the package with these extras and dependency groups, built with these settings."""
    wanted = f"neuract[{','.join(extras)}]" if extras else "neuract"
    others = nox.project.dependency_groups(PROJECT, *groups) if groups else ()
    session.install(f"{wanted} @ {Path(wheel_of(session, *settings)).as_uri()}", *others)


def wheel_of(session: nox.Session, *settings: str) -> str:
    """The path of the package's wheel with these settings, built once for all sessions of a run."""
    if (key := (str(session.python), *settings)) not in WHEELS:
        folder = (BUILD / "wheels" / str(len(WHEELS))).resolve()
        shutil.rmtree(folder, ignore_errors=True)
        options = [option for setting in settings for option in ("-C", setting)]
        if session.venv_backend == "uv":
            options += ["--python", str(Path(session.bin) / "python"), "--out-dir", str(folder)]
            session.run_install("uv", "build", "--quiet", "--wheel", *options)
        else:
            session.run_install("python", "-m", "pip", "wheel", "--no-deps", *options, "--wheel-dir", str(folder), ".")
        *_, path = (folder, *folder.glob("*.whl"))  # the folder alone under `nox -R`, which installs nothing
        WHEELS[key] = str(path)
    return WHEELS[key]


def run_tests(session: nox.Session, names: tuple[str, ...], **environment: str) -> None:
    """Run these tests, each named by its folder, or as folder/noun by its file."""
    parts = (name.partition("/") for name in names)
    paths = (f"tests/{folder}/test_{noun}.py" if noun else f"tests/{folder}" for folder, _, noun in parts)
    session.run("pytest", *paths, env=environment)


def needs_the_c_library_alone(session: nox.Session, wheel: Path) -> None:
    """Check that the wheel is a manylinux one without any library packed into it."""
    shown = str(session.run("auditwheel", "show", str(wheel), silent=True))
    session.log(shown)
    # auditwheel names only libraries with versioned symbols; libgomp, for one, has none.
    libraries = set(str(session.run("python", ".ci/libraries.py", str(wheel), silent=True)).split())
    if not re.search(r'platform tag:\s+"manylinux', shown) or not libraries or not libraries <= C_LIBRARY:
        session.error(f"the wheel needs {libraries - C_LIBRARY} besides the C library, or is not a manylinux wheel")


def runs_on_old_processors(session: nox.Session, python: str) -> None:
    """Import and train under qemu without an illegal instruction, by the best kernels that the processor has."""
    if not X86_64:
        return
    if missing := tools_missing(session, ("qemu-x86_64-static",), ("qemu-user-static",)):
        print(f"SKIPPED old processors: {missing}")
        return
    for processor, kernels in OLD_PROCESSORS.items():
        command = ("qemu-x86_64-static", "-cpu", processor, python, ".ci/smoke.py")
        no_choice = {"OPENBLAS_CORETYPE": None}  # one made for this machine would be NumPy's for the old processor too
        said = str(session.run(*command, env=no_choice, external=True, silent=True))
        session.log(said)
        if f"'chosen': '{kernels}'" not in said:
            session.error(f"{processor} should have run the {kernels} kernels")


def c_tests(session: nox.Session, build: Path, *options: str) -> None:
    """Build and run the C tests."""
    configure(session, build, *options)
    session.run("cmake", "--build", str(build), external=True)
    session.run("ctest", "--test-dir", str(build), *CTEST, external=True)


def c_tests_of_kernels(session: nox.Session, build: Path, *options: str, ctest: tuple[str, ...] = CTEST) -> None:
    """Build and run the C tests of kernels and networks."""
    kernel_tests(session, build, *options)
    session.run("ctest", "--test-dir", str(build), "-R", "^kernels_", *ctest, external=True)


def isas_of_tools() -> tuple[str, str]:
    """The instruction sets that sanitizers and valgrind know, as CMake's list, and the best of them."""
    return ("sse2;avx2", "avx2") if X86_64 else ("neon", "neon")


def under_valgrind(session: nox.Session, cases: str) -> list[tuple[str, ...]]:
    """Build the C tests -> the command that runs these cases under valgrind, if there is one."""
    if missing := tools_missing(session, ("valgrind",), ("valgrind", "libc6-dbg")):
        print(f"SKIPPED valgrind: {missing}")
        return []
    _, best = isas_of_tools()
    executable = kernel_tests(session, BUILD / "c-valgrind", f"-DNEURACT_ISAS={best}")
    return [(*VALGRIND, executable, "--isa", best, cases)]


def run_at_once(session: nox.Session, *commands: tuple[str, ...]) -> None:
    """Run C tests next to each other, since for the most part each keeps one processor busy."""

    def run(command: tuple[str, ...]) -> None:
        session.run(*command, external=True, success_codes=NO_SUCH_ISA)

    with ThreadPoolExecutor() as pool:
        list(pool.map(run, commands))


def kernel_tests(session: nox.Session, build: Path, *options: str) -> str:
    """Build the tests of kernels and networks -> the path of the program."""
    configure(session, build, *options)
    session.run("cmake", "--build", str(build), "--target", "test_kernels", external=True)
    return str(build / "test_kernels")


def gcc_library(name: str) -> str:
    """The path of GCC's library, or nothing."""
    command = ["gcc", f"-print-file-name={name}"]
    path = subprocess.run(command, capture_output=True, text=True).stdout.strip() if shutil.which("gcc") else ""
    return path if Path(path).is_absolute() else ""  # GCC prints the name itself where it finds no file


def configure(session: nox.Session, build: Path, *options: str) -> None:
    """Configure a build of the C programs, with warnings as errors."""
    options += ("-G", "Ninja", "-DNEURACT_WERROR=ON", "-DNEURACT_C_TESTS=ON")
    session.run("cmake", "--fresh", "-S", ".", "-B", str(build), *options, external=True)


def program(name: str) -> str:
    """The path of the program, with links resolved, or nothing."""
    path = shutil.which(name)
    return str(Path(path).resolve()) if path else ""


def elsewhere() -> str:
    """Why this machine needs no cross compiler for AArch64, or nothing."""
    return "" if X86_64 else f"{platform.machine()}: the other sessions have run this machine's own kernels"


def not_x86() -> str:
    """Why Wine cannot run programs for x86-64 on this machine, or nothing."""
    return "" if X86_64 else f"Wine runs a machine's own instructions, here those of {platform.machine()}"


def tools_missing(session: nox.Session, tools: tuple[str, ...], packages: tuple[str, ...]) -> str:
    """Install the tools if they are missing and apt-get can -> why some are still missing, or nothing."""
    if all(map(shutil.which, tools)):
        return ""
    if not shutil.which("apt-get"):
        return f"no {' or '.join(tool for tool in tools if not shutil.which(tool))}, and no apt-get to install them"
    for command in (("update",), ("install", "-y", "--no-install-recommends", *packages)):
        session.run("apt-get", "-qq", *command, external=True, success_codes=range(256))
    return "" if all(map(shutil.which, tools)) else "apt-get could not install the tools"
