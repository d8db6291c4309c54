// A look at a whole file in a child process: what crashes or hangs the library ends the child, not the program.

#include "internal/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { deepest = 64, most_objects = 1 << 20 };

typedef struct {
  haddr_t *visited;
  size_t count, capacity;
  int depth;
  hsize_t file_bytes;
  uint64_t left_to_read;
} walk;

// 1 when the address is new. Groups are few; a set by open addressing keeps data sets cheap as well.
static int enter(walk *at, haddr_t address) {
  if (2 * (at->count + 1) > at->capacity) {
    walk larger = *at;
    larger.capacity = at->capacity ? 2 * at->capacity : 1024;
    larger.count = 0;
    larger.visited = malloc(larger.capacity * sizeof(haddr_t));
    if (!larger.visited) return 0;
    for (size_t index = 0; index < larger.capacity; index++) larger.visited[index] = HADDR_UNDEF;
    for (size_t index = 0; index < at->capacity; index++)
      if (at->visited[index] != HADDR_UNDEF) enter(&larger, at->visited[index]);
    free(at->visited);
    *at = larger;
  }
  size_t slot = (size_t)((address * 0x9E3779B97F4A7C15ull) >> 20) % at->capacity;
  while (at->visited[slot] != HADDR_UNDEF) {
    if (at->visited[slot] == address) return 0;
    slot = (slot + 1) % at->capacity;
  }
  at->visited[slot] = address;
  at->count++;
  return 1;
}

static int is_string(chdf5_class kind) {
  return kind == CHDF5_FIXED_STRING || kind == CHDF5_VARIABLE_STRING;
}

static int try_strings(hid_t object, int is_attribute, const chdf5_layout *layout) {
  char *text = NULL;
  size_t bytes = 0;
  int result = chdf5_collect_strings(object, is_attribute, layout, &text, &bytes);
  free(text);
  return result;
}

static herr_t try_attribute(hid_t object, const char *name, const H5A_info_t *info, void *data) {
  (void)info;
  walk *at = data;
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  if (attribute < 0) return chdf5_fail_library("an attribute cannot be opened");
  chdf5_layout layout;
  int result = chdf5_check(attribute, 1, at->file_bytes, &layout);
  if (result == 0 && is_string(layout.class_)) result = try_strings(attribute, 1, &layout);
  H5Aclose(attribute);
  return result;
}

// Counting the chunks walks their whole index, also of data too large to be read here.
static int count_chunks(hid_t dataset) {
  hsize_t chunks = 0;
  hid_t space = H5Dget_space(dataset);
  int result = 0;
  if (H5Dget_num_chunks(dataset, space, &chunks) < 0)
    result = chdf5_fail_library("a data set's chunks cannot be found");
  H5Sclose(space);
  return result;
}

static int try_dataset(walk *at, hid_t dataset) {
  chdf5_layout layout;
  if (chdf5_check(dataset, 0, at->file_bytes, &layout) != 0) return -1;
  uint64_t bytes = (uint64_t)layout.bytes;
  for (int axis = 0; axis < layout.rank; axis++) bytes *= (uint64_t)layout.extents[axis];
  if (layout.chunked && count_chunks(dataset) != 0) return -1;
  if (layout.class_ == CHDF5_OTHER || bytes == 0) return 0;
  if (is_string(layout.class_)) return try_strings(dataset, 0, &layout);
  if (bytes > at->left_to_read) return 0;
  at->left_to_read -= bytes;
  void *values = malloc(bytes);
  if (!values) return chdf5_fail("there is no memory for the data");
  hid_t type = H5Dget_type(dataset);
  int result = 0;
  if (H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
    result = chdf5_fail_library("a data set cannot be read");
  H5Tclose(type);
  free(values);
  return result;
}

static herr_t try_member(hid_t group, const char *name, const H5L_info_t *link, void *data) {
  walk *at = data;
  if (link->type != H5L_TYPE_HARD) return 0;
  if (at->count >= most_objects) return chdf5_fail("the file has more than a million objects");
  if (at->depth >= deepest) return chdf5_fail("groups are nested more than 64 deep");
  hid_t object = H5Oopen(group, name, H5P_DEFAULT);
  if (object < 0) return chdf5_fail_library("an object cannot be opened");
  H5O_info_t info;
  int result = 0;
  if (H5Oget_info2(object, &info, H5O_INFO_BASIC) < 0) {
    result = chdf5_fail_library("an object cannot be read");
  } else if (enter(at, info.addr)) {
    at->depth++;
    if (info.type == H5O_TYPE_GROUP || info.type == H5O_TYPE_DATASET)
      result = H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, try_attribute, at) < 0
        ? (chdf5_reason()[0] ? -1 : chdf5_fail_library("the attributes cannot be listed"))
        : 0;
    if (result == 0 && info.type == H5O_TYPE_GROUP)
      result = H5Literate(object, H5_INDEX_NAME, H5_ITER_INC, NULL, try_member, at) < 0
        ? (chdf5_reason()[0] ? -1 : chdf5_fail_library("a group cannot be listed"))
        : 0;
    if (result == 0 && info.type == H5O_TYPE_DATASET) result = try_dataset(at, object);
    at->depth--;
  }
  H5Oclose(object);
  return result;
}

