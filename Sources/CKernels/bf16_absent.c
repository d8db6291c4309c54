#include "bf16.h"

// Where the processor can have no bfloat16 products, nothing below is ever called.
#if !defined(__x86_64__)
#include <stdlib.h>

int graft_bf16_available(void) { return 0; }

void graft_bf16_pack(uint32_t *packed, const float *w, int transposed, long n, long k) { abort(); }

void graft_bf16_linear(float *y, const float *x, const uint32_t *w, const float *bias, long rows, long n,
                       long k) {
  abort();
}

void graft_bf16_mlp(float *y, const float *x, const uint32_t *w1, const float *bias1, const uint32_t *w2,
                    const float *bias2, long rows, long width, long hidden) {
  abort();
}

void graft_bf16_image_attention(struct graft_image_attention_shape shape, const float *qkv, const float *bias,
                                const float *table_h, const float *table_w, float *out) {
  abort();
}
#endif
