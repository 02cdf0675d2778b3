# SPDX-License-Identifier: BSD-3-Clause
# Toolchain file: cross builds the C tests for AArch64, where the kernels are NEON, and
# runs them under qemu. Static, so that the emulator needs no AArch64 C library.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static)
