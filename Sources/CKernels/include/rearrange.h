#pragma once

/// Patches of `size` pixels a side of an [batch, rows, columns, channels] image as rows [.., channels · size · size] in the
/// order (channel, row, column) of a convolution's weight.
void graft_patches(float *patches, const float *image, long batch, long rows, long columns, long channels,
                   long size);

/// The adjoint of `graft_patches`: hands each element of a patch back to its pixel.
void graft_patches_adjoint(float *image, const float *patches, long batch, long rows, long columns,
                           long channels, long size);

/// Patches of a planar image [channels, rows, columns], in the same order.
void graft_planar_patches(float *patches, const float *image, long channels, long rows, long columns,
                          long size);

/// y [outer, b, a, inner] from x [outer, a, b, inner]: two neighbouring axes swapped.
void graft_swap_axes(float *y, const float *x, long outer, long a, long b, long inner);
