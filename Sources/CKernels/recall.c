#include "recall.h"

#include <stddef.h>

#include "internal/blas.h"
#include "internal/head.h"

static struct graft_head head_of(struct graft_recall_shape s, const float *q, const float *k, const float *v) {
  return (struct graft_head){s.queries, s.keys,        s.score_width, s.value_width, 1, q, k, v,
                             s.score_width, s.score_width, s.value_width};
}

void graft_recall(struct graft_recall_shape shape, const float *q, const float *k, const float *v, float *out,
                  float *logsums) {
  struct graft_head head = head_of(shape, q, k, v);
  graft_blas_single_threaded();
  graft_head_forward(&head, out, shape.value_width, logsums);
}

void graft_recall_backward(struct graft_recall_shape shape, const float *q, const float *k, const float *v,
                           const float *out, const float *logsums, const float *dout, float *dq) {
  struct graft_head head = head_of(shape, q, k, v);
  graft_blas_single_threaded();
  graft_head_backward(&head, out, dout, shape.value_width, logsums, dq, shape.score_width, NULL, 0, NULL, 0);
}
