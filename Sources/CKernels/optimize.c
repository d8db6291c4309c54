#include "optimize.h"

#include "internal/dispatch.h"
#include "threads.h"

#include <math.h>

/// Loops longer than this are cut into pieces of it, one for each call of a thread.
enum { CHUNK = 1 << 15, LANES = 8 };

GRAFT_BODY adamw_part_body(float *to, const float *p, float *m, float *v, const float *g, long count,
                           const struct graft_adamw_numbers *numbers) {
  struct graft_adamw_numbers n = *numbers;
  for (long i = 0; i < count; i++) {
    m[i] += n.rest1 * (g[i] - m[i]);
    v[i] = n.beta2 * v[i] + n.rest2 * g[i] * g[i];
    to[i] = n.keep * p[i] - n.step * (m[i] / (__builtin_sqrtf(v[i]) / n.root + n.epsilon));
  }
}
GRAFT_DISPATCH(adamw_part,
               (float *to, const float *p, float *m, float *v, const float *g, long count,
                const struct graft_adamw_numbers *numbers),
               (to, p, m, v, g, count, numbers))

struct adamw {
  float *to, *m, *v;
  const float *p, *g;
  long count;
  const struct graft_adamw_numbers *numbers;
};

static void adamw_chunk(void *context, long index) {
  const struct adamw *w = context;
  long at = index * CHUNK, left = w->count - at;
  adamw_part(w->to + at, w->p + at, w->m + at, w->v + at, w->g + at, left < CHUNK ? left : CHUNK,
             w->numbers);
}

void graft_adamw(float *to, const float *p, float *m, float *v, const float *g, long count,
                 struct graft_adamw_numbers numbers) {
  struct adamw work = {to, m, v, p, g, count, &numbers};
  graft_parallel((count + CHUNK - 1) / CHUNK, adamw_chunk, &work);
}

GRAFT_BODY graft_sgd_body(float *p, float *b, const float *g, long count, float rate,
                          float momentum, float decay) {
  for (long i = 0; i < count; i++) {
    b[i] = momentum * b[i] + (g[i] + decay * p[i]);
    p[i] -= rate * b[i];
  }
}
GRAFT_DISPATCH(graft_sgd,
               (float *p, float *b, const float *g, long count, float rate, float momentum,
                float decay),
               (p, b, g, count, rate, momentum, decay))

GRAFT_BODY sum_squares_body(double *sum, const float *x, long count) {
  double lanes[LANES] = {0};
  long i = 0;
  for (; i + LANES <= count; i += LANES)
    for (int l = 0; l < LANES; l++) lanes[l] += (double)x[i + l] * (double)x[i + l];
  for (; i < count; i++) lanes[0] += (double)x[i] * (double)x[i];
  *sum = 0;
  for (int l = 0; l < LANES; l++) *sum += lanes[l];
}
GRAFT_DISPATCH(sum_squares, (double *sum, const float *x, long count), (sum, x, count))

double graft_sum_squares(const float *x, long count) {
  double sum;
  sum_squares(&sum, x, count);
  return sum;
}
