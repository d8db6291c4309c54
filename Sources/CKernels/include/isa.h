#pragma once

/// The instruction sets a kernel may have a path for, in rising order.
enum graft_isa { GRAFT_PORTABLE = 0, GRAFT_AVX2 = 1, GRAFT_AVX512 = 2, GRAFT_AMX = 3 };

/// The instruction set in use: the best the processor has, or what the environment's GRAFT_ISA asks for
/// (portable, avx2, avx512, amx), never more than the processor has.
enum graft_isa graft_isa(void);

/// The name of the instruction set in use, as GRAFT_ISA spells it.
const char *graft_isa_name(void);

/// The name of the BLAS kernels in use, such as "SkylakeX".
const char *graft_blas_core(void);

/// The value OPENBLAS_CORETYPE needs for BLAS to use the same instruction set, or NULL where it does already.
///
/// OpenBLAS picks its kernels while it is loaded, before any code here runs, so a process that gets a name sets
/// the variable and starts itself again.
const char *graft_blas_core_wanted(void);
