#include "internal/upscaling.h"

#include <math.h>

#include "internal/dispatch.h"
#include "internal/lanes.h"
#include "internal/mathematics.h"

typedef graft_lanes lanes;
typedef graft_lanes_anywhere anywhere;

enum { LANES = 16, PIECE = 256 };


/// The mean of u + bias and 1 / √(variance + epsilon).
GRAFT_INLINE void moments(float *mean, float *inverse, const float *u, const float *bias, float epsilon,
                          long width) {
  lanes sums = 0, squares = 0;
  float rest = 0;
  long j = 0;
  for (; j + LANES <= width; j += LANES) sums += *(const anywhere *)(u + j) + *(const anywhere *)(bias + j);
  for (; j < width; j++) rest += u[j] + bias[j];
  float m = (rest + graft_lanes_sum(&sums)) / width;
  for (j = 0; j + LANES <= width; j += LANES) {
    lanes d = *(const anywhere *)(u + j) + *(const anywhere *)(bias + j) - m;
    squares += d * d;
  }
  for (rest = 0; j < width; j++) rest += (u[j] + bias[j] - m) * (u[j] + bias[j] - m);
  *mean = m;
  *inverse = 1.0f / sqrtf((rest + graft_lanes_sum(&squares)) / width + epsilon);
}

/// z = (u + bias - mean) · inverse · weight + norm_bias of one row.
GRAFT_INLINE void norm_row(float *restrict z, const float *restrict u, const float *restrict bias,
                           const float *restrict weight, const float *restrict norm_bias, float mean,
                           float inverse, long width) {
  for (long j = 0; j < width; j++) z[j] = (u[j] + bias[j] - mean) * inverse * weight[j] + norm_bias[j];
}

GRAFT_BODY graft_norm_gelu_rows_body(float *a, const float *u, const float *bias, const float *weight,
                                     const float *norm_bias, float epsilon, long rows, long width) {
  for (long i = 0; i < rows; i++) {
    float mean, inverse;
    moments(&mean, &inverse, u + i * width, bias, epsilon, width);
    norm_row(a + i * width, u + i * width, bias, weight, norm_bias, mean, inverse, width);
  }
  for (long i = 0; i < rows * width; i++)
    a[i] = 0.5f * a[i] * (1.0f + graft_erf(a[i] * 0.70710678118654752f));
}
GRAFT_DISPATCH(graft_norm_gelu_rows,
               (float *a, const float *u, const float *bias, const float *weight, const float *norm_bias,
                float epsilon, long rows, long width),
               (a, u, bias, weight, norm_bias, epsilon, rows, width))

/// Turns dz into g = dz ⊙ weight, z into n, and adds dz ⊙ n and dz to the last two thirds of `sums`.
GRAFT_INLINE void weigh_row(float *restrict d, float *restrict z, float *restrict sums,
                            const float *restrict u, const float *restrict bias, const float *restrict weight,
                            float mean, float inverse, long width) {
  for (long j = 0; j < width; j++) {
    float n = (u[j] + bias[j] - mean) * inverse, dz = d[j];
    z[j] = n;
    sums[width + j] += dz * n;
    sums[2 * width + j] += dz;
    d[j] = dz * weight[j];
  }
}

/// du = inverse · (g - mean g - n · mean(g ⊙ n)) in place of g, and its sums.
GRAFT_INLINE void finish_row(float *restrict g, const float *restrict n, float *restrict sums, float inverse,
                             long width) {
  lanes whole = 0, dots = 0;
  float sum = 0, dot = 0;
  long j = 0;
  for (; j + LANES <= width; j += LANES) {
    whole += *(const anywhere *)(g + j);
    dots += *(const anywhere *)(g + j) * *(const anywhere *)(n + j);
  }
  for (; j < width; j++) {
    sum += g[j];
    dot += g[j] * n[j];
  }
  sum = (sum + graft_lanes_sum(&whole)) / width;
  dot = (dot + graft_lanes_sum(&dots)) / width;
  for (j = 0; j < width; j++) {
    g[j] = inverse * (g[j] - sum - n[j] * dot);
    sums[j] += g[j];
  }
}

