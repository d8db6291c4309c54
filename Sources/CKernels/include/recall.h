#pragma once

/// The shape of a recall: queries [queries, score_width] against keys [keys, score_width] and values
/// [keys, value_width].
struct graft_recall_shape {
  long queries, keys, score_width, value_width;
};

/// out [queries, value_width] = softmax(q · kᵀ) · v; `logsums` [queries] keeps the logarithm of each row's sum for the way
/// back. Scores live only for a block of rows; one thread computes all.
void graft_recall(struct graft_recall_shape shape, const float *q, const float *k, const float *v, float *out,
                  float *logsums);

/// The gradient of the queries.
void graft_recall_backward(struct graft_recall_shape shape, const float *q, const float *k, const float *v,
                           const float *out, const float *logsums, const float *dout, float *dq);
