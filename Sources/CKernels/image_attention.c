#include <math.h>
#include <stddef.h>
#include <string.h>

#include "attention.h"
#include "elementwise.h"
#include "internal/blas.h"
#include "internal/head.h"
#include "pool.h"
#include "threads.h"

// The decomposed relative position becomes part of one product: a query row is extended by its products with
// the tables, [q, q·Rh, q·Rw], and a key row by the one-hot codes of its row and column.

struct image_attention {
  struct graft_image_attention_shape shape;
  const float *qkv, *bias, *dout;
  /// The tables turned over, so that the rows a query needs lie one after the other.
  const float *turned_h, *turned_w;
  float *out, *logsums, *dqkv;
  /// What each task adds to the gradients of bias and tables: [tasks, 2 · width], [tasks, table]; or NULL.
  float *dbias, *dtable_h, *dtable_w;
  /// The window's side, the whole grid's where there is none, and windows a batch entry down and across.
  long side_h, side_w, down, across;
};

/// One head of one window: the tokens of it that exist, and where they are.
struct window {
  long batch, head, row, column, rows, columns;
};

static long least(long a, long b) { return a < b ? a : b; }

static struct window window_of(const struct image_attention *w, long index) {
  const struct graft_image_attention_shape *s = &w->shape;
  long head = index % s->heads, place = index / s->heads, batch = place / (w->down * w->across);
  long row = place / w->across % w->down * w->side_h, column = place % w->across * w->side_w;
  return (struct window){batch, head, row, column, least(w->side_h, s->rows - row),
                         least(w->side_w, s->columns - column)};
}

static const float *token(const struct image_attention *w, const struct window *at, const float *base,
                          long width, long i, long j) {
  const struct graft_image_attention_shape *s = &w->shape;
  return base + ((at->batch * s->rows + at->row + i) * s->columns + at->column + j) * width;
}

static long extended(const struct image_attention *w) { return w->shape.width + w->side_h + w->side_w; }

/// Query rows [q / √width, q·Rh, q·Rw] of the window's own tokens.
static void gather_queries(const struct image_attention *w, const struct window *at, float *q) {
  long d = w->shape.width, e = extended(w), c = w->shape.heads * d;
  for (long i = 0; i < at->rows; i++)
    for (long j = 0; j < at->columns; j++)
      memcpy(q + (i * at->columns + j) * e, token(w, at, w->qkv, 3 * c, i, j) + at->head * d,
             (size_t)d * sizeof(float));
  for (long i = 0; i < at->rows; i++)
    graft_small_gemm(0, 1, at->columns, w->side_h, d, 1, q + i * at->columns * e, e,
                     w->turned_h + (w->side_h - 1 - i) * d, d, 0, q + i * at->columns * e + d, e);
  for (long j = 0; j < at->columns; j++)
    graft_small_gemm(0, 1, at->rows, w->side_w, d, 1, q + j * e, at->columns * e,
                     w->turned_w + (w->side_w - 1 - j) * d, d, 0, q + j * e + d + w->side_h, at->columns * e);
  float scale = 1.0f / sqrtf((float)d);
  for (long row = 0; row < at->rows * at->columns; row++)
    for (long n = 0; n < d; n++) q[row * e + n] *= scale;
}

/// Key rows [k, one-hot row, one-hot column] and value rows of the whole window, padding included.
static void gather_keys(const struct image_attention *w, const struct window *at, float *k, float *v) {
  long d = w->shape.width, e = extended(w), c = w->shape.heads * d;
  for (long i = 0; i < w->side_h; i++)
    for (long j = 0; j < w->side_w; j++) {
      int exists = i < at->rows && j < at->columns;
      const float *from = exists ? token(w, at, w->qkv, 3 * c, i, j) : w->bias;
      float *row = k + (i * w->side_w + j) * e;
      memcpy(row, from + c + at->head * d, (size_t)d * sizeof(float));
      memset(row + d, 0, (size_t)(e - d) * sizeof(float));
      row[d + i] = row[d + w->side_h + j] = 1;
      memcpy(v + (i * w->side_w + j) * d, from + 2 * c + at->head * d, (size_t)d * sizeof(float));
    }
}

static struct graft_head head_of(const struct image_attention *w, const struct window *at, const float *q,
                                 const float *k, const float *v) {
  long e = extended(w), d = w->shape.width;
  return (struct graft_head){.queries = at->rows * at->columns, .keys = w->side_h * w->side_w,
                             .score_width = e, .value_width = d, .scale = 1, .q = q, .k = k, .v = v,
                             .ldq = e, .ldk = e, .ldv = d};
}

