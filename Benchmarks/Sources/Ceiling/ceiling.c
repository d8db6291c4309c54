#include "ceiling.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { CHAINS = 16 };

/// Keeps the compiler from leaving out what nobody reads.
static volatile float sink;

#if defined(__x86_64__)

__attribute__((target("avx512f"))) static double f32_avx512(long rounds) {
  __m512 sums[CHAINS], factor = _mm512_set1_ps(0.999f), term = _mm512_set1_ps(1e-3f);
  for (int k = 0; k < CHAINS; k++) sums[k] = _mm512_set1_ps(k);
  for (long round = 0; round < rounds; round++)
#pragma clang loop unroll(full)
    for (int k = 0; k < CHAINS; k++) sums[k] = _mm512_fmadd_ps(sums[k], factor, term);
  for (int k = 0; k < CHAINS; k++) sink = _mm512_reduce_add_ps(sums[k]);
  return 2.0 * 16 * CHAINS * rounds;
}

__attribute__((target("avx2,fma"))) static double f32_avx2(long rounds) {
  __m256 sums[CHAINS - 4], factor = _mm256_set1_ps(0.999f), term = _mm256_set1_ps(1e-3f);
  for (int k = 0; k < CHAINS - 4; k++) sums[k] = _mm256_set1_ps(k);
  for (long round = 0; round < rounds; round++)
#pragma clang loop unroll(full)
    for (int k = 0; k < CHAINS - 4; k++) sums[k] = _mm256_fmadd_ps(sums[k], factor, term);
  for (int k = 0; k < CHAINS - 4; k++) sink = _mm256_cvtss_f32(sums[k]);
  return 2.0 * 8 * (CHAINS - 4) * rounds;
}

__attribute__((target("avx512f,avx512bf16"))) static double bf16_avx512(long rounds) {
  __m512 sums[CHAINS];
  __m512bh a = (__m512bh)_mm512_set1_epi32(0x3F803F80), b = (__m512bh)_mm512_set1_epi32(0x38003800);
  for (int k = 0; k < CHAINS; k++) sums[k] = _mm512_set1_ps(k);
  for (long round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
    for (int k = 0; k < CHAINS; k++) sums[k] = _mm512_dpbf16_ps(sums[k], a, b);
  }
  for (int k = 0; k < CHAINS; k++) sink = _mm512_reduce_add_ps(sums[k]);
  return 4.0 * 16 * CHAINS * rounds;
}

#endif

static double f32_portable(long rounds) {
  typedef float vector __attribute__((vector_size(16)));
  vector sums[8], factor = {0.999f, 0.999f, 0.999f, 0.999f}, term = {1e-3f, 1e-3f, 1e-3f, 1e-3f};
  for (int k = 0; k < 8; k++) sums[k] = factor * (float)k;
  for (long round = 0; round < rounds; round++)
#pragma clang loop unroll(full)
    for (int k = 0; k < 8; k++) sums[k] = sums[k] * factor + term;
  for (int k = 0; k < 8; k++) sink = sums[k][0];
  return 2.0 * 4 * 8 * rounds;
}

double ceiling_f32(long rounds) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return f32_avx512(rounds);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return f32_avx2(rounds);
#endif
  return f32_portable(rounds);
}

double ceiling_bf16(long rounds) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bf16")) return bf16_avx512(rounds);
#endif
  (void)rounds;
  return 0;
}
