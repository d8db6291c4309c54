#pragma once

/// SAM's output upscaling and the product with the masks' weights, for images x [batch, rows, columns, width].
///
/// Each token becomes 2 × 2 pixels of `middle` channels, each of those 2 × 2 of `outer`:
///   u = x · first + first_bias           first [width, 4 · middle] in the order (row, column, channel)
///   a = GELU(norm(u))                    over `middle` channels
///   v = a · second + second_bias         second [middle, 4 · outer]
///   mask m of a pixel = GELU(v) · masks[m], masks [batch, count, outer]
struct graft_upscaling {
  long batch, rows, columns, width, middle, outer, count;
  float epsilon;
  const float *x, *first, *first_bias, *norm_weight, *norm_bias, *second, *second_bias, *masks;
};

/// y [batch, count, 4 · rows, 4 · columns]; `u` [batch, rows · columns, 4 · middle], without first_bias, is kept for the
/// way back.
void graft_upscaled_masks(const struct graft_upscaling *in, float *y, float *u);

/// Where the gradients go; dx may be NULL, and the parameters' together (all but dmasks).
struct graft_upscaling_gradients {
  float *dx, *dfirst, *dfirst_bias, *dnorm_weight, *dnorm_bias, *dsecond, *dsecond_bias, *dmasks;
};

/// The gradients of `graft_upscaled_masks`; everything but `u` is computed again, strip by strip.
void graft_upscaled_masks_backward(const struct graft_upscaling *in, const float *u, const float *dy,
                                   const struct graft_upscaling_gradients *out);
