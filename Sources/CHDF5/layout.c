// The checks that come before anything is allocated: rank, extents, chunks, filters, element types.

#include "internal/internal.h"

// A chunk is decompressed as a whole, and what reads as fill values costs no bytes in the file.
static const uint64_t largest_chunk = 1ull << 30;
static const uint64_t largest_unwritten = 1ull << 26;
static const uint64_t largest_unwritten_chunks = 1ull << 16;
// Deflate cannot shrink by more than about 1032.
static const uint64_t largest_ratio = 1040;

// a · b, or the largest value when that overflows.
static uint64_t product(uint64_t a, uint64_t b) {
  uint64_t result;
  return __builtin_mul_overflow(a, b, &result) ? UINT64_MAX : result;
}

// 1 for h5py's bool: an enumeration of one byte whose two members are FALSE = 0 and TRUE = 1.
static int is_bool(hid_t type) {
  if (H5Tget_size(type) != 1 || H5Tget_nmembers(type) != 2) return 0;
  for (unsigned member = 0; member < 2; member++) {
    signed char value = -1;
    if (H5Tget_member_value(type, member, &value) < 0 || value != (signed char)member) return 0;
  }
  return 1;
}

// Whether a type is one of those listed, bit for bit.
static int is_one_of(hid_t type, const hid_t *types, size_t count) {
  for (size_t index = 0; index < count; index++)
    if (H5Tequal(type, types[index]) > 0) return 1;
  return 0;
}

// Whole numbers and floats are read in the widths and layouts of processors only: conversions of others are rarely
// walked paths of the library.
static chdf5_class number_class(hid_t type) {
  const hid_t without_sign[] = {
    H5T_STD_U8LE, H5T_STD_U16LE, H5T_STD_U32LE, H5T_STD_U64LE,
    H5T_STD_U8BE, H5T_STD_U16BE, H5T_STD_U32BE, H5T_STD_U64BE};
  const hid_t with_sign[] = {
    H5T_STD_I8LE, H5T_STD_I16LE, H5T_STD_I32LE, H5T_STD_I64LE,
    H5T_STD_I8BE, H5T_STD_I16BE, H5T_STD_I32BE, H5T_STD_I64BE};
  const hid_t real[] = {
    chdf5_half(H5T_ORDER_LE), H5T_IEEE_F32LE, H5T_IEEE_F64LE,
    chdf5_half(H5T_ORDER_BE), H5T_IEEE_F32BE, H5T_IEEE_F64BE};
  if (is_one_of(type, without_sign, 8)) return CHDF5_UNSIGNED;
  if (is_one_of(type, with_sign, 8)) return CHDF5_SIGNED;
  return is_one_of(type, real, 6) ? CHDF5_REAL : CHDF5_OTHER;
}

static chdf5_class class_of(hid_t type) {
  size_t size = H5Tget_size(type);
  switch (H5Tget_class(type)) {
  case H5T_INTEGER:
  case H5T_FLOAT: return number_class(type);
  case H5T_ENUM: return is_bool(type) ? CHDF5_BOOL : CHDF5_OTHER;
  case H5T_STRING:
    if (H5Tis_variable_str(type) > 0) return CHDF5_VARIABLE_STRING;
    return size > 0 && size <= 65536 ? CHDF5_FIXED_STRING : CHDF5_OTHER;
  default: return CHDF5_OTHER;
  }
}

static int check_chunks(
  hid_t properties, uint64_t bytes, uint64_t file_bytes, chdf5_layout *layout) {
  hsize_t chunk[CHDF5_MAX_RANK];
  if (H5Pget_chunk(properties, CHDF5_MAX_RANK, chunk) != layout->rank)
    return chdf5_fail("a chunk has another rank than its data set");
  uint64_t chunk_bytes = (uint64_t)layout->bytes, chunks = 1;
  for (int axis = 0; axis < layout->rank; axis++) {
    if (chunk[axis] == 0) return chdf5_fail("a chunk is empty");
    chunk_bytes = product(chunk_bytes, chunk[axis]);
    chunks = product(chunks, ((uint64_t)layout->extents[axis] + chunk[axis] - 1) / chunk[axis]);
    layout->chunk[axis] = (int64_t)chunk[axis];
  }
  layout->chunked = 1;
  if (chunk_bytes > largest_chunk) return chdf5_fail("a chunk is larger than 1 GiB");
  uint64_t possible = product(file_bytes, largest_ratio);
  if (bytes > possible && bytes > largest_unwritten)
    return chdf5_fail("the extents claim more data than the file can hold");
  // Every written chunk has an entry in the file, of more than 8 bytes.
  if (chunks > largest_unwritten_chunks && chunks > file_bytes / 8)
    return chdf5_fail("the extents claim more chunks than the file can hold");
  chdf5_pipeline pipeline;
  return chdf5_pipeline_of(properties, &pipeline);
}

