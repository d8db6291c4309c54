#include <string.h>

#include "bf16.h"
#include "internal/bf16.h"
#include "pool.h"
#include "threads.h"

long graft_bf16_packed_pairs(long n, long k) {
  return bf16_padded(n, BF16_COLUMNS) * bf16_padded(k, 32) / 2;
}

#if defined(__x86_64__)

/// Transposes 16 x 16 pairs: rows two by two, then in fours, then by quarters of a register.
BF16_INLINE void transpose(__m512i r[16]) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int c = 0; c < 4; c++) {
    __m512i even = _mm512_shuffle_i32x4(r[c], r[4 + c], 0x88), odd = _mm512_shuffle_i32x4(r[c], r[4 + c], 0xdd);
    __m512i even2 = _mm512_shuffle_i32x4(r[8 + c], r[12 + c], 0x88);
    __m512i odd2 = _mm512_shuffle_i32x4(r[8 + c], r[12 + c], 0xdd);
    t[c] = _mm512_shuffle_i32x4(even, even2, 0x88);
    t[4 + c] = _mm512_shuffle_i32x4(odd, odd2, 0x88);
    t[8 + c] = _mm512_shuffle_i32x4(even, even2, 0xdd);
    t[12 + c] = _mm512_shuffle_i32x4(odd, odd2, 0xdd);
  }
  for (int i = 0; i < 16; i++) r[i] = t[i];
}

/// The first `count` of 32 floats as 16 pairs, zeros behind them.
BF16_INLINE __m512i pairs_of(const float *x, long count) {
  return (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(bf16_mask(count - 16), x + 16),
                                      _mm512_maskz_loadu_ps(bf16_mask(count), x));
}

BF16_TARGET void bf16_pack_rows(uint32_t *panel, const float *const *rows, long k) {
  for (long at = 0; at < k; at += 32)
    for (int half = 0; half < BF16_COLUMNS; half += 16) {
      __m512i r[16];
      for (int i = 0; i < 16; i++) r[i] = pairs_of(rows[half + i] + at, k - at);
      transpose(r);
      for (int i = 0; i < 16; i++)
        _mm512_storeu_si512(panel + (at / 2 + i) * BF16_COLUMNS + half, r[i]);
    }
}

BF16_TARGET void bf16_pack_columns(uint32_t *panels, const float *const *rows, long count, long n) {
  for (long at = 0; at < n; at += 16) {
    __mmask16 mask = bf16_mask(n - at);
    uint32_t *panel = panels + at / BF16_COLUMNS * (count / 2) * BF16_COLUMNS + at % BF16_COLUMNS;
    for (long p = 0; p < count / 2; p++) {
      __m256i even = (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, rows[2 * p] + at));
      __m256i odd = (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, rows[2 * p + 1] + at));
      _mm512_storeu_si512(panel + p * BF16_COLUMNS,
                          _mm512_or_si512(_mm512_cvtepu16_epi32(even),
                                          _mm512_slli_epi32(_mm512_cvtepu16_epi32(odd), 16)));
    }
  }
}

struct packing {
  uint32_t *packed;
  const float *w, *zeros;
  long n, k;
};

static void pack_panel(void *context, long index) {
  struct packing *job = context;
  const float *rows[BF16_COLUMNS];
  for (long i = 0; i < BF16_COLUMNS; i++) {
    long row = index * BF16_COLUMNS + i;
    rows[i] = row < job->n ? job->w + row * job->k : job->zeros;
  }
  bf16_pack_rows(job->packed + index * BF16_COLUMNS * bf16_padded(job->k, 32) / 2, rows, job->k);
}

/// Packs 32 columns of w [k, n].
static void pack_transposed_panel(void *context, long index) {
  struct packing *job = context;
  long count = bf16_padded(job->k, 32), first = index * BF16_COLUMNS;
  uint32_t *panel = job->packed + index * BF16_COLUMNS * count / 2;
  for (long at = 0; at < count; at += 32) {
    const float *rows[32];
    for (long i = 0; i < 32; i++) rows[i] = at + i < job->k ? job->w + (at + i) * job->n + first : job->zeros;
    long n = job->n - first < BF16_COLUMNS ? job->n - first : BF16_COLUMNS;
    bf16_pack_columns(panel + at / 2 * BF16_COLUMNS, rows, 32, n);
  }
}

void graft_bf16_pack(uint32_t *packed, const float *w, int transposed, long n, long k) {
  long longest = bf16_padded(n > k ? n : k, 32);
  float *zeros = graft_pool_take((size_t)longest * sizeof(float));
  memset(zeros, 0, (size_t)longest * sizeof(float));
  if (n % BF16_COLUMNS || k % 32) memset(packed, 0, (size_t)graft_bf16_packed_pairs(n, k) * sizeof(uint32_t));
  struct packing job = {packed, w, zeros, n, k};
  graft_parallel(bf16_padded(n, BF16_COLUMNS) / BF16_COLUMNS, transposed ? pack_transposed_panel : pack_panel,
                 &job);
  graft_pool_give(zeros, (size_t)longest * sizeof(float));
}

#endif
