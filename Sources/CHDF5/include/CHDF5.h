// What graft needs of HDF5, as plain C functions over plain types.
//
// The library keeps state of its own and is not thread-safe: the caller holds one lock around every call here.
// Files are hostile until proven otherwise: `chdf5_probe` walks all structure of one in a child process; rank, extents,
// chunks and filters are checked before anything of their size is allocated; and the bytes of chunks are taken through
// their filters here, not by the library, which reads past a chunk that decompresses to too few bytes.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { CHDF5_MAX_RANK = 8 };

// The element type of memory handed in or out.
typedef enum {
  CHDF5_UINT8 = 0,
  CHDF5_INT16 = 1,
  CHDF5_INT32 = 2,
  CHDF5_INT64 = 3,
  CHDF5_FLOAT = 4,
  CHDF5_DOUBLE = 5,
  CHDF5_HALF = 6,
} chdf5_memory;

// What the elements of a data set or attribute are on disk.
typedef enum {
  CHDF5_OTHER = 0,
  CHDF5_UNSIGNED = 1,
  CHDF5_SIGNED = 2,
  CHDF5_REAL = 3,
  CHDF5_BOOL = 4,
  CHDF5_FIXED_STRING = 5,
  CHDF5_VARIABLE_STRING = 6,
} chdf5_class;

// What an object is; links other than hard ones are never followed.
typedef enum { CHDF5_ABSENT = 0, CHDF5_GROUP = 1, CHDF5_DATASET = 2, CHDF5_UNKNOWN = 3 } chdf5_kind;

// What a checked data set or attribute looks like; `chunk` counts when `chunked` is 1.
typedef struct {
  chdf5_class class_;
  int32_t bytes;
  int32_t rank;
  int32_t chunked;
  int64_t extents[CHDF5_MAX_RANK];
  int64_t chunk[CHDF5_MAX_RANK];
} chdf5_layout;

// The end of a probe.
typedef enum {
  CHDF5_SOUND = 0,
  CHDF5_REFUSED = 1,
  CHDF5_DIED = 2,
  CHDF5_TIMED_OUT = 3,
  CHDF5_NO_PROBE = 4,
} chdf5_verdict;

// Before any other call: no exit handler, no filter plugins.
void chdf5_start(void);

// On every thread before its calls: no error printing. A thread-safe build of the library keeps it per thread.
void chdf5_quiet(void);

// The reason of the last failure, a string that lives until the next call.
const char *chdf5_reason(void);

// Opens and checks everything in the file but the numbers of its data sets, in a child process limited to `seconds` of
// processor time, some more on the clock, and `memory` bytes beyond what is mapped now. `text`, which the caller frees,
// is "0" and then, for all strings of any length, the address of their object, the name of the attribute (nothing for
// a data set), their number and the strings, each ended by NUL; of a file that is refused "1" and a sentence.
chdf5_verdict chdf5_probe(
  const char *path, int seconds, uint64_t memory, char **text, size_t *bytes);

// Files. Identifiers are negative on failure; other functions return 0 when all went well.
int64_t chdf5_open(const char *path);
int64_t chdf5_create(const char *path);
// Writes what the library still holds; a file that could not be flushed must not be closed.
int chdf5_flush(int64_t file);
int chdf5_close(int64_t file);

// The kind of the object at a path that starts with "/", or -1.
int chdf5_kind_of(int64_t file, const char *path);

// The members of a group in the order of their names: for each "g", "d" or "x" (something else) and its name, each
// ended by NUL. The caller frees `names`.
int chdf5_members(int64_t file, const char *group, char **names, size_t *bytes);

// The names of an object's attributes, each ended by NUL. The caller frees `names`.
int chdf5_attributes(int64_t file, const char *object, char **names, size_t *bytes);

// The checked layout of a data set, or of the attribute of an object when `attribute` is given.
int chdf5_describe(
  int64_t file, const char *object, const char *attribute, chdf5_layout *layout);

// Reads the block at `start` of extents `count`, or everything when `start` is null. A number that an integer type
// cannot hold is a failure.
int chdf5_read(
  int64_t file, const char *dataset, const int64_t *start, const int64_t *count,
  chdf5_memory type, void *values);
int chdf5_read_attribute(
  int64_t file, const char *object, const char *attribute, chdf5_memory type, void *values);

// Where in the file the elements of a data set lie one after the other, little-endian and of exactly the type; -1
// where they do not.
int64_t chdf5_place(int64_t file, const char *dataset, chdf5_memory type);

// The address of an object, by which `chdf5_probe` tells whose strings are whose; -1 on failure.
int64_t chdf5_address(int64_t file, const char *object);

// All strings of fixed length of a data set or attribute, each ended by NUL. The caller frees `strings`.
int chdf5_read_strings(
  int64_t file, const char *object, const char *attribute, char **strings, size_t *bytes);

// Writing.
int chdf5_create_group(int64_t file, const char *path);
// Contiguous without `chunk`, else in chunks that are shuffled and deflated at `level` (0 = stored).
int chdf5_create_dataset(
  int64_t file, const char *path, chdf5_memory type, int rank, const int64_t *extents,
  const int64_t *chunk, int level);
int chdf5_write(
  int64_t file, const char *dataset, const int64_t *start, const int64_t *count,
  chdf5_memory type, const void *values);
int chdf5_write_attribute(
  int64_t file, const char *object, const char *attribute, chdf5_memory type, int rank,
  const int64_t *extents, const void *values);
// Strings are UTF-8 of variable length, `count` of them, or one without an axis when `count` is negative.
int chdf5_write_string_attribute(
  int64_t file, const char *object, const char *attribute, int64_t count, const char *const *strings);
int chdf5_write_strings(int64_t file, const char *path, int64_t count, const char *const *strings);
