#include "internal/head.h"

#include <math.h>
#include <stddef.h>

#include "internal/blas.h"
#include "internal/dispatch.h"
#include "internal/exponentials.h"
#include "internal/mathematics.h"
#include "pool.h"

/// A block of score rows stays within this many floats, so that it is still in the second cache level when it
/// is read again.
enum { BLOCK_FLOATS = 1 << 17 };

/// Turns rows of scores into probabilities, given the logarithms of their sums.
GRAFT_BODY probabilities_body(float *scores, const float *logsums, long rows, long n) {
  for (long i = 0; i < rows; i++) {
    float *row = scores + i * n;
    float logsum = logsums[i];
    for (long j = 0; j < n; j++) row[j] = graft_exp(row[j] - logsum);
  }
}
GRAFT_DISPATCH(probabilities, (float *scores, const float *logsums, long rows, long n),
               (scores, logsums, rows, n))

/// dscores = p ⊙ (dp - Σ out ⊙ dout), in place of dp.
GRAFT_BODY score_gradients_body(float *dp, const float *p, const float *out, const float *dout, long ldo,
                                long rows, long n, long width) {
  for (long i = 0; i < rows; i++) {
    float delta = 0;
    for (long j = 0; j < width; j++) delta += out[i * ldo + j] * dout[i * ldo + j];
    float *row = dp + i * n;
    const float *prow = p + i * n;
    for (long j = 0; j < n; j++) row[j] = prow[j] * (row[j] - delta);
  }
}
GRAFT_DISPATCH(score_gradients,
               (float *dp, const float *p, const float *out, const float *dout, long ldo, long rows, long n,
                long width),
               (dp, p, out, dout, ldo, rows, n, width))

/// Row i of out is multiplied by 1 / sums[i].
GRAFT_BODY divide_rows_body(float *out, long ldo, const float *sums, long rows, long width) {
  for (long i = 0; i < rows; i++) {
    float inverse = 1.0f / sums[i];
    for (long j = 0; j < width; j++) out[i * ldo + j] *= inverse;
  }
}
GRAFT_DISPATCH(divide_rows, (float *out, long ldo, const float *sums, long rows, long width),
               (out, ldo, sums, rows, width))

static long block_rows(const struct graft_head *head) {
  long rows = BLOCK_FLOATS / head->keys;
  rows = rows < 16 ? 16 : rows;
  return rows < head->queries ? rows : head->queries;
}

static void block_scores(const struct graft_head *h, long first, long rows, float *scores) {
  graft_small_gemm(0, 1, rows, h->keys, h->score_width, h->scale, h->q + first * h->ldq, h->ldq, h->k, h->ldk,
                   0, scores, h->keys);
}

void graft_head_forward(const struct graft_head *h, float *out, long ldo, float *logsums) {
  long block = block_rows(h);
  size_t bytes = (size_t)(block * h->keys + block) * sizeof(float);
  float *scores = graft_pool_take(bytes), *sums = scores + block * h->keys;
  for (long first = 0; first < h->queries; first += block) {
    long rows = h->queries - first < block ? h->queries - first : block;
    block_scores(h, first, rows, scores);
    graft_exponentials(scores, logsums + first, sums, rows, h->keys);
    for (long i = 0; i < rows; i++) logsums[first + i] += logf(sums[i]);
    graft_small_gemm(0, 0, rows, h->value_width, h->keys, 1, scores, h->keys, h->v, h->ldv, 0,
                     out + first * ldo, ldo);
    divide_rows(out + first * ldo, ldo, sums, rows, h->value_width);
  }
  graft_pool_give(scores, bytes);
}

void graft_head_backward(const struct graft_head *h, const float *out, const float *dout, long ldo,
                         const float *logsums, float *dq, long lddq, float *dk, long lddk, float *dv,
                         long lddv) {
  long block = block_rows(h), n = h->keys;
  size_t bytes = (size_t)(2 * block * n) * sizeof(float);
  float *p = graft_pool_take(bytes), *dp = p + block * n;
  for (long first = 0; first < h->queries; first += block) {
    long rows = h->queries - first < block ? h->queries - first : block;
    const float *block_dout = dout + first * ldo;
    float beta = first == 0 ? 0 : 1;
    block_scores(h, first, rows, p);
    probabilities(p, logsums + first, rows, n);
    if (dv) graft_small_gemm(1, 0, n, h->value_width, rows, 1, p, n, block_dout, ldo, beta, dv, lddv);
    graft_small_gemm(0, 1, rows, n, h->value_width, 1, block_dout, ldo, h->v, h->ldv, 0, dp, n);
    score_gradients(dp, p, out + first * ldo, block_dout, ldo, rows, n, h->value_width);
    if (dq)
      graft_small_gemm(0, 0, rows, h->score_width, n, h->scale, dp, n, h->k, h->ldk, 0, dq + first * lddq,
                       lddq);
    if (dk)
      graft_small_gemm(1, 0, n, h->score_width, rows, h->scale, dp, n, h->q + first * h->ldq, h->ldq, beta,
                       dk, lddk);
  }
  graft_pool_give(p, bytes);
}
