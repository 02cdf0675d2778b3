# SPDX-License-Identifier: BSD-3-Clause
# The kernels: for each ISA, for each dtype, one OBJECT library of csrc/kernels/kernels.c
# with that ISA's flags, and nothing else is ever compiled with them.
# Sets NEURACT_ISAS, NEURACT_HAVE_ISAS and NEURACT_KERNEL_OBJECTS.

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(isas sse2 avx2 avx512)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
  set(isas neon)
else()
  message(FATAL_ERROR
    "neuract has kernels for x86-64 and AArch64, not for ${CMAKE_SYSTEM_PROCESSOR}")
endif()

# A shorter list builds faster; the first ISA, the baseline, must stay in it.
set(NEURACT_ISAS "${isas}" CACHE STRING "Instruction sets to build kernels for")

# GCC prefers 256-bit vectors for AVX-512 processors unless told.
set(flags_sse2)
set(flags_avx2 -mavx2 -mfma)
set(flags_avx512 -mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx2 -mfma
  -mprefer-vector-width=512)
set(flags_neon)

# Compiles a target for one ISA and one dtype.
function(neuract_target_isa target isa bits)
  string(TOUPPER ${isa} ISA)
  target_compile_definitions(${target} PRIVATE
    NA_REAL_BITS=${bits} NA_ISA=${isa} NA_ISA_${ISA})
  neuract_compile_options(${target} PRIVATE ${flags_${isa}})
  target_link_libraries(${target} PRIVATE neuract_flags)
endfunction()

foreach(isa IN LISTS NEURACT_ISAS)
  if(NOT isa IN_LIST isas)
    message(FATAL_ERROR "NEURACT_ISAS has ${isa}; here there are: ${isas}")
  endif()
  string(TOUPPER ${isa} ISA)
  list(APPEND NEURACT_HAVE_ISAS NA_HAVE_${ISA})
  foreach(bits IN ITEMS 32 64)
    set(kernels neuract_kernels_${isa}_f${bits})
    add_library(${kernels} OBJECT csrc/kernels/kernels.c)
    neuract_target_isa(${kernels} ${isa} ${bits})
    list(APPEND NEURACT_KERNEL_OBJECTS $<TARGET_OBJECTS:${kernels}>)
  endforeach()
endforeach()
