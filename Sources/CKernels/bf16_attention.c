#include <math.h>
#include <string.h>

#include "bf16.h"
#include "internal/bf16.h"
#include "internal/blas.h"
#include "internal/image_attention.h"
#include "pool.h"
#include "threads.h"

#if defined(__x86_64__)

// Keys lie row by row of the window, each row padded to whole registers, so that a register of scores lies in one
// row: the terms of the relative position, one of its row and one of its columns, are what its sums begin with.
// Padding keys begin at a number that no exponential survives.

enum { REGISTER = 16, KEY_BLOCK = 512, QUERIES_AT_MOST = 64 };
/// Rows of scores and of pairs of probabilities: not a power of two apart, or they would share a few cache sets.
enum { SCORE_ROW = KEY_BLOCK + 16, PAIR_ROW = KEY_BLOCK / 2 + 16 };
static const float NEVER = -1e30f;
static const float LOG2_E = 1.44269504088896341f;

struct attention {
  struct graft_image_attention windows;
  const float *qkv, *bias, *zeros;
  /// The tables turned over, so that the rows a query needs lie one after the other.
  const float *turned_h, *turned_w;
  float *out;
  /// Keys a row of the window takes, such rows with the padding, and all keys with the padding.
  long row_keys, rows, keys;
  /// Queries of a block, floats of a query and of a value with the padding.
  long block, query_width, value_width;
};

/// The memory of a task.
struct scratch {
  uint32_t *queries, *keys, *values, *probabilities;
  float *column_terms, *row_terms, *scores, *out, *query;
  const float **rows;
  float maxima[QUERIES_AT_MOST], sums[QUERIES_AT_MOST];
};

static size_t carve(char *memory, size_t at, void *pointer, size_t bytes) {
  if (memory) *(void **)pointer = memory + at;
  return at + (bytes + 63) / 64 * 64;
}

/// Lays a task's memory out; without memory, says only how much there must be.
static size_t lay_out(const struct attention *w, struct scratch *s, char *memory) {
  size_t queries = (size_t)bf16_padded(w->windows.side_h * w->windows.side_w, w->block);
  size_t keys = (size_t)w->keys, block = (size_t)w->block, four = sizeof(float);
  size_t at = carve(memory, 0, &s->queries, queries * (size_t)w->query_width * 2);
  at = carve(memory, at, &s->keys, keys * (size_t)w->query_width * 2);
  at = carve(memory, at, &s->values, keys * (size_t)w->value_width * 2);
  at = carve(memory, at, &s->probabilities, block * PAIR_ROW * four);
  at = carve(memory, at, &s->column_terms, queries * (size_t)w->row_keys * four);
  at = carve(memory, at, &s->row_terms, queries * (size_t)w->rows * four);
  at = carve(memory, at, &s->scores, block * SCORE_ROW * four);
  at = carve(memory, at, &s->out, block * (size_t)w->value_width * four);
  at = carve(memory, at, &s->query, (size_t)w->query_width * four);
  return carve(memory, at, &s->rows, keys * sizeof(float *));
}

BF16_TARGET static void pack_queries(const struct attention *w, const struct graft_window *at,
                                     struct scratch *s) {
  long d = w->windows.shape.width, c = w->windows.shape.heads * d;
  float scale = LOG2_E / sqrtf((float)d);
  memset(s->query, 0, (size_t)w->query_width * sizeof(float));
  for (long i = 0; i < at->rows; i++)
    for (long j = 0; j < at->columns; j++) {
      const float *q = w->qkv + graft_window_place(&w->windows, at, i, j, 3 * c);
      for (long n = 0; n < d; n++) s->query[n] = q[n] * scale;
      bf16_round(s->queries + (i * at->columns + j) * w->query_width / 2, s->query, w->query_width);
    }
}

/// Points at every key (`third` 1) or value (2): a token's, the bias where the grid has ended, zeros for padding.
static void point_at_keys(const struct attention *w, const struct graft_window *at, const float **rows,
                          long third) {
  long d = w->windows.shape.width, c = w->windows.shape.heads * d;
  for (long key = 0; key < w->keys; key++) {
    long i = key / w->row_keys, j = key % w->row_keys;
    if (i >= w->windows.side_h || j >= w->windows.side_w)
      rows[key] = w->zeros;
    else if (i >= at->rows || j >= at->columns)
      rows[key] = w->bias + third * c + at->head * d;
    else
      rows[key] = w->qkv + graft_window_place(&w->windows, at, i, j, 3 * c) + third * c;
  }
}

