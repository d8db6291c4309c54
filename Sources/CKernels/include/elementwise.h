#pragma once

/// y[i] = a[i] + b[i % period]; b of `period` elements repeats, so that a bias or a position table is added.
void graft_add(float *y, const float *a, const float *b, long count, long period);

/// y[i] = s · x[i].
void graft_scale(float *y, const float *x, float s, long count);

/// y[i] += s · x[i].
void graft_accumulate(float *y, const float *x, float s, long count);

/// sums[j] = Σ_i x[i · width + j]: the sum over the rows, in a fixed order that no thread count changes.
void graft_sum_rows(float *sums, const float *x, long rows, long width);

/// y = max(x, 0).
void graft_relu(float *y, const float *x, long count);

/// dx = dy where y > 0, else 0.
void graft_relu_backward(float *dx, const float *dy, const float *y, long count);

/// y = x · Φ(x), the exact GELU: Φ through erf.
void graft_gelu(float *y, const float *x, long count);

/// dx = dy · (Φ(x) + x · φ(x)).
void graft_gelu_backward(float *dx, const float *dy, const float *x, long count);
