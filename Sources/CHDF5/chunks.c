// Blocks of chunked data: which chunks they touch, what of each, and what is there where none was written.

#include "internal/internal.h"

#include <stdlib.h>
#include <string.h>

// Deflate cannot shrink by more than about 1032.
static const uint64_t largest_ratio = 1040;

typedef struct {
  hid_t dataset;
  const chdf5_layout *layout;
  chdf5_pipeline pipeline;
  hsize_t file_bytes;
  size_t element, chunk_bytes, capacity;
  // 1 where chunks that pass the extents are stored as they are.
  int keeps_edges;
  hsize_t start[CHDF5_MAX_RANK], count[CHDF5_MAX_RANK];
  // Two buffers for a chunk and its filters, the fill value, and the block.
  uint8_t *bytes, *spare, *block;
  uint8_t fill[8];
} reading;

static int prepare(reading *at) {
  hid_t properties = H5Dget_create_plist(at->dataset);
  if (properties < 0) return chdf5_fail_library("the data set's properties cannot be read");
  unsigned options = 0;
  H5D_fill_value_t defined = H5D_FILL_VALUE_UNDEFINED;
  int result = chdf5_pipeline_of(properties, &at->pipeline);
  if (result == 0
      && (H5Pget_chunk_opts(properties, &options) < 0
          || H5Pfill_value_defined(properties, &defined) < 0))
    result = chdf5_fail_library("the data set's properties cannot be read");
  at->keeps_edges = (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0;
  if (result == 0 && defined == H5D_FILL_VALUE_USER_DEFINED && at->element <= sizeof at->fill) {
    hid_t type = H5Dget_type(at->dataset);
    if (H5Pget_fill_value(properties, type, at->fill) < 0)
      result = chdf5_fail_library("the fill value cannot be read");
    H5Tclose(type);
  }
  H5Pclose(properties);
  at->chunk_bytes = at->element;
  for (int axis = 0; axis < at->layout->rank; axis++)
    at->chunk_bytes *= (size_t)at->layout->chunk[axis];
  // Data that does not compress grows a little; each checksum adds its own bytes.
  at->capacity = at->chunk_bytes + at->chunk_bytes / 64 + 1024 + at->pipeline.checksums;
  // Of a chunk without filters the library says that it has the size it should have, but reads as many bytes as the
  // index claims, which are never more than the file has. Memory that is not touched costs nothing.
  if (at->pipeline.count == 0 && at->capacity < at->file_bytes) at->capacity = at->file_bytes;
  return result;
}

// How many bytes of the chunk at an offset are stored, 0 where none was written: some versions of the library fail there.
static int find_chunk(hid_t dataset, const hsize_t *offset, hsize_t *stored) {
  *stored = 0;
  if (H5Dget_chunk_storage_size(dataset, offset, stored) >= 0) return 0;
  chdf5_fail_library("a chunk cannot be found");
  if (!strstr(chdf5_reason(), "storage is not allocated")) return -1;
  chdf5_fail("");
  *stored = 0;
  return 0;
}

static int is_edge(const reading *at, const hsize_t *offset) {
  for (int axis = 0; axis < at->layout->rank; axis++)
    if (offset[axis] + (hsize_t)at->layout->chunk[axis] > (hsize_t)at->layout->extents[axis]) return 1;
  return 0;
}

// The bytes of the chunk at an offset, or null in `chunk` where none was written.
static int read_chunk(reading *at, const hsize_t *offset, uint8_t **chunk) {
  hsize_t stored;
  *chunk = NULL;
  if (find_chunk(at->dataset, offset, &stored) != 0) return -1;
  if (stored == 0) return 0;
  if (stored > at->capacity || stored > at->file_bytes || at->chunk_bytes / largest_ratio > stored)
    return chdf5_fail("a chunk of the data has an impossible size");
  if (!at->bytes) {
    at->bytes = calloc(at->capacity, 1);
    at->spare = at->pipeline.count == 0 ? NULL : malloc(at->capacity);
    if (!at->bytes || (!at->spare && at->pipeline.count > 0))
      return chdf5_fail("there is no memory for the data");
  }
  uint32_t mask = 0;
  if (H5Dread_chunk(at->dataset, H5P_DEFAULT, offset, &mask, at->bytes) < 0)
    return chdf5_fail_library("a chunk cannot be read");
  if (at->keeps_edges && is_edge(at, offset)) mask = UINT32_MAX;
  size_t left = 0;
  if (chdf5_unfilter(
        &at->pipeline, mask, at->bytes, (size_t)stored, at->spare, at->capacity, chunk, &left) != 0)
    return -1;
  return left == at->chunk_bytes ? 0 : chdf5_fail("a chunk of the data is damaged");
}

// Copies the part of a chunk that lies in the block, from the axis on; without a chunk the fill value.
static void copy(
  const reading *at, const hsize_t *offset, const uint8_t *chunk, int axis, size_t chunk_place,
  size_t block_place) {
  const int rank = at->layout->rank;
  hsize_t extent = (hsize_t)at->layout->chunk[axis];
  hsize_t first = at->start[axis] > offset[axis] ? at->start[axis] - offset[axis] : 0;
  hsize_t end = at->start[axis] + at->count[axis] - offset[axis];
  if (end > extent) end = extent;
  hsize_t into = offset[axis] + first - at->start[axis];
  chunk_place = chunk_place * extent + first;
  block_place = block_place * at->count[axis] + into;
  if (axis < rank - 1) {
    for (hsize_t index = first; index < end; index++)
      copy(at, offset, chunk, axis + 1, chunk_place++, block_place++);
    return;
  }
  uint8_t *to = at->block + block_place * at->element;
  size_t count = (size_t)(end - first);
  if (chunk) {
    memcpy(to, chunk + chunk_place * at->element, count * at->element);
  } else if (at->element > sizeof at->fill) {
    memset(to, 0, count * at->element);
  } else {
    for (size_t index = 0; index < count; index++)
      memcpy(to + index * at->element, at->fill, at->element);
  }
}

// Walks the chunks that the block touches, the last axis fastest.
static int read_all_chunks(reading *at) {
  const int rank = at->layout->rank;
  hsize_t offset[CHDF5_MAX_RANK];
  for (int axis = 0; axis < rank; axis++) {
    if (at->count[axis] == 0) return 0;
    hsize_t chunk = (hsize_t)at->layout->chunk[axis];
    offset[axis] = at->start[axis] / chunk * chunk;
  }
  for (;;) {
    uint8_t *chunk;
    if (read_chunk(at, offset, &chunk) != 0) return -1;
    copy(at, offset, chunk, 0, 0, 0);
    int axis = rank - 1;
    for (; axis >= 0; axis--) {
      hsize_t extent = (hsize_t)at->layout->chunk[axis];
      offset[axis] += extent;
      if (offset[axis] < at->start[axis] + at->count[axis]) break;
      offset[axis] = at->start[axis] / extent * extent;
    }
    if (axis < 0) return 0;
  }
}

int chdf5_read_chunks(
  hid_t dataset, const chdf5_layout *layout, const int64_t *start, const int64_t *count,
  void *block) {
  reading at = {.dataset = dataset, .layout = layout, .file_bytes = chdf5_file_bytes(dataset),
    .element = (size_t)layout->bytes, .block = block};
  for (int axis = 0; axis < layout->rank; axis++) {
    at.start[axis] = start ? (hsize_t)start[axis] : 0;
    at.count[axis] = (hsize_t)(start ? count[axis] : layout->extents[axis]);
  }
  int result = prepare(&at);
  if (result == 0) result = read_all_chunks(&at);
  free(at.bytes);
  free(at.spare);
  return result;
}

int chdf5_try_chunks(hid_t dataset, const chdf5_layout *layout, uint64_t most) {
  hsize_t chunks = 1, counts[CHDF5_MAX_RANK];
  for (int axis = 0; axis < layout->rank; axis++) {
    hsize_t chunk = (hsize_t)layout->chunk[axis];
    counts[axis] = ((hsize_t)layout->extents[axis] + chunk - 1) / chunk;
    chunks *= counts[axis];
  }
  hsize_t step = chunks / most + 1;
  for (hsize_t number = 0; number < chunks; number += step) {
    hsize_t offset[CHDF5_MAX_RANK], rest = number, stored;
    for (int axis = layout->rank - 1; axis >= 0; axis--) {
      offset[axis] = rest % counts[axis] * (hsize_t)layout->chunk[axis];
      rest /= counts[axis];
    }
    if (find_chunk(dataset, offset, &stored) != 0) return -1;
  }
  return 0;
}
