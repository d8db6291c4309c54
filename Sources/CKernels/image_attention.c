#include <math.h>
#include <string.h>

#include "internal/block.h"
#include "internal/image_attention.h"
#include "pool.h"
#include "threads.h"

/// Blocks of queries a task takes, each against all keys of the window.
enum { TASK_BLOCKS = 22 };

/// The scratch of a task.
struct scratch {
  float *rows, *columns, *scores, *out, *height, *across, *relative, *maxima, *sums, *rescales;
};

static void attend(const struct graft_image_attention *w, const struct graft_query_block *block,
                   const float *k, const float *v, const struct scratch *s) {
  long lanes = block->lanes, d = w->padded, n = block->vectors;
  memset(s->out, 0, (size_t)(d * lanes) * sizeof(float));
  for (long lane = 0; lane < lanes; lane++) s->maxima[lane] = -3e38f, s->sums[lane] = 0;
  for (long row = 0, step = graft_score_rows(w); row < w->side_h; row += step) {
    long rows = row + step < w->side_h ? step : w->side_h - row, keys = rows * w->side_w;
    long first = row * w->side_w * d;
    graft_block_positions(s->scores, s->height + row * lanes, s->across, rows, w->side_w, n);
    graft_block_product(s->scores, k + first, d, 0, s->columns, lanes, keys, d, n, 1);
    graft_block_exponentials(s->scores, s->maxima, s->sums, s->rescales, keys, n);
    graft_block_scale(s->out, s->rescales, d, n);
    graft_block_product(s->out, v + first, d, 1, s->scores, lanes, d, keys, n, 1);
  }
}

static void forward_block(const struct graft_image_attention *w, const struct graft_window *at, long index,
                          const float *k, const float *v, const struct scratch *s) {
  struct graft_query_block block = graft_query_block_of(at, index);
  long c = w->shape.heads * w->shape.width, lanes = block.lanes;
  float scale = GRAFT_LOG2_E / sqrtf((float)w->shape.width);
  graft_block_rows(w, at, &block, w->qkv, 3 * c, scale, s->rows);
  graft_block_transpose(s->columns, s->rows, lanes, w->padded);
  graft_relative_positions(w, at, &block, s->columns, s->height, s->across, s->relative);
  attend(w, &block, k, v, s);
  for (long lane = 0; lane < lanes; lane++) {
    s->maxima[lane] += log2f(s->sums[lane]);
    s->sums[lane] = 1 / s->sums[lane];
  }
  graft_block_scale(s->out, s->sums, w->padded, block.vectors);
  graft_block_logsums(w, at, &block, s->maxima, 1);
  graft_block_transpose(s->rows, s->out, w->padded, lanes);
  graft_block_scatter(w, at, &block, s->rows, 1, w->out, c);
}

static long tasks_a_window(const struct graft_image_attention *w) {
  long blocks = (w->side_h * w->side_w + GRAFT_LANES - 1) / GRAFT_LANES / GRAFT_BLOCK_VECTORS + 1;
  return (blocks + TASK_BLOCKS - 1) / TASK_BLOCKS;
}

static void forward_task(void *context, long index) {
  const struct graft_image_attention *w = context;
  long parts = tasks_a_window(w), n = w->side_h * w->side_w * w->padded;
  long lanes = GRAFT_BLOCK_VECTORS * GRAFT_LANES, map = w->padded * lanes;
  struct graft_window at = graft_window_of(w, index / parts);
  long blocks = graft_query_blocks(&at), first = index % parts * TASK_BLOCKS;
  long last = first + TASK_BLOCKS < blocks ? first + TASK_BLOCKS : blocks;
  if (first >= last) return;
  long keys = graft_score_rows(w) * w->side_w, sides = w->side_h + w->side_w;
  size_t bytes = (size_t)(2 * n + 3 * map + (keys + sides + 3) * lanes + graft_relative_scratch(w)) *
                 sizeof(float);
  float *k = graft_pool_take(bytes), *v = k + n;
  struct scratch s = {.rows = v + n};
  s.columns = s.rows + map;
  s.out = s.columns + map;
  s.scores = s.out + map;
  s.height = s.scores + keys * lanes;
  s.across = s.height + w->side_h * lanes;
  s.maxima = s.across + w->side_w * lanes;
  s.sums = s.maxima + lanes;
  s.rescales = s.sums + lanes;
  s.relative = s.rescales + lanes;
  graft_window_keys(w, &at, k, v);
  for (long block = first; block < last; block++) forward_block(w, &at, block, k, v, &s);
  graft_pool_give(k, bytes);
}

void graft_image_attention(struct graft_image_attention_shape shape, const float *qkv, const float *bias,
                           const float *table_h, const float *table_w, float *out, float *logsums) {
  struct graft_image_attention work = {
      .shape = shape, .qkv = qkv, .bias = bias, .out = out, .logsums = logsums};
  graft_image_attention_begin(&work, table_h, table_w);
  graft_parallel(shape.batch * work.down * work.across * shape.heads * tasks_a_window(&work), forward_task,
                 &work);
  graft_image_attention_end(&work);
}
