#pragma once
#include <cblas.h>

/// One product on the calling thread.
static inline void graft_small_gemm(int transpose_a, int transpose_b, long m, long n, long k, float alpha,
                                    const float *a, long lda, const float *b, long ldb, float beta, float *c,
                                    long ldc) {
  cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans,
              (int)m, (int)n, (int)k, alpha, a, (int)lda, b, (int)ldb, beta, c, (int)ldc);
}

/// Keeps OpenBLAS to the calling thread; called before the first product.
void graft_blas_single_threaded(void);
