#pragma once

/// One head of an attention: rows with leading dimensions; scores = scale · q · kᵀ.
struct graft_head {
  long queries, keys;
  /// Extents of a row of q and k, and of a row of v and the output.
  long score_width, value_width;
  float scale;
  const float *q, *k, *v;
  long ldq, ldk, ldv;
};

/// out = softmax(scores) · v; `logsums` [queries] keeps log Σ exp(scores) of each row for the way back.
void graft_head_forward(const struct graft_head *head, float *out, long ldo, float *logsums);

/// The gradients; each of dq, dk and dv may be NULL where it is not wanted.
void graft_head_backward(const struct graft_head *head, const float *out, const float *dout, long ldo,
                         const float *logsums, float *dq, long lddq, float *dk, long lddk, float *dv,
                         long lddv);
