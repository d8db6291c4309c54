#include "gemm.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "internal/blas.h"
#include "internal/skinny.h"
#include "threads.h"

/// Products below this many multiplications are not worth a second thread.
static const long WORTH_SPLITTING = 1 << 20;
/// OpenBLAS packs its second operand anew for each call, so tiles are not cut finer than this.
enum { TILE_ROWS = 1024, TILE_COLUMNS = 768, HALF_MULTIPLE = 16 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void use_one_thread(void) { openblas_set_num_threads(1); }
void graft_blas_single_threaded(void) { pthread_once(&once, use_one_thread); }

/// Where the library is two to five times behind: a few rows against long rows of B, or against wide ones.
static bool is_skinny(int transpose_a, int transpose_b, long m, long n, long k) {
  return !transpose_a && m <= SKINNY_ROWS && (transpose_b ? k >= 64 : n >= 32);
}

struct product {
  int transpose_a, transpose_b;
  long m, n, k;
  float alpha;
  const float *a;
  long lda;
  const float *b;
  long ldb;
  float beta;
  float *c;
  long ldc;
  const float *bias;
  long tile_m, tile_n, tiles_m;
};

static void run_tile(void *context, long index) {
  const struct product *p = context;
  long i = index % p->tiles_m * p->tile_m, j = index / p->tiles_m * p->tile_n;
  long m = p->m - i < p->tile_m ? p->m - i : p->tile_m;
  long n = p->n - j < p->tile_n ? p->n - j : p->tile_n;
  const float *a = p->transpose_a ? p->a + i : p->a + i * p->lda;
  const float *b = p->transpose_b ? p->b + j * p->ldb : p->b + j;
  float *c = p->c + i * p->ldc + j;
  if (p->bias)
    for (long row = 0; row < m; row++) memcpy(c + row * p->ldc, p->bias + j, (size_t)n * sizeof(float));
  if (is_skinny(p->transpose_a, p->transpose_b, m, n, p->k))
    graft_skinny_gemm(p->transpose_b, m, n, p->k, p->alpha, a, p->lda, b, p->ldb, p->beta, c, p->ldc);
  else
    graft_small_gemm(p->transpose_a, p->transpose_b, m, n, p->k, p->alpha, a, p->lda, b, p->ldb, p->beta, c,
                     p->ldc);
}

static long half(long extent) {
  long rounded = (extent / 2 + HALF_MULTIPLE - 1) / HALF_MULTIPLE * HALF_MULTIPLE;
  return rounded < extent ? rounded : extent;
}

static void run(struct product *p) {
  if (p->m == 0 || p->n == 0) return;
  graft_blas_single_threaded();
  p->tile_m = p->m;
  p->tile_n = p->n;
  if (p->m * p->n * p->k >= WORTH_SPLITTING) {
    if (p->m >= 2 * TILE_ROWS) {
      p->tile_m = TILE_ROWS;
      if (p->n >= 2 * TILE_COLUMNS) p->tile_n = half(p->n);
    } else if (p->m >= p->n) p->tile_m = half(p->m);
    else p->tile_n = half(p->n);
  }
  p->tiles_m = (p->m + p->tile_m - 1) / p->tile_m;
  long tiles = p->tiles_m * ((p->n + p->tile_n - 1) / p->tile_n);
  if (tiles == 1) run_tile(p, 0);
  else graft_parallel(tiles, run_tile, p);
}

void graft_gemm(int transpose_a, int transpose_b, long m, long n, long k, float alpha, const float *a,
                long lda, const float *b, long ldb, float beta, float *c, long ldc) {
  struct product p = {transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, NULL, 0, 0, 0};
  run(&p);
}

void graft_linear(float *y, const float *x, const float *w, const float *bias, long rows, long n, long k) {
  struct product p = {0, 1, rows, n, k, 1, x, k, w, k, bias ? 1 : 0, y, n, bias, 0, 0, 0};
  run(&p);
}
