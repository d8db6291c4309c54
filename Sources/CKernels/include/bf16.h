#pragma once
#include <stdint.h>

#include "attention.h"

/// Whether products in bfloat16 run on this processor: with AMX tiles, or with AVX-512's bfloat16 instructions.
/// Sums are float32 either way. The functions below may be called only where it says so.
int graft_bf16_available(void);

/// How many pairs of bfloat16 numbers a packed [n, k] matrix takes: panels of 32 rows, padded with zeros, and columns
/// padded to a multiple of 32.
long graft_bf16_packed_pairs(long n, long k);

/// Packs w [n, k], or with `transposed` the transpose of w [k, n], rounding to nearest even. A panel holds, for each two
/// neighbouring columns, the pairs of its 32 rows side by side: what one step of a product reads.
void graft_bf16_pack(uint32_t *packed, const float *w, int transposed, long n, long k);

/// y [rows, n] = x [rows, k] · wᵀ + bias for a packed w [n, k]; x is rounded to bfloat16. bias may be NULL.
void graft_bf16_linear(float *y, const float *x, const uint32_t *w, const float *bias, long rows, long n,
                       long k);

/// y [rows, width] = gelu(x [rows, width] · w1ᵀ + bias1) · w2ᵀ + bias2 for packed w1 [hidden, width] and
/// w2 [width, hidden]. What is hidden exists for a few rows at a time, in bfloat16.
void graft_bf16_mlp(float *y, const float *x, const uint32_t *w1, const float *bias1, const uint32_t *w2,
                    const float *bias2, long rows, long width, long hidden);

/// `graft_image_attention` with its two products in bfloat16; scores and the softmax are float32.
void graft_bf16_image_attention(struct graft_image_attention_shape shape, const float *qkv, const float *bias,
                                const float *table_h, const float *table_w, float *out);
