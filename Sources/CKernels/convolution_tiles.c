#include "internal/convolution.h"

#include "internal/dispatch.h"
#include "internal/lanes.h"

typedef graft_lanes lanes;
typedef graft_lanes_anywhere anywhere;

enum { LANES = GRAFT_OUTPUT_LANES };

/// `rows` pixels against `vectors` vectors of outputs, held in registers while it runs over the neighbourhoods.
GRAFT_INLINE void convolution(const int rows, const int vectors, float *y, const float *const *pixels,
                              const float *kernels, const float *bias, long line, long run, long count,
                              long outputs, long stride) {
  lanes sums[GRAFT_MOST_PIXELS][GRAFT_MOST_VECTORS];
  GRAFT_UNROLL
  for (int i = 0; i < rows; i++)
    GRAFT_UNROLL
    for (int v = 0; v < vectors; v++) sums[i][v] = *(const anywhere *)(bias + v * LANES);
  for (long third = 0; third < 3; third++) {
    const float *from[GRAFT_MOST_PIXELS];
    GRAFT_UNROLL
    for (int i = 0; i < rows; i++) from[i] = pixels[i] + third * line;
    #pragma clang loop unroll(disable)
    for (long p = 0; p < run; p++, kernels += vectors * LANES) {
      lanes row[GRAFT_MOST_VECTORS];
      GRAFT_UNROLL
      for (int v = 0; v < vectors; v++) row[v] = *(const anywhere *)(kernels + v * LANES);
      GRAFT_UNROLL
      for (int i = 0; i < rows; i++) {
        float factor = from[i][p];
        GRAFT_UNROLL
        for (int v = 0; v < vectors; v++) sums[i][v] += factor * row[v];
      }
    }
  }
  GRAFT_UNROLL
  for (int i = 0; i < rows; i++) {
    if (i >= count) break;
    float *to = y + i * stride;
    GRAFT_UNROLL
    for (int v = 0; v < vectors; v++) {
      long left = outputs - v * LANES;
      // A copy, for sums that something points at would not stay in registers.
      lanes part = sums[i][v];
      if (left >= LANES) graft_lanes_store(to + v * LANES, &part);
      else __builtin_memcpy(to + v * LANES, &part, (unsigned long)left * sizeof(float));
    }
  }
}

GRAFT_BODY graft_convolution_tile_body(int rows, int vectors, float *y, const float *const *pixels,
                                       const float *kernels, const float *bias, long line, long run,
                                       long group, long count, long outputs, long stride) {
  if (vectors == 3 && group == 3)
    convolution(rows, 3, y, pixels, kernels, bias, line, run, count, outputs, stride);
  else if (vectors == 3 && group == 2)
    convolution(rows * 3 / 2, 2, y, pixels, kernels, bias, line, run, count, outputs, stride);
  else
    convolution(vectors == 3 ? 2 * rows : rows, 1, y, pixels, kernels, bias, line, run, count, outputs,
                stride);
}
GRAFT_DISPATCH_TILED(graft_convolution_tile,
                     (float *y, const float *const *pixels, const float *kernels, const float *bias,
                      long line, long run, long group, long count, long outputs, long stride),
                     y, pixels, kernels, bias, line, run, group, count, outputs, stride)

/// `rows` elements of the neighbourhoods against `vectors` vectors of dy, summed over the pixels.
GRAFT_INLINE void kernel_gradient(const int rows, const int vectors, float *sums, const float *const *pixels,
                                  const float *dy, long offset, long count, long stride, int accumulate) {
  lanes tile[GRAFT_MOST_PIXELS][GRAFT_MOST_VECTORS];
  GRAFT_UNROLL
  for (int i = 0; i < rows; i++)
    GRAFT_UNROLL
    for (int v = 0; v < vectors; v++) tile[i][v] = (lanes)0.0f;
  #pragma clang loop unroll(disable)
  for (long n = 0; n < count; n++) {
    const float *x = pixels[n] + offset;
    lanes row[GRAFT_MOST_VECTORS];
    GRAFT_UNROLL
    for (int v = 0; v < vectors; v++) row[v] = *(const anywhere *)(dy + n * stride + v * LANES);
    GRAFT_UNROLL
    for (int i = 0; i < rows; i++) {
      float factor = x[i];
      GRAFT_UNROLL
      for (int v = 0; v < vectors; v++) tile[i][v] += factor * row[v];
    }
  }
  GRAFT_UNROLL
  for (int i = 0; i < rows; i++)
    GRAFT_UNROLL
    for (int v = 0; v < vectors; v++) {
      float *to = sums + i * stride + v * LANES;
      if (accumulate) tile[i][v] += *(const anywhere *)to;
      graft_lanes_store(to, &tile[i][v]);
    }
}

GRAFT_BODY graft_kernel_gradient_tile_body(int rows, int vectors, float *sums, const float *const *pixels,
                                           const float *dy, long offset, long group, long count,
                                           long stride, int accumulate) {
  if (vectors == 3 && group == 3)
    kernel_gradient(rows, 3, sums, pixels, dy, offset, count, stride, accumulate);
  else if (vectors == 3 && group == 2)
    kernel_gradient(rows * 3 / 2, 2, sums, pixels, dy, offset, count, stride, accumulate);
  else
    kernel_gradient(vectors == 3 ? 2 * rows : rows, 1, sums, pixels, dy, offset, count, stride, accumulate);
}
GRAFT_DISPATCH_TILED(graft_kernel_gradient_tile,
                     (float *sums, const float *const *pixels, const float *dy, long offset, long group,
                      long count, long stride, int accumulate),
                     sums, pixels, dy, offset, group, count, stride, accumulate)

/// What the tiles above are made of: their rows and vectors at most.
GRAFT_BODY tile_size_body(int rows, int vectors, long *size) {
  size[0] = rows;
  size[1] = vectors;
}
GRAFT_DISPATCH_TILED(tile_size, (long *size), size)

static long most_vectors(void) {
  long size[2];
  tile_size(size);
  return size[1] == GRAFT_MOST_VECTORS ? GRAFT_MOST_VECTORS : 1;
}

long graft_output_vectors(long outputs) { return (outputs + LANES - 1) / LANES; }

long graft_output_groups(long outputs) {
  long most = most_vectors();
  return (graft_output_vectors(outputs) + most - 1) / most;
}

long graft_output_group_start(long group, long outputs) {
  return group * graft_output_vectors(outputs) / graft_output_groups(outputs);
}

long graft_output_tile(long vectors) {
  long size[2];
  tile_size(size);
  if (size[1] != GRAFT_MOST_VECTORS) return size[0];
  return vectors == 3 ? size[0] : vectors == 2 ? size[0] * 3 / 2 : 2 * size[0];
}
