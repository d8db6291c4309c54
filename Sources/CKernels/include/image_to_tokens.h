#pragma once

/// What image tokens are told by prompt tokens, as they look at them; rows of `width` floats throughout.
///
/// `keys` and `values` [batch, groups · tokens, width] lie head by head: a group is the tokens of one head.
struct graft_image_to_tokens {
  long batch, rows, groups, tokens, width;
  float epsilon;
  const float *x, *positions, *keys, *offsets, *values, *bias, *norm_weight, *norm_bias;
};

/// y [batch, rows, width] = norm(x + bias + Σ_groups softmax((x + positions) · keysᵀ + offsets) · values).
///
/// Kept: `weights` [batch, rows · groups · tokens], the softmax, and `means` and `inverses` [batch, rows] of the norm.
void graft_image_to_tokens(const struct graft_image_to_tokens *in, float *y, float *weights, float *means,
                           float *inverses);

/// Where the gradients go; dx, dbias and the norm's may be NULL where they are not wanted.
struct graft_image_to_tokens_gradients {
  float *dx, *dkeys, *doffsets, *dvalues, *dbias, *dnorm_weight, *dnorm_bias;
};

/// The gradients of `graft_image_to_tokens`; what was normalised is computed again.
void graft_image_to_tokens_backward(const struct graft_image_to_tokens *in, const float *weights,
                                    const float *means, const float *inverses, const float *dy,
                                    const struct graft_image_to_tokens_gradients *gradients);