static int check_contiguous(hid_t dataset, uint64_t bytes, uint64_t file_bytes) {
  uint64_t stored = H5Dget_storage_size(dataset);
  haddr_t place = H5Dget_offset(dataset);
  int is_written = stored > 0 && place != HADDR_UNDEF;
  if (is_written ? stored < bytes || bytes > file_bytes || place > file_bytes - bytes
                 : bytes > largest_unwritten)
    return chdf5_fail("the extents claim more data than the file can hold");
  return 0;
}

// `bytes` is what the extents claim.
static int check_storage(
  hid_t dataset, uint64_t bytes, uint64_t file_bytes, chdf5_layout *layout) {
  hid_t properties = H5Dget_create_plist(dataset);
  if (properties < 0) return chdf5_fail_library("the data set's properties cannot be read");
  int result = 0;
  if (H5Pget_external_count(properties) != 0) {
    result = chdf5_fail("the data lies in another file, which is not followed");
  } else {
    switch (H5Pget_layout(properties)) {
    case H5D_CHUNKED: result = check_chunks(properties, bytes, file_bytes, layout); break;
    case H5D_CONTIGUOUS:
      result = check_contiguous(dataset, bytes, file_bytes);
      break;
    case H5D_COMPACT:
      if (bytes > 65536 || H5Dget_storage_size(dataset) < bytes)
        result = chdf5_fail("the extents claim more data than the file can hold");
      break;
    default: result = chdf5_fail("the data set is virtual, which is not read"); break;
    }
  }
  H5Pclose(properties);
  return result;
}

static int check_extents(hid_t space, chdf5_layout *layout, uint64_t *count) {
  switch (H5Sget_simple_extent_type(space)) {
  case H5S_SCALAR:
    *count = 1;
    return 0;
  case H5S_SIMPLE: break;
  default: return chdf5_fail("the data set has no extents");
  }
  int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 0 || rank > CHDF5_MAX_RANK) return chdf5_fail("the data has more than 8 axes");
  hsize_t extents[CHDF5_MAX_RANK], largest[CHDF5_MAX_RANK];
  if (H5Sget_simple_extent_dims(space, extents, largest) != rank)
    return chdf5_fail_library("the extents cannot be read");
  layout->rank = rank;
  *count = 1;
  for (int axis = 0; axis < rank; axis++) {
    if (extents[axis] > (hsize_t)1 << 40) return chdf5_fail("an extent is beyond 2^40");
    if (largest[axis] != H5S_UNLIMITED && extents[axis] > largest[axis])
      return chdf5_fail("an extent is beyond its own maximum");
    layout->extents[axis] = (int64_t)extents[axis];
    *count = product(*count, extents[axis]);
  }
  return 0;
}

int chdf5_check(hid_t object, int is_attribute, hsize_t file_bytes, chdf5_layout *layout) {
  *layout = (chdf5_layout){0};
  hid_t type = is_attribute ? H5Aget_type(object) : H5Dget_type(object);
  hid_t space = is_attribute ? H5Aget_space(object) : H5Dget_space(object);
  uint64_t count = 0;
  int result = 0;
  if (type < 0 || space < 0) {
    result = chdf5_fail_library("the type or the extents cannot be read");
  } else {
    layout->class_ = class_of(type);
    size_t size = H5Tget_size(type);
    result = check_extents(space, layout, &count);
    if (result == 0 && (size == 0 || size > largest_chunk))
      result = chdf5_fail("the element type has an impossible size");
    layout->bytes = (int32_t)size;
    uint64_t bytes = product(count, size);
    // An attribute lies within its object's header or one heap of the file.
    if (result == 0 && is_attribute && bytes > file_bytes)
      result = chdf5_fail("an attribute claims more data than the file can hold");
    if (result == 0 && !is_attribute) result = check_storage(object, bytes, file_bytes, layout);
  }
  if (type >= 0) H5Tclose(type);
  if (space >= 0) H5Sclose(space);
  return result;
}

int chdf5_describe(
  int64_t file, const char *object, const char *attribute, chdf5_layout *layout) {
  hid_t holder = attribute ? chdf5_open_object(file, object) : chdf5_open_dataset(file, object);
  if (holder < 0) return -1;
  hsize_t file_bytes = chdf5_file_bytes(holder);
  int result;
  if (attribute) {
    hid_t id = H5Aopen(holder, attribute, H5P_DEFAULT);
    result = id < 0 ? chdf5_fail("there is no such attribute") : chdf5_check(id, 1, file_bytes, layout);
    if (id >= 0) H5Aclose(id);
  } else {
    result = chdf5_check(holder, 0, file_bytes, layout);
  }
  H5Oclose(holder);
  return result;
}
