#include "mask.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "internal/dispatch.h"
#include "threads.h"

enum { BYTES_A_TASK = 1 << 18, WORDS_A_TASK = 1 << 15 };

typedef uint8_t bytes64 __attribute__((vector_size(64), aligned(1), may_alias));
typedef _Bool bits64 __attribute__((ext_vector_type(64)));

static long words_for(long width) { return (width + 63) / 64; }

GRAFT_BODY mask_pack_rows_body(uint64_t *words, const uint8_t *bytes, uint8_t label, long rows, long width) {
  for (long row = 0; row < rows; row++, bytes += width) {
    long column = 0;
    for (; column + 64 <= width; column += 64) {
      bits64 bits = __builtin_convertvector(*(const bytes64 *)(bytes + column) == label, bits64);
      memcpy(words++, &bits, sizeof *words);
    }
    if (column == width) continue;
    uint64_t rest = 0;
    for (long at = column; at < width; at++)
      rest |= (uint64_t)(bytes[at] == label) << (at - column);
    *words++ = rest;
  }
}
GRAFT_DISPATCH(mask_pack_rows,
               (uint64_t *words, const uint8_t *bytes, uint8_t label, long rows, long width),
               (words, bytes, label, rows, width))

struct packing {
  uint64_t *words;
  const uint8_t *bytes;
  uint8_t label;
  long rows, width, rows_a_task;
};

static void pack_task(void *context, long index) {
  struct packing *p = context;
  long first = index * p->rows_a_task, left = p->rows - first;
  mask_pack_rows(p->words + first * words_for(p->width), p->bytes + first * p->width, p->label,
                 left < p->rows_a_task ? left : p->rows_a_task, p->width);
}

void graft_mask_pack(uint64_t *words, const uint8_t *bytes, uint8_t label, long rows, long width) {
  struct packing packing = {words, bytes, label, rows, width, 1 + BYTES_A_TASK / (width + 1)};
  graft_parallel((rows + packing.rows_a_task - 1) / packing.rows_a_task, pack_task, &packing);
}

struct counting {
  const uint64_t *a, *b;
  long count;
  atomic_long sum;
};

static void count_task(void *context, long index) {
  struct counting *c = context;
  long first = index * WORDS_A_TASK, end = first + WORDS_A_TASK, sum = 0;
  if (end > c->count) end = c->count;
  for (long i = first; i < end; i++) sum += __builtin_popcountll(c->a[i] & c->b[i]);
  atomic_fetch_add(&c->sum, sum);
}

long graft_mask_common(const uint64_t *a, const uint64_t *b, long count) {
  struct counting counting = {a, b, count, 0};
  graft_parallel((count + WORDS_A_TASK - 1) / WORDS_A_TASK, count_task, &counting);
  return atomic_load(&counting.sum);
}

long graft_mask_count(const uint64_t *words, long count) {
  return graft_mask_common(words, words, count);
}

struct erosion {
  uint64_t *surface;
  const uint64_t *words;
  const struct graft_mask_box *box;
  int volume;
};

/// The surface in one slice of the box, 64 voxels at a time: neighbours along a row are shifts of the word.
static void surface_task(void *context, long index) {
  struct erosion *e = context;
  const long *grid = e->box->grid, *lower = e->box->lower, *extents = e->box->extents;
  long stride = words_for(grid[2]), area = grid[1] * stride, width = words_for(extents[2]);
  long slice = lower[0] + index;
  uint64_t *out = e->surface + index * extents[1] * width;
  for (long line = lower[1]; line < lower[1] + extents[1]; line++) {
    const uint64_t *row = e->words + slice * area + line * stride;
    for (long w = lower[2] / 64; w < lower[2] / 64 + width; w++) {
      uint64_t own = row[w];
      uint64_t inside = own << 1 | (w > 0 ? row[w - 1] >> 63 : 0);
      inside &= own >> 1 | (w + 1 < stride ? row[w + 1] << 63 : 0);
      inside &= line > 0 ? row[w - stride] : 0;
      inside &= line + 1 < grid[1] ? row[w + stride] : 0;
      if (e->volume) {
        inside &= slice > 0 ? row[w - area] : 0;
        inside &= slice + 1 < grid[0] ? row[w + area] : 0;
      }
      *out++ = own & ~inside;
    }
  }
}

void graft_mask_surface(uint64_t *surface, const uint64_t *words, const struct graft_mask_box *box,
                        int volume) {
  graft_parallel(box->extents[0], surface_task,
                 &(struct erosion){surface, words, box, volume});
}
