#include "rearrange.h"

#include <string.h>

#include "threads.h"

struct rearrangement {
  float *to;
  const float *from;
  long batch, rows, columns, channels, size;
};

static void patch_row(void *context, long index) {
  struct rearrangement *w = context;
  long p = w->size, across = w->columns / p, length = w->channels * p * p;
  for (long j = 0; j < across; j++) {
    float *patch = w->to + (index * across + j) * length;
    for (long r = 0; r < p; r++)
      for (long s = 0; s < p; s++) {
        const float *pixel = w->from + ((index * p + r) * w->columns + j * p + s) * w->channels;
        for (long c = 0; c < w->channels; c++) patch[(c * p + r) * p + s] = pixel[c];
      }
  }
}

void graft_patches(float *patches, const float *image, long batch, long rows, long columns, long channels,
                   long size) {
  struct rearrangement work = {patches, image, batch, rows, columns, channels, size};
  graft_parallel(batch * rows / size, patch_row, &work);
}

static void patch_row_adjoint(void *context, long index) {
  struct rearrangement *w = context;
  long p = w->size, across = w->columns / p, length = w->channels * p * p;
  for (long j = 0; j < across; j++) {
    const float *patch = w->from + (index * across + j) * length;
    for (long r = 0; r < p; r++)
      for (long s = 0; s < p; s++) {
        float *pixel = w->to + ((index * p + r) * w->columns + j * p + s) * w->channels;
        for (long c = 0; c < w->channels; c++) pixel[c] = patch[(c * p + r) * p + s];
      }
  }
}

void graft_patches_adjoint(float *image, const float *patches, long batch, long rows, long columns,
                           long channels, long size) {
  struct rearrangement work = {image, patches, batch, rows, columns, channels, size};
  graft_parallel(batch * rows / size, patch_row_adjoint, &work);
}

static void planar_patch_row(void *context, long index) {
  struct rearrangement *w = context;
  long p = w->size, across = w->columns / p;
  for (long j = 0; j < across; j++)
    for (long c = 0; c < w->channels; c++)
      for (long r = 0; r < p; r++)
        memcpy(w->to + (((index * across + j) * w->channels + c) * p + r) * p,
               w->from + (c * w->rows + index * p + r) * w->columns + j * p, (size_t)p * sizeof(float));
}

void graft_planar_patches(float *patches, const float *image, long channels, long rows, long columns,
                          long size) {
  struct rearrangement work = {patches, image, 1, rows, columns, channels, size};
  graft_parallel(rows / size, planar_patch_row, &work);
}

void graft_swap_axes(float *y, const float *x, long outer, long a, long b, long inner) {
  for (long o = 0; o < outer; o++)
    for (long i = 0; i < a; i++)
      for (long j = 0; j < b; j++) {
        float *to = y + ((o * b + j) * a + i) * inner;
        const float *from = x + ((o * a + i) * b + j) * inner;
        if (inner == 1) *to = *from;
        else memcpy(to, from, (size_t)inner * sizeof(float));
      }
}
