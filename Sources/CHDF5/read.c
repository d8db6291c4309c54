#include "internal/internal.h"

#include <stdlib.h>
#include <string.h>

// Text that grows; `failed` when memory ran out or the text passed its limit.
typedef struct {
  char *text;
  size_t bytes, capacity;
  int failed;
} growing;

static const size_t largest_text = 1 << 28;

static void append(growing *to, const char *bytes, size_t count) {
  if (to->bytes + count > to->capacity) {
    size_t capacity = 2 * (to->bytes + count) + 64;
    char *text = capacity > largest_text ? NULL : realloc(to->text, capacity);
    if (!text) {
      to->failed = 1;
      return;
    }
    to->text = text;
    to->capacity = capacity;
  }
  memcpy(to->text + to->bytes, bytes, count);
  to->bytes += count;
}

static int finish(growing *from, int result, char **text, size_t *bytes) {
  if (result == 0 && from->failed) result = chdf5_fail("the names or strings are too many");
  if (result != 0) {
    free(from->text);
    return result;
  }
  *text = from->text;
  *bytes = from->bytes;
  return 0;
}

static herr_t add_member(hid_t group, const char *name, const H5L_info_t *link, void *to) {
  char kind = 'x';
  if (link->type == H5L_TYPE_HARD) {
    H5O_info_t object;
    if (H5Oget_info_by_name2(group, name, &object, H5O_INFO_BASIC, H5P_DEFAULT) < 0) return -1;
    if (object.type == H5O_TYPE_GROUP) kind = 'g';
    if (object.type == H5O_TYPE_DATASET) kind = 'd';
  }
  append(to, &kind, 1);
  append(to, name, strlen(name) + 1);
  return 0;
}

int chdf5_members(int64_t file, const char *path, char **names, size_t *bytes) {
  hid_t group = chdf5_open_object(file, path);
  if (group < 0) return -1;
  growing text = {0};
  int result = 0;
  if (H5Iget_type(group) != H5I_GROUP) {
    result = chdf5_fail("the object is not a group");
  } else if (H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, add_member, &text) < 0) {
    result = chdf5_fail_library("the group cannot be listed");
  }
  H5Oclose(group);
  return finish(&text, result, names, bytes);
}

static herr_t add_attribute(hid_t object, const char *name, const H5A_info_t *info, void *to) {
  (void)object, (void)info;
  append(to, name, strlen(name) + 1);
  return 0;
}

int chdf5_attributes(int64_t file, const char *path, char **names, size_t *bytes) {
  hid_t object = chdf5_open_object(file, path);
  if (object < 0) return -1;
  growing text = {0};
  int result = 0;
  if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, add_attribute, &text) < 0)
    result = chdf5_fail_library("the attributes cannot be listed");
  H5Oclose(object);
  return finish(&text, result, names, bytes);
}

// The library would clip a number that does not fit an integer type; here it is a failure.
static H5T_conv_ret_t stop_at_loss(
  H5T_conv_except_t reason, hid_t from, hid_t to, void *value, void *result, void *refused) {
  (void)from, (void)value, (void)result;
  if (H5Tget_class(to) != H5T_INTEGER || reason == H5T_CONV_EXCEPT_PRECISION)
    return H5T_CONV_UNHANDLED;
  *(int *)refused = 1;
  return H5T_CONV_ABORT;
}

static int read_block(
  hid_t dataset, hid_t memory, hid_t space, chdf5_memory type, void *values) {
  int refused = 0;
  hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
  H5Pset_type_conv_cb(transfer, stop_at_loss, &refused);
  int result = 0;
  if (H5Dread(dataset, chdf5_native(type), memory, space, transfer, values) < 0)
    result = refused ? chdf5_fail("a number does not fit the integer type asked for")
                     : chdf5_fail_library("the data cannot be read");
  H5Pclose(transfer);
  return result;
}

