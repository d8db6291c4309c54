#pragma once
#include <stdint.h>

/// The columns of one block product, and the rows of a packed panel.
enum { BF16_COLUMNS = 32 };

/// Up to how many rows a block product has: 14 rows of two registers, or two tiles of 16 rows.
enum { BF16_MOST_ROWS = 32 };

/// `n` rounded up to a multiple of `step`.
static inline long bf16_padded(long n, long step) { return (n + step - 1) / step * step; }

#if defined(__x86_64__)
#include <immintrin.h>

/// Compiled for AVX-512 with its bfloat16 instructions; called only where they exist.
#define BF16_TARGET                                                                                \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"), min_vector_width(512)))
#define BF16_INLINE static inline __attribute__((always_inline)) BF16_TARGET

/// How many rows one block product takes on this processor; the operands' buffers have a multiple of them.
long bf16_block_rows(void);

/// c [block rows, 32] += a · bᵀ for bfloat16 pairs of a, rows `lda` pairs apart, and one packed panel of b.
/// `pairs` is a multiple of 16.
void bf16_block(float *c, long ldc, const uint32_t *a, long lda, const uint32_t *panel, long pairs);

/// Before a thread's first block product of a task, and after its last.
void bf16_begin(void);
void bf16_end(void);

/// The first `count` of 16 places: none below 0, all from 16 on.
BF16_INLINE __mmask16 bf16_mask(long count) {
  return count >= 16 ? 0xffff : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}

/// Rounds `count` floats, a multiple of 32, to nearest even, two neighbours to a pair.
BF16_INLINE void bf16_round(uint32_t *pairs, const float *x, long count) {
  for (long i = 0; i < count; i += 32)
    _mm512_storeu_si512(
        pairs + i / 2, (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + i + 16), _mm512_loadu_ps(x + i)));
}

/// Packs 32 rows of `k` floats: panel[k / 2][32]. Columns from k on, up to a multiple of 32, are zeros.
void bf16_pack_rows(uint32_t *panel, const float *const *rows, long k);

/// Packs the transpose of `count` rows of `n` floats, `count` a multiple of 32: panels of 32 columns, count / 2 pairs each.
void bf16_pack_columns(uint32_t *panels, const float *const *rows, long count, long n);
#endif
