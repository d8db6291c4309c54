#include "image_to_tokens.h"

#include <stddef.h>
#include <string.h>

#include "elementwise.h"
#include "internal/blas.h"
#include "internal/dispatch.h"
#include "internal/image_rows.h"
#include "internal/mathematics.h"
#include "internal/norm.h"
#include "pool.h"
#include "threads.h"

/// The softmax over the `size` rows of each group, for each of n ≤ IMAGE_BLOCK columns, after adding each row's offset.
GRAFT_BODY group_softmax_body(float *scores, const float *offsets, long groups, long size, long n) {
  for (long group = 0; group < groups; group++) {
    float *rows = scores + group * size * n, highest[IMAGE_BLOCK], sum[IMAGE_BLOCK];
    for (long t = 0; t < size; t++) {
      float offset = offsets[group * size + t];
      for (long j = 0; j < n; j++) {
        float score = rows[t * n + j] + offset;
        rows[t * n + j] = score;
        highest[j] = t == 0 || score > highest[j] ? score : highest[j];
      }
    }
    for (long j = 0; j < n; j++) sum[j] = 0;
    for (long t = 0; t < size; t++)
      for (long j = 0; j < n; j++) {
        float power = graft_exp(rows[t * n + j] - highest[j]);
        rows[t * n + j] = power;
        sum[j] += power;
      }
    for (long j = 0; j < n; j++) sum[j] = 1.0f / sum[j];
    for (long t = 0; t < size; t++)
      for (long j = 0; j < n; j++) rows[t * n + j] *= sum[j];
  }
}
GRAFT_DISPATCH(group_softmax, (float *scores, const float *offsets, long groups, long size, long n),
               (scores, offsets, groups, size, n))

/// dp becomes p ⊙ (dp - Σ_group p ⊙ dp); doffsets are its rows' sums.
GRAFT_BODY group_gradients_body(float *dp, float *doffsets, const float *p, long groups, long size, long n) {
  for (long group = 0; group < groups; group++) {
    const float *rows = p + group * size * n;
    float *drows = dp + group * size * n, dot[IMAGE_BLOCK];
    for (long j = 0; j < n; j++) dot[j] = 0;
    for (long t = 0; t < size; t++)
      for (long j = 0; j < n; j++) dot[j] += rows[t * n + j] * drows[t * n + j];
    for (long t = 0; t < size; t++) {
      float lanes[16] = {0}, sum = 0;
      long j = 0;
      for (; j + 16 <= n; j += 16)
        for (int l = 0; l < 16; l++) {
          float d = rows[t * n + j + l] * (drows[t * n + j + l] - dot[j + l]);
          drows[t * n + j + l] = d;
          lanes[l] += d;
        }
      for (int l = 0; l < 16; l++) sum += lanes[l];
      for (; j < n; j++) sum += drows[t * n + j] = rows[t * n + j] * (drows[t * n + j] - dot[j]);
      doffsets[group * size + t] = sum;
    }
  }
}
GRAFT_DISPATCH(group_gradients,
               (float *dp, float *doffsets, const float *p, long groups, long size, long n),
               (dp, doffsets, p, groups, size, n))

struct answer {
  const struct graft_image_to_tokens *in;
  const struct graft_image_to_tokens_gradients *out;
  float *y, *weights, *means, *inverses;
  const float *dy;
  /// Of each block: dkeys, dvalues, doffsets, dbias, dnorm_weight, dnorm_bias, one after the other.
  float *parts;
};

static long key_rows(const struct graft_image_to_tokens *in) { return in->groups * in->tokens; }

static long part_floats(const struct graft_image_to_tokens *in) {
  return key_rows(in) * (2 * in->width + 1) + 3 * in->width;
}

/// What the norm is applied to: x + bias + weightsᵀ · values.
static void sum_before_norm(const struct graft_image_to_tokens *in, struct image_block at,
                            const float *weights, float *z) {
  long c = in->width, r = key_rows(in);
  graft_add(z, in->x + (at.batch * in->rows + at.first) * c, in->bias, at.count * c, c);
  graft_small_gemm(1, 0, at.count, c, r, 1, weights, at.count, in->values + at.batch * r * c, c, 1, z, c);
}

static void forward_task(void *context, long index) {
  const struct answer *w = context;
  const struct graft_image_to_tokens *in = w->in;
  long c = in->width, r = key_rows(in);
  struct image_block at = image_block_at(index, in->rows);
  long row = at.batch * in->rows + at.first, floats = at.count * c;
  float *weights = w->weights + row * r;
  size_t bytes = (size_t)floats * sizeof(float);
  float *z = graft_pool_take(bytes);
  graft_add(z, in->x + row * c, in->positions + at.first * c, floats, floats);
  graft_small_gemm(0, 1, r, at.count, c, 1, in->keys + at.batch * r * c, c, z, c, 0, weights, at.count);
  group_softmax(weights, in->offsets + at.batch * r, in->groups, in->tokens, at.count);
  sum_before_norm(in, at, weights, z);
  norm_rows(w->y + row * c, w->means + row, w->inverses + row, z, in->norm_weight, in->norm_bias,
            in->epsilon, at.count, c);
  graft_pool_give(z, bytes);
}

