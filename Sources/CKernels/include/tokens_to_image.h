#pragma once

/// How many blocks of 256 rows an image of `rows` tokens has; the last one may be shorter.
long graft_image_blocks(long rows);

/// The shape of a look at an image: per batch entry, `queries` rows against `rows` image tokens, all of `width`.
struct graft_tokens_to_image_shape {
  long batch, queries, rows, width;
};

/// y [batch, queries, width] = softmax(q · (x + positions)ᵀ) · x for every batch entry.
///
/// One pass over the image x [batch, rows, width] in blocks: each block's softmax is its own, and `factors`
/// [batch, blocks, queries] bring its kept `weights` [batch, rows · queries] to the whole row's.
void graft_tokens_to_image(struct graft_tokens_to_image_shape shape, const float *q, const float *x,
                           const float *positions, float *y, float *weights, float *factors);

/// The gradients of `graft_tokens_to_image`; dx may be NULL where it is not wanted.
void graft_tokens_to_image_backward(struct graft_tokens_to_image_shape shape, const float *q, const float *x,
                                    const float *positions, const float *y, const float *weights,
                                    const float *factors, const float *dy, float *dq, float *dx);
