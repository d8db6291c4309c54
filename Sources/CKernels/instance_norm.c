#include "instance_norm.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "internal/dispatch.h"
#include "pool.h"
#include "threads.h"

/// Rows whose sums are single precision; the sums of blocks are added in double precision, in their order.
enum { BLOCK = 256 };

struct instance_norm {
  struct graft_instance_norm_shape shape;
  float *out;
  const float *x, *dy, *means, *inverses, *weight, *bias, *factors;
  float slope;
  double *parts;
};

static long blocks_of(struct graft_instance_norm_shape s) { return (s.pixels + BLOCK - 1) / BLOCK; }

static long rows_of(struct graft_instance_norm_shape s, long block) {
  long left = s.pixels - block * BLOCK;
  return left < BLOCK ? left : BLOCK;
}

/// sums [channels] += Σ_rows (x - mean), squares += Σ_rows (x - mean)².
GRAFT_BODY moments_body(float *sums, float *squares, const float *x, const float *means, long rows, long channels) {
  for (long i = 0; i < rows; i++)
    for (long c = 0; c < channels; c++) {
      float d = x[i * channels + c] - means[c];
      sums[c] += d;
      squares[c] += d * d;
    }
}
GRAFT_DISPATCH(moments,
               (float *sums, float *squares, const float *x, const float *means, long rows, long channels),
               (sums, squares, x, means, rows, channels))

/// y = leaky(x · scale + offset), `factors` being the scales and then the offsets.
GRAFT_BODY applied_body(float *y, const float *x, const float *factors, float slope, long rows, long channels) {
  for (long i = 0; i < rows; i++)
    for (long c = 0; c < channels; c++) {
      float z = x[i * channels + c] * factors[c] + factors[channels + c];
      y[i * channels + c] = z > 0 ? z : slope * z;
    }
}
GRAFT_DISPATCH(applied,
               (float *y, const float *x, const float *factors, float slope, long rows, long channels),
               (y, x, factors, slope, rows, channels))

/// sums += Σ_rows g, dots += Σ_rows g ⊙ n.
GRAFT_BODY gradient_sums_body(float *sums, float *dots, const float *dy, const float *x, const float *factors,
                              const float *means, const float *inverses, float slope, long rows,
                              long channels) {
  for (long i = 0; i < rows; i++)
    for (long c = 0; c < channels; c++) {
      float value = x[i * channels + c], z = value * factors[c] + factors[channels + c];
      float g = z > 0 ? dy[i * channels + c] : slope * dy[i * channels + c];
      sums[c] += g;
      dots[c] += g * (value - means[c]) * inverses[c];
    }
}
GRAFT_DISPATCH(gradient_sums,
               (float *sums, float *dots, const float *dy, const float *x, const float *factors,
                const float *means, const float *inverses, float slope, long rows, long channels),
               (sums, dots, dy, x, factors, means, inverses, slope, rows, channels))

/// dx = a · g + b · x + c, the factors being scale, offset, b and c, of which the scale is a too.
GRAFT_BODY gradient_body(float *dx, const float *dy, const float *x, const float *factors, float slope, long rows,
                         long channels) {
  for (long i = 0; i < rows; i++)
    for (long c = 0; c < channels; c++) {
      float value = x[i * channels + c], z = value * factors[c] + factors[channels + c];
      float g = z > 0 ? dy[i * channels + c] : slope * dy[i * channels + c];
      dx[i * channels + c] = factors[c] * g + factors[2 * channels + c] * value + factors[3 * channels + c];
    }
}
GRAFT_DISPATCH(gradient,
               (float *dx, const float *dy, const float *x, const float *factors, float slope, long rows,
                long channels),
               (dx, dy, x, factors, slope, rows, channels))

/// The place of a block in an image.
static long place(const struct instance_norm *w, long index, long *batch, long *rows) {
  struct graft_instance_norm_shape s = w->shape;
  *batch = index / blocks_of(s);
  *rows = rows_of(s, index % blocks_of(s));
  return (*batch * s.pixels + index % blocks_of(s) * BLOCK) * s.channels;
}

/// Two sums [channels] of one block, in double precision: of the moments, or of the gradients where there is dy.
static void sum_block(void *context, long index) {
  struct instance_norm *w = context;
  long channels = w->shape.channels, batch, rows, at = place(w, index, &batch, &rows);
  size_t bytes = (size_t)(2 * channels) * sizeof(float);
  float *sums = graft_pool_take(bytes);
  memset(sums, 0, bytes);
  const float *means = w->means + batch * channels;
  if (w->dy)
    gradient_sums(sums, sums + channels, w->dy + at, w->x + at, w->factors + batch * 4 * channels, means,
                  w->inverses + batch * channels, w->slope, rows, channels);
  else moments(sums, sums + channels, w->x + at, means, rows, channels);
  for (long c = 0; c < 2 * channels; c++) w->parts[index * 2 * channels + c] = (double)sums[c];
  graft_pool_give(sums, bytes);
}

