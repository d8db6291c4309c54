#pragma once
#include <stdint.h>

/// Sixteen floats; where registers are narrower, the compiler uses several.
typedef float graft_lanes __attribute__((ext_vector_type(16)));
typedef int32_t graft_lanes_integer __attribute__((ext_vector_type(16)));
/// The same in memory without alignment.
typedef graft_lanes graft_lanes_anywhere __attribute__((aligned(4), may_alias));

#define GRAFT_INLINE static inline __attribute__((always_inline))
#define GRAFT_UNROLL _Pragma("clang loop unroll(full)")

GRAFT_INLINE void graft_lanes_store(float *to, const graft_lanes *x) { *(graft_lanes_anywhere *)to = *x; }

/// The sum of the lanes, halves first.
GRAFT_INLINE float graft_lanes_sum(const graft_lanes *x) {
  float part[16];
  __builtin_memcpy(part, x, sizeof part);
  GRAFT_UNROLL
  for (int half = 8; half > 0; half /= 2)
    GRAFT_UNROLL
    for (int i = 0; i < half; i++) part[i] += part[i + half];
  return part[0];
}

/// x = 2^x within 2 units in the last place: a polynomial on |r| ≤ 1/2 and the exponent's bits. Below -125 the
/// result is the smallest normal number or two of them.
GRAFT_INLINE void graft_lanes_exp2(graft_lanes *x) {
  const graft_lanes least = -125.0f;
  graft_lanes clamped = *x < least ? least : *x;
  // Adding 1.5 · 2²³ leaves the nearest integer in the low bits.
  graft_lanes shifted = clamped + 12582912.0f;
  graft_lanes r = clamped - (shifted - 12582912.0f);
  graft_lanes p = r * 1.53458118e-4f + 1.33999314e-3f;
  p = p * r + 9.61848896e-3f;
  p = p * r + 5.55032878e-2f;
  p = p * r + 2.40226469e-1f;
  p = p * r + 6.93147206e-1f;
  p = p * r + 1.0f;
  graft_lanes_integer bits = (graft_lanes_integer)p + ((graft_lanes_integer)shifted << 23);
  *x = (graft_lanes)bits;
}

/// The transpose of 16 × 16 floats: four times, the first half is shuffled with the second as a deck of cards is.
GRAFT_INLINE void graft_lanes_transpose(float *to, long to_stride, const float *from, long from_stride) {
  graft_lanes deck[16], next[16];
  GRAFT_UNROLL
  for (int i = 0; i < 16; i++) deck[i] = *(const graft_lanes_anywhere *)(from + i * from_stride);
  GRAFT_UNROLL
  for (int round = 0; round < 4; round++) {
    GRAFT_UNROLL
    for (int i = 0; i < 8; i++) {
      graft_lanes a = deck[i], b = deck[i + 8];
      next[2 * i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      next[2 * i + 1] =
          __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    GRAFT_UNROLL
    for (int i = 0; i < 16; i++) deck[i] = next[i];
  }
  GRAFT_UNROLL
  for (int i = 0; i < 16; i++) graft_lanes_store(to + i * to_stride, &deck[i]);
}