static int try_file(const char *path, uint64_t reading) {
  chdf5_fail("");
  hid_t file = (hid_t)chdf5_open(path);
  if (file < 0) return -1;
  walk at = {.file_bytes = chdf5_file_bytes(file), .left_to_read = reading};
  H5O_info_t root;
  if (H5Oget_info2(file, &root, H5O_INFO_BASIC) < 0)
    return chdf5_fail_library("the root group cannot be read");
  enter(&at, root.addr);
  if (H5Aiterate2(file, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, try_attribute, &at) < 0
      || H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, NULL, try_member, &at) < 0)
    return chdf5_reason()[0] ? -1 : chdf5_fail_library("the root group cannot be listed");
  return 0;
}

static void limit(int resource, uint64_t value) {
  struct rlimit limits;
  if (getrlimit(resource, &limits) != 0) return;
  if (limits.rlim_max != RLIM_INFINITY && limits.rlim_max < value) value = limits.rlim_max;
  limits.rlim_cur = value;
  setrlimit(resource, &limits);
}

static uint64_t mapped_bytes(void) {
  unsigned long long pages = 0;
  FILE *status = fopen("/proc/self/statm", "r");
  if (!status) return 0;
  if (fscanf(status, "%llu", &pages) != 1) pages = 0;
  fclose(status);
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void run_child(const char *path, int out, int seconds, uint64_t address_space, uint64_t reading) {
  static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM, SIGXCPU};
  for (size_t index = 0; index < sizeof deadly / sizeof *deadly; index++)
    signal(deadly[index], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, (uint64_t)seconds);
  if (address_space) limit(RLIMIT_AS, address_space);
  alarm((unsigned)(2 * seconds));
  char answer[512] = "0";
  if (try_file(path, reading) != 0) snprintf(answer, sizeof answer, "1%s", chdf5_reason());
  ssize_t written = write(out, answer, strlen(answer));
  _exit(written < 0);
}

// What the child wrote, up to its end.
static size_t listen(int in, char *answer, size_t size) {
  size_t length = 0;
  while (length + 1 < size) {
    ssize_t count = read(in, answer + length, size - 1 - length);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    length += (size_t)count;
  }
  answer[length] = 0;
  return length;
}

chdf5_verdict chdf5_probe(
  const char *path, int seconds, uint64_t memory, uint64_t reading, char *reason, size_t size) {
  int ends[2];
  reason[0] = 0;
  uint64_t mapped = mapped_bytes();
  if (pipe(ends) != 0) return CHDF5_NO_PROBE;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  pid_t child = fork();
  if (child == 0) run_child(path, ends[1], seconds, mapped ? mapped + memory : 0, reading);
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return CHDF5_NO_PROBE;
  }
  char answer[512];
  size_t length = listen(ends[0], answer, sizeof answer);
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (length == 0) {
    int ended = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return ended == SIGALRM || ended == SIGXCPU || ended == SIGKILL ? CHDF5_TIMED_OUT : CHDF5_DIED;
  }
  if (answer[0] == '0') return CHDF5_SOUND;
  snprintf(reason, size, "%s", answer + 1);
  return CHDF5_REFUSED;
}
