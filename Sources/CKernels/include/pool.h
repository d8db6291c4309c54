#pragma once
#include <stddef.h>

/// Memory for `bytes` bytes, aligned to 64 bytes and not cleared; ends the process when there is none.
///
/// Large blocks come from a pool of earlier ones, so that a training step does not return its memory to the
/// system and fault it in again. What is kept and in use together stays near the most that was in use at once.
void *graft_pool_take(size_t bytes);

/// Gives back what `graft_pool_take(bytes)` returned.
void graft_pool_give(void *memory, size_t bytes);

/// Gives what is kept for reuse back to the system: between two phases of work that need memory of other sizes.
void graft_pool_trim(void);
