#pragma once

/// out [rows, width] = y [rows, width] with scale · inner [rows, rank] · bᵀ, b [n, rank], added to the columns from `column`
/// to `column + n`: one pass over y, spread over the threads.
void graft_add_low_rank(float *out, const float *y, const float *inner, const float *b, float scale,
                        long rows, long width, long column, long n, long rank);