/// Copies between the window's rows and the tokens of an [.., heads · width] map.
static void move_rows(const struct image_attention *w, const struct window *at, float *rows, float *map,
                      int to_map) {
  long d = w->shape.width, c = w->shape.heads * d;
  for (long i = 0; i < at->rows; i++)
    for (long j = 0; j < at->columns; j++) {
      float *place = (float *)token(w, at, map, c, i, j) + at->head * d;
      float *row = rows + (i * at->columns + j) * d;
      memcpy(to_map ? place : row, to_map ? row : place, (size_t)d * sizeof(float));
    }
}

/// Copies the logarithms of a window's row sums to or from [batch, heads, rows, columns].
static void move_logsums(const struct image_attention *w, const struct window *at, float *window_sums,
                         int to_map) {
  const struct graft_image_attention_shape *s = &w->shape;
  for (long i = 0; i < at->rows; i++) {
    float *place = w->logsums + ((at->batch * s->heads + at->head) * s->rows + at->row + i) * s->columns +
                   at->column;
    float *row = window_sums + i * at->columns;
    memcpy(to_map ? place : row, to_map ? row : place, (size_t)at->columns * sizeof(float));
  }
}

static void forward_task(void *context, long index) {
  struct image_attention *w = context;
  struct window at = window_of(w, index);
  long n = w->side_h * w->side_w, e = extended(w), d = w->shape.width;
  size_t bytes = (size_t)n * (size_t)(2 * e + 2 * d + 1) * sizeof(float);
  float *q = graft_pool_take(bytes), *k = q + n * e, *v = k + n * e, *out = v + n * d, *sums = out + n * d;
  gather_queries(w, &at, q);
  gather_keys(w, &at, k, v);
  struct graft_head head = head_of(w, &at, q, k, v);
  graft_head_forward(&head, out, d, sums);
  move_rows(w, &at, out, w->out, 1);
  move_logsums(w, &at, sums, 1);
  graft_pool_give(q, bytes);
}

/// Turns gradients of extended query rows into those of the tokens' q, and adds to the turned tables' gradients.
static void scatter_queries(const struct image_attention *w, const struct window *at, const float *q,
                            float *dq, float *dh, float *dw) {
  long d = w->shape.width, e = extended(w), c = w->shape.heads * d;
  float scale = 1.0f / sqrtf((float)d), unscale = sqrtf((float)d);
  for (long row = 0; row < at->rows * at->columns; row++)
    for (long n = 0; n < d; n++) dq[row * e + n] *= scale;
  for (long i = 0; i < at->rows; i++) {
    float *rows = dq + i * at->columns * e;
    long turned = (w->side_h - 1 - i) * d;
    if (dh)
      graft_small_gemm(1, 0, w->side_h, d, at->columns, unscale, rows + d, e, q + i * at->columns * e, e, 1,
                       dh + turned, d);
    graft_small_gemm(0, 0, at->columns, d, w->side_h, 1, rows + d, e, w->turned_h + turned, d, 1, rows, e);
  }
  for (long j = 0; j < at->columns; j++) {
    float *rows = dq + j * e;
    long turned = (w->side_w - 1 - j) * d, step = at->columns * e;
    if (dw)
      graft_small_gemm(1, 0, w->side_w, d, at->rows, unscale, rows + d + w->side_h, step, q + j * e, step, 1,
                       dw + turned, d);
    graft_small_gemm(0, 0, at->rows, d, w->side_w, 1, rows + d + w->side_h, step, w->turned_w + turned, d, 1,
                     rows, step);
  }
  for (long i = 0; i < at->rows; i++)
    for (long j = 0; j < at->columns; j++)
      memcpy((float *)token(w, at, w->dqkv, 3 * c, i, j) + at->head * d, dq + (i * at->columns + j) * e,
             (size_t)d * sizeof(float));
}

/// Hands the gradients of keys and values to their tokens; the padding's add up in `dbias` [k, v].
static void scatter_keys(const struct image_attention *w, const struct window *at, const float *dk,
                         const float *dv, float *dbias) {
  long d = w->shape.width, e = extended(w), c = w->shape.heads * d;
  for (long i = 0; i < w->side_h; i++)
    for (long j = 0; j < w->side_w; j++) {
      const float *krow = dk + (i * w->side_w + j) * e, *vrow = dv + (i * w->side_w + j) * d;
      if (i < at->rows && j < at->columns) {
        float *place = (float *)token(w, at, w->dqkv, 3 * c, i, j) + at->head * d;
        memcpy(place + c, krow, (size_t)d * sizeof(float));
        memcpy(place + 2 * c, vrow, (size_t)d * sizeof(float));
      } else if (dbias) {
        for (long n = 0; n < d; n++) dbias[n] += krow[n], dbias[d + n] += vrow[n];
      }
    }
}

