#define _GNU_SOURCE
#include "isa.h"

#include <cblas.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

static const char *const names[] = {"portable", "avx2", "avx512", "amx"};
/// The OpenBLAS kernels that use no more than each set has.
static const char *const blas_cores[] = {"Nehalem", "Haswell", "SkylakeX", "SkylakeX"};
static enum graft_isa chosen;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/// Whether the kernel lets this process use AMX's tiles, which it must be asked for once.
static int may_use_tiles(void) {
#if defined(__x86_64__) && defined(__linux__)
  enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
  return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
#else
  return 0;
#endif
}

static enum graft_isa best_of_processor(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return __builtin_cpu_supports("amx-bf16") && __builtin_cpu_supports("amx-tile") &&
                   __builtin_cpu_supports("avx512bf16") && may_use_tiles()
               ? GRAFT_AMX
               : GRAFT_AVX512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return GRAFT_AVX2;
#endif
  return GRAFT_PORTABLE;
}

static void choose(void) {
  chosen = best_of_processor();
  const char *asked = getenv("GRAFT_ISA");
  for (int set = GRAFT_PORTABLE; asked && set < (int)chosen; set++)
    if (strcmp(asked, names[set]) == 0) chosen = set;
}

enum graft_isa graft_isa(void) {
  pthread_once(&once, choose);
  return chosen;
}

const char *graft_isa_name(void) { return names[graft_isa()]; }

const char *graft_blas_core(void) { return openblas_get_corename(); }

const char *graft_blas_core_wanted(void) {
  if (getenv("OPENBLAS_CORETYPE")) return NULL;
  const char *wanted = blas_cores[graft_isa()], *loaded = openblas_get_corename();
  int newer = strcmp(loaded, "Cooperlake") == 0 || strcmp(loaded, "SapphireRapids") == 0;
  if (getenv("GRAFT_ISA") == NULL && (newer || graft_isa() < GRAFT_AVX512)) return NULL;
  return strcmp(wanted, loaded) == 0 ? NULL : wanted;
}