int chdf5_read(
  int64_t file, const char *path, const int64_t *start, const int64_t *count, chdf5_memory type,
  void *values) {
  hid_t dataset = chdf5_open_dataset(file, path);
  if (dataset < 0) return -1;
  int result;
  if (!start) {
    result = read_block(dataset, H5S_ALL, H5S_ALL, type, values);
  } else {
    hid_t space = H5Dget_space(dataset);
    int rank = H5Sget_simple_extent_ndims(space);
    hsize_t first[CHDF5_MAX_RANK], extents[CHDF5_MAX_RANK];
    for (int axis = 0; axis < rank && axis < CHDF5_MAX_RANK; axis++) {
      first[axis] = (hsize_t)start[axis];
      extents[axis] = (hsize_t)count[axis];
    }
    hid_t memory = H5Screate_simple(rank, extents, NULL);
    if (memory < 0 || H5Sselect_hyperslab(space, H5S_SELECT_SET, first, NULL, extents, NULL) < 0) {
      result = chdf5_fail_library("the block cannot be selected");
    } else {
      result = read_block(dataset, memory, space, type, values);
    }
    if (memory >= 0) H5Sclose(memory);
    H5Sclose(space);
  }
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
    if (H5Aread(id, chdf5_native(type), values) < 0)
      result = chdf5_fail_library("the attribute cannot be read");
    H5Aclose(id);
  }
  H5Oclose(object);
  return result;
}

static herr_t read_all(hid_t object, int is_attribute, hid_t type, void *values) {
  return is_attribute ? H5Aread(object, type, values)
                      : H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
}

static void append_string(growing *to, const char *text, size_t length) {
  append(to, text, length);
  append(to, "", 1);
}

static int collect_fixed(
  hid_t object, int is_attribute, hid_t type, size_t count, size_t size, growing *to) {
  char *values = malloc(count * size + 1);
  if (!values) return chdf5_fail("there is no memory for the strings");
  int result = 0;
  int is_space_padded = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
  if (read_all(object, is_attribute, type, values) < 0) {
    result = chdf5_fail_library("the strings cannot be read");
  } else {
    for (size_t index = 0; index < count; index++) {
      const char *text = values + index * size;
      size_t length = strnlen(text, size);
      while (is_space_padded && length > 0 && text[length - 1] == ' ') length--;
      append_string(to, text, length);
    }
  }
  free(values);
  return result;
}

static int collect_variable(
  hid_t object, int is_attribute, hid_t type, size_t count, growing *to) {
  char **values = calloc(count + 1, sizeof *values);
  if (!values) return chdf5_fail("there is no memory for the strings");
  int result = 0;
  if (read_all(object, is_attribute, type, values) < 0) {
    result = chdf5_fail_library("the strings cannot be read");
  } else {
    for (size_t index = 0; index < count; index++) {
      const char *text = values[index] ? values[index] : "";
      append_string(to, text, strlen(text));
    }
  }
  for (size_t index = 0; index < count; index++) H5free_memory(values[index]);
  free(values);
  return result;
}

int chdf5_collect_strings(
  hid_t object, int is_attribute, const chdf5_layout *layout, char **strings, size_t *bytes) {
  size_t count = 1;
  for (int axis = 0; axis < layout->rank; axis++) count *= (size_t)layout->extents[axis];
  int is_fixed = layout->class_ == CHDF5_FIXED_STRING;
  if (!is_fixed && layout->class_ != CHDF5_VARIABLE_STRING)
    return chdf5_fail("the elements are not strings");
  if (count > 1 << 20 || count * (size_t)layout->bytes > largest_text)
    return chdf5_fail("the strings are too many");
  hid_t type = is_attribute ? H5Aget_type(object) : H5Dget_type(object);
  growing text = {0};
  int result =
    is_fixed ? collect_fixed(object, is_attribute, type, count, (size_t)layout->bytes, &text)
             : collect_variable(object, is_attribute, type, count, &text);
  H5Tclose(type);
  return finish(&text, result, strings, bytes);
}

int chdf5_read_strings(
  int64_t file, const char *path, const char *attribute, char **strings, size_t *bytes) {
  hid_t object = attribute ? chdf5_open_object(file, path) : chdf5_open_dataset(file, path);
  if (object < 0) return -1;
  hsize_t file_bytes = chdf5_file_bytes(object);
  hid_t holder = attribute ? H5Aopen(object, attribute, H5P_DEFAULT) : object;
  chdf5_layout layout;
  int result = holder < 0 ? chdf5_fail("there is no such attribute")
                          : chdf5_check(holder, attribute != NULL, file_bytes, &layout);
  if (result == 0)
    result = chdf5_collect_strings(holder, attribute != NULL, &layout, strings, bytes);
  if (attribute && holder >= 0) H5Aclose(holder);
  H5Oclose(object);
  return result;
}
