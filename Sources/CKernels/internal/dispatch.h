#pragma once
#include "../include/isa.h"

/// Defines `void NAME ARGUMENTS` as a choice, made at run time, among copies of the inline function NAME_body
/// compiled for each instruction set. Clang vectorises each copy for its own set, so one source serves all.
#if defined(__x86_64__)
#define GRAFT_DISPATCH(NAME, PARAMETERS, ARGUMENTS)                                                \
  __attribute__((target("avx2,fma,f16c"))) static void NAME##_avx2 PARAMETERS {                   \
    NAME##_body ARGUMENTS;                                                                         \
  }                                                                                                \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"),                       \
                 min_vector_width(512))) static void NAME##_avx512 PARAMETERS {                    \
    NAME##_body ARGUMENTS;                                                                         \
  }                                                                                                \
  static void NAME##_portable PARAMETERS { NAME##_body ARGUMENTS; }                                \
  void NAME PARAMETERS {                                                                           \
    switch (graft_isa()) {                                                                         \
      case GRAFT_PORTABLE: NAME##_portable ARGUMENTS; break;                                       \
      case GRAFT_AVX2: NAME##_avx2 ARGUMENTS; break;                                               \
      default: NAME##_avx512 ARGUMENTS; break;                                                     \
    }                                                                                              \
  }
#else
#define GRAFT_DISPATCH(NAME, PARAMETERS, ARGUMENTS)                                                \
  void NAME PARAMETERS { NAME##_body ARGUMENTS; }
#endif

/// Marks the body that GRAFT_DISPATCH copies.
#define GRAFT_BODY static inline __attribute__((always_inline)) void
