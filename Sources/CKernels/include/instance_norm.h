#pragma once

/// Images [batch, pixels, channels], of which every channel of every image is normalised by itself.
struct graft_instance_norm_shape {
  long batch, pixels, channels;
};

/// y = leaky((x - mean) · r · weight + bias) with r = 1 / √(variance + epsilon) over the pixels, and leaky(z) = z above 0,
/// slope · z below; `means` and `inverses` (r) [batch, channels] are kept for the way back.
void graft_instance_norm(float *y, float *means, float *inverses, const float *x, const float *weight,
                         const float *bias, float epsilon, float slope, struct graft_instance_norm_shape shape);

/// dx = r · weight · (g - mean(g) - n · mean(g ⊙ n)), n = (x - mean) · r and g = dy, times slope where n · weight + bias
/// is not above 0; dweight = Σ g ⊙ n and dbias = Σ g over batch and pixels. dx may be NULL.
void graft_instance_norm_backward(float *dx, float *dweight, float *dbias, const float *dy, const float *x,
                                  const float *means, const float *inverses, const float *weight,
                                  const float *bias, float slope, struct graft_instance_norm_shape shape);