static void backward_task(void *context, long index) {
  struct image_attention *w = context;
  struct window at = window_of(w, index);
  long n = w->side_h * w->side_w, e = extended(w), d = w->shape.width;
  size_t bytes = (size_t)n * (size_t)(4 * e + 4 * d + 1) * sizeof(float);
  float *q = graft_pool_take(bytes), *k = q + n * e, *dq = k + n * e, *dk = dq + n * e, *v = dk + n * e;
  float *out = v + n * d, *dout = out + n * d, *dv = dout + n * d, *sums = dv + n * d;
  gather_queries(w, &at, q);
  gather_keys(w, &at, k, v);
  move_rows(w, &at, out, w->out, 0);
  move_rows(w, &at, dout, (float *)w->dout, 0);
  move_logsums(w, &at, sums, 0);
  struct graft_head head = head_of(w, &at, q, k, v);
  graft_head_backward(&head, out, dout, d, sums, dq, e, dk, e, dv, d);
  scatter_queries(w, &at, q, dq, w->dtable_h ? w->dtable_h + index * (2 * w->side_h - 1) * d : NULL,
                  w->dtable_w ? w->dtable_w + index * (2 * w->side_w - 1) * d : NULL);
  scatter_keys(w, &at, dk, dv, w->dbias ? w->dbias + index * 2 * d : NULL);
  graft_pool_give(q, bytes);
}

static float *turned(const float *table, long rows, long width) {
  float *copy = graft_pool_take((size_t)(rows * width) * sizeof(float));
  for (long i = 0; i < rows; i++)
    memcpy(copy + i * width, table + (rows - 1 - i) * width, (size_t)width * sizeof(float));
  return copy;
}

static void place_windows(struct image_attention *w) {
  const struct graft_image_attention_shape *s = &w->shape;
  w->side_h = s->window ? s->window : s->rows;
  w->side_w = s->window ? s->window : s->columns;
  w->down = (s->rows + w->side_h - 1) / w->side_h;
  w->across = (s->columns + w->side_w - 1) / w->side_w;
}

static void run(struct image_attention *w, const float *table_h, const float *table_w,
                void (*task)(void *, long)) {
  long d = w->shape.width, rows_h = 2 * w->side_h - 1, rows_w = 2 * w->side_w - 1;
  float *turned_h = turned(table_h, rows_h, d), *turned_w = turned(table_w, rows_w, d);
  w->turned_h = turned_h;
  w->turned_w = turned_w;
  graft_blas_single_threaded();
  graft_parallel(w->shape.batch * w->down * w->across * w->shape.heads, task, w);
  graft_pool_give(turned_h, (size_t)(rows_h * d) * sizeof(float));
  graft_pool_give(turned_w, (size_t)(rows_w * d) * sizeof(float));
}

void graft_image_attention(struct graft_image_attention_shape shape, const float *qkv, const float *bias,
                           const float *table_h, const float *table_w, float *out, float *logsums) {
  struct image_attention work = {.shape = shape, .qkv = qkv, .bias = bias, .out = out, .logsums = logsums};
  place_windows(&work);
  run(&work, table_h, table_w, forward_task);
}

static float *zeroed(long count) {
  float *memory = graft_pool_take((size_t)count * sizeof(float));
  memset(memory, 0, (size_t)count * sizeof(float));
  return memory;
}

/// Sums the tasks' parts of a table's gradient, in order, into rows turned back.
static void collect_table(float *dtable, const float *parts, long tasks, long rows, long width) {
  memset(dtable, 0, (size_t)(rows * width) * sizeof(float));
  for (long t = 0; t < tasks; t++)
    for (long i = 0; i < rows; i++)
      graft_accumulate(dtable + (rows - 1 - i) * width, parts + (t * rows + i) * width, 1, width);
}

static void collect_bias(const struct image_attention *w, float *dbias, long tasks) {
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
  struct image_attention work = {.shape = shape, .qkv = qkv, .bias = bias, .dout = dout,
                                 .out = (float *)out, .logsums = (float *)logsums, .dqkv = dqkv};
  place_windows(&work);
  long d = shape.width, tasks = shape.batch * work.down * work.across * shape.heads;
  long rows_h = 2 * work.side_h - 1, rows_w = 2 * work.side_w - 1;
  if (dbias) work.dbias = zeroed(tasks * 2 * d);
  if (dtable_h) work.dtable_h = zeroed(tasks * rows_h * d);
  if (dtable_w) work.dtable_w = zeroed(tasks * rows_w * d);
  run(&work, table_h, table_w, backward_task);
  if (dbias) collect_bias(&work, dbias, tasks);
  if (dtable_h) collect_table(dtable_h, work.dtable_h, tasks, rows_h, d);
  if (dtable_w) collect_table(dtable_w, work.dtable_w, tasks, rows_w, d);
  if (dbias) graft_pool_give(work.dbias, (size_t)(tasks * 2 * d) * sizeof(float));
  if (dtable_h) graft_pool_give(work.dtable_h, (size_t)(tasks * rows_h * d) * sizeof(float));
  if (dtable_w) graft_pool_give(work.dtable_w, (size_t)(tasks * rows_w * d) * sizeof(float));
}
