#include "internal/internal.h"

#include <stdlib.h>
#include <string.h>

static const size_t largest_text = 1 << 28;

void chdf5_append(chdf5_text *to, const char *bytes, size_t count) {
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

static int finish(chdf5_text *from, int result, char **text, size_t *bytes) {
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
  chdf5_append(to, &kind, 1);
  chdf5_append(to, name, strlen(name) + 1);
  return 0;
}

int chdf5_members(int64_t file, const char *path, char **names, size_t *bytes) {
  hid_t group = chdf5_open_object(file, path);
  if (group < 0) return -1;
  chdf5_text text = {0};
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
  chdf5_append(to, name, strlen(name) + 1);
  return 0;
}

int chdf5_attributes(int64_t file, const char *path, char **names, size_t *bytes) {
  hid_t object = chdf5_open_object(file, path);
  if (object < 0) return -1;
  chdf5_text text = {0};
  int result = 0;
  if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, add_attribute, &text) < 0)
    result = chdf5_fail_library("the attributes cannot be listed");
  H5Oclose(object);
  return finish(&text, result, names, bytes);
}

int chdf5_reads_strings(hid_t dataset, const chdf5_layout *layout) {
  if (layout->class_ == CHDF5_FIXED_STRING) return 1;
  for (int axis = 0; layout->chunked && axis < layout->rank; axis++)
    if (layout->extents[axis] > layout->chunk[axis]) return 0;
  hid_t properties = H5Dget_create_plist(dataset);
  int filters = H5Pget_nfilters(properties);
  H5Pclose(properties);
  return filters == 0;
}

static int read_all(
  hid_t object, int is_attribute, hid_t type, const chdf5_layout *layout, void *values) {
  if (is_attribute)
    return H5Aread(object, type, values) < 0
      ? chdf5_fail_library("the strings cannot be read") : 0;
  if (layout->class_ == CHDF5_FIXED_STRING)
    return chdf5_read_stored(object, type, layout, NULL, NULL, values);
  return H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0
    ? chdf5_fail_library("the strings cannot be read") : 0;
}

static void append_string(chdf5_text *to, const char *text, size_t length) {
  chdf5_append(to, text, length);
  chdf5_append(to, "", 1);
}

static int collect_fixed(
  hid_t object, int is_attribute, hid_t type, const chdf5_layout *layout, size_t count,
  chdf5_text *to) {
  size_t size = (size_t)layout->bytes;
  char *values = malloc(count * size + 1);
  if (!values) return chdf5_fail("there is no memory for the strings");
  int is_space_padded = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
  int result = read_all(object, is_attribute, type, layout, values);
  if (result == 0) {
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
  hid_t object, int is_attribute, hid_t type, const chdf5_layout *layout, size_t count,
  chdf5_text *to) {
  char **values = calloc(count + 1, sizeof *values);
  if (!values) return chdf5_fail("there is no memory for the strings");
  int result = read_all(object, is_attribute, type, layout, values);
  if (result == 0) {
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
  chdf5_text text = {0};
  int result =
    is_fixed ? collect_fixed(object, is_attribute, type, layout, count, &text)
             : collect_variable(object, is_attribute, type, layout, count, &text);
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
  if (result == 0 && layout.class_ == CHDF5_VARIABLE_STRING)
    result = chdf5_fail("strings of any length that are compressed or in several chunks are not read");
  if (result == 0)
    result = chdf5_collect_strings(holder, attribute != NULL, &layout, strings, bytes);
  if (attribute && holder >= 0) H5Aclose(holder);
  H5Oclose(object);
  return result;
}