void graft_image_to_tokens(const struct graft_image_to_tokens *in, float *y, float *weights, float *means,
                           float *inverses) {
  struct answer work = {.in = in, .y = y, .weights = weights, .means = means, .inverses = inverses};
  graft_blas_single_threaded();
  graft_parallel(in->batch * graft_image_blocks(in->rows), forward_task, &work);
}

/// dz [rows, width], the gradient of what the norm was applied to, and the sums over its rows.
static void norm_backward(const struct answer *w, struct image_block at, float *dz, float *z, float *sums) {
  const struct graft_image_to_tokens *in = w->in;
  long c = in->width, row = at.batch * in->rows + at.first;
  const float *dy = w->dy + row * c, *means = w->means + row, *inverses = w->inverses + row;
  memset(sums, 0, (size_t)(3 * c) * sizeof(float));
  sum_before_norm(in, at, w->weights + row * key_rows(in), z);
  norm_rows_backward(dz, dy, z, means, inverses, in->norm_weight, at.count, c);
  if (w->out->dbias) graft_sum_rows(sums, dz, at.count, c);
  if (w->out->dnorm_weight) norm_parameters(sums + c, sums + 2 * c, dy, z, means, inverses, at.count, c);
}

static void backward_task(void *context, long index) {
  const struct answer *w = context;
  const struct graft_image_to_tokens *in = w->in;
  long c = in->width, r = key_rows(in);
  struct image_block at = image_block_at(index, in->rows);
  long row = at.batch * in->rows + at.first, n = at.count, floats = n * c;
  const float *weights = w->weights + row * r;
  float *dkeys = w->parts + index * part_floats(in), *dvalues = dkeys + r * c, *doffsets = dvalues + r * c;
  size_t bytes = (size_t)(2 * floats + r * n) * sizeof(float);
  float *dz = graft_pool_take(bytes), *z = dz + floats, *ds = z + floats;
  norm_backward(w, at, dz, z, doffsets + r);
  graft_small_gemm(0, 1, r, n, c, 1, in->values + at.batch * r * c, c, dz, c, 0, ds, n);
  graft_small_gemm(0, 0, r, c, n, 1, weights, n, dz, c, 0, dvalues, c);
  group_gradients(ds, doffsets, weights, in->groups, in->tokens, n);
  graft_add(z, in->x + row * c, in->positions + at.first * c, floats, floats);
  graft_small_gemm(0, 0, r, c, n, 1, ds, n, z, c, 0, dkeys, c);
  if (w->out->dx) {
    float *dx = w->out->dx + row * c;
    memcpy(dx, dz, (size_t)floats * sizeof(float));
    graft_small_gemm(1, 0, n, c, r, 1, ds, n, in->keys + at.batch * r * c, c, 1, dx, c);
  }
  graft_pool_give(dz, bytes);
}

static void copy(float *to, const float *from, long count) {
  if (to) memcpy(to, from, (size_t)count * sizeof(float));
}

void graft_image_to_tokens_backward(const struct graft_image_to_tokens *in, const float *weights,
                                    const float *means, const float *inverses, const float *dy,
                                    const struct graft_image_to_tokens_gradients *out) {
  long blocks = graft_image_blocks(in->rows), c = in->width, r = key_rows(in), floats = part_floats(in);
  size_t bytes = (size_t)((in->batch * (blocks + 1) + 1) * floats) * sizeof(float);
  float *totals = graft_pool_take(bytes), *shared = totals + in->batch * floats;
  struct answer work = {.in = in, .out = out, .weights = (float *)weights, .means = (float *)means,
                        .inverses = (float *)inverses, .dy = dy, .parts = shared + 3 * c};
  graft_blas_single_threaded();
  graft_parallel(in->batch * blocks, backward_task, &work);
  memset(shared, 0, (size_t)(3 * c) * sizeof(float));
  for (long batch = 0; batch < in->batch; batch++) {
    float *sums = totals + batch * floats;
    graft_sum_rows(sums, work.parts + batch * blocks * floats, blocks, floats);
    copy(out->dkeys + batch * r * c, sums, r * c);
    copy(out->dvalues + batch * r * c, sums + r * c, r * c);
    copy(out->doffsets + batch * r, sums + 2 * r * c, r);
    graft_add(shared, shared, sums + r * (2 * c + 1), 3 * c, 3 * c);
  }
  copy(out->dbias, shared, c);
  copy(out->dnorm_weight, shared + c, c);
  copy(out->dnorm_bias, shared + 2 * c, c);
  graft_pool_give(totals, bytes);
}
