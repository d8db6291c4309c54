#include "convolution.h"

#include <string.h>

#include "internal/convolution.h"
#include "pool.h"
#include "threads.h"

/// Pixels a task takes, in blocks whose images and gradients stay in the caches: fixed, so that no sum depends on the
/// number of threads.
enum { LANES = GRAFT_OUTPUT_LANES, TASK_PIXELS = 1024, BLOCK = 256 };

struct convolution {
  struct graft_convolution_shape shape;
  float *to;
  const float *from, *packed, *bias, *dy;
};

static long least(long a, long b) { return a < b ? a : b; }

static long pixels_of(struct graft_convolution_shape s) { return s.batch * s.rows * s.columns; }

static long tasks_of(struct graft_convolution_shape s) {
  return (pixels_of(s) + TASK_PIXELS - 1) / TASK_PIXELS;
}

static void border_row(void *context, long index) {
  struct convolution *w = context;
  struct graft_convolution_shape s = w->shape;
  long batch = index / (s.rows + 2), row = index % (s.rows + 2) - 1;
  long inner = s.columns * s.inputs, width = inner + 2 * s.inputs;
  float *to = w->to + index * width;
  if (row < 0 || row >= s.rows) {
    memset(to, 0, (size_t)width * sizeof(float));
    return;
  }
  memset(to, 0, (size_t)s.inputs * sizeof(float));
  memcpy(to + s.inputs, w->from + (batch * s.rows + row) * inner, (size_t)inner * sizeof(float));
  memset(to + s.inputs + inner, 0, (size_t)s.inputs * sizeof(float));
}

float *graft_bordered(const float *x, struct graft_convolution_shape s, long *bytes) {
  long count = s.batch * (s.rows + 2) * (s.columns + 2) * s.inputs;
  // Tiles of the kernels' gradient read past the last neighbourhood.
  *bytes = (count + GRAFT_MOST_PIXELS) * (long)sizeof(float);
  float *bordered = graft_pool_take((size_t)*bytes);
  memset(bordered + count, 0, GRAFT_MOST_PIXELS * sizeof(float));
  struct convolution work = {.shape = s, .to = bordered, .from = x};
  graft_parallel(s.batch * (s.rows + 2), border_row, &work);
  return bordered;
}

const float *graft_neighbourhood(const float *bordered, long pixel, struct graft_convolution_shape s) {
  long row = pixel / s.columns, column = pixel % s.columns;
  // Every image has two rows more than its own.
  return bordered + ((row + row / s.rows * 2) * (s.columns + 2) + column) * s.inputs;
}

long graft_convolution_packed(long inputs, long outputs) {
  return 9 * inputs * graft_output_vectors(outputs) * LANES;
}

struct packing {
  float *to;
  const float *kernels;
  int adjoint;
  long inputs, outputs;
};

/// Packs a group of outputs: rows (tap, input), each with the outputs side by side.
static void pack_group(void *context, long group) {
  struct packing *w = context;
  long start = graft_output_group_start(group, w->outputs) * LANES;
  long width = graft_output_group_start(group + 1, w->outputs) * LANES - start;
  long count = least(width, w->outputs - start);
  float *rows = w->to + start * 9 * w->inputs;
  long down = w->adjoint ? w->outputs * 9 : 9, across = w->adjoint ? 9 : w->inputs * 9;
  if (count < width) memset(rows, 0, (size_t)(9 * w->inputs * width) * sizeof(float));
  for (long first = 0; first < count; first += LANES)
    for (long input = 0; input < w->inputs; input++)
      for (long tap = 0; tap < 9; tap++) {
        const float *from = w->kernels + (start + first) * across + input * down + (w->adjoint ? 8 - tap : tap);
        float *to = rows + (tap * w->inputs + input) * width + first;
        for (long lane = 0; lane < least(LANES, count - first); lane++) to[lane] = from[lane * across];
      }
}

void graft_convolution_pack(float *packed, const float *kernels, int adjoint, long inputs, long outputs) {
  struct packing work = {packed, kernels, adjoint, adjoint ? outputs : inputs, adjoint ? inputs : outputs};
  graft_parallel(graft_output_groups(work.outputs), pack_group, &work);
}

static void convolve_task(void *context, long index) {
  struct convolution *w = context;
  struct graft_convolution_shape s = w->shape;
  long first = index * TASK_PIXELS, last = least(first + TASK_PIXELS, pixels_of(s));
  long run = 3 * s.inputs, line = (s.columns + 2) * s.inputs;
  for (long group = 0; group < graft_output_groups(s.outputs); group++) {
    long start = graft_output_group_start(group, s.outputs);
    long vectors = graft_output_group_start(group + 1, s.outputs) - start;
    long tile = graft_output_tile(vectors), output = start * LANES;
    for (long pixel = first; pixel < last; pixel += tile) {
      const float *pixels[GRAFT_MOST_PIXELS];
      for (long i = 0; i < tile; i++)
        pixels[i] = graft_neighbourhood(w->from, least(pixel + i, last - 1), s);
      graft_convolution_tile(w->to + pixel * s.outputs + output, pixels, w->packed + output * 3 * run,
                             w->bias + output, line, run, vectors, least(tile, last - pixel),
                             least(vectors * LANES, s.outputs - output), s.outputs);
    }
  }
}

