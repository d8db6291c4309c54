#include "loss.h"

#include "internal/dispatch.h"
#include "internal/mathematics.h"
#include "pool.h"
#include "threads.h"

#include <math.h>
#include <stddef.h>

/// A tile is this many pixels of one image: its size is fixed, so that sums do not depend on the thread count.
enum { TILE = 512, MAXIMUM_CLASSES = 256 };

static long tiles(long pixels) { return (pixels + TILE - 1) / TILE; }

struct class_work {
  const float *logits;
  const uint8_t *labels;
  long classes, pixels;
  double *parts;
  float *dlogits;
  double e;
  const double *linear, *square;
};

/// The softmax over the classes of `count` pixels, as p [classes, count]; returns nothing but p and log Σ exp.
GRAFT_BODY softmax_tile_body(float *p, float *log_sum, const float *logits, long classes,
                             long pixels, long count) {
  float highest[TILE], sum[TILE];
  for (long i = 0; i < count; i++) highest[i] = logits[i];
  for (long k = 1; k < classes; k++)
    for (long i = 0; i < count; i++) {
      float value = logits[k * pixels + i];
      highest[i] = value > highest[i] ? value : highest[i];
    }
  for (long i = 0; i < count; i++) sum[i] = 0;
  for (long k = 0; k < classes; k++)
    for (long i = 0; i < count; i++) {
      float power = graft_exp(logits[k * pixels + i] - highest[i]);
      p[k * count + i] = power;
      sum[i] += power;
    }
  for (long k = 0; k < classes; k++)
    for (long i = 0; i < count; i++) p[k * count + i] /= sum[i];
  for (long i = 0; i < count; i++) log_sum[i] = highest[i] + logf(sum[i]);
}
GRAFT_DISPATCH(softmax_tile,
               (float *p, float *log_sum, const float *logits, long classes, long pixels, long count),
               (p, log_sum, logits, classes, pixels, count))

struct tile {
  long image, start, count;
};

static struct tile tile_at(long index, long pixels) {
  long image = index / tiles(pixels);
  long start = index % tiles(pixels) * TILE;
  long left = pixels - start;
  return (struct tile){image, start, left < TILE ? left : TILE};
}

/// Fills parts[index] with the cross entropy and, by class, the three sums of one tile.
static void sum_tile(void *context, long index) {
  struct class_work *work = context;
  struct tile at = tile_at(index, work->pixels);
  long classes = work->classes;
  const float *logits = work->logits + at.image * classes * work->pixels + at.start;
  const uint8_t *labels = work->labels + at.image * work->pixels + at.start;
  size_t bytes = (size_t)(classes * TILE) * sizeof(float);
  float *p = graft_pool_take(bytes), log_sum[TILE];
  softmax_tile(p, log_sum, logits, classes, work->pixels, at.count);
  double *part = work->parts + index * (1 + 3 * classes);
  for (long k = 0; k < 1 + 3 * classes; k++) part[k] = 0;
  for (long i = 0; i < at.count; i++)
    part[0] += (double)log_sum[i] - (double)logits[labels[i] * work->pixels + i];
  for (long k = 0; k < classes; k++) {
    double intersection = 0, squares = 0, pixels = 0;
    for (long i = 0; i < at.count; i++) {
      double value = p[k * at.count + i];
      squares += value * value;
      if (labels[i] == k) {
        intersection += value;
        pixels += 1;
      }
    }
    part[1 + 3 * k] = intersection;
    part[2 + 3 * k] = squares;
    part[3 + 3 * k] = pixels;
  }
  graft_pool_give(p, bytes);
}

void graft_cross_entropy_dice(struct graft_class_sums *sums, const float *logits,
                              const uint8_t *labels, long images, long classes, long pixels) {
  long count = images * tiles(pixels), width = 1 + 3 * classes;
  size_t bytes = (size_t)(count * width) * sizeof(double);
  struct class_work work = {.logits = logits, .labels = labels, .classes = classes, .pixels = pixels};
  work.parts = graft_pool_take(bytes);
  graft_parallel(count, sum_tile, &work);
  double entropy = 0;
  for (long k = 0; k < classes; k++) sums->intersection[k] = sums->squares[k] = sums->pixels[k] = 0;
  for (long index = 0; index < count; index++) {
    const double *part = work.parts + index * width;
    entropy += part[0];
    for (long k = 0; k < classes; k++) {
      sums->intersection[k] += part[1 + 3 * k];
      sums->squares[k] += part[2 + 3 * k];
      sums->pixels[k] += part[3 + 3 * k];
    }
  }
  sums->cross_entropy = entropy / (double)(images * pixels);
  graft_pool_give(work.parts, bytes);
}

