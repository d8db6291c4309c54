#include "internal/upscaling.h"

#include <math.h>

#include "internal/dispatch.h"
#include "internal/mathematics.h"

enum { LANES = 16, PIECE = 256 };

static inline __attribute__((always_inline)) float total(const float *lanes) {
  float sum = 0;
  for (int l = 0; l < LANES; l++) sum += lanes[l];
  return sum;
}

/// The mean of u + bias and 1 / √(variance + epsilon).
static inline __attribute__((always_inline)) void moments(float *mean, float *inverse, const float *u,
                                                          const float *bias, float epsilon, long width) {
  float lanes[LANES] = {0}, squares[LANES] = {0}, sum = 0, square = 0;
  long j = 0;
  for (; j + LANES <= width; j += LANES)
    for (int l = 0; l < LANES; l++) lanes[l] += u[j + l] + bias[j + l];
  for (; j < width; j++) sum += u[j] + bias[j];
  float m = (sum + total(lanes)) / width;
  for (j = 0; j + LANES <= width; j += LANES)
    for (int l = 0; l < LANES; l++) {
      float d = u[j + l] + bias[j + l] - m;
      squares[l] += d * d;
    }
  for (; j < width; j++) square += (u[j] + bias[j] - m) * (u[j] + bias[j] - m);
  *mean = m;
  *inverse = 1.0f / sqrtf((square + total(squares)) / width + epsilon);
}

GRAFT_BODY graft_norm_gelu_rows_body(float *a, const float *u, const float *bias, const float *weight,
                                     const float *norm_bias, float epsilon, long rows, long width) {
  for (long i = 0; i < rows; i++) {
    const float *row = u + i * width;
    float mean, inverse;
    moments(&mean, &inverse, row, bias, epsilon, width);
    for (long j = 0; j < width; j++) {
      float z = (row[j] + bias[j] - mean) * inverse * weight[j] + norm_bias[j];
      a[i * width + j] = 0.5f * z * (1.0f + graft_erf(z * 0.70710678118654752f));
    }
  }
}
GRAFT_DISPATCH(graft_norm_gelu_rows,
               (float *a, const float *u, const float *bias, const float *weight, const float *norm_bias,
                float epsilon, long rows, long width),
               (a, u, bias, weight, norm_bias, epsilon, rows, width))

/// The derivative of the exact GELU.
static inline __attribute__((always_inline)) float gelu_slope(float z) {
  return 0.5f * (1.0f + graft_erf(z * 0.70710678118654752f)) +
         z * 0.39894228040143268f * graft_exp(-0.5f * z * z);
}

GRAFT_BODY graft_norm_gelu_rows_backward_body(float *da, float *sums, const float *u, const float *bias,
                                              const float *weight, const float *norm_bias, float epsilon,
                                              long rows, long width) {
  for (long i = 0; i < rows; i++) {
    const float *row = u + i * width;
    float *d = da + i * width;
    float mean, inverse, lanes[LANES] = {0}, dots[LANES] = {0}, sum = 0, dot = 0;
    moments(&mean, &inverse, row, bias, epsilon, width);
    for (long j = 0; j < width; j++) {
      float n = (row[j] + bias[j] - mean) * inverse;
      float dz = d[j] * gelu_slope(n * weight[j] + norm_bias[j]);
      sums[width + j] += dz * n;
      sums[2 * width + j] += dz;
      d[j] = dz * weight[j];
    }
    long j = 0;
    for (; j + LANES <= width; j += LANES)
      for (int l = 0; l < LANES; l++) {
        lanes[l] += d[j + l];
        dots[l] += d[j + l] * (row[j + l] + bias[j + l] - mean) * inverse;
      }
    for (; j < width; j++) {
      sum += d[j];
      dot += d[j] * (row[j] + bias[j] - mean) * inverse;
    }
    sum = (sum + total(lanes)) / width;
    dot = (dot + total(dots)) / width;
    for (j = 0; j < width; j++) {
      d[j] = inverse * (d[j] - sum - (row[j] + bias[j] - mean) * inverse * dot);
      sums[j] += d[j];
    }
  }
}
GRAFT_DISPATCH(graft_norm_gelu_rows_backward,
               (float *da, float *sums, const float *u, const float *bias, const float *weight,
                const float *norm_bias, float epsilon, long rows, long width),
               (da, sums, u, bias, weight, norm_bias, epsilon, rows, width))

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
static inline __attribute__((always_inline)) float product_sum(const float *a, const float *b, long n) {
  float lanes[2 * LANES] = {0}, sum = 0;
  long j = 0;
  for (; j + 2 * LANES <= n; j += 2 * LANES)
    for (int l = 0; l < 2 * LANES; l++) lanes[l] += a[j + l] * b[j + l];
  for (; j < n; j++) sum += a[j] * b[j];
  return sum + total(lanes) + total(lanes + LANES);
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
