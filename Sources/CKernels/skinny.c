#include "internal/skinny.h"

#include "internal/dispatch.h"
#include "internal/lanes.h"
#include "isa.h"

/// Dot products run over this much of k at a time, so that A stays in the first cache level.
enum { LANES = 16, DEPTH = 1024 };

/// The 16 numbers from P on. A macro, for no function can return a vector to all instruction sets alike.
#define LOAD(P) (*(const graft_lanes_anywhere *)(P))

GRAFT_INLINE void put(float *c, float sum, float alpha, float beta) {
  *c = beta == 0 ? alpha * sum : alpha * sum + beta * *c;
}

/// `rows` rows of A against two rows of B [n, k]: dot products.
GRAFT_INLINE void dots(const int rows, long k, float alpha, const float *a, long lda, const float *b,
                       long ldb, float beta, float *c, long ldc) {
  graft_lanes sums[8][2] = {0};
  long i = 0;
  for (; i + LANES <= k; i += LANES)
    for (int j = 0; j < 2; j++) {
      graft_lanes right = LOAD(b + j * ldb + i);
      __builtin_prefetch(b + (j + 4) * ldb + i);
      for (int r = 0; r < rows; r++) sums[r][j] += LOAD(a + r * lda + i) * right;
    }
  for (int r = 0; r < rows; r++)
    for (int j = 0; j < 2; j++) {
      float sum = graft_lanes_sum(&sums[r][j]);
      for (long rest = i; rest < k; rest++) sum += a[r * lda + rest] * b[j * ldb + rest];
      put(c + r * ldc + j, sum, alpha, beta);
    }
}

/// `rows` rows of A against 32 columns of B [k, n].
GRAFT_INLINE void panel(const int rows, long k, float alpha, const float *a, long lda, const float *b,
                        long ldb, float beta, float *c, long ldc) {
  graft_lanes sums[8][2] = {0};
  for (long i = 0; i < k; i++) {
    graft_lanes left = LOAD(b + i * ldb), right = LOAD(b + i * ldb + LANES);
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

/// `rows` rows of A against the last columns of op(B).
GRAFT_INLINE void edge(int transpose_b, long rows, long columns, long k, float alpha, const float *a,
                       long lda, const float *b, long ldb, float beta, float *c, long ldc) {
  long down = transpose_b ? 1 : ldb, across = transpose_b ? ldb : 1;
  for (long r = 0; r < rows; r++)
    for (long j = 0; j < columns; j++) {
      float sum = 0;
      for (long i = 0; i < k; i++) sum += a[r * lda + i] * b[i * down + j * across];
      put(c + r * ldc + j, sum, alpha, beta);
    }
}

/// Calls FUNCTION with the number of rows as a constant.
#define BY_ROWS(FUNCTION, ...)                 \
  switch (rows) {                              \
    case 1: FUNCTION(1, __VA_ARGS__); break;   \
    case 2: FUNCTION(2, __VA_ARGS__); break;   \
    case 3: FUNCTION(3, __VA_ARGS__); break;   \
    case 4: FUNCTION(4, __VA_ARGS__); break;   \
    case 5: FUNCTION(5, __VA_ARGS__); break;   \
    case 6: FUNCTION(6, __VA_ARGS__); break;   \
    case 7: FUNCTION(7, __VA_ARGS__); break;   \
    default: FUNCTION(8, __VA_ARGS__); break;  \
  }

/// The product with groups of up to `most` rows, as even as they can be, inside each pair of rows or panel of B.
GRAFT_BODY skinny_body(int most, int transpose_b, long m, long n, long k, float alpha, const float *a,
                       long lda, const float *b, long ldb, float beta, float *c, long ldc) {
  long groups = (m + most - 1) / most, wide = transpose_b ? 2 : 2 * LANES;
  for (long j = 0; j < n; j += wide)
    for (long group = 0; group < groups; group++) {
      long first = group * m / groups, rows = (group + 1) * m / groups - first;
      const float *left = a + first * lda, *right = b + j * (transpose_b ? ldb : 1);
      float *to = c + first * ldc + j;
      if (n - j < wide)
        edge(transpose_b, rows, n - j, k, alpha, left, lda, right, ldb, beta, to, ldc);
      else if (transpose_b)
        BY_ROWS(dots, k, alpha, left, lda, right, ldb, beta, to, ldc)
      else
        BY_ROWS(panel, k, alpha, left, lda, right, ldb, beta, to, ldc)
    }
}
GRAFT_DISPATCH(skinny,
               (int most, int transpose_b, long m, long n, long k, float alpha, const float *a, long lda,
                const float *b, long ldb, float beta, float *c, long ldc),
               (most, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc))

void graft_skinny_gemm(int transpose_b, long m, long n, long k, float alpha, const float *a, long lda,
                       const float *b, long ldb, float beta, float *c, long ldc) {
  int most = graft_isa() < GRAFT_AVX512 ? 4 : 8;
  long depth = transpose_b ? DEPTH : k;
  for (long i = 0; i == 0 || i < k; i += depth)
    skinny(most, transpose_b, m, n, k - i < depth ? k - i : depth, alpha, a + i, lda, b + i, ldb,
           i == 0 ? beta : 1, c, ldc);
}
