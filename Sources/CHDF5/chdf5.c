#include "internal/internal.h"

#include <stdio.h>
#include <string.h>

static char last_reason[512];

void chdf5_start(void) {
  // The library's exit handler races with our threads ("infinite loop closing library").
  H5dont_atexit();
  H5open();
  H5PLset_loading_state(0);
}

void chdf5_quiet(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

const char *chdf5_reason(void) { return last_reason; }

int chdf5_fail(const char *reason) {
  snprintf(last_reason, sizeof last_reason, "%s", reason);
  return -1;
}

// Upward, the first entry is the innermost one: it says what was wrong in the file.
static herr_t keep_first(unsigned depth, const H5E_error2_t *error, void *text) {
  if (depth == 0 && error->desc) snprintf(text, 256, "%s", error->desc);
  return 0;
}

int chdf5_fail_library(const char *what) {
  char text[256] = "no reason given";
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, text);
  snprintf(last_reason, sizeof last_reason, "%s: %s", what, text);
  return -1;
}

// A float of 16 bits is made of one of 32 and kept.
hid_t chdf5_half(H5T_order_t order) {
  static hid_t types[2] = {H5I_INVALID_HID, H5I_INVALID_HID};
  hid_t *type = &types[order == H5T_ORDER_LE];
  if (*type >= 0) return *type;
  *type = H5Tcopy(order == H5T_ORDER_LE ? H5T_IEEE_F32LE : H5T_IEEE_F32BE);
  H5Tset_fields(*type, 15, 10, 5, 0, 10);
  H5Tset_size(*type, 2);
  H5Tset_ebias(*type, 15);
  return *type;
}

hid_t chdf5_stored(chdf5_memory type) {
  switch (type) {
  case CHDF5_UINT8: return H5T_STD_U8LE;
  case CHDF5_INT16: return H5T_STD_I16LE;
  case CHDF5_INT32: return H5T_STD_I32LE;
  case CHDF5_INT64: return H5T_STD_I64LE;
  case CHDF5_FLOAT: return H5T_IEEE_F32LE;
  case CHDF5_DOUBLE: return H5T_IEEE_F64LE;
  case CHDF5_HALF: return chdf5_half(H5T_ORDER_LE);
  }
  return H5I_INVALID_HID;
}

hid_t chdf5_native(chdf5_memory type) {
  switch (type) {
  case CHDF5_UINT8: return H5T_NATIVE_UINT8;
  case CHDF5_INT16: return H5T_NATIVE_INT16;
  case CHDF5_INT32: return H5T_NATIVE_INT32;
  case CHDF5_INT64: return H5T_NATIVE_INT64;
  case CHDF5_FLOAT: return H5T_NATIVE_FLOAT;
  case CHDF5_DOUBLE: return H5T_NATIVE_DOUBLE;
  case CHDF5_HALF: return chdf5_half(H5Tget_order(H5T_NATIVE_FLOAT));
  }
  return H5I_INVALID_HID;
}

int64_t chdf5_open(const char *path) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  // Files are complete before they get their name, and locks fail on some network file systems.
  H5Pset_file_locking(access, 0, 1);
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, access);
  if (file < 0) chdf5_fail_library("the file cannot be opened");
  H5Pclose(access);
  return file;
}

int64_t chdf5_create(const char *path) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_file_locking(access, 0, 1);
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18);
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
  if (file < 0) chdf5_fail_library("the file cannot be created");
  H5Pclose(access);
  return file;
}

int chdf5_flush(int64_t file) {
  return H5Fflush(file, H5F_SCOPE_GLOBAL) < 0 ? chdf5_fail_library("the file cannot be written") : 0;
}

int chdf5_close(int64_t file) {
  return H5Fclose(file) < 0 ? chdf5_fail_library("the file cannot be closed") : 0;
}

hsize_t chdf5_file_bytes(hid_t object) {
  hid_t file = H5Iget_file_id(object);
  hsize_t bytes = 0;
  if (file < 0 || H5Fget_filesize(file, &bytes) < 0) bytes = 0;
  if (file >= 0) H5Fclose(file);
  return bytes;
}

// 1 when every part of the path is a hard link, 0 when one is absent or of another kind, -1 on failure.
static int has_hard_path(hid_t file, const char *path) {
  char part[1024];
  size_t length = strlen(path);
  if (length == 0 || path[0] != '/' || length >= sizeof part) return 0;
  for (size_t end = 1; end <= length; end++) {
    if (path[end] != '/' && path[end] != 0) continue;
    memcpy(part, path, end);
    part[end] = 0;
    if (end == 1) continue;
    htri_t exists = H5Lexists(file, part, H5P_DEFAULT);
    if (exists <= 0) return exists < 0 ? -1 : 0;
    H5L_info_t link;
    if (H5Lget_info(file, part, &link, H5P_DEFAULT) < 0) return -1;
    if (link.type != H5L_TYPE_HARD) return 0;
    if (path[end] == 0) break;
    // What a part leads through must be a group, or the library reports a failure for the next part.
    H5O_info_t object;
    if (H5Oget_info_by_name2(file, part, &object, H5O_INFO_BASIC, H5P_DEFAULT) < 0) return -1;
    if (object.type != H5O_TYPE_GROUP) return 0;
  }
  return 1;
}

hid_t chdf5_open_object(hid_t file, const char *path) {
  int found = has_hard_path(file, path);
  if (found < 0) return chdf5_fail_library("the object's path cannot be followed");
  if (found == 0) return chdf5_fail("there is no such object");
  hid_t object = H5Oopen(file, path, H5P_DEFAULT);
  return object < 0 ? chdf5_fail_library("the object cannot be opened") : object;
}

hid_t chdf5_open_dataset(hid_t file, const char *path) {
  hid_t object = chdf5_open_object(file, path);
  if (object >= 0 && H5Iget_type(object) != H5I_DATASET) {
    H5Oclose(object);
    return chdf5_fail("the object is not a data set");
  }
  return object;
}

int chdf5_kind_of(int64_t file, const char *path) {
  int found = has_hard_path(file, path);
  if (found < 0) return chdf5_fail_library("the object's path cannot be followed");
  if (found == 0) return CHDF5_ABSENT;
  H5O_info_t object;
  if (H5Oget_info_by_name2(file, path, &object, H5O_INFO_BASIC, H5P_DEFAULT) < 0)
    return chdf5_fail_library("the object cannot be read");
  switch (object.type) {
  case H5O_TYPE_GROUP: return CHDF5_GROUP;
  case H5O_TYPE_DATASET: return CHDF5_DATASET;
  default: return CHDF5_UNKNOWN;
  }
}

int64_t chdf5_address(int64_t file, const char *path) {
  hid_t object = chdf5_open_object(file, path);
  if (object < 0) return -1;
  H5O_info_t info;
  int failed = H5Oget_info2(object, &info, H5O_INFO_BASIC) < 0;
  if (failed) chdf5_fail_library("the object cannot be read");
  H5Oclose(object);
  return failed ? -1 : (int64_t)info.addr;
}
