#include "low_rank.h"

#include <string.h>

#include "internal/dispatch.h"
#include "pool.h"
#include "threads.h"

enum { TILE_ROWS = 64 };

struct low_rank {
  float *out;
  const float *y, *inner;
  /// scale · bᵀ [rank, n].
  const float *factors;
  long rows, width, column, n, rank;
};

/// row [n] += Σ_r inner[r] · factors[r, n].
GRAFT_BODY add_to_row_body(float *row, const float *inner, const float *factors, long n, long rank) {
  for (long r = 0; r < rank; r++) {
    float factor = inner[r];
    for (long j = 0; j < n; j++) row[j] += factor * factors[r * n + j];
  }
}
GRAFT_DISPATCH(add_to_row, (float *row, const float *inner, const float *factors, long n, long rank),
               (row, inner, factors, n, rank))

static void add_tile(void *context, long index) {
  const struct low_rank *w = context;
  long last = (index + 1) * TILE_ROWS < w->rows ? (index + 1) * TILE_ROWS : w->rows;
  for (long i = index * TILE_ROWS; i < last; i++) {
    float *row = w->out + i * w->width;
    memcpy(row, w->y + i * w->width, (size_t)w->width * sizeof(float));
    add_to_row(row + w->column, w->inner + i * w->rank, w->factors, w->n, w->rank);
  }
}

void graft_add_low_rank(float *out, const float *y, const float *inner, const float *b, float scale,
                        long rows, long width, long column, long n, long rank) {
  size_t bytes = (size_t)(rank * n) * sizeof(float);
  float *factors = graft_pool_take(bytes);
  for (long r = 0; r < rank; r++)
    for (long j = 0; j < n; j++) factors[r * n + j] = scale * b[j * rank + r];
  struct low_rank work = {out, y, inner, factors, rows, width, column, n, rank};
  graft_parallel((rows + TILE_ROWS - 1) / TILE_ROWS, add_tile, &work);
  graft_pool_give(factors, bytes);
}
