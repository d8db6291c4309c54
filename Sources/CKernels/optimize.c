#include "optimize.h"

#include "internal/dispatch.h"

#include <math.h>

GRAFT_BODY graft_adamw_body(float *p, float *m, float *v, const float *g, long count, float keep,
                            float beta1, float beta2, float step, float root, float epsilon) {
  for (long i = 0; i < count; i++) {
    m[i] += (1.0f - beta1) * (g[i] - m[i]);
    v[i] = beta2 * v[i] + (1.0f - beta2) * g[i] * g[i];
    p[i] = keep * p[i] - step * (m[i] / (__builtin_sqrtf(v[i]) / root + epsilon));
  }
}
GRAFT_DISPATCH(graft_adamw,
               (float *p, float *m, float *v, const float *g, long count, float keep, float beta1,
                float beta2, float step, float root, float epsilon),
               (p, m, v, g, count, keep, beta1, beta2, step, root, epsilon))

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

double graft_sum_squares(const float *x, long count) {
  double sum = 0;
  for (long i = 0; i < count; i++) sum += (double)x[i] * (double)x[i];
  return sum;
}
