#pragma once

/// a = GELU(norm(u + bias)) of `rows` rows of `width` channels.
void graft_norm_gelu_rows(float *a, const float *u, const float *bias, const float *weight,
                          const float *norm_bias, float epsilon, long rows, long width);

/// du, in place of da, for `graft_norm_gelu_rows`; the gradients of bias, weight and norm_bias are added to `sums`
/// [3 · width], and z [rows, width] is written over.
void graft_norm_gelu_rows_backward(float *da, float *z, float *sums, const float *u, const float *bias,
                                   const float *weight, const float *norm_bias, float epsilon, long rows,
                                   long width);

/// One sub-pixel's channels against the masks' weights: y [count, n] = weights [count, channels] · GELU(v + bias), with v
/// [channels, n].
void graft_gelu_masks(float *y, const float *v, const float *bias, const float *weights, long count,
                      long channels, long n);

/// dv, in place of v, for `graft_gelu_masks`; dweights [count, channels] and dbias [channels] are added to.
void graft_gelu_masks_backward(float *v, float *dweights, float *dbias, const float *dy, const float *bias,
                               const float *weights, long count, long channels, long n);
