#include "internal/block.h"

#include "internal/dispatch.h"
#include "internal/lanes.h"

typedef graft_lanes lanes;
typedef graft_lanes_anywhere anywhere;

enum { MOST_ROWS = 8 };

/// A tile of a product, [rows, 16 · vectors], in registers while it runs over k; a(i, p) = a[i · down + p · along].
GRAFT_INLINE void tile(int rows, int vectors, float *c, const float *a, long down, long along,
                       const float *b, long stride, long k, int accumulate) {
  lanes sums[MOST_ROWS][GRAFT_BLOCK_VECTORS] = {};
  if (accumulate) {
    GRAFT_UNROLL
    for (int i = 0; i < rows; i++)
      GRAFT_UNROLL
      for (int v = 0; v < vectors; v++) sums[i][v] = *(const anywhere *)(c + i * stride + v * GRAFT_LANES);
  }
  #pragma clang loop unroll(disable)
  for (long p = 0; p < k; p++) {
    lanes row[GRAFT_BLOCK_VECTORS];
    GRAFT_UNROLL
    for (int v = 0; v < vectors; v++) row[v] = *(const anywhere *)(b + p * stride + v * GRAFT_LANES);
    GRAFT_UNROLL
    for (int i = 0; i < rows; i++) {
      float factor = a[i * down + p * along];
      GRAFT_UNROLL
      for (int v = 0; v < vectors; v++) sums[i][v] += factor * row[v];
    }
  }
  GRAFT_UNROLL
  for (int i = 0; i < rows; i++)
    GRAFT_UNROLL
    for (int v = 0; v < vectors; v++) graft_lanes_store(c + i * stride + v * GRAFT_LANES, &sums[i][v]);
}

/// Tiles of `height` rows from the first to the last, the rest in smaller ones.
GRAFT_INLINE void column_of_tiles(int height, int vectors, float *c, const float *a, long down, long along,
                                  const float *b, long stride, long m, long k, int accumulate) {
  long i = 0;
  for (; i + height <= m; i += height)
    tile(height, vectors, c + i * stride, a + i * down, down, along, b, stride, k, accumulate);
  for (; height > 4 && i + 4 <= m; i += 4)
    tile(4, vectors, c + i * stride, a + i * down, down, along, b, stride, k, accumulate);
  for (; height > 2 && i + 2 <= m; i += 2)
    tile(2, vectors, c + i * stride, a + i * down, down, along, b, stride, k, accumulate);
  for (; i < m; i++) tile(1, vectors, c + i * stride, a + i * down, down, along, b, stride, k, accumulate);
}

/// The product in columns of at most `width` vectors, as even as they can be.
GRAFT_INLINE void product(int height, int width, float *c, const float *a, long down, long along,
                          const float *b, long stride, long m, long k, long vectors, int accumulate) {
  long columns = (vectors + width - 1) / width;
  for (long column = 0; column < columns; column++) {
    long first = column * vectors / columns, count = (column + 1) * vectors / columns - first;
    float *to = c + first * GRAFT_LANES;
    const float *from = b + first * GRAFT_LANES;
    if (width >= 3 && count == 3)
      column_of_tiles(height, 3, to, a, down, along, from, stride, m, k, accumulate);
    else if (width >= 2 && count == 2)
      column_of_tiles(height, 2, to, a, down, along, from, stride, m, k, accumulate);
    else
      column_of_tiles(height, 1, to, a, down, along, from, stride, m, k, accumulate);
  }
}

GRAFT_BODY graft_block_product_body(int height, int width, float *c, const float *a, long lda, int transposed,
                                    const float *b, long stride, long m, long k, long vectors,
                                    int accumulate) {
  if (transposed) product(height, width, c, a, 1, lda, b, stride, m, k, vectors, accumulate);
  else product(height, width, c, a, lda, 1, b, stride, m, k, vectors, accumulate);
}
GRAFT_DISPATCH_TILED(graft_block_product,
                     (float *c, const float *a, long lda, int transposed, const float *b, long stride, long m,
                      long k, long vectors, int accumulate),
                     c, a, lda, transposed, b, stride, m, k, vectors, accumulate)

GRAFT_BODY graft_block_transpose_body(float *to, const float *from, long rows, long width) {
  for (long i = 0; i < rows; i += GRAFT_LANES)
    for (long j = 0; j < width; j += GRAFT_LANES)
      graft_lanes_transpose(to + j * rows + i, rows, from + i * width + j, width);
}
GRAFT_DISPATCH(graft_block_transpose, (float *to, const float *from, long rows, long width),
               (to, from, rows, width))

GRAFT_BODY graft_block_positions_body(float *scores, const float *height, const float *across, long rows,
                                      long columns, long vectors) {
  long stride = vectors * GRAFT_LANES;
  for (long i = 0; i < rows; i++)
    for (long v = 0; v < stride; v += GRAFT_LANES) {
      lanes down = *(const anywhere *)(height + i * stride + v);
      for (long j = 0; j < columns; j++) {
        lanes sum = down + *(const anywhere *)(across + j * stride + v);
        graft_lanes_store(scores + (i * columns + j) * stride + v, &sum);
      }
    }
}
GRAFT_DISPATCH(graft_block_positions,
               (float *scores, const float *height, const float *across, long rows, long columns, long vectors),
               (scores, height, across, rows, columns, vectors))

