#include "internal/bf16.h"

#include "bf16.h"
#include "isa.h"

#if defined(__x86_64__)

/// The rows of a block product in registers: 28 sums, two registers of the panel, one pair of the left operand.
enum { REGISTER_ROWS = 14 };

int graft_bf16_available(void) {
  return graft_isa() >= GRAFT_AVX512 && __builtin_cpu_supports("avx512bf16");
}

long bf16_block_rows(void) { return graft_isa() == GRAFT_AMX ? 32 : REGISTER_ROWS; }

BF16_TARGET static void block_in_registers(float *c, long ldc, const uint32_t *a, long lda,
                                           const uint32_t *panel, long pairs) {
  __m512 sums[REGISTER_ROWS][2];
#pragma unroll
  for (int i = 0; i < REGISTER_ROWS; i++) {
    sums[i][0] = _mm512_loadu_ps(c + i * ldc);
    sums[i][1] = _mm512_loadu_ps(c + i * ldc + 16);
  }
  for (long p = 0; p < pairs; p++) {
    __m512bh first = (__m512bh)_mm512_loadu_si512(panel + p * BF16_COLUMNS);
    __m512bh second = (__m512bh)_mm512_loadu_si512(panel + p * BF16_COLUMNS + 16);
#pragma unroll
    for (int i = 0; i < REGISTER_ROWS; i++) {
      __m512bh pair = (__m512bh)_mm512_set1_epi32((int)a[i * lda + p]);
      sums[i][0] = _mm512_dpbf16_ps(sums[i][0], pair, first);
      sums[i][1] = _mm512_dpbf16_ps(sums[i][1], pair, second);
    }
  }
#pragma unroll
  for (int i = 0; i < REGISTER_ROWS; i++) {
    _mm512_storeu_ps(c + i * ldc, sums[i][0]);
    _mm512_storeu_ps(c + i * ldc + 16, sums[i][1]);
  }
}

#define AMX_TARGET __attribute__((target("amx-tile,amx-bf16,avx512f")))

/// The layout of AMX's tile configuration, palette 1.
struct tile_configuration {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};

/// Two by two tiles of sums, 0 to 3, two of the left operand, 4 and 5, two of the panel, 6 and 7.
AMX_TARGET static void block_in_tiles(float *c, long ldc, const uint32_t *a, long lda, const uint32_t *panel,
                                      long pairs) {
  size_t c_bytes = (size_t)ldc * sizeof(float), a_bytes = (size_t)lda * sizeof(uint32_t);
  size_t panel_bytes = BF16_COLUMNS * sizeof(uint32_t);
  _tile_loadd(0, c, c_bytes);
  _tile_loadd(1, c + 16, c_bytes);
  _tile_loadd(2, c + 16 * ldc, c_bytes);
  _tile_loadd(3, c + 16 * ldc + 16, c_bytes);
  for (long p = 0; p < pairs; p += 16) {
    _tile_loadd(4, a + p, a_bytes);
    _tile_loadd(6, panel + p * BF16_COLUMNS, panel_bytes);
    _tile_loadd(7, panel + p * BF16_COLUMNS + 16, panel_bytes);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, a + 16 * lda + p, a_bytes);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, c, c_bytes);
  _tile_stored(1, c + 16, c_bytes);
  _tile_stored(2, c + 16 * ldc, c_bytes);
  _tile_stored(3, c + 16 * ldc + 16, c_bytes);
}

AMX_TARGET static void configure_tiles(void) {
  struct tile_configuration configuration = {.palette = 1};
  for (int tile = 0; tile < 8; tile++) {
    configuration.row_bytes[tile] = 64;
    configuration.rows[tile] = 16;
  }
  _tile_loadconfig(&configuration);
}

AMX_TARGET static void release_tiles(void) { _tile_release(); }

void bf16_begin(void) {
  if (graft_isa() == GRAFT_AMX) configure_tiles();
}

void bf16_end(void) {
  if (graft_isa() == GRAFT_AMX) release_tiles();
}

void bf16_block(float *c, long ldc, const uint32_t *a, long lda, const uint32_t *panel, long pairs) {
  if (graft_isa() == GRAFT_AMX)
    block_in_tiles(c, ldc, a, lda, panel, pairs);
  else
    block_in_registers(c, ldc, a, lda, panel, pairs);
}

#endif
