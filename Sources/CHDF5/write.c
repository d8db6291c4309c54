#include "internal/internal.h"

static hid_t simple_space(int rank, const int64_t *extents) {
  hsize_t sizes[CHDF5_MAX_RANK];
  if (rank < 0 || rank > CHDF5_MAX_RANK) return H5I_INVALID_HID;
  for (int axis = 0; axis < rank; axis++) sizes[axis] = (hsize_t)extents[axis];
  return rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, sizes, NULL);
}

static hid_t string_type(void) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

// The properties of a link whose missing groups are made.
static hid_t link_properties(void) {
  hid_t links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  H5Pset_char_encoding(links, H5T_CSET_UTF8);
  return links;
}

int chdf5_create_group(int64_t file, const char *path) {
  hid_t links = link_properties();
  hid_t group = H5Gcreate2(file, path, links, H5P_DEFAULT, H5P_DEFAULT);
  int result = group < 0 ? chdf5_fail_library("the group cannot be created") : 0;
  if (group >= 0) H5Gclose(group);
  H5Pclose(links);
  return result;
}

int chdf5_create_dataset(
  int64_t file, const char *path, chdf5_memory type, int rank, const int64_t *extents,
  const int64_t *chunk, int level) {
  hid_t space = simple_space(rank, extents);
  hid_t links = link_properties();
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  // Equal calls give equal bytes.
  H5Pset_obj_track_times(creation, 0);
  if (chunk) {
    hsize_t sizes[CHDF5_MAX_RANK];
    for (int axis = 0; axis < rank; axis++) sizes[axis] = (hsize_t)chunk[axis];
    H5Pset_chunk(creation, rank, sizes);
    if (level > 0) {
      H5Pset_shuffle(creation);
      H5Pset_deflate(creation, (unsigned)level);
    }
  }
  hid_t dataset = H5Dcreate2(file, path, chdf5_stored(type), space, links, creation, H5P_DEFAULT);
  int result = dataset < 0 ? chdf5_fail_library("the data set cannot be created") : 0;
  if (dataset >= 0) H5Dclose(dataset);
  H5Pclose(creation);
  H5Pclose(links);
  if (space >= 0) H5Sclose(space);
  return result;
}

int chdf5_write(
  int64_t file, const char *path, const int64_t *start, const int64_t *count, chdf5_memory type,
  const void *values) {
  hid_t dataset = chdf5_open_dataset(file, path);
  if (dataset < 0) return -1;
  hid_t space = H5Dget_space(dataset);
  hid_t memory = H5S_ALL, selected = H5S_ALL;
  int result = 0;
  if (start) {
    int rank = H5Sget_simple_extent_ndims(space);
    hsize_t first[CHDF5_MAX_RANK], extents[CHDF5_MAX_RANK];
    for (int axis = 0; axis < rank && axis < CHDF5_MAX_RANK; axis++) {
      first[axis] = (hsize_t)start[axis];
      extents[axis] = (hsize_t)count[axis];
    }
    memory = H5Screate_simple(rank, extents, NULL);
    selected = space;
    if (memory < 0 || H5Sselect_hyperslab(space, H5S_SELECT_SET, first, NULL, extents, NULL) < 0)
      result = chdf5_fail_library("the block cannot be selected");
  }
  if (result == 0
      && H5Dwrite(dataset, chdf5_native(type), memory, selected, H5P_DEFAULT, values) < 0)
    result = chdf5_fail_library("the data cannot be written");
  if (start && memory >= 0) H5Sclose(memory);
  H5Sclose(space);
  H5Oclose(dataset);
  return result;
}

// Consumes `space`; `kind` is the type in the file, `type` the one in memory.
static int put_attribute(
  int64_t file, const char *path, const char *name, hid_t space, hid_t kind, hid_t type,
  const void *values) {
  hid_t object = chdf5_open_object(file, path);
  int result = object < 0 ? -1 : 0;
  if (result == 0) {
    hid_t attribute = H5Acreate2(object, name, kind, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, type, values) < 0)
      result = chdf5_fail_library("the attribute cannot be written");
    if (attribute >= 0) H5Aclose(attribute);
    H5Oclose(object);
  }
  if (space >= 0) H5Sclose(space);
  return result;
}

int chdf5_write_attribute(
  int64_t file, const char *path, const char *attribute, chdf5_memory type, int rank,
  const int64_t *extents, const void *values) {
  return put_attribute(
    file, path, attribute, simple_space(rank, extents), chdf5_stored(type), chdf5_native(type),
    values);
}

int chdf5_write_string_attribute(
  int64_t file, const char *path, const char *attribute, int64_t count,
  const char *const *strings) {
  hid_t type = string_type();
  int result = put_attribute(
    file, path, attribute, simple_space(count < 0 ? 0 : 1, &count), type, type, strings);
  H5Tclose(type);
  return result;
}

int chdf5_write_strings(
  int64_t file, const char *path, int64_t count, const char *const *strings) {
  hid_t type = string_type();
  hid_t space = simple_space(1, &count);
  hid_t links = link_properties();
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(creation, 0);
  hid_t dataset = H5Dcreate2(file, path, type, space, links, creation, H5P_DEFAULT);
  int result = 0;
  if (dataset < 0 || H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, strings) < 0)
    result = chdf5_fail_library("the strings cannot be written");
  if (dataset >= 0) H5Dclose(dataset);
  H5Pclose(creation);
  H5Pclose(links);
  H5Sclose(space);
  H5Tclose(type);
  return result;
}