static void pack_keys(const struct attention *w, const struct graft_window *at, struct scratch *s) {
  long d = w->windows.shape.width;
  if (d % BF16_COLUMNS) memset(s->values, 0, (size_t)(w->keys * w->value_width) * sizeof(uint16_t));
  point_at_keys(w, at, s->rows, 1);
  for (long key = 0; key < w->keys; key += BF16_COLUMNS)
    bf16_pack_rows(s->keys + key * w->query_width / 2, s->rows + key, d);
  point_at_keys(w, at, s->rows, 2);
  bf16_pack_columns(s->values, s->rows, w->keys, d);
}

/// Relative positions of the window's queries to every row and column of keys, in units of log 2 and in float32, and
/// what keeps padding keys out.
static void fill_terms(const struct attention *w, const struct graft_window *at, struct scratch *s) {
  long d = w->windows.shape.width, c = w->windows.shape.heads * d, side_h = w->windows.side_h;
  long side_w = w->windows.side_w;
  const float *q = w->qkv + graft_window_place(&w->windows, at, 0, 0, 3 * c);
  long token = 3 * c, row = w->windows.shape.columns * token;
  for (long i = 0; i < at->rows; i++)
    graft_small_gemm(0, 1, at->columns, side_h, d, LOG2_E, q + i * row, token,
                     w->turned_h + (side_h - 1 - i) * d, d, 0, s->row_terms + i * at->columns * w->rows, w->rows);
  for (long j = 0; j < at->columns; j++)
    graft_small_gemm(0, 1, at->rows, side_w, d, LOG2_E, q + j * token, row,
                     w->turned_w + (side_w - 1 - j) * d, d, 0, s->column_terms + j * w->row_keys,
                     at->columns * w->row_keys);
  for (long query = 0; query < at->rows * at->columns; query++) {
    for (long r = side_h; r < w->rows; r++) s->row_terms[query * w->rows + r] = NEVER;
    for (long k = side_w; k < w->row_keys; k++) s->column_terms[query * w->row_keys + k] = NEVER;
  }
}

/// Scores of the block of queries from `first` and the keys from `from`, in units of log 2.
BF16_TARGET static void fill_scores(const struct attention *w, struct scratch *s, long first, long rows, long from,
                                    long keys) {
  long step = bf16_block_rows(), pairs = w->query_width / 2;
  for (long j = 0; j < keys; j += BF16_COLUMNS) {
    for (long key = from + j; key < from + j + BF16_COLUMNS; key += REGISTER) {
      const float *row = s->row_terms + first * w->rows + key / w->row_keys;
      const float *column = s->column_terms + first * w->row_keys + key % w->row_keys;
      for (long i = 0; i < rows; i++)
        _mm512_store_ps(s->scores + i * SCORE_ROW + key - from, _mm512_load_ps(column + i * w->row_keys) +
                                                                    _mm512_set1_ps(row[i * w->rows]));
    }
    for (long t = 0; t < rows; t += step)
      bf16_block(s->scores + t * SCORE_ROW + j, SCORE_ROW, s->queries + (first + t) * pairs, pairs,
                 s->keys + (from + j) * pairs, pairs);
  }
}

