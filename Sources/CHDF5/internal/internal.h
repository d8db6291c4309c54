// Shared by the C files of this target only.
#pragma once

#include "CHDF5.h"

#include <hdf5.h>

// Keeps a reason for the caller and returns -1.
int chdf5_fail(const char *reason);

// Keeps the library's innermost message, with `what` before it, and returns -1.
int chdf5_fail_library(const char *what);

// The type of memory.
hid_t chdf5_native(chdf5_memory type);

// The type in files: little-endian, whatever the machine.
hid_t chdf5_stored(chdf5_memory type);

// Opens an object along hard links only.
hid_t chdf5_open_object(hid_t file, const char *path);

// Opens a data set, refusing anything else.
hid_t chdf5_open_dataset(hid_t file, const char *path);

// Checks an open data set or attribute; `is_attribute` says which.
int chdf5_check(hid_t object, int is_attribute, hsize_t file_bytes, chdf5_layout *layout);

// The length of the file in bytes.
hsize_t chdf5_file_bytes(hid_t object);

// Reads the strings of an open data set or attribute that was checked.
int chdf5_collect_strings(
  hid_t object, int is_attribute, const chdf5_layout *layout, char **strings, size_t *bytes);
