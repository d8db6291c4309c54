#include "tokens_to_image.h"

#include <math.h>
#include <string.h>

#include "elementwise.h"
#include "internal/blas.h"
#include "internal/dispatch.h"
#include "internal/exponentials.h"
#include "internal/image_rows.h"
#include "internal/mathematics.h"
#include "pool.h"
#include "threads.h"

enum { LANES = 16 };

long graft_image_blocks(long rows) { return (rows + IMAGE_BLOCK - 1) / IMAGE_BLOCK; }

/// p = weights · factor of the row; dp becomes p ⊙ (dp - Σ y ⊙ dy).
GRAFT_BODY look_gradients_body(float *dp, float *p, const float *weights, const float *factors,
                               const float *y, const float *dy, long rows, long n, long width) {
  for (long i = 0; i < rows; i++) {
    float lanes[LANES] = {0}, delta = 0, factor = factors[i];
    long j = 0;
    for (; j + LANES <= width; j += LANES)
      for (int l = 0; l < LANES; l++) lanes[l] += y[i * width + j + l] * dy[i * width + j + l];
    for (int l = 0; l < LANES; l++) delta += lanes[l];
    for (; j < width; j++) delta += y[i * width + j] * dy[i * width + j];
    for (j = 0; j < n; j++) {
      float probability = weights[i * n + j] * factor;
      p[i * n + j] = probability;
      dp[i * n + j] = probability * (dp[i * n + j] - delta);
    }
  }
}
GRAFT_DISPATCH(look_gradients,
               (float *dp, float *p, const float *weights, const float *factors, const float *y,
                const float *dy, long rows, long n, long width),
               (dp, p, weights, factors, y, dy, rows, n, width))

struct look {
  struct graft_tokens_to_image_shape shape;
  const float *q, *x, *positions, *dy;
  float *y, *weights, *factors;
  /// Of each block: its share of y or dq [queries, width], and its rows' maxima and sums [queries].
  float *parts, *maxima, *sums;
  /// [batch, 2 · queries, width]: q over dy.
  const float *pairs;
  float *dx;
};

static void forward_task(void *context, long index) {
  const struct look *w = context;
  long c = w->shape.width, r = w->shape.queries;
  struct image_block at = image_block_at(index, w->shape.rows);
  long row = at.batch * w->shape.rows + at.first, floats = at.count * c;
  const float *x = w->x + row * c;
  float *weights = w->weights + row * r;
  size_t bytes = (size_t)floats * sizeof(float);
  float *placed = graft_pool_take(bytes);
  graft_add(placed, x, w->positions + at.first * c, floats, floats);
  graft_small_gemm(0, 1, r, at.count, c, 1, w->q + at.batch * r * c, c, placed, c, 0, weights, at.count);
  graft_pool_give(placed, bytes);
  graft_exponentials(weights, w->maxima + index * r, w->sums + index * r, r, at.count);
  graft_small_gemm(0, 0, r, c, at.count, 1, weights, at.count, x, c, 0, w->parts + index * r * c, c);
}

/// One row of y from its blocks' shares.
static void combine_task(void *context, long index) {
  const struct look *w = context;
  long c = w->shape.width, r = w->shape.queries, blocks = graft_image_blocks(w->shape.rows);
  long row = index % r, first = index / r * blocks;
  float maximum = w->maxima[first * r + row], sum = 0;
  for (long block = first; block < first + blocks; block++)
    maximum = fmaxf(maximum, w->maxima[block * r + row]);
  for (long block = first; block < first + blocks; block++)
    sum += w->sums[block * r + row] * expf(w->maxima[block * r + row] - maximum);
  memset(w->y + index * c, 0, (size_t)c * sizeof(float));
  for (long block = first; block < first + blocks; block++) {
    float factor = expf(w->maxima[block * r + row] - maximum) / sum;
    w->factors[block * r + row] = factor;
    graft_accumulate(w->y + index * c, w->parts + (block * r + row) * c, factor, c);
  }
}

void graft_tokens_to_image(struct graft_tokens_to_image_shape shape, const float *q, const float *x,
                           const float *positions, float *y, float *weights, float *factors) {
  long tasks = shape.batch * graft_image_blocks(shape.rows);
  size_t bytes = (size_t)(tasks * shape.queries * (shape.width + 2)) * sizeof(float);
  float *parts = graft_pool_take(bytes), *maxima = parts + tasks * shape.queries * shape.width;
  struct look work = {.shape = shape, .q = q, .x = x, .positions = positions, .y = y, .weights = weights,
                      .factors = factors, .parts = parts, .maxima = maxima,
                      .sums = maxima + tasks * shape.queries};
  graft_blas_single_threaded();
  graft_parallel(tasks, forward_task, &work);
  graft_parallel(shape.batch * shape.queries, combine_task, &work);
  graft_pool_give(parts, bytes);
}

static void backward_task(void *context, long index) {
  const struct look *w = context;
  long c = w->shape.width, r = w->shape.queries;
  struct image_block at = image_block_at(index, w->shape.rows);
  long row = at.batch * w->shape.rows + at.first, n = at.count, floats = n * c;
  const float *x = w->x + row * c, *pair = w->pairs + at.batch * 2 * r * c, *dy = pair + r * c;
  size_t bytes = (size_t)(2 * r * n + floats) * sizeof(float);
  float *ds = graft_pool_take(bytes), *p = ds + r * n, *placed = p + r * n;
  graft_small_gemm(0, 1, r, n, c, 1, dy, c, x, c, 0, ds, n);
  look_gradients(ds, p, w->weights + row * r, w->factors + index * r, w->y + at.batch * r * c, dy, r, n, c);
  graft_add(placed, x, w->positions + at.first * c, floats, floats);
  graft_small_gemm(0, 0, r, c, n, 1, ds, n, placed, c, 0, w->parts + index * r * c, c);
  if (w->dx) graft_small_gemm(1, 0, n, c, 2 * r, 1, ds, n, pair, c, 0, w->dx + row * c, c);
  graft_pool_give(ds, bytes);
}

void graft_tokens_to_image_backward(struct graft_tokens_to_image_shape shape, const float *q, const float *x,
                                    const float *positions, const float *y, const float *weights,
                                    const float *factors, const float *dy, float *dq, float *dx) {
  long blocks = graft_image_blocks(shape.rows), one = shape.queries * shape.width;
  size_t bytes = (size_t)((blocks + 2) * shape.batch * one) * sizeof(float);
  float *pairs = graft_pool_take(bytes), *parts = pairs + shape.batch * 2 * one;
  for (long batch = 0; batch < shape.batch; batch++) {
    memcpy(pairs + 2 * batch * one, q + batch * one, (size_t)one * sizeof(float));
    memcpy(pairs + (2 * batch + 1) * one, dy + batch * one, (size_t)one * sizeof(float));
  }
  struct look work = {.shape = shape, .x = x, .positions = positions, .y = (float *)y,
                      .weights = (float *)weights, .factors = (float *)factors, .parts = parts,
                      .pairs = pairs, .dx = dx};
  graft_blas_single_threaded();
  graft_parallel(shape.batch * blocks, backward_task, &work);
  for (long batch = 0; batch < shape.batch; batch++)
    graft_sum_rows(dq + batch * one, parts + batch * blocks * one, blocks, one);
  graft_pool_give(pairs, bytes);
}
