#pragma once

/// The extents of a 3 × 3 convolution with zero padding of 1 and stride 1, from images [batch, rows, columns, inputs] to
/// [batch, rows, columns, outputs].
struct graft_convolution_shape {
  long batch, rows, columns, inputs, outputs;
};

/// How many floats the packed kernels of a convolution take.
long graft_convolution_packed(long inputs, long outputs);

/// Packs kernels [outputs, inputs, 3, 3] for `graft_convolve`: for each group of outputs, in the order in which its tiles
/// read them.
///
/// With `adjoint` those of the way back, whose inputs are the given kernels' outputs and whose outputs their inputs.
void graft_convolution_pack(float *packed, const float *kernels, int adjoint, long inputs, long outputs);

/// y = the convolution of x with packed kernels, plus bias [outputs], which may be NULL.
void graft_convolve(float *y, const float *x, const float *packed, const float *bias,
                    struct graft_convolution_shape shape);

/// dkernels [outputs, inputs, 3, 3] = Σ over batch and pixels of dy times the pixel's neighbourhood in x.
void graft_convolution_backward_kernels(float *dkernels, const float *x, const float *dy,
                                        struct graft_convolution_shape shape);
