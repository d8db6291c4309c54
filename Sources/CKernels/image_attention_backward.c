#include <math.h>
#include <string.h>

#include "elementwise.h"
#include "internal/block.h"
#include "internal/image_attention.h"
#include "pool.h"
#include "threads.h"

/// The scratch of a task: keys, values and their gradients [keys, padded]; a block's q, dout, out and dq as rows
/// [lanes, padded] and columns [padded, lanes]; scores; relative positions; numbers of a lane.
struct scratch {
  float *k, *v, *dk, *dv;
  float *q_rows, *q, *dout_rows, *dout, *out, *dq;
  float *p, *dp, *height, *across, *dheight, *dacross, *relative, *logsums, *deltas;
};

/// Carves the scratch out of `memory`, or only counts its floats where that is NULL.
static long carve(const struct graft_image_attention *w, struct scratch *s, float *memory) {
  long lanes = GRAFT_BLOCK_VECTORS * GRAFT_LANES, map = w->padded * lanes;
  long n = w->side_h * w->side_w * w->padded, keys = graft_score_rows(w) * w->side_w * lanes;
  long down = w->side_h * lanes, across = w->side_w * lanes;
  struct {
    float **place;
    long count;
  } const parts[] = {
      {&s->k, n}, {&s->v, n}, {&s->dk, n}, {&s->dv, n}, {&s->q_rows, map}, {&s->q, map},
      {&s->dout_rows, map}, {&s->dout, map}, {&s->out, map}, {&s->dq, map}, {&s->p, keys}, {&s->dp, keys},
      {&s->height, down}, {&s->across, across}, {&s->dheight, down}, {&s->dacross, across},
      {&s->relative, graft_relative_scratch(w)}, {&s->logsums, lanes}, {&s->deltas, lanes},
  };
  long count = 0;
  for (unsigned long i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (memory) *parts[i].place = memory + count;
    count += parts[i].count;
  }
  return count;
}

/// Gathers a block: queries, relative positions, dout, and Σ out ⊙ dout of each query. The queries are those of scores
/// to the base 2, divided by √width.
static void gather(const struct graft_image_attention *w, const struct graft_window *at,
                   const struct graft_query_block *block, const struct scratch *s) {
  long c = w->shape.heads * w->shape.width, d = w->padded, lanes = block->lanes;
  float *out_rows = s->dq;
  graft_block_rows(w, at, block, w->qkv, 3 * c, GRAFT_LOG2_E / sqrtf((float)w->shape.width), s->q_rows);
  graft_block_rows(w, at, block, w->dout, c, 1, s->dout_rows);
  graft_block_rows(w, at, block, w->out, c, 1, out_rows);
  graft_block_logsums(w, at, block, s->logsums, 0);
  graft_block_transpose(s->q, s->q_rows, lanes, d);
  graft_block_transpose(s->dout, s->dout_rows, lanes, d);
  graft_block_transpose(s->out, out_rows, lanes, d);
  graft_block_deltas(s->deltas, s->out, s->dout, d, block->vectors);
  graft_relative_positions(w, at, block, s->q, s->height, s->across, s->relative);
}

/// Goes through the keys: computes the block's probabilities and their gradients again and adds to those of q, k and v.
static void pull_back(const struct graft_image_attention *w, const struct graft_query_block *block,
                      const struct scratch *s) {
  long lanes = block->lanes, d = w->padded, n = block->vectors, columns = d / GRAFT_LANES;
  memset(s->dq, 0, (size_t)(d * lanes) * sizeof(float));
  memset(s->dheight, 0, (size_t)(w->side_h * lanes) * sizeof(float));
  memset(s->dacross, 0, (size_t)(w->side_w * lanes) * sizeof(float));
  for (long row = 0, step = graft_score_rows(w); row < w->side_h; row += step) {
    long rows = row + step < w->side_h ? step : w->side_h - row, keys = rows * w->side_w;
    long first = row * w->side_w * d;
    graft_block_positions(s->p, s->height + row * lanes, s->across, rows, w->side_w, n);
    graft_block_product(s->p, s->k + first, d, 0, s->q, lanes, keys, d, n, 1);
    graft_block_probabilities(s->p, s->logsums, keys, n);
    graft_block_product(s->dv + first, s->p, lanes, 0, s->dout_rows, d, keys, lanes, columns, 1);
    graft_block_product(s->dp, s->v + first, d, 0, s->dout, lanes, keys, d, n, 0);
    graft_block_score_gradients(s->dp, s->p, s->deltas, s->dheight + row * lanes, s->dacross, rows, w->side_w,
                                n);
    graft_block_product(s->dq, s->k + first, d, 1, s->dp, lanes, d, keys, n, 1);
    graft_block_product(s->dk + first, s->dp, lanes, 0, s->q_rows, d, keys, lanes, columns, 1);
  }
}

