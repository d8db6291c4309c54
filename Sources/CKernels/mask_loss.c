#include "loss.h"

#include "internal/dispatch.h"
#include "internal/mathematics.h"
#include "pool.h"
#include "threads.h"

#include <stddef.h>

/// A tile is this many pixels of one mask: its size is fixed, so that sums do not depend on the thread count.
enum { TILE = 1024, LANES = 16 };

struct mask_work {
  struct graft_mask_sums *parts;
  const float *logits;
  const uint8_t *targets;
  long masks, pixels;
  float *dlogits;
  double focal;
  const double *inside, *everywhere;
};

/// What the loss of a pixel is made of: the probability of the right answer, that of the wrong one, log right.
struct answer {
  float right, wrong, log_right;
};

/// Through e = exp(-|u|), u the logit of the right answer: neither overflows nor loses small values. log(1 + e) is
/// 2 artanh(e / (2 + e)) by its series, which is exact in single precision up to the argument 1/3.
static inline __attribute__((always_inline)) struct answer answer_of(float u) {
  float size = u < 0 ? -u : u, e = graft_exp(-size), s = e / (2.0f + e), t = s * s;
  float series = 1.0f / 15.0f;
  series = series * t + 1.0f / 13.0f;
  series = series * t + 1.0f / 11.0f;
  series = series * t + 1.0f / 9.0f;
  series = series * t + 1.0f / 7.0f;
  series = series * t + 1.0f / 5.0f;
  series = series * t + 1.0f / 3.0f;
  series = series * t + 1.0f;
  float large = 1.0f / (1.0f + e), small = e * large;
  return (struct answer){u < 0 ? small : large, u < 0 ? large : small,
                         (u < 0 ? u : 0.0f) - 2.0f * s * series};
}

/// Adds up to LANES pixels to six sums of as many lanes: those of `graft_mask_sums`, in its order.
static inline __attribute__((always_inline)) void sum_pixels(float sums[6][LANES], const float *logits,
                                                             const uint8_t *targets, int count) {
  for (int l = 0; l < count; l++) {
    float z = logits[l], t = targets[l] != 0 ? 1.0f : 0.0f, shown = z > 0 ? 1.0f : 0.0f;
    struct answer a = answer_of(t > 0 ? z : -z);
    float p = t > 0 ? a.right : a.wrong;
    sums[0][l] -= (0.75f - 0.5f * t) * a.wrong * a.wrong * a.log_right;
    sums[1][l] += t * p;
    sums[2][l] += p;
    sums[3][l] += t;
    sums[4][l] += t * shown;
    sums[5][l] += t + shown - t * shown;
  }
}

GRAFT_BODY mask_sums_body(struct graft_mask_sums *out, const float *logits, const uint8_t *targets,
                          long count) {
  float sums[6][LANES] = {0};
  long i = 0;
  for (; i + LANES <= count; i += LANES) sum_pixels(sums, logits + i, targets + i, LANES);
  sum_pixels(sums, logits + i, targets + i, (int)(count - i));
  double totals[6] = {0};
  for (int kind = 0; kind < 6; kind++)
    for (int l = 0; l < LANES; l++) totals[kind] += (double)sums[kind][l];
  *out = (struct graft_mask_sums){totals[0], totals[1], totals[2], totals[3], (long)totals[4],
                                  (long)totals[5]};
}
GRAFT_DISPATCH(mask_sums,
               (struct graft_mask_sums *out, const float *logits, const uint8_t *targets, long count),
               (out, logits, targets, count))

static long tiles(long pixels) { return (pixels + TILE - 1) / TILE; }

static long tile_length(long pixels, long start) {
  return pixels - start < TILE ? pixels - start : TILE;
}

static void sum_tile(void *context, long index) {
  struct mask_work *work = context;
  long mask = index / tiles(work->pixels), start = index % tiles(work->pixels) * TILE;
  mask_sums(work->parts + index, work->logits + mask * work->pixels + start,
            work->targets + mask / work->masks * work->pixels + start, tile_length(work->pixels, start));
}

void graft_sum_masks(struct graft_mask_sums *sums, const float *logits, const uint8_t *targets,
                     long images, long masks, long pixels) {
  long each = tiles(pixels), count = images * masks * each;
  size_t bytes = (size_t)count * sizeof(struct graft_mask_sums);
  struct mask_work work = {.parts = graft_pool_take(bytes), .logits = logits, .targets = targets,
                           .masks = masks, .pixels = pixels};
  graft_parallel(count, sum_tile, &work);
  for (long mask = 0; mask < images * masks; mask++) {
    struct graft_mask_sums *sum = sums + mask;
    *sum = (struct graft_mask_sums){0, 0, 0, 0, 0, 0};
    for (long tile = mask * each; tile < (mask + 1) * each; tile++) {
      const struct graft_mask_sums *part = work.parts + tile;
      sum->focal += part->focal;
      sum->intersection += part->intersection;
      sum->predicted += part->predicted;
      sum->target += part->target;
      sum->overlap += part->overlap;
      sum->whole += part->whole;
    }
  }
  graft_pool_give(work.parts, bytes);
}

GRAFT_BODY mask_gradients_body(float *dlogits, const float *logits, const uint8_t *targets, long count,
                               float focal, float inside, float everywhere) {
  for (long i = 0; i < count; i++) {
    float t = targets[i] != 0 ? 1.0f : 0.0f;
    struct answer a = answer_of(t > 0 ? logits[i] : -logits[i]);
    float slope = (t - 0.75f) * a.wrong * a.wrong * (2.0f * a.right * a.log_right - a.wrong);
    dlogits[i] = focal * slope + (inside * t + everywhere) * a.right * a.wrong;
  }
}
GRAFT_DISPATCH(mask_gradients,
               (float *dlogits, const float *logits, const uint8_t *targets, long count, float focal,
                float inside, float everywhere),
               (dlogits, logits, targets, count, focal, inside, everywhere))

static void backward_tile(void *context, long index) {
  struct mask_work *work = context;
  long mask = index / tiles(work->pixels), start = index % tiles(work->pixels) * TILE;
  long at = mask * work->pixels + start;
  mask_gradients(work->dlogits + at, work->logits + at,
                 work->targets + mask / work->masks * work->pixels + start,
                 tile_length(work->pixels, start), (float)work->focal, (float)work->inside[mask],
                 (float)work->everywhere[mask]);
}

void graft_sum_masks_backward(float *dlogits, const float *logits, const uint8_t *targets,
                              long images, long masks, long pixels, double focal,
                              const double *inside, const double *everywhere) {
  struct mask_work work = {.logits = logits, .targets = targets, .masks = masks, .pixels = pixels,
                           .dlogits = dlogits, .focal = focal, .inside = inside,
                           .everywhere = everywhere};
  graft_parallel(images * masks * tiles(pixels), backward_tile, &work);
}
