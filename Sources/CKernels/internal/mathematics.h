#pragma once
#include <math.h>
#include <stdint.h>

/// exp(x) within 2 units in the last place, without branches, so that loops over it vectorise.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2; exp(r) by its Taylor polynomial of degree 7; 2ⁿ through the exponent
/// bits. Below -87 the result is 0 to within the smallest normal number, above 88 it stays finite.
static inline __attribute__((always_inline)) float graft_exp(float x) {
  x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
  float n = __builtin_rintf(x * 1.44269504088896341f);
  float r = x - n * 0.693145751953125f;
  r = r - n * 1.42860682030941723e-6f;
  float p = 1.0f / 5040.0f;
  p = p * r + 1.0f / 720.0f;
  p = p * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  union {
    int32_t bits;
    float value;
  } power = {.bits = ((int32_t)n + 127) << 23};
  return p * power.value;
}

/// erf(x) within a few units in the last place: an odd rational function on |x| ≤ 4, beyond which erf is ±1 in
/// single precision. The coefficients are the minimax ones in common use (Eigen, XLA).
static inline __attribute__((always_inline)) float graft_erf(float x) {
  x = x < -4.0f ? -4.0f : x > 4.0f ? 4.0f : x;
  float s = x * x;
  float p = -2.72614225801306e-10f;
  p = p * s + 2.77068142495902e-08f;
  p = p * s + -2.10102402082508e-06f;
  p = p * s + -5.69250639462346e-05f;
  p = p * s + -7.34990630326855e-04f;
  p = p * s + -2.95459980854025e-03f;
  p = p * s + -1.60960333262415e-02f;
  float q = -1.45660718464996e-05f;
  q = q * s + -2.13374055278905e-04f;
  q = q * s + -1.68282697438203e-03f;
  q = q * s + -7.37332916720468e-03f;
  q = q * s + -1.42647390514189e-02f;
  return x * p / q;
}
