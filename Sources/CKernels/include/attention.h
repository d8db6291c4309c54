#pragma once

/// The shape of a multi-head attention: per head, queries [queries, width] against keys [keys, width] and
/// values [keys, width], heads side by side in rows of `heads · width` floats.
struct graft_attention_shape {
  long batch, heads, queries, keys, width;
};

/// out = softmax(q · kᵀ / √width) · v for every batch entry and head; `logsums` [batch, heads, queries] keeps the
/// logarithm of each row's sum for the way back. Scores live only for a block of query rows of one head.
void graft_attention(struct graft_attention_shape shape, const float *q, const float *k, const float *v,
                     float *out, float *logsums);

/// The gradients of `graft_attention`; dq, or dk and dv together, may be NULL where they are not wanted.
void graft_attention_backward(struct graft_attention_shape shape, const float *q, const float *k,
                              const float *v, const float *out, const float *logsums, const float *dout,
                              float *dq, float *dk, float *dv);

/// The shape of SAM's image attention: [batch, rows, columns, 3 · heads · width] tokens, cut into windows of
/// `window` tokens a side (0: one window, the whole grid).
struct graft_image_attention_shape {
  long batch, rows, columns, heads, width, window;
};

/// SAM's attention with decomposed relative position over a fused qkv.
///
/// A window that reaches past the grid has padding tokens, whose keys and values are `bias` (its k and v thirds):
/// SAM pads with zeros after the norm. Their queries are never computed. The tables have 2 · side - 1 rows of `width`,
/// side = window or, for the whole grid, its rows and columns. `logsums` [batch, heads, rows, columns] keeps log2 Σ 2^score of each
/// query for the way back. Scores live only for a block of queries and keys.
void graft_image_attention(struct graft_image_attention_shape shape, const float *qkv, const float *bias,
                           const float *table_h, const float *table_w, float *out, float *logsums);

/// The gradients of `graft_image_attention`; dbias [3 · heads · width] and the tables' may be NULL.
void graft_image_attention_backward(struct graft_image_attention_shape shape, const float *qkv,
                                    const float *bias, const float *table_h, const float *table_w,
                                    const float *out, const float *logsums, const float *dout, float *dqkv,
                                    float *dbias, float *dtable_h, float *dtable_w);
