#pragma once

/// Sets how many threads `graft_parallel` may use; 0 means one a core. Takes effect at the next call.
void graft_set_threads(int count);

/// How many threads `graft_parallel` uses.
int graft_threads(void);

/// Calls `body(context, i)` once for every i in 0..<count, on the pool's threads and the caller's.
///
/// Calls from inside a body, or while another thread uses the pool, run on the caller alone. The order of the
/// calls is not fixed: a body writes only what belongs to its index.
void graft_parallel(long count, void (*body)(void *context, long index), void *context);
