#pragma once

/// Layer norm of rows: y = (x - mean) · r · weight + bias with r = 1 / √(variance + epsilon); `means` and
/// `inverses` (r) of each row are kept for the way back.
void graft_layer_norm(float *y, float *means, float *inverses, const float *x, const float *weight,
                      const float *bias, float epsilon, long rows, long width);

/// dx = r · (g - mean(g) - n · mean(g ⊙ n)) with g = dy ⊙ weight and n = (x - mean) · r.
void graft_layer_norm_backward(float *dx, const float *dy, const float *x, const float *means,
                               const float *inverses, const float *weight, long rows, long width);

/// dweight = Σ_rows dy ⊙ n, dbias = Σ_rows dy.
void graft_layer_norm_backward_parameters(float *dweight, float *dbias, const float *dy, const float *x,
                                          const float *means, const float *inverses, long rows, long width);