static void backward_tile(void *context, long index) {
  struct class_work *work = context;
  struct tile at = tile_at(index, work->pixels);
  long classes = work->classes, offset = at.image * classes * work->pixels + at.start;
  const uint8_t *labels = work->labels + at.image * work->pixels + at.start;
  size_t bytes = (size_t)(classes * TILE) * sizeof(float);
  float *p = graft_pool_take(bytes), log_sum[TILE];
  softmax_tile(p, log_sum, work->logits + offset, classes, work->pixels, at.count);
  for (long i = 0; i < at.count; i++) {
    double g[MAXIMUM_CLASSES], weighed = 0;
    for (long k = 0; k < classes; k++) {
      double value = p[k * at.count + i];
      g[k] = work->square[k] * value + (labels[i] == k ? work->linear[k] : 0);
      weighed += g[k] * value;
    }
    for (long k = 0; k < classes; k++) {
      double value = p[k * at.count + i];
      double wrong = value - (labels[i] == k ? 1 : 0);
      work->dlogits[offset + k * work->pixels + i] =
          (float)(value * (g[k] - weighed) + work->e * wrong);
    }
  }
  graft_pool_give(p, bytes);
}

void graft_cross_entropy_dice_backward(float *dlogits, const float *logits, const uint8_t *labels,
                                       long images, long classes, long pixels, double e,
                                       const double *linear, const double *square) {
  struct class_work work = {.logits = logits, .labels = labels, .classes = classes, .pixels = pixels,
                            .dlogits = dlogits, .e = e, .linear = linear, .square = square};
  graft_parallel(images * tiles(pixels), backward_tile, &work);
}

struct mask_work {
  struct graft_mask_sums *sums;
  const float *logits;
  const uint8_t *targets;
  long masks, pixels;
  float *dlogits;
  double focal;
  const double *inside, *everywhere;
};

/// log σ(u), which neither overflows nor loses small values.
static double log_sigmoid(double u) { return u < 0 ? u - log1p(exp(u)) : -log1p(exp(-u)); }

static void sum_mask(void *context, long index) {
  struct mask_work *work = context;
  const float *logits = work->logits + index * work->pixels;
  const uint8_t *targets = work->targets + index / work->masks * work->pixels;
  struct graft_mask_sums sums = {0, 0, 0, 0, 0, 0};
  for (long i = 0; i < work->pixels; i++) {
    double z = logits[i];
    int inside = targets[i] != 0;
    double log_right = log_sigmoid(inside ? z : -z), right = exp(log_right);
    double p = inside ? right : 1 - right;
    sums.focal -= (inside ? 0.25 : 0.75) * (1 - right) * (1 - right) * log_right;
    sums.predicted += p;
    sums.intersection += inside ? p : 0;
    sums.target += inside;
    sums.overlap += inside && z > 0;
    sums.whole += inside || z > 0;
  }
  work->sums[index] = sums;
}

void graft_sum_masks(struct graft_mask_sums *sums, const float *logits, const uint8_t *targets,
                     long images, long masks, long pixels) {
  struct mask_work work = {.sums = sums, .logits = logits, .targets = targets, .masks = masks,
                           .pixels = pixels};
  graft_parallel(images * masks, sum_mask, &work);
}

static void backward_mask(void *context, long index) {
  struct mask_work *work = context;
  const float *logits = work->logits + index * work->pixels;
  const uint8_t *targets = work->targets + index / work->masks * work->pixels;
  float *dlogits = work->dlogits + index * work->pixels;
  for (long i = 0; i < work->pixels; i++) {
    double z = logits[i];
    int inside = targets[i] != 0;
    double log_right = log_sigmoid(inside ? z : -z), right = exp(log_right), miss = 1 - right;
    double focal = (inside ? 0.25 : -0.75) * miss * miss * (2 * right * log_right - miss);
    double dice = (inside ? work->inside[index] : 0) + work->everywhere[index];
    dlogits[i] = (float)(work->focal * focal + dice * right * miss);
  }
}

void graft_sum_masks_backward(float *dlogits, const float *logits, const uint8_t *targets,
                              long images, long masks, long pixels, double focal,
                              const double *inside, const double *everywhere) {
  struct mask_work work = {.logits = logits, .targets = targets, .masks = masks, .pixels = pixels,
                           .dlogits = dlogits, .focal = focal, .inside = inside,
                           .everywhere = everywhere};
  graft_parallel(images * masks, backward_mask, &work);
}
