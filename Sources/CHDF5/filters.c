// Chunks taken back through their filters here: the library trusts the length that a filter leaves and reads past it.

#include "internal/internal.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static int fail_damaged(void) { return chdf5_fail("a chunk of the data is damaged"); }

// Decompresses all of `from` and says how many bytes that were; more than `room` are damage.
static int inflate_all(const uint8_t *from, size_t count, uint8_t *to, size_t room, size_t *made) {
  z_stream stream = {.next_in = (uint8_t *)from, .avail_in = (unsigned)count,
    .next_out = to, .avail_out = (unsigned)room};
  if (inflateInit(&stream) != Z_OK) return chdf5_fail("there is no memory for the data");
  int status = inflate(&stream, Z_FINISH);
  *made = room - stream.avail_out;
  inflateEnd(&stream);
  return status == Z_STREAM_END ? 0 : fail_damaged();
}

// Byte `k` of all elements lies together, for each `k`; bytes beyond the last whole element stay behind them.
static void unshuffle(const uint8_t *from, uint8_t *to, size_t size, size_t element) {
  size_t count = size / element;
  for (size_t byte = 0; byte < element; byte++)
    for (size_t index = 0; index < count; index++)
      to[index * element + byte] = from[byte * count + index];
  memcpy(to + count * element, from + count * element, size - count * element);
}

// Fletcher's checksum of 16-bit words whose first byte is the higher one; an odd last byte counts as such.
static uint32_t fletcher32(const uint8_t *bytes, size_t size) {
  uint32_t first = 0, second = 0;
  for (size_t at = 0; at < size; at += 2) {
    first += (uint32_t)bytes[at] << 8 | (at + 1 < size ? bytes[at + 1] : 0);
    first = (first & 0xFFFF) + (first >> 16);
    second += first;
    second = (second & 0xFFFF) + (second >> 16);
  }
  return second << 16 | first;
}

// Whether the four bytes after the data are its checksum. Libraries before 1.6.3 wrote both halves turned round.
static int has_checksum(const uint8_t *bytes, size_t size) {
  const uint8_t *last = bytes + size;
  uint32_t stored = last[0] | (uint32_t)last[1] << 8 | (uint32_t)last[2] << 16 | (uint32_t)last[3] << 24;
  uint32_t sum = fletcher32(bytes, size);
  uint32_t turned = (sum & 0x00FF00FF) << 8 | (sum >> 8 & 0x00FF00FF);
  return stored == sum || stored == turned;
}

int chdf5_pipeline_of(hid_t properties, chdf5_pipeline *pipeline) {
  *pipeline = (chdf5_pipeline){0};
  int count = H5Pget_nfilters(properties);
  if (count < 0) return chdf5_fail_library("the filters cannot be read");
  if (count > CHDF5_MAX_FILTERS) return chdf5_fail("the data passes through more than 8 filters");
  for (int index = 0; index < count; index++) {
    unsigned flags, setting, values[8] = {0};
    size_t given = 8;
    H5Z_filter_t filter =
      H5Pget_filter2(properties, (unsigned)index, &flags, &given, values, 0, NULL, &setting);
    if (filter < 0) return chdf5_fail_library("the filters cannot be read");
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE
        && filter != H5Z_FILTER_FLETCHER32)
      return chdf5_fail(
        "the data is compressed by a filter that needs a plugin; write it with gzip instead");
    if (filter == H5Z_FILTER_SHUFFLE && (given < 1 || values[0] < 1 || values[0] > 1 << 16))
      return chdf5_fail("the shuffling of the data has an impossible width");
    if (filter == H5Z_FILTER_FLETCHER32) pipeline->checksums += 4;
    pipeline->filters[index] = filter;
    pipeline->widths[index] = values[0];
  }
  pipeline->count = count;
  return 0;
}

int chdf5_unfilter(
  const chdf5_pipeline *pipeline, unsigned mask, uint8_t *bytes, size_t count, uint8_t *spare,
  size_t capacity, uint8_t **result, size_t *left) {
  for (int index = pipeline->count - 1; index >= 0; index--) {
    if (mask >> index & 1) continue;
    if (pipeline->filters[index] == H5Z_FILTER_FLETCHER32) {
      if (count < 4 || !has_checksum(bytes, count - 4)) return fail_damaged();
      count -= 4;
      continue;
    }
    if (pipeline->filters[index] == H5Z_FILTER_SHUFFLE)
      unshuffle(bytes, spare, count, pipeline->widths[index]);
    else if (inflate_all(bytes, count, spare, capacity, &count) != 0)
      return -1;
    uint8_t *done = spare;
    spare = bytes;
    bytes = done;
  }
  *result = bytes;
  *left = count;
  return 0;
}
