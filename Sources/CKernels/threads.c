#define _GNU_SOURCE
#include "threads.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

enum { MAXIMUM_THREADS = 256, SPINS = 20000 };

static atomic_int requested_threads;
static pthread_mutex_t pool_owner = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sleep_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static int started_workers;
/// The generation before a worker's first region, so that one that starts late still takes part in it.
static unsigned long first_seen[MAXIMUM_THREADS];
static _Thread_local bool inside_body;

/// The region being run. It is written only while it is closed and nobody is inside; a worker enters first and
/// looks then whether it is open, so nobody has to wait for a worker that has not been scheduled.
static struct {
  void (*body)(void *, long);
  void *context;
  long count;
  int workers;
  atomic_long next;
} region;
static atomic_ulong generation;
static atomic_bool open;
static atomic_int inside;

static void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// The number of cores, asked for once: the system reads a file for the answer, and every region wants to know.
static int cores(void) {
  static atomic_int known;
  int count = atomic_load_explicit(&known, memory_order_relaxed);
  if (count > 0) return count;
  long found = sysconf(_SC_NPROCESSORS_ONLN);
  count = found < 1 ? 1 : found > MAXIMUM_THREADS ? MAXIMUM_THREADS : (int)found;
  atomic_store_explicit(&known, count, memory_order_relaxed);
  return count;
}

void graft_set_threads(int count) {
  atomic_store(&requested_threads, count > MAXIMUM_THREADS ? MAXIMUM_THREADS : count);
}

int graft_threads(void) {
  int count = atomic_load(&requested_threads);
  return count > 0 ? count : cores();
}

static void run_share(void) {
  inside_body = true;
  for (;;) {
    long index = atomic_fetch_add(&region.next, 1);
    if (index >= region.count) break;
    region.body(region.context, index);
  }
  inside_body = false;
}

/// Waits until the generation moves past `seen`: spins for a while, then sleeps.
static unsigned long next_generation(unsigned long seen) {
  for (int spin = 0; spin < SPINS; spin++) {
    unsigned long now = atomic_load_explicit(&generation, memory_order_acquire);
    if (now != seen) return now;
    pause_briefly();
  }
  pthread_mutex_lock(&sleep_lock);
  while (atomic_load(&generation) == seen) pthread_cond_wait(&wake, &sleep_lock);
  pthread_mutex_unlock(&sleep_lock);
  return atomic_load(&generation);
}

static void *worker(void *argument) {
  int rank = (int)(long)argument;
  unsigned long seen = first_seen[rank];
  for (;;) {
    seen = next_generation(seen);
    atomic_fetch_add(&inside, 1);
    if (atomic_load(&open) && rank < region.workers) run_share();
    atomic_fetch_sub(&inside, 1);
  }
  return NULL;
}

static void start_workers(int wanted) {
  while (started_workers < wanted) {
    pthread_t thread;
    first_seen[started_workers] = atomic_load(&generation);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attributes, worker, (void *)(long)started_workers) != 0) break;
    pthread_attr_destroy(&attributes);
    started_workers++;
  }
}

void graft_parallel(long count, void (*body)(void *, long), void *context) {
  int threads = graft_threads();
  if (threads > count) threads = (int)count;
  if (threads <= 1 || inside_body || pthread_mutex_trylock(&pool_owner) != 0) {
    for (long index = 0; index < count; index++) body(context, index);
    return;
  }
  if (started_workers < threads - 1) start_workers(threads - 1);
  region.body = body;
  region.context = context;
  region.count = count;
  region.workers = threads - 1;
  atomic_store(&region.next, 0);
  atomic_store(&open, true);
  pthread_mutex_lock(&sleep_lock);
  atomic_fetch_add_explicit(&generation, 1, memory_order_release);
  pthread_cond_broadcast(&wake);
  pthread_mutex_unlock(&sleep_lock);
  run_share();
  atomic_store(&open, false);
  int spins = 0;
  while (atomic_load(&inside) > 0) {
    if (++spins < SPINS) pause_briefly();
    else usleep(20);
  }
  pthread_mutex_unlock(&pool_owner);
}
