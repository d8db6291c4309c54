#include <math.h>
#include <string.h>

#include "internal/block.h"
#include "internal/image_attention.h"
#include "pool.h"

/// How many tokens ahead are asked for; keys a block of scores holds at most, unless one row of the grid has more.
enum { FETCH_AHEAD = 4, SCORE_KEYS = 130 };

static long least(long a, long b) { return a < b ? a : b; }

static long in_vectors(long count) { return (count + GRAFT_LANES - 1) / GRAFT_LANES; }

/// A table [rows, width] as [rows, padded], multiplied by √width.
static float *scaled_table(const struct graft_image_attention *w, const float *table, long rows) {
  long d = w->shape.width;
  float *copy = graft_pool_take((size_t)(rows * w->padded) * sizeof(float)), root = sqrtf((float)d);
  memset(copy, 0, (size_t)(rows * w->padded) * sizeof(float));
  for (long i = 0; i < rows; i++)
    for (long n = 0; n < d; n++) copy[i * w->padded + n] = root * table[i * d + n];
  return copy;
}

void graft_image_attention_begin(struct graft_image_attention *w, const float *table_h,
                                 const float *table_w) {
  const struct graft_image_attention_shape *s = &w->shape;
  w->side_h = s->window ? s->window : s->rows;
  w->side_w = s->window ? s->window : s->columns;
  w->down = (s->rows + w->side_h - 1) / w->side_h;
  w->across = (s->columns + w->side_w - 1) / w->side_w;
  w->padded = in_vectors(s->width) * GRAFT_LANES;
  w->table_h = scaled_table(w, table_h, 2 * w->side_h - 1);
  w->table_w = scaled_table(w, table_w, 2 * w->side_w - 1);
}

void graft_image_attention_end(struct graft_image_attention *w) {
  graft_pool_give((void *)w->table_h, (size_t)((2 * w->side_h - 1) * w->padded) * sizeof(float));
  graft_pool_give((void *)w->table_w, (size_t)((2 * w->side_w - 1) * w->padded) * sizeof(float));
}

struct graft_window graft_window_of(const struct graft_image_attention *w, long index) {
  const struct graft_image_attention_shape *s = &w->shape;
  long head = index % s->heads, place = index / s->heads, batch = place / (w->down * w->across);
  long row = place / w->across % w->down * w->side_h, column = place % w->across * w->side_w;
  return (struct graft_window){batch, head, row, column, least(w->side_h, s->rows - row),
                               least(w->side_w, s->columns - column)};
}

long graft_score_rows(const struct graft_image_attention *w) {
  long rows = SCORE_KEYS / w->side_w;
  return rows < 1 ? 1 : least(rows, w->side_h);
}

long graft_query_blocks(const struct graft_window *at) {
  return (in_vectors(at->rows * at->columns) + GRAFT_BLOCK_VECTORS - 1) / GRAFT_BLOCK_VECTORS;
}

struct graft_query_block graft_query_block_of(const struct graft_window *at, long index) {
  long queries = at->rows * at->columns, vectors = in_vectors(queries), blocks = graft_query_blocks(at);
  long from = index * vectors / blocks, to = (index + 1) * vectors / blocks, first = from * GRAFT_LANES;
  return (struct graft_query_block){first, least(queries, to * GRAFT_LANES) - first, to - from,
                                    (to - from) * GRAFT_LANES};
}

long graft_window_place(const struct graft_image_attention *w, const struct graft_window *at, long i, long j,
                        long width) {
  const struct graft_image_attention_shape *s = &w->shape;
  return ((at->batch * s->rows + at->row + i) * s->columns + at->column + j) * width + at->head * s->width;
}

/// Asks for the head's part of the token that lies `ahead` floats further on: tokens lie far apart, and the processor does
/// not see them coming.
static void fetch_ahead(const float *token, long ahead, long width) {
  for (long n = 0; n < width; n += GRAFT_LANES) __builtin_prefetch(token + ahead + n);
}

void graft_block_rows(const struct graft_image_attention *w, const struct graft_window *at,
                      const struct graft_query_block *block, const float *map, long width, float scale,
                      float *rows) {
  long d = w->shape.width;
  if (d < w->padded || block->count < block->lanes)
    memset(rows, 0, (size_t)(block->lanes * w->padded) * sizeof(float));
  for (long q = 0; q < block->count; q++) {
    long query = block->first + q;
    const float *from = map + graft_window_place(w, at, query / at->columns, query % at->columns, width);
    float *row = rows + q * w->padded;
    fetch_ahead(from, FETCH_AHEAD * width, d);
    for (long n = 0; n < d; n++) row[n] = scale * from[n];
  }
}

void graft_block_scatter(const struct graft_image_attention *w, const struct graft_window *at,
                         const struct graft_query_block *block, const float *rows, float scale, float *map,
                         long width) {
  for (long q = 0; q < block->count; q++) {
    long query = block->first + q;
    float *to = map + graft_window_place(w, at, query / at->columns, query % at->columns, width);
    for (long n = 0; n < w->shape.width; n++) to[n] = scale * rows[q * w->padded + n];
  }
}

