#pragma once
#include "../include/convolution.h"

/// What the two directions of a convolution share. Images get a border of zeros, so that the three pixels above, beside
/// and below a pixel are each 3 · inputs floats in a row. Outputs are cut into groups of a few vectors of 16, the last
/// padded.

enum { GRAFT_OUTPUT_LANES = 16, GRAFT_MOST_PIXELS = 16, GRAFT_MOST_VECTORS = 3 };

/// The vectors of outputs, padded, and how many groups they form.
long graft_output_vectors(long outputs);
long graft_output_groups(long outputs);

/// The first vector of a group; that of the group after the last is the number of vectors.
long graft_output_group_start(long group, long outputs);

/// How many pixels, or elements of a neighbourhood, the tile of a group of `vectors` vectors has.
long graft_output_tile(long vectors);

/// The image [batch, rows + 2, columns + 2, inputs] with its border, taken from the pool; `bytes` is what to give back.
float *graft_bordered(const float *x, struct graft_convolution_shape shape, long *bytes);

/// The place in the bordered image of the first of the 3 x 3 pixels around a pixel.
const float *graft_neighbourhood(const float *bordered, long pixel, struct graft_convolution_shape shape);

/// The tile [pixels, 16 · vectors] of a convolution, of which `count` pixels and `outputs` outputs are kept in rows of y,
/// `stride` apart: bias plus, for each pixel, three runs of the image, `line` apart, times the kernels.
void graft_convolution_tile(float *y, const float *const *pixels, const float *kernels, const float *bias,
                            long line, long run, long vectors, long count, long outputs, long stride);

/// The tile [elements, 16 · vectors] of the kernels' gradient: the sum over `count` pixels of elements of their
/// neighbourhoods from `offset` on times rows of dy, added to `sums` where `accumulate` is set; rows of sums and of dy are
/// `stride` apart.
void graft_kernel_gradient_tile(float *sums, const float *const *pixels, const float *dy, long offset,
                                long vectors, long count, long stride, int accumulate);
