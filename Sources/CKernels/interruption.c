#include "interruption.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

static atomic_int requested;
static atomic_long first_second;
static atomic_int is_terminal;

static long second_now(void) {
  struct timespec now = {0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long)now.tv_sec;
}

// A signal that comes more than a second after the first means it: the process ends at once. One that comes sooner is the
// same request, passed on by a shell or a wrapper as well as by the terminal.
static void note(int signal_number) {
  const int error = errno;
  if (atomic_exchange(&requested, 1) == 0) {
    atomic_store(&first_second, second_now());
    static const char text[] = "\r\033[2Kstopping; once more ends at once\n";
    if (atomic_load(&is_terminal)) {
      const ssize_t told = write(STDERR_FILENO, text, sizeof text - 1);
      (void)told;
    }
  } else if (second_now() - atomic_load(&first_second) >= 2) {
    signal(signal_number, SIG_DFL);
    raise(signal_number);
  }
  errno = error;
}

static void handle(void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

void graft_interruption_listen(void) {
  atomic_store(&requested, 0);
  atomic_store(&is_terminal, isatty(STDERR_FILENO));
  handle(note);
}

void graft_interruption_ignore(void) { handle(SIG_DFL); }

int graft_interruption_requested(void) { return atomic_load(&requested); }
