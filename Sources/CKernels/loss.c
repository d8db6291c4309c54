#include "loss.h"

#include "internal/dispatch.h"
#include "internal/mathematics.h"
#include "pool.h"
#include "threads.h"

#include <math.h>
#include <stddef.h>

/// A tile is this many pixels of one image: its size is fixed, so that sums do not depend on the thread count.
enum { TILE = 512, LANES = 16 };

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

/// p [classes, count], the softmax over the classes of `count` pixels, and the highest logit and Σ exp below it of each.
GRAFT_BODY softmax_tile_body(float *p, float *highest, float *sum, const float *logits, long classes,
                             long pixels, long count) {
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
}
GRAFT_DISPATCH(softmax_tile,
               (float *p, float *highest, float *sum, const float *logits, long classes, long pixels,
                long count),
               (p, highest, sum, logits, classes, pixels, count))

/// The sums intersection, squares and pixels of class `k` over a tile.
GRAFT_BODY class_sums_body(double *sums, const float *p, const uint8_t *labels, long k, long count) {
  float inside[LANES] = {0}, squares[LANES] = {0}, pixels[LANES] = {0};
  long i = 0;
  for (; i + LANES <= count; i += LANES)
    for (int l = 0; l < LANES; l++) {
      float y = labels[i + l] == k ? 1.0f : 0.0f;
      inside[l] += y * p[i + l];
      squares[l] += p[i + l] * p[i + l];
      pixels[l] += y;
    }
  for (; i < count; i++) {
    float y = labels[i] == k ? 1.0f : 0.0f;
    inside[0] += y * p[i];
    squares[0] += p[i] * p[i];
    pixels[0] += y;
  }
  sums[0] = sums[1] = sums[2] = 0;
  for (int l = 0; l < LANES; l++) {
    sums[0] += (double)inside[l];
    sums[1] += (double)squares[l];
    sums[2] += (double)pixels[l];
  }
}
GRAFT_DISPATCH(class_sums, (double *sums, const float *p, const uint8_t *labels, long k, long count),
               (sums, p, labels, k, count))

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
  float *p = graft_pool_take(bytes), highest[TILE], sum[TILE];
  softmax_tile(p, highest, sum, logits, classes, work->pixels, at.count);
  double *part = work->parts + index * (1 + 3 * classes);
  part[0] = 0;
  for (long i = 0; i < at.count; i++)
    part[0] += (double)highest[i] + (double)logf(sum[i]) - (double)logits[labels[i] * work->pixels + i];
  for (long k = 0; k < classes; k++) class_sums(part + 1 + 3 * k, p + k * at.count, labels, k, at.count);
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

/// weighed += g ⊙ p of one class, or where `dlogits` is given, what `graft_cross_entropy_dice_backward` promises.
GRAFT_BODY class_gradients_body(float *weighed, float *dlogits, const float *p, const uint8_t *labels, long k,
                                float linear, float square, float e, long count) {
  if (dlogits) {
    for (long i = 0; i < count; i++) {
      float y = labels[i] == k ? 1.0f : 0.0f;
      dlogits[i] = p[i] * (square * p[i] + linear * y - weighed[i]) + e * (p[i] - y);
    }
    return;
  }
  for (long i = 0; i < count; i++) weighed[i] += p[i] * (square * p[i] + (labels[i] == k ? linear : 0.0f));
}
GRAFT_DISPATCH(class_gradients,
               (float *weighed, float *dlogits, const float *p, const uint8_t *labels, long k, float linear,
                float square, float e, long count),
               (weighed, dlogits, p, labels, k, linear, square, e, count))

static void backward_tile(void *context, long index) {
  struct class_work *work = context;
  struct tile at = tile_at(index, work->pixels);
  long classes = work->classes, n = at.count, offset = at.image * classes * work->pixels + at.start;
  const uint8_t *labels = work->labels + at.image * work->pixels + at.start;
  size_t bytes = (size_t)(classes * TILE) * sizeof(float);
  float *p = graft_pool_take(bytes), highest[TILE], sum[TILE], weighed[TILE] = {0};
  softmax_tile(p, highest, sum, work->logits + offset, classes, work->pixels, n);
  for (int pass = 0; pass < 2; pass++)
    for (long k = 0; k < classes; k++)
      class_gradients(weighed, pass ? work->dlogits + offset + k * work->pixels : NULL, p + k * n, labels, k,
                      (float)work->linear[k], (float)work->square[k], (float)work->e, n);
  graft_pool_give(p, bytes);
}

void graft_cross_entropy_dice_backward(float *dlogits, const float *logits, const uint8_t *labels,
                                       long images, long classes, long pixels, double e,
                                       const double *linear, const double *square) {
  struct class_work work = {.logits = logits, .labels = labels, .classes = classes, .pixels = pixels,
                            .dlogits = dlogits, .e = e, .linear = linear, .square = square};
  graft_parallel(images * tiles(pixels), backward_tile, &work);
}
