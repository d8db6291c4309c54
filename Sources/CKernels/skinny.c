#include "internal/skinny.h"

#include "internal/dispatch.h"
#include "internal/lanes.h"
#include "isa.h"

enum { LANES = 16 };

typedef graft_lanes vector;

/// The 16 numbers from P on. A macro, for no function can return a vector to all instruction sets alike.
#define LOAD(P) (*(const graft_lanes_anywhere *)(P))

GRAFT_INLINE void put(float *c, float sum, float alpha, float beta) {
  *c = beta == 0 ? alpha * sum : alpha * sum + beta * *c;
}

/// `rows` rows of A against `columns` rows of B [n, k]: dot products.
GRAFT_INLINE void dots(const int rows, const int columns, long k, float alpha, const float *a, long lda,
                       const float *b, long ldb, float beta, float *c, long ldc) {
  vector sums[8][2] = {0};
  long i = 0;
  for (; i + LANES <= k; i += LANES)
    for (int j = 0; j < columns; j++) {
      vector right = LOAD(b + j * ldb + i);
      for (int r = 0; r < rows; r++) sums[r][j] += LOAD(a + r * lda + i) * right;
    }
  for (int r = 0; r < rows; r++)
    for (int j = 0; j < columns; j++) {
      float sum = graft_lanes_sum(&sums[r][j]);
      for (long rest = i; rest < k; rest++) sum += a[r * lda + rest] * b[j * ldb + rest];
      put(c + r * ldc + j, sum, alpha, beta);
    }
}

/// `rows` rows of A against 32 columns of B [k, n].
GRAFT_INLINE void panel(const int rows, long k, float alpha, const float *a, long lda, const float *b,
                        long ldb, float beta, float *c, long ldc) {
  vector sums[8][2] = {0};
  for (long i = 0; i < k; i++) {
    vector left = LOAD(b + i * ldb), right = LOAD(b + i * ldb + LANES);
    for (int r = 0; r < rows; r++) {
      float x = a[r * lda + i];
      sums[r][0] += x * left;
      sums[r][1] += x * right;
    }
  }
  for (int r = 0; r < rows; r++)
    for (int j = 0; j < 2; j++) {
      graft_lanes_anywhere *to = (graft_lanes_anywhere *)(c + r * ldc + j * LANES);
      *to = beta == 0 ? alpha * sums[r][j] : alpha * sums[r][j] + beta * *to;
    }
}

/// `rows` rows of A against the last columns of B [k, n].
GRAFT_INLINE void edge(long rows, long columns, long k, float alpha, const float *a, long lda,
                       const float *b, long ldb, float beta, float *c, long ldc) {
  for (long r = 0; r < rows; r++)
    for (long j = 0; j < columns; j++) {
      float sum = 0;
      for (long i = 0; i < k; i++) sum += a[r * lda + i] * b[i * ldb + j];
      put(c + r * ldc + j, sum, alpha, beta);
    }
}

GRAFT_INLINE void rows_by_rows(const int rows, long n, long k, float alpha, const float *a, long lda,
                               const float *b, long ldb, float beta, float *c, long ldc) {
  long j = 0;
  for (; j + 2 <= n; j += 2) dots(rows, 2, k, alpha, a, lda, b + j * ldb, ldb, beta, c + j, ldc);
  if (j < n) dots(rows, 1, k, alpha, a, lda, b + j * ldb, ldb, beta, c + j, ldc);
}

GRAFT_INLINE void rows_by_panels(const int rows, long n, long k, float alpha, const float *a, long lda,
                                 const float *b, long ldb, float beta, float *c, long ldc) {
  long j = 0;
  for (; j + 2 * LANES <= n; j += 2 * LANES) panel(rows, k, alpha, a, lda, b + j, ldb, beta, c + j, ldc);
  if (j < n) edge(rows, n - j, k, alpha, a, lda, b + j, ldb, beta, c + j, ldc);
}

/// Calls FUNCTION with the number of rows as a constant.
#define BY_ROWS(FUNCTION)                                            \
  switch (rows) {                                                    \
    case 1: FUNCTION(1, n, k, alpha, a, lda, b, ldb, beta, c, ldc); break; \
    case 2: FUNCTION(2, n, k, alpha, a, lda, b, ldb, beta, c, ldc); break; \
    case 3: FUNCTION(3, n, k, alpha, a, lda, b, ldb, beta, c, ldc); break; \
    case 4: FUNCTION(4, n, k, alpha, a, lda, b, ldb, beta, c, ldc); break; \
    case 5: FUNCTION(5, n, k, alpha, a, lda, b, ldb, beta, c, ldc); break; \
    case 6: FUNCTION(6, n, k, alpha, a, lda, b, ldb, beta, c, ldc); break; \
    case 7: FUNCTION(7, n, k, alpha, a, lda, b, ldb, beta, c, ldc); break; \
    default: FUNCTION(8, n, k, alpha, a, lda, b, ldb, beta, c, ldc); break; \
  }

GRAFT_BODY some_rows_body(int transpose_b, long rows, long n, long k, float alpha, const float *a, long lda,
                          const float *b, long ldb, float beta, float *c, long ldc) {
  if (transpose_b) BY_ROWS(rows_by_rows)
  else BY_ROWS(rows_by_panels)
}
GRAFT_DISPATCH(some_rows,
               (int transpose_b, long rows, long n, long k, float alpha, const float *a, long lda,
                const float *b, long ldb, float beta, float *c, long ldc),
               (transpose_b, rows, n, k, alpha, a, lda, b, ldb, beta, c, ldc))

void graft_skinny_gemm(int transpose_b, long m, long n, long k, float alpha, const float *a, long lda,
                       const float *b, long ldb, float beta, float *c, long ldc) {
  long most = graft_isa() < GRAFT_AVX512 ? 4 : 8;
  for (long row = 0; row < m; row += most) {
    long rows = m - row < most ? m - row : most;
    some_rows(transpose_b, rows, n, k, alpha, a + row * lda, lda, b, ldb, beta, c + row * ldc, ldc);
  }
}
