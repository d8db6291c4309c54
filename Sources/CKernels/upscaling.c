#include "upscaling.h"

#include <stddef.h>
#include <string.h>

#include "elementwise.h"
#include "gemm.h"
#include "internal/blas.h"
#include "internal/upscaling.h"
#include "pool.h"
#include "threads.h"

/// Images are gone through in strips of this many tokens, whose intermediate values stay in the second cache level.
enum { STRIP = 128 };

struct upscaling {
  const struct graft_upscaling *in;
  const struct graft_upscaling_gradients *out;
  float *y, *u;
  const float *dy;
  /// The gradient of u, whole, where parameters learn.
  float *du;
  /// Of each strip: the gradients of masks, first_bias, the norm, second_bias and, where parameters learn, second.
  float *parts;
};

/// A strip: its batch entry, its first token there and its token count.
struct strip {
  long batch, first, count;
};

static long tokens(const struct graft_upscaling *in) { return in->rows * in->columns; }
static long strips(const struct graft_upscaling *in) { return (tokens(in) + STRIP - 1) / STRIP; }

static struct strip strip_at(const struct graft_upscaling *in, long index) {
  long first = index % strips(in) * STRIP, left = tokens(in) - first;
  return (struct strip){index / strips(in), first, left < STRIP ? left : STRIP};
}

/// Where the masks' pixel lies that is sub-pixel `inner` (0..<4) of pixel `pixel` of a strip.
static long place(const struct graft_upscaling *in, struct strip at, long pixel, long inner) {
  long token = at.first + pixel / 4, outer = pixel % 4;
  long row = 4 * (token / in->columns) + 2 * (outer / 2) + inner / 2;
  long column = 4 * (token % in->columns) + 2 * (outer % 2) + inner % 2;
  return row * 4 * in->columns + column;
}

/// a [4 · count, middle] and v [4 · outer, 4 · count] (without second_bias) of a strip, from its u.
static void values_of_strip(const struct graft_upscaling *in, struct strip at, const float *u, float *a,
                            float *v) {
  long n = 4 * at.count;
  graft_norm_gelu_rows(a, u, in->first_bias, in->norm_weight, in->norm_bias, in->epsilon, n, in->middle);
  graft_small_gemm(1, 1, 4 * in->outer, n, in->middle, 1, in->second, 4 * in->outer, a, in->middle, 0, v, n);
}

static void forward_task(void *context, long index) {
  const struct upscaling *w = context;
  const struct graft_upscaling *in = w->in;
  struct strip at = strip_at(in, index);
  long n = 4 * at.count, pixels = 16 * tokens(in), row = at.batch * tokens(in) + at.first;
  size_t bytes = (size_t)(n * (in->middle + 4 * in->outer + in->count)) * sizeof(float);
  float *a = graft_pool_take(bytes), *v = a + n * in->middle, *masks = v + n * 4 * in->outer;
  float *u = w->u + row * 4 * in->middle;
  graft_small_gemm(0, 0, at.count, 4 * in->middle, in->width, 1, in->x + row * in->width, in->width, in->first,
                   4 * in->middle, 0, u, 4 * in->middle);
  values_of_strip(in, at, u, a, v);
  for (long inner = 0; inner < 4; inner++) {
    graft_gelu_masks(masks, v + inner * in->outer * n, in->second_bias,
                     in->masks + at.batch * in->count * in->outer, in->count, in->outer, n);
    float *y = w->y + at.batch * in->count * pixels;
    for (long pixel = 0; pixel < n; pixel++) {
      long to = place(in, at, pixel, inner);
      for (long m = 0; m < in->count; m++) y[m * pixels + to] = masks[m * n + pixel];
    }
  }
  graft_pool_give(a, bytes);
}

void graft_upscaled_masks(const struct graft_upscaling *in, float *y, float *u) {
  struct upscaling work = {.in = in, .y = y, .u = u};
  graft_blas_single_threaded();
  graft_parallel(in->batch * strips(in), forward_task, &work);
}

static long part_floats(const struct upscaling *w) {
  const struct graft_upscaling *in = w->in;
  long vectors = in->count * in->outer + 3 * in->middle + in->outer;
  return vectors + (w->out->dfirst ? in->middle * 4 * in->outer : 0);
}

/// v becomes its gradient; the strip's sums are added to.
static void masks_backward(const struct upscaling *w, struct strip at, float *v, float *dmasks, float *dbias,
                           float *dy) {
  const struct graft_upscaling *in = w->in;
  long n = 4 * at.count, pixels = 16 * tokens(in);
  const float *from = w->dy + at.batch * in->count * pixels;
  for (long inner = 0; inner < 4; inner++) {
    for (long pixel = 0; pixel < n; pixel++) {
      long place_of = place(in, at, pixel, inner);
      for (long m = 0; m < in->count; m++) dy[m * n + pixel] = from[m * pixels + place_of];
    }
    graft_gelu_masks_backward(v + inner * in->outer * n, dmasks, dbias, dy, in->second_bias,
                              in->masks + at.batch * in->count * in->outer, in->count, in->outer, n);
  }
}

