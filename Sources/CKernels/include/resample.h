#pragma once
#include <stdint.h>

/// y[k, i] = Σ_t weights[k, t] · x[starts[k] + t, i] for k in 0..<count: one axis through a table of weights.
///
/// x has rows of `inner` elements; the table's indices lie inside x. With `inner` 1 a row is a single element.
void graft_resample(
    float *y, const float *x, long inner, long count, const int32_t *starts, const float *weights,
    long taps);

/// The same in double precision.
void graft_resample_double(
    double *y, const double *x, long inner, long count, const int32_t *starts,
    const double *weights, long taps);

/// The coefficients of the cubic B-spline through x [length, inner], in place, along the first axis, continued by
/// mirroring about the centres of the outermost samples. Unser, Splines: a perfect fit (1999), box 2.
void graft_cubic_coefficients(double *x, long length, long inner);
