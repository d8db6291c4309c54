#pragma once

/// C [m, n] = alpha · op(A) [m, k] · op(B) [k, n] + beta · C, row-major with leading dimensions; op transposes
/// where its flag is set.
///
/// Cut into tiles by the shape alone and run on the pool, OpenBLAS single-threaded inside each tile, so the bits
/// do not depend on the number of threads. With beta 0, C is not read.
void graft_gemm(int transpose_a, int transpose_b, long m, long n, long k, float alpha, const float *a,
                long lda, const float *b, long ldb, float beta, float *c, long ldc);

/// The affine map y [rows, n] = x [rows, k] · wᵀ + bias, w [n, k]; bias may be NULL.
void graft_linear(float *y, const float *x, const float *w, const float *bias, long rows, long n, long k);
