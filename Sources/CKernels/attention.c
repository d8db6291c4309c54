#include "attention.h"

#include <math.h>
#include <stddef.h>

#include "internal/blas.h"
#include "internal/head.h"
#include "threads.h"

struct attention {
  struct graft_attention_shape shape;
  const float *q, *k, *v, *dout;
  float *out, *logsums;
  float *dq, *dk, *dv;
};

/// Where a task's head begins: in rows of queries, in rows of keys, in columns.
struct place {
  long queries, keys, logsums;
};

static struct place place_of(const struct graft_attention_shape *s, long index) {
  long batch = index / s->heads, column = index % s->heads * s->width, row = s->heads * s->width;
  return (struct place){batch * s->queries * row + column, batch * s->keys * row + column,
                        index * s->queries};
}

static struct graft_head head_of(const struct attention *work, struct place at) {
  const struct graft_attention_shape *s = &work->shape;
  long row = s->heads * s->width;
  return (struct graft_head){
      .queries = s->queries, .keys = s->keys, .score_width = s->width, .value_width = s->width,
      .scale = 1.0f / sqrtf((float)s->width), .q = work->q + at.queries, .k = work->k + at.keys,
      .v = work->v + at.keys, .ldq = row, .ldk = row, .ldv = row};
}

static void forward_task(void *context, long index) {
  struct attention *work = context;
  struct place at = place_of(&work->shape, index);
  struct graft_head head = head_of(work, at);
  graft_head_forward(&head, work->out + at.queries, head.ldq, work->logsums + at.logsums);
}

static void backward_task(void *context, long index) {
  struct attention *work = context;
  struct place at = place_of(&work->shape, index);
  struct graft_head head = head_of(work, at);
  long row = head.ldq;
  graft_head_backward(&head, work->out + at.queries, work->dout + at.queries, row,
                      work->logsums + at.logsums, work->dq ? work->dq + at.queries : NULL, row,
                      work->dk ? work->dk + at.keys : NULL, row, work->dv ? work->dv + at.keys : NULL, row);
}

void graft_attention(struct graft_attention_shape shape, const float *q, const float *k, const float *v,
                     float *out, float *logsums) {
  struct attention work = {shape, q, k, v, NULL, out, logsums, NULL, NULL, NULL};
  graft_blas_single_threaded();
  graft_parallel(shape.batch * shape.heads, forward_task, &work);
}

void graft_attention_backward(struct graft_attention_shape shape, const float *q, const float *k,
                              const float *v, const float *out, const float *logsums, const float *dout,
                              float *dq, float *dk, float *dv) {
  struct attention work = {shape, q, k, v, dout, (float *)out, (float *)logsums, dq, dk, dv};
  graft_blas_single_threaded();
  graft_parallel(shape.batch * shape.heads, backward_task, &work);
}
