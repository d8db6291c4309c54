#pragma once

/// Products of up to this many rows are the affair of `graft_skinny_gemm`.
enum { SKINNY_ROWS = 16 };

/// C [m, n] = alpha · A [m, k] · op(B) + beta · C for a few rows, on the calling thread: B comes from memory once
/// and is never packed. An element's sum has an order of its own, whatever the other extents are.
void graft_skinny_gemm(int transpose_b, long m, long n, long k, float alpha, const float *a, long lda,
                       const float *b, long ldb, float beta, float *c, long ldc);
