#pragma once
#include "../include/tokens_to_image.h"

/// Image tokens are gone through in blocks of this many rows; the number is fixed, so that sums over blocks do not
/// depend on the thread count.
enum { IMAGE_BLOCK = 256 };

/// A block of an image's rows: its batch entry, its first row there and its row count.
struct image_block {
  long batch, first, count;
};

static inline struct image_block image_block_at(long index, long rows) {
  long blocks = graft_image_blocks(rows), first = index % blocks * IMAGE_BLOCK, left = rows - first;
  return (struct image_block){index / blocks, first, left < IMAGE_BLOCK ? left : IMAGE_BLOCK};
}
