#include "max_pool.h"

#include <stddef.h>

#include "internal/dispatch.h"
#include "threads.h"

struct pooling {
  float *to;
  const float *x, *dy;
  long columns, channels;
};

GRAFT_BODY pool_row_body(float *y, const float *x, long columns, long channels) {
  for (long j = 0; j < columns / 2; j++)
    for (long c = 0; c < channels; c++) {
      const float *above = x + 2 * j * channels + c, *below = above + columns * channels;
      float first = above[channels] > above[0] ? above[channels] : above[0];
      float second = below[channels] > below[0] ? below[channels] : below[0];
      y[j * channels + c] = second > first ? second : first;
    }
}
GRAFT_DISPATCH(pool_row, (float *y, const float *x, long columns, long channels), (y, x, columns, channels))

GRAFT_BODY pool_row_backward_body(float *dx, const float *dy, const float *x, long columns, long channels) {
  for (long j = 0; j < columns / 2; j++)
    for (long c = 0; c < channels; c++) {
      long at = 2 * j * channels + c, under = at + columns * channels;
      float a = x[at], b = x[at + channels], d = x[under], e = x[under + channels], g = dy[j * channels + c];
      int is_a = a >= b && a >= d && a >= e, is_b = !is_a && b >= d && b >= e, is_d = !is_a && !is_b && d >= e;
      dx[at] = is_a ? g : 0;
      dx[at + channels] = is_b ? g : 0;
      dx[under] = is_d ? g : 0;
      dx[under + channels] = is_a || is_b || is_d ? 0 : g;
    }
}
GRAFT_DISPATCH(pool_row_backward, (float *dx, const float *dy, const float *x, long columns, long channels),
               (dx, dy, x, columns, channels))

static void row_task(void *context, long index) {
  const struct pooling *w = context;
  long row = w->columns * w->channels;
  const float *x = w->x + 2 * index * row;
  if (w->dy) pool_row_backward(w->to + 2 * index * row, w->dy + index * row / 2, x, w->columns, w->channels);
  else pool_row(w->to + index * row / 2, x, w->columns, w->channels);
}

void graft_max_pool(float *y, const float *x, long batch, long rows, long columns, long channels) {
  struct pooling work = {y, x, NULL, columns, channels};
  graft_parallel(batch * rows / 2, row_task, &work);
}

void graft_max_pool_backward(float *dx, const float *dy, const float *x, long batch, long rows, long columns,
                             long channels) {
  struct pooling work = {dx, x, dy, columns, channels};
  graft_parallel(batch * rows / 2, row_task, &work);
}