/// The strip's share of the way from dv back to dx; its du is kept where parameters learn.
static void tokens_backward(const struct upscaling *w, struct strip at, const float *v, float *a, float *z,
                            float *sums) {
  const struct graft_upscaling *in = w->in;
  long n = 4 * at.count, mid = in->middle, out = 4 * in->outer, row = at.batch * tokens(in) + at.first;
  float *du = w->du ? w->du + row * 4 * mid : a;
  graft_small_gemm(1, 1, n, mid, out, 1, v, n, in->second, out, 0, du, mid);
  graft_norm_gelu_rows_backward(du, z, sums, w->u + row * 4 * mid, in->first_bias, in->norm_weight,
                                in->norm_bias, in->epsilon, n, mid);
  if (w->out->dx)
    graft_small_gemm(0, 1, at.count, in->width, 4 * mid, 1, du, 4 * mid, in->first, 4 * mid, 0,
                     w->out->dx + row * in->width, in->width);
}

static void backward_task(void *context, long index) {
  const struct upscaling *w = context;
  const struct graft_upscaling *in = w->in;
  struct strip at = strip_at(in, index);
  long n = 4 * at.count, mid = in->middle, out = 4 * in->outer, row = at.batch * tokens(in) + at.first;
  size_t bytes = (size_t)(n * (2 * mid + out + in->count)) * sizeof(float);
  float *a = graft_pool_take(bytes), *z = a + n * mid, *v = z + n * mid, *dy = v + n * out;
  float *dmasks = w->parts + index * part_floats(w), *sums = dmasks + in->count * in->outer;
  float *dsecond_bias = sums + 3 * mid, *dsecond = dsecond_bias + in->outer;
  memset(dmasks, 0, (size_t)part_floats(w) * sizeof(float));
  values_of_strip(in, at, w->u + row * 4 * mid, a, v);
  masks_backward(w, at, v, dmasks, dsecond_bias, dy);
  if (w->du) graft_small_gemm(1, 1, mid, out, n, 1, a, mid, v, n, 0, dsecond, out);
  if (w->du || w->out->dx) tokens_backward(w, at, v, a, z, sums);
  graft_pool_give(a, bytes);
}

/// Adds up the strips' sums, in their order.
static void sum_parts(const struct upscaling *w) {
  const struct graft_upscaling *in = w->in;
  long floats = part_floats(w), masks = in->count * in->outer, mid = in->middle;
  size_t bytes = (size_t)(2 * floats) * sizeof(float);
  float *sums = graft_pool_take(bytes), *learned = sums + floats;
  memset(learned, 0, (size_t)floats * sizeof(float));
  for (long batch = 0; batch < in->batch; batch++) {
    graft_sum_rows(sums, w->parts + batch * strips(in) * floats, strips(in), floats);
    memcpy(w->out->dmasks + batch * masks, sums, (size_t)masks * sizeof(float));
    graft_add(learned, learned, sums + masks, floats - masks, floats - masks);
  }
  if (w->du) {
    memcpy(w->out->dfirst_bias, learned, (size_t)mid * sizeof(float));
    memcpy(w->out->dnorm_weight, learned + mid, (size_t)mid * sizeof(float));
    memcpy(w->out->dnorm_bias, learned + 2 * mid, (size_t)mid * sizeof(float));
    memcpy(w->out->dsecond_bias, learned + 3 * mid, (size_t)in->outer * sizeof(float));
    memcpy(w->out->dsecond, learned + 3 * mid + in->outer, (size_t)(4 * mid * in->outer) * sizeof(float));
  }
  graft_pool_give(sums, bytes);
}

void graft_upscaled_masks_backward(const struct graft_upscaling *in, const float *u, const float *dy,
                                   const struct graft_upscaling_gradients *out) {
  struct upscaling work = {.in = in, .out = out, .u = (float *)u, .dy = dy};
  long tasks = in->batch * strips(in), rows = in->batch * tokens(in), wide = 4 * in->middle;
  long du_floats = out->dfirst ? rows * wide : 0;
  size_t bytes = (size_t)(tasks * part_floats(&work) + du_floats) * sizeof(float);
  work.parts = graft_pool_take(bytes);
  if (out->dfirst) work.du = work.parts + tasks * part_floats(&work);
  graft_blas_single_threaded();
  graft_parallel(tasks, backward_task, &work);
  sum_parts(&work);
  if (work.du)
    graft_gemm(1, 0, in->width, wide, rows, 1, in->x, in->width, work.du, wide, 0, out->dfirst, wide);
  graft_pool_give(work.parts, bytes);
}