GRAFT_BODY graft_block_exponentials_body(float *scores, float *maxima, float *sums, float *rescales, long keys,
                                         long vectors) {
  long stride = vectors * GRAFT_LANES;
  for (long v = 0; v < stride; v += GRAFT_LANES) {
    lanes old = *(const anywhere *)(maxima + v), most[4] = {old, old, old, old};
    long key = 0;
    for (; key + 4 <= keys; key += 4)
      GRAFT_UNROLL
      for (int i = 0; i < 4; i++) {
        lanes score = *(const anywhere *)(scores + (key + i) * stride + v);
        most[i] = score > most[i] ? score : most[i];
      }
    for (; key < keys; key++) {
      lanes score = *(const anywhere *)(scores + key * stride + v);
      most[0] = score > most[0] ? score : most[0];
    }
    most[0] = most[0] > most[1] ? most[0] : most[1];
    most[2] = most[2] > most[3] ? most[2] : most[3];
    lanes maximum = most[0] > most[2] ? most[0] : most[2];
    graft_lanes_store(maxima + v, &maximum);
    lanes rescale = old - maximum;
    graft_lanes_exp2(&rescale);
    graft_lanes_store(rescales + v, &rescale);
    lanes sum = *(const anywhere *)(sums + v) * rescale;
    for (key = 0; key < keys; key++) {
      lanes score = *(const anywhere *)(scores + key * stride + v) - maximum;
      graft_lanes_exp2(&score);
      graft_lanes_store(scores + key * stride + v, &score);
      sum += score;
    }
    graft_lanes_store(sums + v, &sum);
  }
}
GRAFT_DISPATCH(graft_block_exponentials,
               (float *scores, float *maxima, float *sums, float *rescales, long keys, long vectors),
               (scores, maxima, sums, rescales, keys, vectors))

GRAFT_BODY graft_block_scale_body(float *block, const float *factors, long rows, long vectors) {
  long stride = vectors * GRAFT_LANES;
  for (long i = 0; i < rows; i++)
    for (long v = 0; v < stride; v += GRAFT_LANES) {
      lanes scaled = *(const anywhere *)(block + i * stride + v) * *(const anywhere *)(factors + v);
      graft_lanes_store(block + i * stride + v, &scaled);
    }
}
GRAFT_DISPATCH(graft_block_scale, (float *block, const float *factors, long rows, long vectors),
               (block, factors, rows, vectors))

GRAFT_BODY graft_block_deltas_body(float *sums, const float *a, const float *b, long rows, long vectors) {
  long stride = vectors * GRAFT_LANES;
  for (long v = 0; v < stride; v += GRAFT_LANES) {
    lanes sum = 0;
    for (long i = 0; i < rows; i++)
      sum += *(const anywhere *)(a + i * stride + v) * *(const anywhere *)(b + i * stride + v);
    graft_lanes_store(sums + v, &sum);
  }
}
GRAFT_DISPATCH(graft_block_deltas, (float *sums, const float *a, const float *b, long rows, long vectors),
               (sums, a, b, rows, vectors))

GRAFT_BODY graft_block_probabilities_body(float *scores, const float *logsums, long keys, long vectors) {
  long stride = vectors * GRAFT_LANES;
  for (long v = 0; v < stride; v += GRAFT_LANES) {
    lanes logsum = *(const anywhere *)(logsums + v);
    for (long key = 0; key < keys; key++) {
      lanes score = *(const anywhere *)(scores + key * stride + v) - logsum;
      graft_lanes_exp2(&score);
      graft_lanes_store(scores + key * stride + v, &score);
    }
  }
}
GRAFT_DISPATCH(graft_block_probabilities, (float *scores, const float *logsums, long keys, long vectors),
               (scores, logsums, keys, vectors))

GRAFT_BODY graft_block_score_gradients_body(float *dp, const float *p, const float *deltas, float *dheight,
                                            float *dacross, long rows, long columns, long vectors) {
  long stride = vectors * GRAFT_LANES;
  for (long i = 0; i < rows; i++)
    for (long v = 0; v < stride; v += GRAFT_LANES) {
      lanes delta = *(const anywhere *)(deltas + v), sum = *(const anywhere *)(dheight + i * stride + v);
      for (long j = 0; j < columns; j++) {
        long at = (i * columns + j) * stride + v;
        lanes g = *(const anywhere *)(p + at) * (*(const anywhere *)(dp + at) - delta);
        graft_lanes_store(dp + at, &g);
        sum += g;
        g += *(const anywhere *)(dacross + j * stride + v);
        graft_lanes_store(dacross + j * stride + v, &g);
      }
      graft_lanes_store(dheight + i * stride + v, &sum);
    }
}
GRAFT_DISPATCH(graft_block_score_gradients,
               (float *dp, const float *p, const float *deltas, float *dheight, float *dacross, long rows,
                long columns, long vectors),
               (dp, p, deltas, dheight, dacross, rows, columns, vectors))
