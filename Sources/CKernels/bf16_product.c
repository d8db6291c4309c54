#include <string.h>

#include "bf16.h"
#include "internal/bf16.h"
#include "internal/mathematics.h"
#include "pool.h"
#include "threads.h"

#if defined(__x86_64__)

/// A task has this many blocks of rows: its left operand and its hidden rows stay in the second cache level.
enum { LINEAR_BLOCKS = 8, MLP_BLOCKS = 4 };

struct layer {
  const uint32_t *packed;
  /// As many as the panels have rows.
  float *bias;
  long n, k;
};

static struct layer layer_of(const uint32_t *packed, const float *bias, long n, long k) {
  long padded = bf16_padded(n, BF16_COLUMNS);
  float *own = graft_pool_take((size_t)padded * sizeof(float));
  memset(own, 0, (size_t)padded * sizeof(float));
  if (bias) memcpy(own, bias, (size_t)n * sizeof(float));
  return (struct layer){packed, own, n, k};
}

static void give_back(struct layer layer) {
  graft_pool_give(layer.bias, (size_t)bf16_padded(layer.n, BF16_COLUMNS) * sizeof(float));
}

struct product {
  float *y;
  const float *x;
  struct layer first, second;
  long rows, task_rows;
};

/// A left operand of some rows of pairs.
struct operand {
  uint32_t *pairs;
  long rows, stride;
};

static struct operand operand(long rows, long k) {
  long stride = bf16_padded(k, 32) / 2, padded = bf16_padded(rows, bf16_block_rows());
  return (struct operand){graft_pool_take((size_t)(padded * stride) * sizeof(uint32_t)), padded, stride};
}

static void give_operand(struct operand a) {
  graft_pool_give(a.pairs, (size_t)(a.rows * a.stride) * sizeof(uint32_t));
}

/// Rounds rows of `k` floats into an operand, zeros behind them in each row.
BF16_TARGET static void round_rows(struct operand a, const float *x, long rows, long k) {
  long whole = k / 32 * 32;
  for (long i = 0; i < rows; i++) {
    bf16_round(a.pairs + i * a.stride, x + i * k, whole);
    if (whole < k) {
      float rest[32] = {0};
      memcpy(rest, x + i * k + whole, (size_t)(k - whole) * sizeof(float));
      bf16_round(a.pairs + i * a.stride + whole / 2, rest, 32);
    }
  }
  memset(a.pairs + rows * a.stride, 0, (size_t)((a.rows - rows) * a.stride) * sizeof(uint32_t));
}

/// One block product of a layer's panel: sums that begin with the bias.
BF16_TARGET static void layer_block(float *sums, const struct layer *layer, struct operand a, long row, long column,
                                    long step) {
  __m512 first = _mm512_loadu_ps(layer->bias + column), second = _mm512_loadu_ps(layer->bias + column + 16);
  for (long i = 0; i < step; i++) {
    _mm512_store_ps(sums + i * BF16_COLUMNS, first);
    _mm512_store_ps(sums + i * BF16_COLUMNS + 16, second);
  }
  bf16_block(sums, BF16_COLUMNS, a.pairs + row * a.stride, a.stride, layer->packed + column * a.stride, a.stride);
}

/// y [rows, n] = a · wᵀ + bias.
BF16_TARGET static void multiply(float *y, const struct layer *layer, struct operand a, long rows) {
  float sums[BF16_MOST_ROWS * BF16_COLUMNS] __attribute__((aligned(64)));
  long step = bf16_block_rows();
  for (long column = 0; column < layer->n; column += BF16_COLUMNS) {
    long columns = layer->n - column;
    for (long row = 0; row < rows; row += step) {
      layer_block(sums, layer, a, row, column, step);
      float *to = y + row * layer->n + column;
      for (long i = 0; i < step && row + i < rows; i++, to += layer->n)
        if (columns >= BF16_COLUMNS)
          memcpy(to, sums + i * BF16_COLUMNS, BF16_COLUMNS * sizeof(float));
        else
          memcpy(to, sums + i * BF16_COLUMNS, (size_t)columns * sizeof(float));
    }
  }
}

/// hidden = gelu(a · wᵀ + bias), rounded.
BF16_TARGET static void multiply_gelu(struct operand hidden, const struct layer *layer, struct operand a) {
  float sums[BF16_MOST_ROWS * BF16_COLUMNS] __attribute__((aligned(64)));
  long step = bf16_block_rows();
  for (long column = 0; column < layer->n; column += BF16_COLUMNS)
    for (long row = 0; row < a.rows; row += step) {
      layer_block(sums, layer, a, row, column, step);
      for (long i = 0; i < step * BF16_COLUMNS; i++)
        sums[i] = 0.5f * sums[i] * (1.0f + graft_erf(sums[i] * 0.70710678118654752f));
      for (long i = 0; i < step; i++)
        bf16_round(hidden.pairs + (row + i) * hidden.stride + column / 2, sums + i * BF16_COLUMNS, BF16_COLUMNS);
    }
}

static void linear_task(void *context, long index) {
  struct product *p = context;
  long first = index * p->task_rows;
  long rows = p->rows - first < p->task_rows ? p->rows - first : p->task_rows;
  struct operand a = operand(rows, p->first.k);
  bf16_begin();
  round_rows(a, p->x + first * p->first.k, rows, p->first.k);
  multiply(p->y + first * p->first.n, &p->first, a, rows);
  bf16_end();
  give_operand(a);
}

static void mlp_task(void *context, long index) {
  struct product *p = context;
  long first = index * p->task_rows;
  long rows = p->rows - first < p->task_rows ? p->rows - first : p->task_rows;
  struct operand a = operand(rows, p->first.k), hidden = operand(rows, p->first.n);
  bf16_begin();
  round_rows(a, p->x + first * p->first.k, rows, p->first.k);
  multiply_gelu(hidden, &p->first, a);
  multiply(p->y + first * p->second.n, &p->second, hidden, rows);
  bf16_end();
  give_operand(hidden);
  give_operand(a);
}

void graft_bf16_linear(float *y, const float *x, const uint32_t *w, const float *bias, long rows, long n,
                       long k) {
  struct product p = {.y = y, .x = x, .rows = rows, .task_rows = LINEAR_BLOCKS * bf16_block_rows()};
  p.first = layer_of(w, bias, n, k);
  graft_parallel((rows + p.task_rows - 1) / p.task_rows, linear_task, &p);
  give_back(p.first);
}

void graft_bf16_mlp(float *y, const float *x, const uint32_t *w1, const float *bias1, const uint32_t *w2,
                    const float *bias2, long rows, long width, long hidden) {
  struct product p = {.y = y, .x = x, .rows = rows, .task_rows = MLP_BLOCKS * bf16_block_rows()};
  p.first = layer_of(w1, bias1, hidden, width);
  p.second = layer_of(w2, bias2, width, hidden);
  graft_parallel((rows + p.task_rows - 1) / p.task_rows, mlp_task, &p);
  give_back(p.first);
  give_back(p.second);
}

#endif
