#pragma once
#include <stdint.h>

/// Whether none of `count` numbers is NaN or infinite: 1 or 0.
int graft_all_finite(const float *x, long count);

/// y = the floats with the bits of 16-bit halves (IEEE 754 binary16) x.
void graft_floats_from_halves(float *y, const uint16_t *x, long count);

/// y = the halves nearest to x, ties to even; beyond 65504 infinite, NaN stays NaN.
void graft_halves_from_floats(uint16_t *y, const float *x, long count);

/// y = the floats with the bits of bfloat16 numbers x.
void graft_floats_from_bfloats(float *y, const uint16_t *x, long count);

/// y = the bfloat16 numbers nearest to x, ties to even; NaN stays NaN.
void graft_bfloats_from_floats(uint16_t *y, const float *x, long count);
