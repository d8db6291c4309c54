#define _GNU_SOURCE
#include "pool.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

/// Blocks from this size on are kept for reuse; malloc serves smaller ones well.
static const size_t POOLED = 1 << 16;
/// Blocks from this size on ask for huge pages.
static const size_t HUGE_PAGE = 1 << 21;
/// What the pool keeps at most while nobody uses it.
static const size_t KEPT_AT_MOST = (size_t)1 << 30;

enum { CLASSES = 256 };

/// A free block; it lives in the block's own memory.
struct block {
  struct block *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct block *free_blocks[CLASSES];
static size_t kept;

/// The size class of a request and the size its blocks have: four steps to each power of two.
static int size_class(size_t bytes, size_t *size) {
  int power = 63 - __builtin_clzl(bytes);
  size_t base = (size_t)1 << power, step = base >> 2;
  size_t steps = (bytes - base + step - 1) / step;
  *size = base + steps * step;
  return power * 4 + (int)steps;
}

static void *allocate(size_t size) {
  void *memory = NULL;
  size_t alignment = size >= HUGE_PAGE ? HUGE_PAGE : 64;
  if (posix_memalign(&memory, alignment, size) != 0) {
    fprintf(stderr, "graft: out of memory, %zu bytes were asked for\n", size);
    abort();
  }
#ifdef MADV_HUGEPAGE
  if (size >= HUGE_PAGE) madvise(memory, size, MADV_HUGEPAGE);
#endif
  return memory;
}

void *graft_pool_take(size_t bytes) {
  if (bytes < POOLED) return allocate(bytes < 64 ? 64 : bytes);
  size_t size;
  int class = size_class(bytes, &size);
  pthread_mutex_lock(&lock);
  struct block *found = free_blocks[class];
  if (found) {
    free_blocks[class] = found->next;
    kept -= size;
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
  pthread_mutex_lock(&lock);
  int keep = kept + size <= KEPT_AT_MOST;
  if (keep) {
    struct block *block = memory;
    block->next = free_blocks[class];
    free_blocks[class] = block;
    kept += size;
  }
  pthread_mutex_unlock(&lock);
  if (!keep) free(memory);
}
