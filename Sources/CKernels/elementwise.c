#include "elementwise.h"

#include "internal/dispatch.h"
#include "internal/mathematics.h"
#include "pool.h"
#include "threads.h"

#include <stddef.h>

/// Loops longer than this are cut into pieces of it, one for each call of a thread.
enum { CHUNK = 1 << 15, SUMMED_ROWS = 512 };

struct elementwise {
  float *y;
  const float *a, *b;
  float s;
  long count, period;
};

static long chunk_length(const struct elementwise *work, long index) {
  long left = work->count - index * CHUNK;
  return left < CHUNK ? left : CHUNK;
}

static void in_chunks(void (*task)(void *, long), struct elementwise work) {
  graft_parallel((work.count + CHUNK - 1) / CHUNK, task, &work);
}

/// Defines the task that runs PART on one chunk and the function NAME that runs it on all of them.
#define IN_CHUNKS(NAME, PART, PARAMETERS, CALL, ...)                             \
  static void NAME##_chunk(void *context, long index) {                         \
    struct elementwise *w = context;                                            \
    long at = index * CHUNK, n = chunk_length(w, index);                        \
    PART CALL;                                                                  \
  }                                                                             \
  void NAME PARAMETERS { in_chunks(NAME##_chunk, (struct elementwise){__VA_ARGS__}); }

GRAFT_BODY add_part_body(float *y, const float *a, const float *b, long count) {
  for (long i = 0; i < count; i++) y[i] = a[i] + b[i];
}
GRAFT_DISPATCH(add_part, (float *y, const float *a, const float *b, long count), (y, a, b, count))

static void add_chunk(void *context, long index) {
  struct elementwise *w = context;
  long at = index * CHUNK, end = at + chunk_length(w, index);
  while (at < end) {
    long within = at % w->period, run = w->period - within;
    if (run > end - at) run = end - at;
    add_part(w->y + at, w->a + at, w->b + within, run);
    at += run;
  }
}

void graft_add(float *y, const float *a, const float *b, long count, long period) {
  in_chunks(add_chunk, (struct elementwise){y, a, b, 0, count, period});
}

GRAFT_BODY scale_part_body(float *y, const float *x, float s, long count) {
  for (long i = 0; i < count; i++) y[i] = s * x[i];
}
GRAFT_DISPATCH(scale_part, (float *y, const float *x, float s, long count), (y, x, s, count))
IN_CHUNKS(graft_scale, scale_part, (float *y, const float *x, float s, long count),
          (w->y + at, w->a + at, w->s, n), y, x, NULL, s, count, 0)

GRAFT_BODY graft_accumulate_body(float *y, const float *x, float s, long count) {
  for (long i = 0; i < count; i++) y[i] += s * x[i];
}
GRAFT_DISPATCH(graft_accumulate, (float *y, const float *x, float s, long count), (y, x, s, count))

GRAFT_BODY sum_part_body(float *sums, const float *x, long rows, long width) {
  for (long j = 0; j < width; j++) sums[j] = 0;
  for (long i = 0; i < rows; i++)
    for (long j = 0; j < width; j++) sums[j] += x[i * width + j];
}
GRAFT_DISPATCH(sum_part, (float *sums, const float *x, long rows, long width), (sums, x, rows, width))

static void sum_block(void *context, long index) {
  struct elementwise *w = context;
  long row = index * SUMMED_ROWS, left = w->count - row;
  sum_part(w->y + index * w->period, w->a + row * w->period, left < SUMMED_ROWS ? left : SUMMED_ROWS,
           w->period);
}

void graft_sum_rows(float *sums, const float *x, long rows, long width) {
  long blocks = (rows + SUMMED_ROWS - 1) / SUMMED_ROWS;
  if (blocks <= 1) {
    sum_part(sums, x, rows, width);
    return;
  }
  size_t bytes = (size_t)(blocks * width) * sizeof(float);
  float *parts = graft_pool_take(bytes);
  struct elementwise work = {parts, x, NULL, 0, rows, width};
  graft_parallel(blocks, sum_block, &work);
  sum_part(sums, parts, blocks, width);
  graft_pool_give(parts, bytes);
}

GRAFT_BODY relu_part_body(float *y, const float *x, long count) {
  for (long i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : 0;
}
GRAFT_DISPATCH(relu_part, (float *y, const float *x, long count), (y, x, count))
IN_CHUNKS(graft_relu, relu_part, (float *y, const float *x, long count), (w->y + at, w->a + at, n), y, x,
          NULL, 0, count, 0)

GRAFT_BODY relu_backward_part_body(float *dx, const float *dy, const float *y, long count) {
  for (long i = 0; i < count; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}
GRAFT_DISPATCH(relu_backward_part, (float *dx, const float *dy, const float *y, long count),
               (dx, dy, y, count))
IN_CHUNKS(graft_relu_backward, relu_backward_part,
          (float *dx, const float *dy, const float *y, long count), (w->y + at, w->a + at, w->b + at, n), dx,
          dy, y, 0, count, 0)

GRAFT_BODY gelu_part_body(float *y, const float *x, long count) {
  for (long i = 0; i < count; i++) y[i] = 0.5f * x[i] * (1.0f + graft_erf(x[i] * 0.70710678118654752f));
}
GRAFT_DISPATCH(gelu_part, (float *y, const float *x, long count), (y, x, count))
IN_CHUNKS(graft_gelu, gelu_part, (float *y, const float *x, long count), (w->y + at, w->a + at, n), y, x,
          NULL, 0, count, 0)

GRAFT_BODY gelu_backward_part_body(float *dx, const float *dy, const float *x, long count) {
  for (long i = 0; i < count; i++) {
    float cumulative = 0.5f * (1.0f + graft_erf(x[i] * 0.70710678118654752f));
    float density = 0.39894228040143268f * graft_exp(-0.5f * x[i] * x[i]);
    dx[i] = dy[i] * (cumulative + x[i] * density);
  }
}
GRAFT_DISPATCH(gelu_backward_part, (float *dx, const float *dy, const float *x, long count),
               (dx, dy, x, count))
IN_CHUNKS(graft_gelu_backward, gelu_backward_part,
          (float *dx, const float *dy, const float *x, long count), (w->y + at, w->a + at, w->b + at, n), dx,
          dy, x, 0, count, 0)