/// 2ˣ to 4e-6, for x below 128: a polynomial of degree 4 on |r| ≤ 1/2, scaled by the power.
BF16_INLINE __m512 power_of_two(__m512 x) {
  __m512 n = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC), r = x - n;
  __m512 p = _mm512_set1_ps(9.618129107e-3f);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.550410866e-2f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(2.402265070e-1f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(6.931471806e-1f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
  return _mm512_scalef_ps(p, n);
}

/// Turns a row's scores into probabilities up to the factor that its sum is; what the row gathered before is scaled to
/// the new maximum.
BF16_TARGET static void exponentiate(const struct attention *w, struct scratch *s, long row, long keys) {
  const float *scores = s->scores + row * SCORE_ROW;
  __m512 most = _mm512_set1_ps(s->maxima[row]);
  for (long j = 0; j < keys; j += REGISTER) most = _mm512_max_ps(most, _mm512_load_ps(scores + j));
  float maximum = _mm512_reduce_max_ps(most);
  if (maximum > s->maxima[row]) {
    __m512 shrink = power_of_two(_mm512_set1_ps(s->maxima[row] - maximum));
    float *out = s->out + row * w->value_width;
    for (long n = 0; n < w->value_width; n += REGISTER) _mm512_store_ps(out + n, _mm512_load_ps(out + n) * shrink);
    s->sums[row] *= _mm512_cvtss_f32(shrink);
    s->maxima[row] = maximum;
  }
  __m512 highest = _mm512_set1_ps(maximum), first = _mm512_setzero_ps(), second = first;
  for (long j = 0; j < keys; j += 2 * REGISTER) {
    __m512 low = power_of_two(_mm512_load_ps(scores + j) - highest);
    __m512 high = power_of_two(_mm512_load_ps(scores + j + REGISTER) - highest);
    first += low;
    second += high;
    _mm512_store_si512(s->probabilities + row * PAIR_ROW + j / 2, (__m512i)_mm512_cvtne2ps_pbh(high, low));
  }
  s->sums[row] += _mm512_reduce_add_ps(first + second);
}

/// out += probabilities · values.
static void gather_values(const struct attention *w, struct scratch *s, long rows, long from, long keys) {
  long step = bf16_block_rows();
  for (long n = 0; n < w->value_width; n += BF16_COLUMNS)
    for (long t = 0; t < rows; t += step)
      bf16_block(s->out + t * w->value_width + n, w->value_width, s->probabilities + t * PAIR_ROW, PAIR_ROW,
                 s->values + (n * w->keys + from * BF16_COLUMNS) / 2, keys / 2);
}

BF16_TARGET static void attend(const struct attention *w, const struct graft_window *at, struct scratch *s,
                               long first, long rows) {
  long d = w->windows.shape.width, c = w->windows.shape.heads * d;
  for (long i = 0; i < w->block; i++) s->maxima[i] = NEVER, s->sums[i] = 0;
  memset(s->out, 0, (size_t)(w->block * w->value_width) * sizeof(float));
  for (long from = 0; from < w->keys; from += KEY_BLOCK) {
    long keys = w->keys - from < KEY_BLOCK ? w->keys - from : KEY_BLOCK;
    fill_scores(w, s, first, rows, from, keys);
    for (long row = 0; row < rows; row++) exponentiate(w, s, row, keys);
    gather_values(w, s, rows, from, keys);
  }
  for (long row = 0; row < rows; row++) {
    long token = first + row;
    float *out = w->out + graft_window_place(&w->windows, at, token / at->columns, token % at->columns, c);
    float inverse = 1.0f / s->sums[row];
    for (long n = 0; n < d; n++) out[n] = s->out[row * w->value_width + n] * inverse;
  }
}

static void task(void *context, long index) {
  const struct attention *w = context;
  struct graft_window at = graft_window_of(&w->windows, index);
  struct scratch s;
  size_t bytes = lay_out(w, &s, NULL);
  char *memory = graft_pool_take(bytes);
  lay_out(w, &s, memory);
  long queries = at.rows * at.columns, padded = bf16_padded(queries, w->block);
  memset(s.queries + queries * w->query_width / 2, 0, (size_t)((padded - queries) * w->query_width) * 2);
  pack_queries(w, &at, &s);
  fill_terms(w, &at, &s);
  pack_keys(w, &at, &s);
  bf16_begin();
  for (long first = 0; first < queries; first += w->block)
    attend(w, &at, &s, first, queries - first < w->block ? queries - first : w->block);
  bf16_end();
  graft_pool_give(memory, bytes);
}

static void turn(float *turned, const float *table, long rows, long width) {
  for (long i = 0; i < rows; i++)
    memcpy(turned + i * width, table + (rows - 1 - i) * width, (size_t)width * sizeof(float));
}

void graft_bf16_image_attention(struct graft_image_attention_shape shape, const float *qkv, const float *bias,
                                const float *table_h, const float *table_w, float *out) {
  struct attention w = {.windows = {.shape = shape}, .qkv = qkv, .bias = bias, .out = out};
  graft_image_attention_begin(&w.windows, table_h, table_w);
  long d = shape.width, rows_h = 2 * w.windows.side_h - 1, rows_w = 2 * w.windows.side_w - 1;
  w.row_keys = bf16_padded(w.windows.side_w, REGISTER);
  w.keys = bf16_padded(w.windows.side_h * w.row_keys, BF16_COLUMNS);
  w.rows = (w.keys + w.row_keys - 1) / w.row_keys;
  w.block = QUERIES_AT_MOST / bf16_block_rows() * bf16_block_rows();
  w.query_width = w.value_width = bf16_padded(d, BF16_COLUMNS);
  size_t bytes = (size_t)((rows_h + rows_w + 1) * d) * sizeof(float);
  float *turned_h = graft_pool_take(bytes), *turned_w = turned_h + rows_h * d, *zeros = turned_w + rows_w * d;
  turn(turned_h, table_h, rows_h, d);
  turn(turned_w, table_w, rows_w, d);
  memset(zeros, 0, (size_t)d * sizeof(float));
  w.turned_h = turned_h;
  w.turned_w = turned_w;
  w.zeros = zeros;
  graft_blas_single_threaded();
  graft_parallel(shape.batch * w.windows.down * w.windows.across * shape.heads, task, &w);
  graft_pool_give(turned_h, bytes);
  graft_image_attention_end(&w.windows);
}

#endif
