#include "resample.h"

#include <math.h>

#include "internal/dispatch.h"

#define RESAMPLE_BODY(NAME, REAL)                                                                  \
  GRAFT_BODY NAME(                                                                                 \
      REAL *restrict y, const REAL *restrict x, long inner, long count,                           \
      const int32_t *restrict starts, const REAL *restrict weights, long taps) {                  \
    if (inner == 1 && taps == 2) {                                                                 \
      for (long k = 0; k < count; k++)                                                             \
        y[k] = weights[2 * k] * x[starts[k]] + weights[2 * k + 1] * x[starts[k] + 1];              \
      return;                                                                                      \
    }                                                                                              \
    for (long k = 0; k < count; k++) {                                                             \
      const REAL *row = x + starts[k] * inner;                                                     \
      const REAL *weight = weights + k * taps;                                                     \
      if (inner == 1) {                                                                            \
        REAL sum = 0;                                                                              \
        for (long t = 0; t < taps; t++) sum += weight[t] * row[t];                                 \
        y[k] = sum;                                                                                \
        continue;                                                                                  \
      }                                                                                            \
      REAL *out = y + k * inner;                                                                   \
      for (long i = 0; i < inner; i++) out[i] = weight[0] * row[i];                                \
      for (long t = 1; t < taps; t++) {                                                            \
        const REAL *source = row + t * inner;                                                      \
        for (long i = 0; i < inner; i++) out[i] += weight[t] * source[i];                          \
      }                                                                                            \
    }                                                                                              \
  }

RESAMPLE_BODY(graft_resample_body, float)
RESAMPLE_BODY(graft_resample_double_body, double)

GRAFT_DISPATCH(
    graft_resample,
    (float *y, const float *x, long inner, long count, const int32_t *starts,
     const float *weights, long taps),
    (y, x, inner, count, starts, weights, taps))

GRAFT_DISPATCH(
    graft_resample_double,
    (double *y, const double *x, long inner, long count, const int32_t *starts,
     const double *weights, long taps),
    (y, x, inner, count, starts, weights, taps))

/// A recursive filter down the axis and back up: c⁺[k] = 6·x[k] + z·c⁺[k-1], c[k] = z·(c[k+1] - c⁺[k]).
GRAFT_BODY graft_cubic_coefficients_body(double *restrict x, long length, long inner) {
  if (length < 2) return;
  const double pole = sqrt(3.0) - 2.0;
  const double across = pow(pole, (double)(length - 1));
  double *last = x + (length - 1) * inner;
  for (long i = 0; i < length * inner; i++) x[i] *= 6.0;

  for (long i = 0; i < inner; i++) x[i] += across * last[i];
  double power = pole;
  for (long k = 1; k < length - 1; k++) {
    const double *near = x + k * inner;
    const double *far = x + (length - 1 - k) * inner;
    for (long i = 0; i < inner; i++) x[i] += power * (near[i] + across * far[i]);
    power *= pole;
    if (fabs(power) < 1e-30) break;
  }
  for (long i = 0; i < inner; i++) x[i] /= 1.0 - across * across;

  for (long k = 1; k < length; k++) {
    double *row = x + k * inner;
    for (long i = 0; i < inner; i++) row[i] += pole * row[i - inner];
  }
  for (long i = 0; i < inner; i++)
    last[i] = (pole * last[i - inner] + last[i]) * pole / (pole * pole - 1.0);
  for (long k = length - 2; k >= 0; k--) {
    double *row = x + k * inner;
    for (long i = 0; i < inner; i++) row[i] = pole * (row[i + inner] - row[i]);
  }
}

GRAFT_DISPATCH(graft_cubic_coefficients, (double *x, long length, long inner), (x, length, inner))
