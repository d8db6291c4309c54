#include "convert.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "internal/dispatch.h"
#include "threads.h"

/// What a thread takes at a time, in numbers.
enum { NUMBERS_A_TASK = 1 << 17 };

static const uint32_t INFINITE = 0x7f800000u;

/// Numbers seen as their bits.
typedef uint32_t __attribute__((may_alias)) bits32;

static inline __attribute__((always_inline)) uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline __attribute__((always_inline)) float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

struct conversion {
  void (*part)(void *y, const void *x, long count);
  char *y;
  const char *x;
  long size_y, size_x, count;
  atomic_uint infinite;
};

static void convert_task(void *context, long index) {
  struct conversion *work = context;
  long at = index * NUMBERS_A_TASK, left = work->count - at;
  work->part(work->y + at * work->size_y, work->x + at * work->size_x,
             left < NUMBERS_A_TASK ? left : NUMBERS_A_TASK);
}

static void in_tasks(void (*task)(void *, long), struct conversion *work) {
  graft_parallel((work->count + NUMBERS_A_TASK - 1) / NUMBERS_A_TASK, task, work);
}

/// The parts see their numbers as bits; every one is a loop without branches, which clang turns into vectors.
GRAFT_BODY convert_finite_part_body(uint32_t *infinite, const bits32 *x, long count) {
  uint32_t any = 0;
  for (long i = 0; i < count; i++) any |= (x[i] & INFINITE) == INFINITE;
  *infinite = any;
}
GRAFT_DISPATCH(convert_finite_part, (uint32_t *infinite, const bits32 *x, long count),
               (infinite, x, count))

/// The exponent moves by a product with 2^112, which makes subnormal halves normal floats.
GRAFT_BODY convert_from_halves_body(void *y, const void *x, long count) {
  float *out = y;
  const uint16_t *in = x;
  for (long i = 0; i < count; i++) {
    uint32_t size = in[i] & 0x7fffu, sign = (in[i] & 0x8000u) << 16;
    uint32_t moved = bits_of(float_of(size << 13) * 0x1p112f);
    uint32_t special = INFINITE | size << 13;
    out[i] = float_of((size < 0x7c00u ? moved : special) | sign);
  }
}
GRAFT_DISPATCH(convert_from_halves, (void *y, const void *x, long count), (y, x, count))

/// A sum with 0.5 leaves a subnormal half's bits at the end of the float's; a normal one is rounded by a sum of bits.
GRAFT_BODY convert_to_halves_body(void *y, const void *x, long count) {
  uint16_t *out = y;
  const bits32 *in = x;
  for (long i = 0; i < count; i++) {
    uint32_t sign = in[i] >> 16 & 0x8000u, size = in[i] & 0x7fffffffu;
    uint32_t small = bits_of(float_of(size) + 0.5f) - bits_of(0.5f);
    uint32_t normal = (size - (112u << 23) + 0xfffu + (size >> 13 & 1u)) >> 13;
    uint32_t large = size > INFINITE ? 0x7e00u : 0x7c00u;
    uint32_t finite = size < 113u << 23 ? small : normal;
    out[i] = (uint16_t)((size < 0x477ff000u ? finite : large) | sign);
  }
}
GRAFT_DISPATCH(convert_to_halves, (void *y, const void *x, long count), (y, x, count))

GRAFT_BODY convert_from_bfloats_body(void *y, const void *x, long count) {
  bits32 *out = y;
  const uint16_t *in = x;
  for (long i = 0; i < count; i++) out[i] = (uint32_t)in[i] << 16;
}
GRAFT_DISPATCH(convert_from_bfloats, (void *y, const void *x, long count), (y, x, count))

GRAFT_BODY convert_to_bfloats_body(void *y, const void *x, long count) {
  uint16_t *out = y;
  const bits32 *in = x;
  for (long i = 0; i < count; i++) {
    uint32_t rounded = (in[i] + 0x7fffu + (in[i] >> 16 & 1u)) >> 16;
    out[i] = (uint16_t)((in[i] & 0x7fffffffu) > INFINITE ? in[i] >> 16 | 0x40u : rounded);
  }
}
GRAFT_DISPATCH(convert_to_bfloats, (void *y, const void *x, long count), (y, x, count))

static void finite_task(void *context, long index) {
  struct conversion *work = context;
  long at = index * NUMBERS_A_TASK, left = work->count - at;
  uint32_t infinite;
  convert_finite_part(&infinite, (const bits32 *)(work->x + at * work->size_x),
                      left < NUMBERS_A_TASK ? left : NUMBERS_A_TASK);
  if (infinite) atomic_store(&work->infinite, 1);
}

int graft_all_finite(const float *x, long count) {
  struct conversion work = {.x = (const char *)x, .size_x = sizeof *x, .count = count};
  in_tasks(finite_task, &work);
  return atomic_load(&work.infinite) == 0;
}

void graft_floats_from_halves(float *y, const uint16_t *x, long count) {
  in_tasks(convert_task, &(struct conversion){convert_from_halves, (char *)y, (const char *)x,
                                              sizeof *y, sizeof *x, count, 0});
}

void graft_halves_from_floats(uint16_t *y, const float *x, long count) {
  in_tasks(convert_task, &(struct conversion){convert_to_halves, (char *)y, (const char *)x,
                                              sizeof *y, sizeof *x, count, 0});
}

void graft_floats_from_bfloats(float *y, const uint16_t *x, long count) {
  in_tasks(convert_task, &(struct conversion){convert_from_bfloats, (char *)y, (const char *)x,
                                              sizeof *y, sizeof *x, count, 0});
}

void graft_bfloats_from_floats(uint16_t *y, const float *x, long count) {
  in_tasks(convert_task, &(struct conversion){convert_to_bfloats, (char *)y, (const char *)x,
                                              sizeof *y, sizeof *x, count, 0});
}
