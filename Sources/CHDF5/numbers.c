// Numbers of data sets and attributes, in the type asked for.

#include "internal/internal.h"

#include <stdlib.h>
#include <string.h>

// The library would clip a number that does not fit an integer type; here it is a failure.
static H5T_conv_ret_t stop_at_loss(
  H5T_conv_except_t reason, hid_t from, hid_t to, void *value, void *result, void *refused) {
  (void)from, (void)value, (void)result;
  if (H5Tget_class(to) != H5T_INTEGER || reason == H5T_CONV_EXCEPT_PRECISION)
    return H5T_CONV_UNHANDLED;
  *(int *)refused = 1;
  return H5T_CONV_ABORT;
}

int chdf5_read_stored(
  hid_t dataset, hid_t type, const chdf5_layout *layout, const int64_t *start,
  const int64_t *count, void *values) {
  if (layout->chunked) return chdf5_read_chunks(dataset, layout, start, count, values);
  hid_t memory = H5S_ALL, space = H5S_ALL;
  int result = 0;
  if (start) {
    hsize_t first[CHDF5_MAX_RANK], extents[CHDF5_MAX_RANK];
    for (int axis = 0; axis < layout->rank; axis++) {
      first[axis] = (hsize_t)start[axis];
      extents[axis] = (hsize_t)count[axis];
    }
    space = H5Dget_space(dataset);
    memory = H5Screate_simple(layout->rank, extents, NULL);
    if (memory < 0 || H5Sselect_hyperslab(space, H5S_SELECT_SET, first, NULL, extents, NULL) < 0)
      result = chdf5_fail_library("the block cannot be selected");
  }
  if (result == 0 && H5Dread(dataset, type, memory, space, H5P_DEFAULT, values) < 0)
    result = chdf5_fail_library("the data cannot be read");
  if (start && memory >= 0) H5Sclose(memory);
  if (start) H5Sclose(space);
  return result;
}

// Turns `count` elements of a stored type into those of memory, which replace them.
static int convert(hid_t stored, hid_t native, size_t count, void *values) {
  int refused = 0;
  hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
  H5Pset_type_conv_cb(transfer, stop_at_loss, &refused);
  int result = 0;
  if (H5Tconvert(stored, native, count, values, NULL, transfer) < 0)
    result = refused ? chdf5_fail("a number does not fit the integer type asked for")
                     : chdf5_fail_library("the numbers cannot be converted");
  H5Pclose(transfer);
  return result;
}

static int read_numbers(
  hid_t dataset, const chdf5_layout *layout, const int64_t *start, const int64_t *count,
  chdf5_memory memory, void *values) {
  if (layout->class_ == CHDF5_OTHER || chdf5_is_string(layout->class_))
    return chdf5_fail("the elements are not numbers of a type that is read");
  size_t elements = 1;
  for (int axis = 0; axis < layout->rank; axis++)
    elements *= (size_t)(start ? count[axis] : layout->extents[axis]);
  hid_t stored = H5Dget_type(dataset), native = chdf5_native(memory);
  size_t width = H5Tget_size(native);
  // From half precision to integers the library reports losses where there are none; single precision lies between.
  int is_half = layout->class_ == CHDF5_REAL && layout->bytes == 2;
  size_t widest = is_half ? sizeof(float) : (size_t)layout->bytes;
  // Elements are converted in place, so that wider ones need a place of their own.
  void *place = widest > width ? malloc(elements * widest + 1) : values;
  int result = place ? chdf5_read_stored(dataset, stored, layout, start, count, place)
                     : chdf5_fail("there is no memory for the data");
  if (result == 0 && is_half) result = convert(stored, H5T_NATIVE_FLOAT, elements, place);
  hid_t held = is_half ? H5T_NATIVE_FLOAT : stored;
  if (result == 0 && H5Tequal(held, native) <= 0) result = convert(held, native, elements, place);
  if (place != values) {
    if (result == 0) memcpy(values, place, elements * width);
    free(place);
  }
  H5Tclose(stored);
  return result;
}

int chdf5_read(
  int64_t file, const char *path, const int64_t *start, const int64_t *count, chdf5_memory type,
  void *values) {
  hid_t dataset = chdf5_open_dataset(file, path);
  if (dataset < 0) return -1;
  chdf5_layout layout;
  int result = chdf5_check(dataset, 0, chdf5_file_bytes(dataset), &layout);
  if (result == 0) result = read_numbers(dataset, &layout, start, count, type, values);
  H5Oclose(dataset);
  return result;
}

int64_t chdf5_place(int64_t file, const char *path, chdf5_memory type) {
  hid_t dataset = chdf5_open_dataset(file, path);
  if (dataset < 0) return -1;
  hid_t kind = H5Dget_type(dataset), properties = H5Dget_create_plist(dataset);
  int64_t place = -1;
  if (H5Tequal(kind, chdf5_stored(type)) > 0 && H5Pget_layout(properties) == H5D_CONTIGUOUS) {
    haddr_t offset = H5Dget_offset(dataset);
    if (offset != HADDR_UNDEF) place = (int64_t)offset;
  }
  H5Pclose(properties);
  H5Tclose(kind);
  H5Oclose(dataset);
  return place;
}

int chdf5_read_attribute(
  int64_t file, const char *path, const char *attribute, chdf5_memory type, void *values) {
  hid_t object = chdf5_open_object(file, path);
  if (object < 0) return -1;
  hid_t id = H5Aopen(object, attribute, H5P_DEFAULT);
  int result = 0;
  if (id < 0) {
    result = chdf5_fail("there is no such attribute");
  } else {
    chdf5_layout layout;
    result = chdf5_check(id, 1, chdf5_file_bytes(object), &layout);
    if (result == 0 && (layout.class_ == CHDF5_OTHER || chdf5_is_string(layout.class_)))
      result = chdf5_fail("the elements are not numbers of a type that is read");
    if (result == 0 && H5Aread(id, chdf5_native(type), values) < 0)
      result = chdf5_fail_library("the attribute cannot be read");
    H5Aclose(id);
  }
  H5Oclose(object);
  return result;
}
