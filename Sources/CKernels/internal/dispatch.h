#pragma once
#include "../include/isa.h"

/// Defines `void NAME ARGUMENTS` as a choice, made at run time, among copies of the inline function NAME_body
/// compiled for each instruction set. Clang vectorises each copy for its own set, so one source serves all.
#if defined(__x86_64__)
#define GRAFT_AVX2_TARGET __attribute__((target("avx2,fma,f16c")))
#define GRAFT_AVX512_TARGET                                                                        \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"), min_vector_width(512)))
#define GRAFT_DISPATCH(NAME, PARAMETERS, ARGUMENTS)                                                \
  GRAFT_AVX2_TARGET static void NAME##_avx2 PARAMETERS { NAME##_body ARGUMENTS; }                  \
  GRAFT_AVX512_TARGET static void NAME##_avx512 PARAMETERS { NAME##_body ARGUMENTS; }              \
  static void NAME##_portable PARAMETERS { NAME##_body ARGUMENTS; }                                \
  GRAFT_CHOICE(NAME, PARAMETERS, ARGUMENTS)
#define GRAFT_CHOICE(NAME, PARAMETERS, ARGUMENTS)                                                  \
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

/// GRAFT_DISPATCH for a body whose first two arguments are the tile its registers hold: rows, and vectors of 16
/// floats. The arguments follow without parentheses.
#if defined(__x86_64__)
#define GRAFT_DISPATCH_TILED(NAME, PARAMETERS, ...)                                                \
  GRAFT_AVX2_TARGET static void NAME##_avx2 PARAMETERS { NAME##_body(4, 1, __VA_ARGS__); }        \
  GRAFT_AVX512_TARGET static void NAME##_avx512 PARAMETERS { NAME##_body(8, 3, __VA_ARGS__); }    \
  static void NAME##_portable PARAMETERS { NAME##_body(2, 1, __VA_ARGS__); }                      \
  GRAFT_CHOICE(NAME, PARAMETERS, (__VA_ARGS__))
#else
#define GRAFT_DISPATCH_TILED(NAME, PARAMETERS, ...)                                                \
  void NAME PARAMETERS { NAME##_body(4, 1, __VA_ARGS__); }
#endif
