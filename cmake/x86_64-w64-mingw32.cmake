# SPDX-License-Identifier: BSD-3-Clause
# Toolchain file: cross builds the C tests for Windows with mingw-w64's headers and libraries, and runs them under Wine.
# By clang: mingw-w64's GCC does not align the stack for AVX registers (GCC bug 54412); but libgcc is where it says.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR AMD64)
set(CMAKE_C_COMPILER clang)
set(CMAKE_C_COMPILER_TARGET x86_64-w64-mingw32)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)
execute_process(COMMAND x86_64-w64-mingw32-gcc -print-libgcc-file-name OUTPUT_VARIABLE libgcc)
cmake_path(GET libgcc PARENT_PATH libraries)
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -L${libraries}")
set(CMAKE_CROSSCOMPILING_EMULATOR wine)