/// Hands the gradients of keys and values to their tokens; the padding's add up in `dbias` [k, v].
static void scatter_keys(const struct graft_image_attention *w, const struct graft_window *at,
                         const struct scratch *s, float *dbias) {
  long d = w->shape.width, c = w->shape.heads * d;
  for (long i = 0; i < w->side_h; i++)
    for (long j = 0; j < w->side_w; j++) {
      long key = (i * w->side_w + j) * w->padded;
      if (i < at->rows && j < at->columns) {
        float *place = w->dqkv + graft_window_place(w, at, i, j, 3 * c) + c;
        for (long n = 0; n < d; n++) place[n] = GRAFT_LN_2 * s->dk[key + n];
        memcpy(place + c, s->dv + key, (size_t)d * sizeof(float));
      } else if (dbias) {
        for (long n = 0; n < d; n++) dbias[n] += GRAFT_LN_2 * s->dk[key + n], dbias[d + n] += s->dv[key + n];
      }
    }
}

static void backward_task(void *context, long index) {
  const struct graft_image_attention *w = context;
  struct graft_window at = graft_window_of(w, index);
  struct scratch s;
  size_t bytes = (size_t)carve(w, &s, NULL) * sizeof(float);
  float *memory = graft_pool_take(bytes);
  carve(w, &s, memory);
  long d = w->padded, n = w->side_h * w->side_w * d;
  graft_window_keys(w, &at, s.k, s.v);
  memset(s.dk, 0, (size_t)n * sizeof(float));
  memset(s.dv, 0, (size_t)n * sizeof(float));
  for (long i = 0; i < graft_query_blocks(&at); i++) {
    struct graft_query_block block = graft_query_block_of(&at, i);
    gather(w, &at, &block, &s);
    pull_back(w, &block, &s);
    graft_relative_positions_backward(
        w, &at, &block, s.q_rows, s.dheight, s.dacross, s.dq,
        w->dtable_h ? w->dtable_h + index * (2 * w->side_h - 1) * d : NULL,
        w->dtable_w ? w->dtable_w + index * (2 * w->side_w - 1) * d : NULL, s.relative);
    graft_block_transpose(s.out, s.dq, d, block.lanes);
    graft_block_scatter(w, &at, &block, s.out, 1 / sqrtf((float)w->shape.width), w->dqkv,
                        3 * w->shape.heads * w->shape.width);
  }
  scatter_keys(w, &at, &s, w->dbias ? w->dbias + index * 2 * w->shape.width : NULL);
  graft_pool_give(memory, bytes);
}

static float *zeroed(long count) {
  float *memory = graft_pool_take((size_t)count * sizeof(float));
  memset(memory, 0, (size_t)count * sizeof(float));
  return memory;
}

/// Sums the tasks' parts [rows, padded] of a table's gradient, in order; the queries they were made of were scaled.
static void collect_table(const struct graft_image_attention *w, float *dtable, const float *parts, long tasks,
                          long rows) {
  long d = w->shape.width;
  float unscale = GRAFT_LN_2 * sqrtf((float)d);
  memset(dtable, 0, (size_t)(rows * d) * sizeof(float));
  for (long t = 0; t < tasks; t++)
    for (long i = 0; i < rows; i++)
      graft_accumulate(dtable + i * d, parts + (t * rows + i) * w->padded, unscale, d);
}

static void collect_bias(const struct graft_image_attention *w, float *dbias, long tasks) {
  long d = w->shape.width, c = w->shape.heads * d;
  memset(dbias, 0, (size_t)(3 * c) * sizeof(float));
  for (long t = 0; t < tasks; t++)
    for (long n = 0; n < d; n++) {
      dbias[c + t % w->shape.heads * d + n] += w->dbias[t * 2 * d + n];
      dbias[2 * c + t % w->shape.heads * d + n] += w->dbias[t * 2 * d + d + n];
    }
}

void graft_image_attention_backward(struct graft_image_attention_shape shape, const float *qkv,
                                    const float *bias, const float *table_h, const float *table_w,
                                    const float *out, const float *logsums, const float *dout, float *dqkv,
                                    float *dbias, float *dtable_h, float *dtable_w) {
  struct graft_image_attention work = {.shape = shape, .qkv = qkv, .bias = bias, .dout = dout,
                                       .out = (float *)out, .logsums = (float *)logsums, .dqkv = dqkv};
  graft_image_attention_begin(&work, table_h, table_w);
  long d = shape.width, tasks = shape.batch * work.down * work.across * shape.heads;
  long rows_h = 2 * work.side_h - 1, rows_w = 2 * work.side_w - 1;
  if (dbias) work.dbias = zeroed(tasks * 2 * d);
  if (dtable_h) work.dtable_h = zeroed(tasks * rows_h * work.padded);
  if (dtable_w) work.dtable_w = zeroed(tasks * rows_w * work.padded);
  graft_parallel(tasks, backward_task, &work);
  if (dbias) collect_bias(&work, dbias, tasks);
  if (dtable_h) collect_table(&work, dtable_h, work.dtable_h, tasks, rows_h);
  if (dtable_w) collect_table(&work, dtable_w, work.dtable_w, tasks, rows_w);
  if (dbias) graft_pool_give(work.dbias, (size_t)(tasks * 2 * d) * sizeof(float));
  if (dtable_h) graft_pool_give(work.dtable_h, (size_t)(tasks * rows_h * work.padded) * sizeof(float));
  if (dtable_w) graft_pool_give(work.dtable_w, (size_t)(tasks * rows_w * work.padded) * sizeof(float));
  graft_image_attention_end(&work);
}
