#define _GNU_SOURCE
#include "pool.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

/// Blocks from this size on are kept for reuse; malloc serves smaller ones well.
static const size_t POOLED = 1 << 16;
/// Blocks from this size on are mappings of their own that ask for huge pages.
static const size_t HUGE_PAGE = 1 << 21;
/// What may be kept beyond the most that was in use at once: a quarter of that, and this.
static const size_t SLACK = 64 << 20;

enum { CLASSES = 256 };

/// A free block; it lives in the block's own memory.
struct block {
  struct block *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct block *free_blocks[CLASSES];
/// Bytes in free blocks, in blocks in use, and the most that was in use at once since the last trim.
static size_t kept, used, most_used;

/// The size class of a request and the size its blocks have: four steps to each power of two.
static int size_class(size_t bytes, size_t *size) {
  int power = 63 - __builtin_clzl(bytes);
  size_t base = (size_t)1 << power, step = base >> 2;
  size_t steps = (bytes - base + step - 1) / step;
  *size = base + steps * step;
  return power * 4 + (int)steps;
}

/// The size of the blocks of a class.
static size_t size_of(int class) {
  size_t base = (size_t)1 << class / 4;
  return base + (class % 4) * (base >> 2);
}

static void *out_of_memory(size_t size) {
  fprintf(stderr, "graft: out of memory, %zu bytes were asked for\n", size);
  abort();
}

/// A mapping that starts at a multiple of a huge page.
static void *map(size_t size) {
  size_t padded = size + HUGE_PAGE;
  char *memory = mmap(NULL, padded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return out_of_memory(size);
  size_t before = -(uintptr_t)memory & (HUGE_PAGE - 1), after = padded - before - size;
  if (before > 0) munmap(memory, before);
  if (after > 0) munmap(memory + before + size, after);
#ifdef MADV_HUGEPAGE
  madvise(memory + before, size, MADV_HUGEPAGE);
#endif
  return memory + before;
}

static void *allocate(size_t size) {
  if (size >= HUGE_PAGE) return map(size);
  void *memory = NULL;
  if (posix_memalign(&memory, 64, size) != 0) return out_of_memory(size);
  return memory;
}

static void release(void *memory, size_t size) {
  if (size >= HUGE_PAGE) munmap(memory, size);
  else free(memory);
}

/// Gives free blocks back to the system, large ones first, until at most `limit` bytes are kept; under the lock.
static void shrink(size_t limit) {
  for (int class = CLASSES - 1; class >= 0 && kept > limit; class--) {
    size_t size = size_of(class);
    while (free_blocks[class] && kept > limit) {
      struct block *block = free_blocks[class];
      free_blocks[class] = block->next;
      kept -= size;
      release(block, size);
    }
  }
}

void *graft_pool_take(size_t bytes) {
  if (bytes < POOLED) return allocate(bytes < 64 ? 64 : bytes);
  size_t size;
  int class = size_class(bytes, &size);
  pthread_mutex_lock(&lock);
  struct block *found = free_blocks[class];
  used += size;
  if (used > most_used) most_used = used;
  if (found) {
    free_blocks[class] = found->next;
    kept -= size;
  } else {
    size_t limit = most_used + most_used / 4 + SLACK;
    shrink(limit > used ? limit - used : 0);
  }
  pthread_mutex_unlock(&lock);
  return found ? found : allocate(size);
}

void graft_pool_give(void *memory, size_t bytes) {
  if (bytes < POOLED) {
    free(memory);
    return;
  }
  size_t size;
  int class = size_class(bytes, &size);
  struct block *block = memory;
  pthread_mutex_lock(&lock);
  block->next = free_blocks[class];
  free_blocks[class] = block;
  kept += size;
  used -= size;
  pthread_mutex_unlock(&lock);
}

void graft_pool_trim(void) {
  pthread_mutex_lock(&lock);
  shrink(0);
  most_used = used;
  pthread_mutex_unlock(&lock);
}
