#include "norm.h"

#include <math.h>
#include <stddef.h>

#include "internal/dispatch.h"
#include "internal/norm.h"
#include "pool.h"
#include "threads.h"

/// Sums run in this many lanes, in the same order on every instruction set.
enum { LANES = 16, ROWS_A_TASK = 64, SUMMED_ROWS = 512 };

static inline __attribute__((always_inline)) float lane_sum(const float *lanes) {
  float sum = 0;
  for (int l = 0; l < LANES; l++) sum += lanes[l];
  return sum;
}

GRAFT_BODY norm_rows_body(float *y, float *means, float *inverses, const float *x, const float *weight,
                          const float *bias, float epsilon, long rows, long width) {
  for (long i = 0; i < rows; i++) {
    const float *row = x + i * width;
    float *out = y + i * width;
    float lanes[LANES] = {0};
    long j = 0;
    for (; j + LANES <= width; j += LANES)
      for (int l = 0; l < LANES; l++) lanes[l] += row[j + l];
    float sum = lane_sum(lanes);
    for (; j < width; j++) sum += row[j];
    float mean = sum / width;
    float squares[LANES] = {0};
    for (j = 0; j + LANES <= width; j += LANES)
      for (int l = 0; l < LANES; l++) squares[l] += (row[j + l] - mean) * (row[j + l] - mean);
    float square = lane_sum(squares);
    for (; j < width; j++) square += (row[j] - mean) * (row[j] - mean);
    float inverse = 1.0f / sqrtf(square / width + epsilon);
    for (j = 0; j < width; j++) out[j] = (row[j] - mean) * inverse * weight[j] + bias[j];
    means[i] = mean;
    inverses[i] = inverse;
  }
}
GRAFT_DISPATCH(norm_rows,
               (float *y, float *means, float *inverses, const float *x, const float *weight,
                const float *bias, float epsilon, long rows, long width),
               (y, means, inverses, x, weight, bias, epsilon, rows, width))

GRAFT_BODY norm_rows_backward_body(float *dx, const float *dy, const float *x, const float *means,
                                   const float *inverses, const float *weight, long rows, long width) {
  for (long i = 0; i < rows; i++) {
    const float *row = x + i * width, *dyrow = dy + i * width;
    float *out = dx + i * width;
    float mean = means[i], inverse = inverses[i];
    float sums[LANES] = {0}, dots[LANES] = {0};
    long j = 0;
    for (; j + LANES <= width; j += LANES)
      for (int l = 0; l < LANES; l++) {
        float g = dyrow[j + l] * weight[j + l];
        sums[l] += g;
        dots[l] += g * (row[j + l] - mean) * inverse;
      }
    float sum = lane_sum(sums), dot = lane_sum(dots);
    for (; j < width; j++) {
      float g = dyrow[j] * weight[j];
      sum += g;
      dot += g * (row[j] - mean) * inverse;
    }
    sum /= width;
    dot /= width;
    for (j = 0; j < width; j++)
      out[j] = inverse * (dyrow[j] * weight[j] - sum - (row[j] - mean) * inverse * dot);
  }
}
GRAFT_DISPATCH(norm_rows_backward,
               (float *dx, const float *dy, const float *x, const float *means, const float *inverses,
                const float *weight, long rows, long width),
               (dx, dy, x, means, inverses, weight, rows, width))

GRAFT_BODY norm_parameters_body(float *dweight, float *dbias, const float *dy,
                                 const float *x, const float *means,
                                 const float *inverses, long rows, long width) {
  for (long j = 0; j < width; j++) dweight[j] = dbias[j] = 0;
  for (long i = 0; i < rows; i++) {
    const float *row = x + i * width, *dyrow = dy + i * width;
    float mean = means[i], inverse = inverses[i];
    for (long j = 0; j < width; j++) {
      dweight[j] += dyrow[j] * (row[j] - mean) * inverse;
      dbias[j] += dyrow[j];
    }
  }
}
GRAFT_DISPATCH(norm_parameters,
               (float *dweight, float *dbias, const float *dy, const float *x, const float *means,
                const float *inverses, long rows, long width),
               (dweight, dbias, dy, x, means, inverses, rows, width))

struct norm {
  float *out, *means, *inverses;
  const float *dy, *x, *weight, *bias;
  float epsilon;
  long rows, width;
};

static long rows_of(const struct norm *work, long index) {
  long left = work->rows - index * ROWS_A_TASK;
  return left < ROWS_A_TASK ? left : ROWS_A_TASK;
}

static void forward_task(void *context, long index) {
  struct norm *w = context;
  long row = index * ROWS_A_TASK, at = row * w->width;
  norm_rows(w->out + at, w->means + row, w->inverses + row, w->x + at, w->weight, w->bias, w->epsilon,
            rows_of(w, index), w->width);
}

static void backward_task(void *context, long index) {
  struct norm *w = context;
  long row = index * ROWS_A_TASK, at = row * w->width;
  norm_rows_backward(w->out + at, w->dy + at, w->x + at, w->means + row, w->inverses + row, w->weight,
                     rows_of(w, index), w->width);
}

void graft_layer_norm(float *y, float *means, float *inverses, const float *x, const float *weight,
                      const float *bias, float epsilon, long rows, long width) {
  struct norm work = {y, means, inverses, NULL, x, weight, bias, epsilon, rows, width};
  graft_parallel((rows + ROWS_A_TASK - 1) / ROWS_A_TASK, forward_task, &work);
}

void graft_layer_norm_backward(float *dx, const float *dy, const float *x, const float *means,
                               const float *inverses, const float *weight, long rows, long width) {
  struct norm work = {dx, (float *)means, (float *)inverses, dy, x, weight, NULL, 0, rows, width};
  graft_parallel((rows + ROWS_A_TASK - 1) / ROWS_A_TASK, backward_task, &work);
}

/// The sums of one block of rows, dweight then dbias, at `out` of its index.
static void parameters_task(void *context, long index) {
  struct norm *w = context;
  long row = index * SUMMED_ROWS, at = row * w->width, left = w->rows - row;
  float *sums = w->out + index * 2 * w->width;
  norm_parameters(sums, sums + w->width, w->dy + at, w->x + at, w->means + row, w->inverses + row,
                  left < SUMMED_ROWS ? left : SUMMED_ROWS, w->width);
}

void graft_layer_norm_backward_parameters(float *dweight, float *dbias, const float *dy, const float *x,
                                          const float *means, const float *inverses, long rows,
                                          long width) {
  long blocks = (rows + SUMMED_ROWS - 1) / SUMMED_ROWS;
  size_t bytes = (size_t)(blocks * 2 * width) * sizeof(float);
  float *parts = graft_pool_take(bytes);
  struct norm work = {parts, (float *)means, (float *)inverses, dy, x, NULL, NULL, 0, rows, width};
  graft_parallel(blocks, parameters_task, &work);
  for (long j = 0; j < width; j++) dweight[j] = dbias[j] = 0;
  for (long block = 0; block < blocks; block++)
    for (long j = 0; j < width; j++) {
      dweight[j] += parts[block * 2 * width + j];
      dbias[j] += parts[(block * 2 + 1) * width + j];
    }
  graft_pool_give(parts, bytes);
}
