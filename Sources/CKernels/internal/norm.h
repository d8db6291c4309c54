#pragma once

/// The rows of `graft_layer_norm`, on the calling thread.
void norm_rows(float *y, float *means, float *inverses, const float *x, const float *weight,
               const float *bias, float epsilon, long rows, long width);

/// The rows of `graft_layer_norm_backward`, on the calling thread; dx may be dy.
void norm_rows_backward(float *dx, const float *dy, const float *x, const float *means,
                        const float *inverses, const float *weight, long rows, long width);

/// The sums of `graft_layer_norm_backward_parameters` over rows, on the calling thread.
void norm_parameters(float *dweight, float *dbias, const float *dy, const float *x, const float *means,
                     const float *inverses, long rows, long width);