/// One of the two sums of an image's channel, its blocks added in their order.
static double total(const struct instance_norm *w, long batch, long which, long channel) {
  long blocks = blocks_of(w->shape), channels = w->shape.channels;
  double sum = 0;
  for (long block = 0; block < blocks; block++)
    sum += w->parts[((batch * blocks + block) * 2 + which) * channels + channel];
  return sum;
}

static void apply_block(void *context, long index) {
  struct instance_norm *w = context;
  long channels = w->shape.channels, batch, rows, at = place(w, index, &batch, &rows);
  const float *factors = w->factors + batch * 4 * channels;
  if (w->dy) gradient(w->out + at, w->dy + at, w->x + at, factors, w->slope, rows, channels);
  else applied(w->out + at, w->x + at, factors, w->slope, rows, channels);
}

/// The scales and offsets that make (x - mean) · r · weight + bias one product and one sum.
static void set_factors(float *factors, const struct instance_norm *w) {
  long channels = w->shape.channels;
  for (long batch = 0; batch < w->shape.batch; batch++)
    for (long c = 0; c < channels; c++) {
      long at = batch * channels + c;
      float scale = w->inverses[at] * w->weight[c];
      factors[batch * 4 * channels + c] = scale;
      factors[(batch * 4 + 1) * channels + c] = w->bias[c] - w->means[at] * scale;
    }
}

void graft_instance_norm(float *y, float *means, float *inverses, const float *x, const float *weight,
                         const float *bias, float epsilon, float slope, struct graft_instance_norm_shape s) {
  long tasks = s.batch * blocks_of(s);
  size_t part_bytes = (size_t)(tasks * 2 * s.channels) * sizeof(double);
  size_t factor_bytes = (size_t)(s.batch * 4 * s.channels) * sizeof(float);
  float *factors = graft_pool_take(factor_bytes);
  struct instance_norm work = {s, y, x, NULL, means, inverses, weight, bias, factors, slope, NULL};
  work.parts = graft_pool_take(part_bytes);
  // The first pixel stands in for the mean, so that the second pass is left little to subtract.
  for (long batch = 0; batch < s.batch; batch++)
    memcpy(means + batch * s.channels, x + batch * s.pixels * s.channels, (size_t)s.channels * sizeof(float));
  for (int pass = 0; pass < 2; pass++) {
    graft_parallel(tasks, sum_block, &work);
    for (long batch = 0; batch < s.batch; batch++)
      for (long c = 0; c < s.channels; c++) {
        double shift = total(&work, batch, 0, c) / (double)s.pixels;
        double variance = total(&work, batch, 1, c) / (double)s.pixels - shift * shift;
        means[batch * s.channels + c] += (float)shift;
        inverses[batch * s.channels + c] = (float)(1 / sqrt((variance > 0 ? variance : 0) + (double)epsilon));
      }
  }
  set_factors(factors, &work);
  graft_parallel(tasks, apply_block, &work);
  graft_pool_give(factors, factor_bytes);
  graft_pool_give(work.parts, part_bytes);
}

void graft_instance_norm_backward(float *dx, float *dweight, float *dbias, const float *dy, const float *x,
                                  const float *means, const float *inverses, const float *weight,
                                  const float *bias, float slope, struct graft_instance_norm_shape s) {
  long tasks = s.batch * blocks_of(s);
  size_t part_bytes = (size_t)(tasks * 2 * s.channels) * sizeof(double);
  size_t factor_bytes = (size_t)(s.batch * 4 * s.channels) * sizeof(float);
  float *factors = graft_pool_take(factor_bytes);
  struct instance_norm work = {s, dx, x, dy, means, inverses, weight, bias, factors, slope, NULL};
  work.parts = graft_pool_take(part_bytes);
  set_factors(factors, &work);
  graft_parallel(tasks, sum_block, &work);
  memset(dweight, 0, (size_t)s.channels * sizeof(float));
  memset(dbias, 0, (size_t)s.channels * sizeof(float));
  for (long batch = 0; batch < s.batch; batch++)
    for (long c = 0; c < s.channels; c++) {
      double sum = total(&work, batch, 0, c), dot = total(&work, batch, 1, c);
      dbias[c] += (float)sum;
      dweight[c] += (float)dot;
      long at = batch * s.channels + c;
      double scale = (double)factors[batch * 4 * s.channels + c], inverse = (double)inverses[at];
      double slope_of_x = -scale * dot / (double)s.pixels * inverse;
      factors[(batch * 4 + 2) * s.channels + c] = (float)slope_of_x;
      factors[(batch * 4 + 3) * s.channels + c] =
          (float)(-scale * sum / (double)s.pixels - slope_of_x * (double)means[at]);
    }
  if (dx) graft_parallel(tasks, apply_block, &work);
  graft_pool_give(factors, factor_bytes);
  graft_pool_give(work.parts, part_bytes);
}