void graft_block_logsums(const struct graft_image_attention *w, const struct graft_window *at,
                         const struct graft_query_block *block, float *lanes, int to_map) {
  const struct graft_image_attention_shape *s = &w->shape;
  if (!to_map) memset(lanes, 0, (size_t)block->lanes * sizeof(float));
  for (long q = 0; q < block->count; q++) {
    long i = (block->first + q) / at->columns, j = (block->first + q) % at->columns;
    float *place =
        w->logsums + ((at->batch * s->heads + at->head) * s->rows + at->row + i) * s->columns + at->column + j;
    if (to_map) *place = lanes[q];
    else lanes[q] = *place;
  }
}

void graft_window_keys(const struct graft_image_attention *w, const struct graft_window *at, float *k,
                       float *v) {
  long d = w->shape.width, c = w->shape.heads * d;
  size_t bytes = (size_t)(w->side_h * w->side_w * w->padded) * sizeof(float);
  if (d < w->padded) memset(k, 0, bytes), memset(v, 0, bytes);
  for (long i = 0; i < w->side_h; i++)
    for (long j = 0; j < w->side_w; j++) {
      int exists = i < at->rows && j < at->columns;
      const float *from = exists ? w->qkv + graft_window_place(w, at, i, j, 3 * c) : w->bias + at->head * d;
      fetch_ahead(from, FETCH_AHEAD * 3 * c + c, d);
      fetch_ahead(from, FETCH_AHEAD * 3 * c + 2 * c, d);
      memcpy(k + (i * w->side_w + j) * w->padded, from + c, (size_t)d * sizeof(float));
      memcpy(v + (i * w->side_w + j) * w->padded, from + 2 * c, (size_t)d * sizeof(float));
    }
}

/// The rows of a table that a block's queries meet, and for each query the one it meets for key 0: the rows before
/// follow for the keys after.
struct reach {
  long first, count, start[GRAFT_BLOCK_VECTORS * GRAFT_LANES];
};

static struct reach reach_of(const struct graft_window *at, const struct graft_query_block *block, long side,
                             int is_row) {
  struct reach reach;
  long lowest = side, highest = 0;
  for (long lane = 0; lane < block->lanes; lane++) {
    long query = block->first + least(lane, block->count - 1);
    long own = is_row ? query / at->columns : query % at->columns;
    lowest = least(lowest, own);
    highest = own > highest ? own : highest;
    reach.start[lane] = own + side - 1;
  }
  reach.first = lowest;
  reach.count = highest - lowest + side;
  for (long lane = 0; lane < block->lanes; lane++) reach.start[lane] -= lowest;
  return reach;
}

long graft_relative_scratch(const struct graft_image_attention *w) {
  long side = w->side_h > w->side_w ? w->side_h : w->side_w;
  return (2 * side - 1) * GRAFT_BLOCK_VECTORS * GRAFT_LANES;
}

void graft_relative_positions(const struct graft_image_attention *w, const struct graft_window *at,
                              const struct graft_query_block *block, const float *columns, float *height,
                              float *across, float *scratch) {
  for (int is_row = 0; is_row < 2; is_row++) {
    long side = is_row ? w->side_h : w->side_w, lanes = block->lanes;
    float *to = is_row ? height : across;
    struct reach reach = reach_of(at, block, side, is_row);
    graft_block_product(scratch, (is_row ? w->table_h : w->table_w) + reach.first * w->padded, w->padded, 0,
                        columns, lanes, reach.count, w->padded, block->vectors, 0);
    for (long i = 0; i < side; i++)
      for (long lane = 0; lane < lanes; lane++)
        to[i * lanes + lane] = scratch[(reach.start[lane] - i) * lanes + lane];
  }
}

void graft_relative_positions_backward(const struct graft_image_attention *w,
                                       const struct graft_window *at, const struct graft_query_block *block,
                                       const float *rows, const float *dheight, const float *dacross,
                                       float *dcolumns, float *dtable_h, float *dtable_w, float *scratch) {
  for (int is_row = 0; is_row < 2; is_row++) {
    long side = is_row ? w->side_h : w->side_w, lanes = block->lanes;
    const float *from = is_row ? dheight : dacross;
    float *dtable = is_row ? dtable_h : dtable_w;
    struct reach reach = reach_of(at, block, side, is_row);
    memset(scratch, 0, (size_t)(reach.count * lanes) * sizeof(float));
    for (long i = 0; i < side; i++)
      for (long lane = 0; lane < lanes; lane++)
        scratch[(reach.start[lane] - i) * lanes + lane] = from[i * lanes + lane];
    graft_block_product(dcolumns, (is_row ? w->table_h : w->table_w) + reach.first * w->padded, w->padded, 1,
                        scratch, lanes, w->padded, reach.count, block->vectors, 1);
    if (dtable)
      graft_block_product(dtable + reach.first * w->padded, scratch, lanes, 0, rows, w->padded, reach.count,
                          lanes, w->padded / GRAFT_LANES, 1);
  }
}
