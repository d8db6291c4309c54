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

enum { deepest = 64, most_objects = 1 << 20, most_lookups = 1 << 14 };

typedef struct {
  haddr_t *visited;
  size_t count, capacity;
  int depth;
  hsize_t file_bytes;
  // The object that is looked at, and what strings of any length were read so far.
  haddr_t address;
  chdf5_text texts;
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

// Strings of any length lie in heaps, of which the library believes every length: the child reads them all and hands
// them on, after the object's address, the attribute's name (none for a data set's own) and how many they are.
static int try_strings(
  walk *at, hid_t object, const char *attribute, const chdf5_layout *layout) {
  char *text = NULL, head[64];
  size_t bytes = 0, count = 0;
  if (chdf5_collect_strings(object, attribute != NULL, layout, &text, &bytes) != 0) return -1;
  if (layout->class_ == CHDF5_VARIABLE_STRING) {
    for (size_t index = 0; index < bytes; index++) count += text[index] == 0;
    int length = snprintf(head, sizeof head, "%llu", (unsigned long long)at->address);
    chdf5_append(&at->texts, head, (size_t)length + 1);
    chdf5_append(&at->texts, attribute ? attribute : "", attribute ? strlen(attribute) + 1 : 1);
    length = snprintf(head, sizeof head, "%zu", count);
    chdf5_append(&at->texts, head, (size_t)length + 1);
    chdf5_append(&at->texts, text, bytes);
  }
  free(text);
  return at->texts.failed ? chdf5_fail("the names or strings are too many") : 0;
}

static herr_t try_attribute(hid_t object, const char *name, const H5A_info_t *info, void *data) {
  (void)info;
  walk *at = data;
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  if (attribute < 0) return chdf5_fail_library("an attribute cannot be opened");
  chdf5_layout layout;
  int result = chdf5_check(attribute, 1, at->file_bytes, &layout);
  if (result == 0 && chdf5_is_string(layout.class_)) result = try_strings(at, attribute, name, &layout);
  H5Aclose(attribute);
  return result;
}

// Counting the chunks walks their whole index; then their places are looked up, as reading will do. Without filters all
// must be of the size that the data set gives them, which the library does not check.
static int try_index(hid_t dataset, const chdf5_layout *layout) {
  hsize_t chunks = 0, bytes = (hsize_t)layout->bytes;
  for (int axis = 0; axis < layout->rank; axis++) bytes *= (hsize_t)layout->chunk[axis];
  hid_t space = H5Dget_space(dataset), properties = H5Dget_create_plist(dataset);
  int result = 0;
  if (H5Dget_num_chunks(dataset, space, &chunks) < 0)
    result = chdf5_fail_library("a data set's chunks cannot be found");
  else if (H5Pget_nfilters(properties) == 0 && H5Dget_storage_size(dataset) != chunks * bytes)
    result = chdf5_fail("a chunk of the data has an impossible size");
  H5Sclose(space);
  H5Pclose(properties);
  return result == 0 ? chdf5_try_chunks(dataset, layout, most_lookups) : result;
}

static int try_dataset(walk *at, hid_t dataset) {
  chdf5_layout layout;
  if (chdf5_check(dataset, 0, at->file_bytes, &layout) != 0) return -1;
  if (layout.chunked && try_index(dataset, &layout) != 0) return -1;
  return chdf5_is_string(layout.class_) && chdf5_reads_strings(dataset, &layout)
    ? try_strings(at, dataset, NULL, &layout) : 0;
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
    at->address = info.addr;
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

static int try_file(const char *path, chdf5_text *texts) {
  chdf5_fail("");
  hid_t file = (hid_t)chdf5_open(path);
  if (file < 0) return -1;
  walk at = {.file_bytes = chdf5_file_bytes(file)};
  H5O_info_t root;
  if (H5Oget_info2(file, &root, H5O_INFO_BASIC) < 0)
    return chdf5_fail_library("the root group cannot be read");
  enter(&at, root.addr);
  at.address = root.addr;
  if (H5Aiterate2(file, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, try_attribute, &at) < 0
      || H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, NULL, try_member, &at) < 0)
    return chdf5_reason()[0] ? -1 : chdf5_fail_library("the root group cannot be listed");
  *texts = at.texts;
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

static void tell(int out, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(out, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(1);
    bytes += written;
    count -= (size_t)written;
  }
}

static void run_child(const char *path, int out, int seconds, uint64_t address_space) {
  static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM, SIGXCPU};
  for (size_t index = 0; index < sizeof deadly / sizeof *deadly; index++)
    signal(deadly[index], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, (uint64_t)seconds);
  if (address_space) limit(RLIMIT_AS, address_space);
  alarm((unsigned)(20 + 4 * seconds));
  chdf5_text texts = {0};
  int refused = try_file(path, &texts) != 0;
  tell(out, refused ? "1" : "0", 1);
  if (refused) tell(out, chdf5_reason(), strlen(chdf5_reason()));
  else tell(out, texts.text, texts.bytes);
  _exit(0);
}

// What the child wrote, up to its end.
static void listen(int in, chdf5_text *answer) {
  char piece[65536];
  for (;;) {
    ssize_t count = read(in, piece, sizeof piece);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    chdf5_append(answer, piece, (size_t)count);
  }
}

// What came of a child that has ended.
static chdf5_verdict verdict(int status, const chdf5_text *answer) {
  if (WIFSIGNALED(status)) {
    int signal = WTERMSIG(status);
    return signal == SIGALRM || signal == SIGXCPU || signal == SIGKILL ? CHDF5_TIMED_OUT : CHDF5_DIED;
  }
  if (answer->bytes == 0 || answer->failed) return CHDF5_DIED;
  return answer->text[0] == '0' ? CHDF5_SOUND : CHDF5_REFUSED;
}

chdf5_verdict chdf5_probe(
  const char *path, int seconds, uint64_t memory, char **text, size_t *bytes) {
  int ends[2];
  uint64_t mapped = mapped_bytes();
  if (pipe(ends) != 0) return CHDF5_NO_PROBE;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  // Only the forking thread lives on in the child. It holds the lock around this library, so that no other can have
  // been inside; of what threads share besides, the child uses memory alone, which glibc keeps usable.
  pid_t child = fork();
  if (child == 0) run_child(path, ends[1], seconds, mapped ? mapped + memory : 0);
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return CHDF5_NO_PROBE;
  }
  chdf5_text answer = {0};
  listen(ends[0], &answer);
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  *text = answer.text;
  *bytes = answer.bytes;
  return verdict(status, &answer);
}