void graft_convolve(float *y, const float *x, const float *packed, const float *bias,
                    struct graft_convolution_shape shape) {
  long width = graft_output_vectors(shape.outputs) * LANES, bytes;
  float *padded = graft_pool_take((size_t)width * sizeof(float));
  memset(padded, 0, (size_t)width * sizeof(float));
  if (bias) memcpy(padded, bias, (size_t)shape.outputs * sizeof(float));
  float *bordered = graft_bordered(x, shape, &bytes);
  struct convolution work = {.shape = shape, .to = y, .from = bordered, .packed = packed, .bias = padded};
  graft_parallel(tasks_of(shape), convolve_task, &work);
  graft_pool_give(bordered, (size_t)bytes);
  graft_pool_give(padded, (size_t)width * sizeof(float));
}

/// The rows of sums of one of the three lines of a neighbourhood: as many as whole tiles have.
static long sum_rows(struct graft_convolution_shape s) { return 3 * s.inputs + GRAFT_MOST_PIXELS; }

static long sums_length(struct graft_convolution_shape s) {
  return 3 * sum_rows(s) * graft_output_vectors(s.outputs) * LANES;
}

/// The sums of a task's pixels: rows (line, column, input) of all outputs, padded.
static void gradient_task(void *context, long index) {
  struct convolution *w = context;
  struct graft_convolution_shape s = w->shape;
  long first = index * TASK_PIXELS, last = least(first + TASK_PIXELS, pixels_of(s));
  long width = graft_output_vectors(s.outputs) * LANES, line = (s.columns + 2) * s.inputs;
  float *sums = w->to + index * sums_length(s);
  size_t bytes = (size_t)(BLOCK * width) * sizeof(float);
  float *dy = graft_pool_take(bytes);
  memset(dy, 0, bytes);
  for (long pixel = first; pixel < last; pixel += BLOCK) {
    long count = least(BLOCK, last - pixel);
    const float *pixels[BLOCK];
    for (long i = 0; i < count; i++) {
      pixels[i] = graft_neighbourhood(w->from, pixel + i, s);
      memcpy(dy + i * width, w->dy + (pixel + i) * s.outputs, (size_t)s.outputs * sizeof(float));
    }
    for (long group = 0; group < graft_output_groups(s.outputs); group++) {
      long start = graft_output_group_start(group, s.outputs);
      long vectors = graft_output_group_start(group + 1, s.outputs) - start;
      long tile = graft_output_tile(vectors);
      for (long third = 0; third < 3; third++)
        for (long element = 0; element < 3 * s.inputs; element += tile)
          graft_kernel_gradient_tile(sums + (third * sum_rows(s) + element) * width + start * LANES, pixels,
                                     dy + start * LANES, third * line + element, vectors, count, width,
                                     pixel > first);
    }
  }
  graft_pool_give(dy, bytes);
}

/// dkernels of one vector of outputs from the tasks' sums, added in their order.
static void gather_task(void *context, long index) {
  struct convolution *w = context;
  struct graft_convolution_shape s = w->shape;
  long width = graft_output_vectors(s.outputs) * LANES, tasks = tasks_of(s);
  long lanes = least(LANES, s.outputs - index * LANES);
  for (long tap = 0; tap < 9; tap++)
    for (long input = 0; input < s.inputs; input++) {
      const float *row = w->from + (tap / 3 * sum_rows(s) + tap % 3 * s.inputs + input) * width + index * LANES;
      float total[LANES] = {0};
      for (long task = 0; task < tasks; task++)
        for (long lane = 0; lane < LANES; lane++) total[lane] += row[task * sums_length(s) + lane];
      for (long lane = 0; lane < lanes; lane++)
        w->to[((index * LANES + lane) * s.inputs + input) * 9 + tap] = total[lane];
    }
}

void graft_convolution_backward_kernels(float *dkernels, const float *x, const float *dy,
                                        struct graft_convolution_shape shape) {
  long bytes;
  size_t sum_bytes = (size_t)(tasks_of(shape) * sums_length(shape)) * sizeof(float);
  float *bordered = graft_bordered(x, shape, &bytes), *sums = graft_pool_take(sum_bytes);
  struct convolution work = {.shape = shape, .to = sums, .from = bordered, .dy = dy};
  graft_parallel(tasks_of(shape), gradient_task, &work);
  work.to = dkernels;
  work.from = sums;
  graft_parallel(graft_output_vectors(shape.outputs), gather_task, &work);
  graft_pool_give(sums, sum_bytes);
  graft_pool_give(bordered, (size_t)bytes);
}