GRAFT_BODY graft_norm_gelu_rows_backward_body(float *da, float *z, float *sums, const float *u,
                                              const float *bias, const float *weight, const float *norm_bias,
                                              float epsilon, long rows, long width) {
  for (long i = 0; i < rows; i++) {
    float mean, inverse;
    moments(&mean, &inverse, u + i * width, bias, epsilon, width);
    norm_row(z + i * width, u + i * width, bias, weight, norm_bias, mean, inverse, width);
  }
  for (long i = 0; i < rows * width; i++) {
    float cumulative = 0.5f * (1.0f + graft_erf(z[i] * 0.70710678118654752f));
    da[i] *= cumulative + z[i] * 0.39894228040143268f * graft_exp(-0.5f * z[i] * z[i]);
  }
  for (long i = 0; i < rows; i++) {
    float mean, inverse, *row = z + i * width;
    moments(&mean, &inverse, u + i * width, bias, epsilon, width);
    weigh_row(da + i * width, row, sums, u + i * width, bias, weight, mean, inverse, width);
    finish_row(da + i * width, row, sums, inverse, width);
  }
}
GRAFT_DISPATCH(graft_norm_gelu_rows_backward,
               (float *da, float *z, float *sums, const float *u, const float *bias, const float *weight,
                const float *norm_bias, float epsilon, long rows, long width),
               (da, z, sums, u, bias, weight, norm_bias, epsilon, rows, width))

GRAFT_BODY graft_gelu_masks_body(float *y, const float *v, const float *bias, const float *weights,
                                 long count, long channels, long n) {
  for (long first = 0; first < n; first += PIECE) {
    long length = n - first < PIECE ? n - first : PIECE;
    float g[PIECE];
    for (long m = 0; m < count; m++)
      for (long j = 0; j < length; j++) y[m * n + first + j] = 0;
    for (long c = 0; c < channels; c++) {
      const float *row = v + c * n + first;
      for (long j = 0; j < length; j++) {
        float z = row[j] + bias[c];
        g[j] = 0.5f * z * (1.0f + graft_erf(z * 0.70710678118654752f));
      }
      for (long m = 0; m < count; m++) {
        float weight = weights[m * channels + c];
        float *out = y + m * n + first;
        for (long j = 0; j < length; j++) out[j] += weight * g[j];
      }
    }
  }
}
GRAFT_DISPATCH(graft_gelu_masks,
               (float *y, const float *v, const float *bias, const float *weights, long count, long channels,
                long n),
               (y, v, bias, weights, count, channels, n))

/// Σ a ⊙ b over `n` numbers.
GRAFT_INLINE float product_sum(const float *a, const float *b, long n) {
  lanes even = 0, odd = 0;
  float rest = 0;
  long j = 0;
  for (; j + 2 * LANES <= n; j += 2 * LANES) {
    even += *(const anywhere *)(a + j) * *(const anywhere *)(b + j);
    odd += *(const anywhere *)(a + j + LANES) * *(const anywhere *)(b + j + LANES);
  }
  for (; j < n; j++) rest += a[j] * b[j];
  even += odd;
  return rest + graft_lanes_sum(&even);
}

GRAFT_BODY graft_gelu_masks_backward_body(float *v, float *dweights, float *dbias, const float *dy,
                                          const float *bias, const float *weights, long count,
                                          long channels, long n) {
  for (long first = 0; first < n; first += PIECE) {
    long length = n - first < PIECE ? n - first : PIECE;
    for (long c = 0; c < channels; c++) {
      float *row = v + c * n + first, g[PIECE], slope[PIECE], dg[PIECE];
      for (long j = 0; j < length; j++) {
        float z = row[j] + bias[c];
        float cumulative = 0.5f * (1.0f + graft_erf(z * 0.70710678118654752f));
        g[j] = z * cumulative;
        slope[j] = cumulative + z * 0.39894228040143268f * graft_exp(-0.5f * z * z);
        dg[j] = 0;
      }
      for (long m = 0; m < count; m++) {
        const float *out = dy + m * n + first;
        float weight = weights[m * channels + c];
        for (long j = 0; j < length; j++) dg[j] += weight * out[j];
        dweights[m * channels + c] += product_sum(g, out, length);
      }
      dbias[c] += product_sum(dg, slope, length);
      for (long j = 0; j < length; j++) row[j] = dg[j] * slope[j];
    }
  }
}
GRAFT_DISPATCH(graft_gelu_masks_backward,
               (float *v, float *dweights, float *dbias, const float *dy, const float *bias,
                const float *weights, long count, long channels, long n),
               (v, dweights, dbias, dy, bias, weights, count, channels, n))
