#pragma once

/// y [batch, rows / 2, columns / 2, channels]: the greatest of each 2 × 2 pixels of x [batch, rows, columns, channels].
void graft_max_pool(float *y, const float *x, long batch, long rows, long columns, long channels);

/// dx = dy for the first of the 2 × 2 pixels that is the greatest, 0 for the others.
void graft_max_pool_backward(float *dx, const float *dy, const float *x, long batch, long rows, long columns,
                             long channels);
