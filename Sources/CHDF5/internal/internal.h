// Shared by the C files of this target only.
#pragma once

#include "CHDF5.h"

#include <hdf5.h>

// Text that grows; `failed` when memory ran out or the text passed its limit.
typedef struct {
  char *text;
  size_t bytes, capacity;
  int failed;
} chdf5_text;

void chdf5_append(chdf5_text *to, const char *bytes, size_t count);

// Keeps a reason for the caller and returns -1.
int chdf5_fail(const char *reason);

// Keeps the library's innermost message, with `what` before it, and returns -1.
int chdf5_fail_library(const char *what);

// The type of memory.
hid_t chdf5_native(chdf5_memory type);

// The type in files: little-endian, whatever the machine.
hid_t chdf5_stored(chdf5_memory type);

// The float of 16 bits of a byte order.
hid_t chdf5_half(H5T_order_t order);

// Opens an object along hard links only.
hid_t chdf5_open_object(hid_t file, const char *path);

// Opens a data set, refusing anything else.
hid_t chdf5_open_dataset(hid_t file, const char *path);

// Checks an open data set or attribute; `is_attribute` says which.
int chdf5_check(hid_t object, int is_attribute, hsize_t file_bytes, chdf5_layout *layout);

enum { CHDF5_MAX_FILTERS = 8 };

// The filters that chunks passed through when they were written, in that order, with the width of shuffled elements.
typedef struct {
  int count;
  size_t checksums;
  H5Z_filter_t filters[CHDF5_MAX_FILTERS];
  size_t widths[CHDF5_MAX_FILTERS];
} chdf5_pipeline;

// The filters of a data set's properties; one that needs a plugin is refused.
int chdf5_pipeline_of(hid_t properties, chdf5_pipeline *pipeline);

// Undoes the filters, but those whose bit in `mask` is set, on `count` bytes. `bytes` and `spare` hold `capacity`
// and are overwritten; `result` is the one of them in which `left` bytes are then.
int chdf5_unfilter(
  const chdf5_pipeline *pipeline, unsigned mask, uint8_t *bytes, size_t count, uint8_t *spare,
  size_t capacity, uint8_t **result, size_t *left);

// Reads a block of chunked data in its own type, or everything when `start` is null.
int chdf5_read_chunks(
  hid_t dataset, const chdf5_layout *layout, const int64_t *start, const int64_t *count,
  void *block);

// Reads a block of checked data in its own type, or everything when `start` is null: chunks by our own hand, other
// data by the library, which then only copies.
int chdf5_read_stored(
  hid_t dataset, hid_t type, const chdf5_layout *layout, const int64_t *start,
  const int64_t *count, void *values);

// Looks up where chunks lie, at most about `most` of them, evenly over the data set.
int chdf5_try_chunks(hid_t dataset, const chdf5_layout *layout, uint64_t most);

// The length of the file in bytes.
hsize_t chdf5_file_bytes(hid_t object);

static inline int chdf5_is_string(chdf5_class kind) {
  return kind == CHDF5_FIXED_STRING || kind == CHDF5_VARIABLE_STRING;
}

// 1 for strings of fixed length, which may lie in chunks like numbers, and for those of any length, which the library
// reads, where it cannot meet a chunk of another size: without filters, in one chunk at most.
int chdf5_reads_strings(hid_t dataset, const chdf5_layout *layout);

// Reads the strings of an open data set or attribute that was checked; those of any length only in the child.
int chdf5_collect_strings(
  hid_t object, int is_attribute, const chdf5_layout *layout, char **strings, size_t *bytes);
