#include "elementwise.h"

#include "internal/dispatch.h"
#include "internal/mathematics.h"
#include "threads.h"

#include <stddef.h>

enum { CHUNK = 1 << 15 };

GRAFT_BODY graft_add_body(float *y, const float *a, const float *b, long count, long period) {
  if (period == count) {
    for (long i = 0; i < count; i++) y[i] = a[i] + b[i];
    return;
  }
  for (long row = 0; row < count; row += period)
    for (long i = 0; i < period; i++) y[row + i] = a[row + i] + b[i];
}
GRAFT_DISPATCH(graft_add, (float *y, const float *a, const float *b, long count, long period),
               (y, a, b, count, period))

GRAFT_BODY graft_scale_body(float *y, const float *x, float s, long count) {
  for (long i = 0; i < count; i++) y[i] = s * x[i];
}
GRAFT_DISPATCH(graft_scale, (float *y, const float *x, float s, long count), (y, x, s, count))

GRAFT_BODY graft_accumulate_body(float *y, const float *x, float s, long count) {
  for (long i = 0; i < count; i++) y[i] += s * x[i];
}
GRAFT_DISPATCH(graft_accumulate, (float *y, const float *x, float s, long count), (y, x, s, count))

GRAFT_BODY graft_multiply_body(float *y, const float *a, const float *b, long count) {
  for (long i = 0; i < count; i++) y[i] = a[i] * b[i];
}
GRAFT_DISPATCH(graft_multiply, (float *y, const float *a, const float *b, long count), (y, a, b, count))

GRAFT_BODY graft_sum_rows_body(float *sums, const float *x, long rows, long width) {
  for (long j = 0; j < width; j++) sums[j] = 0;
  for (long i = 0; i < rows; i++)
    for (long j = 0; j < width; j++) sums[j] += x[i * width + j];
}
GRAFT_DISPATCH(graft_sum_rows, (float *sums, const float *x, long rows, long width),
               (sums, x, rows, width))

GRAFT_BODY graft_relu_body(float *y, const float *x, long count) {
  for (long i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : 0;
}
GRAFT_DISPATCH(graft_relu, (float *y, const float *x, long count), (y, x, count))

GRAFT_BODY graft_relu_backward_body(float *dx, const float *dy, const float *y, long count) {
  for (long i = 0; i < count; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}
GRAFT_DISPATCH(graft_relu_backward, (float *dx, const float *dy, const float *y, long count),
               (dx, dy, y, count))

GRAFT_BODY gelu_part_body(float *y, const float *x, long count) {
  for (long i = 0; i < count; i++) y[i] = 0.5f * x[i] * (1.0f + graft_erf(x[i] * 0.70710678118654752f));
}
GRAFT_DISPATCH(gelu_part, (float *y, const float *x, long count), (y, x, count))

GRAFT_BODY gelu_backward_part_body(float *dx, const float *dy, const float *x, long count) {
  for (long i = 0; i < count; i++) {
    float cumulative = 0.5f * (1.0f + graft_erf(x[i] * 0.70710678118654752f));
    float density = 0.39894228040143268f * graft_exp(-0.5f * x[i] * x[i]);
    dx[i] = dy[i] * (cumulative + x[i] * density);
  }
}
GRAFT_DISPATCH(gelu_backward_part, (float *dx, const float *dy, const float *x, long count),
               (dx, dy, x, count))

struct elementwise {
  float *y;
  const float *a, *b;
  long count;
};

static long chunks(long count) { return (count + CHUNK - 1) / CHUNK; }
static long chunk_length(const struct elementwise *work, long index) {
  long left = work->count - index * CHUNK;
  return left < CHUNK ? left : CHUNK;
}

static void gelu_chunk(void *context, long index) {
  struct elementwise *work = context;
  gelu_part(work->y + index * CHUNK, work->a + index * CHUNK, chunk_length(work, index));
}

void graft_gelu(float *y, const float *x, long count) {
  struct elementwise work = {y, x, NULL, count};
  graft_parallel(chunks(count), gelu_chunk, &work);
}

static void gelu_backward_chunk(void *context, long index) {
  struct elementwise *work = context;
  long at = index * CHUNK;
  gelu_backward_part(work->y + at, work->a + at, work->b + at, chunk_length(work, index));
}

void graft_gelu_backward(float *dx, const float *dy, const float *x, long count) {
  struct elementwise work = {dx, dy, x, count};
  graft_parallel(chunks(count), gelu_backward_chunk, &work);
}

GRAFT_BODY graft_sigmoid_body(float *y, const float *x, long count) {
  for (long i = 0; i < count; i++) y[i] = 1.0f / (1.0f + graft_exp(-x[i]));
}
GRAFT_DISPATCH(graft_sigmoid, (float *y, const float *x, long count), (y, x, count))
